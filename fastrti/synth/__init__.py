"""A multi-light image collection from nothing: a carved relief of several materials, rendered under known lights.

It needs no download and can be made at any size, yet it is as hard as photographs of real objects: cast shadows with
hard edges, and highlights from broad to narrow. The lights are those of SynthRTI (Dulecha et al. 2020).

A capture has, beside the tablet, what a camera meets: glossy spheres, a table with clutter, a perspective view, lamps
that are near, and all that goes wrong. `Settings` says which, and `Truth` what a program should find out.
"""

from fastrti.synth.capture import take, true_normals, write_capture, write_pair
from fastrti.synth.render import render_collection
from fastrti.synth.rings import TEST_LIGHTS, dome_lights
from fastrti.synth.settings import Settings, place_spheres
from fastrti.synth.truth import SphereTruth, Truth

__all__ = [
    "TEST_LIGHTS",
    "Settings",
    "SphereTruth",
    "Truth",
    "dome_lights",
    "place_spheres",
    "render_collection",
    "take",
    "true_normals",
    "write_capture",
    "write_pair",
]
