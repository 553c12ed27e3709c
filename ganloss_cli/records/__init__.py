"""What travels between the layers, one file a command. Standard library only."""
