"""The list of checks, in every format."""
