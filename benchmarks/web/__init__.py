"""What visitors of a web page wait for."""
