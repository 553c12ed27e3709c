"""Published training totals as data."""
