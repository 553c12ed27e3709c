"""Samples: batched, transformed and fitted to the networks."""
