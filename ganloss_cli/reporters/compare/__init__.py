"""A comparison of two files, in every format."""
