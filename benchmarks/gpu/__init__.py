"""How fast the GPU renderer is."""
