"""What is wrong with which photograph, and what the lights leave out."""
