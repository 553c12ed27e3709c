"""One run: what is computed from what, and the steps through the data."""
