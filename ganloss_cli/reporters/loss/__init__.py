"""The audit of a loss function, in every format."""
