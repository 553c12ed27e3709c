"""Whether a checkpoint is healthy: its files, what its networks say, what they make."""
