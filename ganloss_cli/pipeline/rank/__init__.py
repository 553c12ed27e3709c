"""Many checkpoints on the same data: one row each, and which of them are best."""
