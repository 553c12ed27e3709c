"""The pickle machine: what a pickle holds, read without importing or calling anything it names."""
