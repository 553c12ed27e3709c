"""What a checkpoint's contents mean: networks, roles, steps, settings."""
