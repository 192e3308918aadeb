"""Lights from glossy spheres in the photographs."""
