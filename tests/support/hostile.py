"""Damaged and malicious object folders: each loads and relights, or is an ObjectError; nothing else ever."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from objects import LIGHTS

from fastrti import load
from fastrti.errors import ObjectError
from fastrti.kernels.backends import BACKENDS
from fastrti.rendering.renderer import Renderer

KINDS = ["openlime-one-layer-few-latents", "mlp-9-3-skip", "light-mlp-linear", "ptm-base", "rbf", "bilinear"]
"""One object of every form info.json takes."""

BACKEND = "cpu" if BACKENDS["cpu"].why_not() is None else "reference"


every_kind = pytest.mark.parametrize("folder", KINDS, indirect=True)


def survives(folder: Path) -> bool:
    """Whether the folder loads, and then draws a picture at every light. Any error but ObjectError fails the test."""
    try:
        loaded = load(folder)
    except ObjectError as error:
        assert "\n" not in str(error)[:200] and "expected" in str(error)
        return False
    renderer = Renderer(loaded, backend=BACKEND, threads=1)
    for light in LIGHTS:
        picture = renderer.relight(light)
        assert picture.shape == (loaded.height, loaded.width, 3) and picture.dtype == np.uint8
    return True


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, pixels: bytes, colour_type: int = 2, extra: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


ROWS = b"\0" + b"\1" * 12
