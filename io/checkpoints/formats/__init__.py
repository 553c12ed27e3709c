"""Checkpoint formats: what lies where in a file."""
