"""Tensors and networks in, numbers out."""
