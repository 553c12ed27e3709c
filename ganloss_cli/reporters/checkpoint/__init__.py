"""The audit of a checkpoint, in every format."""
