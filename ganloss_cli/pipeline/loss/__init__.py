"""A user's own loss function, called in a process of its own and held against the catalogue."""
