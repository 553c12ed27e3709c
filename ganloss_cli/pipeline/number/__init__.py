"""Which published convention made a number."""
