"""Audit checks, by what they look at."""
