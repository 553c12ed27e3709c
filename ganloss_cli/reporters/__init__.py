"""Report in, text out: one pure function a format."""
