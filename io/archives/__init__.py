"""Archives of data, read in place: what they hold is never written to disk. Torch-free."""
