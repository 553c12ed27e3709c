"""Training logs: what they hold, whether it adds up, whether a checkpoint gives it."""
