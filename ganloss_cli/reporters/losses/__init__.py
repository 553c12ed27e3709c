"""The catalogue of losses, in every format."""
