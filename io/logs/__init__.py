"""Training logs: files in, series of scalars by tag out."""
