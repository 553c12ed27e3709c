"""What became of the networks of checkpoints, in every format."""
