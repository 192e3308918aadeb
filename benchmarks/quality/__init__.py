"""How good pictures are, and how fast a fit learns."""
