"""ICC profiles of every form for RGB and greys, written from the specification (ICC.1:2001-04 and ICC.1:2010)."""

import struct
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from pictures import D65, SRGB_PRIMARIES, to_xyz

from fastrti.srgb import srgb_encode

D50 = np.array([0.9642, 1.0, 0.8249])
V2, V4 = 0x02400000, 0x04300000

_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_UNIT = 32768 / 65535  # how 16 bits write 1.0 of XYZ
_PERCEPTUAL_BLACK = np.array([0.00336, 0.0034731, 0.00287])  # of version 4


def to_d50(primaries: tuple[float, ...]) -> NDArray[np.float64]:
    """(3, 3): the XYZ of three primaries under D65 as columns, adapted to D50."""
    white = np.array([D65[0], D65[1], 1 - sum(D65)]) / D65[1]
    adapted = np.linalg.solve(_BRADFORD, np.diag((_BRADFORD @ D50) / (_BRADFORD @ white)) @ _BRADFORD)
    return np.asarray(adapted @ to_xyz(primaries))


def in_srgb(xyz: NDArray[np.float64], perceptual_black: bool = False) -> NDArray[np.float64]:
    """sRGB values, 0 to 65,535, of XYZ under D50.

    Args:
        xyz: (..., 3).
        perceptual_black: they come from a table of version 4, whose black is not 0 but becomes 0 in sRGB.
    """
    if perceptual_black:
        xyz = (xyz - _PERCEPTUAL_BLACK) / (D50 - _PERCEPTUAL_BLACK) * D50
    light = xyz @ np.linalg.inv(to_d50(SRGB_PRIMARIES)).T
    return np.asarray(srgb_encode(light.clip(0, 1)) * 65535)


def profile(tags: Mapping[bytes, bytes], space: bytes = b"RGB ", pcs: bytes = b"XYZ ", version: int = V4) -> bytes:
    """A profile of these tags."""
    name = "a camera".encode("utf-16-be")
    text = b"mluc\0\0\0\0" + struct.pack(">IIHHII", 1, 12, 0x656E, 0x5553, len(name), 28) + name
    all_tags = {b"desc": text, b"cprt": text, b"wtpt": xyz_tag(D50), **tags}
    start = 132 + 12 * len(all_tags)
    table, body = struct.pack(">I", len(all_tags)), b""
    for tag, content in all_tags.items():
        table += struct.pack(">4sII", tag, start + len(body), len(content))
        body += padded(content)
    header = struct.pack(">I4xI4s4s4s12x4s28x", start + len(body), version, b"mntr", space, pcs, b"acsp")
    return (header + xyz_tag(D50)[8:]).ljust(128, b"\0") + table + body


def matrix_tags(primaries: tuple[float, ...], curve: bytes) -> dict[bytes, bytes]:
    columns = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(xyz_tag, to_d50(primaries).T)))
    return {**columns, **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)}


def padded(content: bytes) -> bytes:
    return content.ljust(-(-len(content) // 4) * 4, b"\0")


def xyz_tag(values: NDArray[np.float64]) -> bytes:
    return b"XYZ \0\0\0\0" + fixed(*values)


def fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(float(value) * 65536)) for value in values)


def parametric(kind: int, *numbers: float) -> bytes:
    """A curve of version 4 by a formula."""
    return b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + fixed(*numbers)


def sampled(values: NDArray[np.float64]) -> bytes:
    """A curve by its values."""
    return b"curv\0\0\0\0" + struct.pack(">I", len(values)) + words(values)


def words(values: NDArray[np.float64]) -> bytes:
    return np.rint(np.clip(values, 0, 1) * 65535).astype(">u2").tobytes()


def grid(points: int) -> NDArray[np.float64]:
    """(points, points, points, 3): the corners of the cells of a cube."""
    return np.stack(np.meshgrid(*[np.linspace(0, 1, points)] * 3, indexing="ij"), axis=-1)


def table_of_version_2(gamma: float, cube: NDArray[np.float64]) -> bytes:
    """A table (mft2): a curve, then a cube of XYZ, between whose corners programs interpolate."""
    head = b"mft2\0\0\0\0" + bytes([3, 3, len(cube), 0]) + fixed(*np.eye(3).ravel()) + struct.pack(">HH", 1024, 2)
    curve = np.tile(np.linspace(0, 1, 1024) ** gamma, 3)
    return head + words(curve) + words(cube * _UNIT) + words(np.tile([0.0, 1.0], 3))


def table_of_version_4(gamma: float, cube: NDArray[np.float64], matrix: NDArray[np.float64]) -> bytes:
    """A table (mAB): a curve, then a cube of light, then a matrix to XYZ."""
    straight, curve = parametric(0, 1.0) * 3, parametric(0, gamma) * 3
    corners = padded(bytes([len(cube)] * 3 + [0] * 13) + bytes([2, 0, 0, 0]) + words(cube))
    parts = [padded(straight), fixed(*(matrix * _UNIT).ravel(), 0, 0, 0), padded(straight), corners, padded(curve)]
    places = 32 + np.cumsum([0, *map(len, parts[:-1])])
    return b"mAB \0\0\0\0" + bytes([3, 3, 0, 0]) + struct.pack(">5I", *places) + b"".join(parts)
