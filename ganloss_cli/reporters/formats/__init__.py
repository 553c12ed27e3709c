"""The output formats, a file each: a document in, text out. Which there are stands in `reporters.registry`."""
