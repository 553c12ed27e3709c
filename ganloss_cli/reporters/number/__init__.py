"""Traced numbers, in every format."""
