"""What the readers of several formats share; nothing in a file is trusted."""
