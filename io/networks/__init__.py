"""Networks that can be rebuilt, one family a file, under the key names of the code that trained them."""
