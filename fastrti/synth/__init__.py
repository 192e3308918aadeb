"""A multi-light image collection from nothing: a carved relief of several materials, rendered under known lights.

It needs no download and can be made at any size, yet it is as hard as photographs of real objects: cast shadows with
hard edges, and highlights from broad to narrow. The lights are those of SynthRTI (Dulecha et al. 2020).
"""

from fastrti.synth.render import render_collection
from fastrti.synth.rings import TEST_LIGHTS, dome_lights

__all__ = ["TEST_LIGHTS", "dome_lights", "render_collection"]
