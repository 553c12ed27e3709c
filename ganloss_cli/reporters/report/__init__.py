"""Reports of earlier runs, in every format."""
