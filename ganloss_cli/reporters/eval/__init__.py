"""The report of `ganloss eval`, in every format."""
