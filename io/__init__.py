"""Files in, tensors and networks out."""
