"""Ranked checkpoints, in every format."""
