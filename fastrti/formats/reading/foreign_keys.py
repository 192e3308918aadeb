"""Keys that foreign folders share: what their colours are, and how large a pixel is."""

import re

from fastrti.errors import ObjectError
from fastrti.json_fields import Fields

SCALE = "pixelSizeInMM"
"""Millimetres per pixel, in Relight and OpenLIME."""

# Relight calls it `colorprofile` ("RGB" is linear light, "P3" Display P3), for some days it was `linearInput`.
_OF_COLOURS = re.compile("profile|linear|gamma|transfer|encoding|icc", re.IGNORECASE)
_AS_THEY_ARE = ("sRGB", "srgb", "", None, False)


def check_colours(info: Fields) -> None:
    """Raises ObjectError where a key says that the coefficients do not add up to sRGB colours."""
    for key, value in info.values.items():
        if _OF_COLOURS.search(key) and value not in _AS_THEY_ARE:
            raise ObjectError(
                f"{info.where}: expected coefficients that add up to sRGB colours, got {key!r}: {str(value)[:20]!r}, "
                "which fastrti does not convert: build the object again with the colour profile sRGB, or fit it from "
                "the photographs"
            )


def mm_per_pixel(info: Fields) -> float | None:
    """The scale; None where it is unknown, which some programs write as 0."""
    return info.number(SCALE) if info.values.get(SCALE) not in (None, 0, False) else None
