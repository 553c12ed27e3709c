"""The audit of a training log, in every format."""
