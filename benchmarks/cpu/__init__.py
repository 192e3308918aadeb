"""How fast the CPU renderer is."""
