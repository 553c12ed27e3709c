"""What is in a checkpoint, in every format."""
