"""The README of an archive: what the files are, and the formulas that turn them into pictures.

It is written for a reader who has these files, no internet and no fastrti. So it repeats what the object format says,
as far as this very object needs it, and works one pixel out.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import fastrti
from fastrti.formats.reading.openlime_form import OPENLIME_PLANES, openlime_expresses
from fastrti.kernels.reference import evaluate_network
from fastrti.lights import unit_light
from fastrti.objects.planes import dequantise
from fastrti.objects.relightable import Relightable
from fastrti.sharing.archive_formulas import formulas
from fastrti.srgb import to_bytes
from fastrti.text import printable, storable

LIGHT = (0.3, 0.5)
"""Of the worked example."""

_WIDTH = 96

_WHAT = """\
This folder holds a relightable image: a picture of an object whose light can be moved.
It was made from photographs, each under another light. It is a bag as of RFC 8493 (BagIt):
manifest-sha256.txt has the SHA-256 of every file below data/. This text tells how to draw the
picture under any light with nothing but these files.
"""

_PLANES = """\
Pixels are counted from 0, rows from the top and columns from the left.
data/object/info.json is JSON text. There "width" and "height" are in pixels, "planes" is K, the
number of planes, and "min" and "max" are lists of K numbers.
The plane pictures are PNG files (ISO/IEC 15948), 8 bits for each of three channels, in spite of
the suffix .jpg. Plane k, counted from 0, is channel k mod 3 of the file plane_N.jpg with
N = floor(k / 3) + 1. Let v_k be its byte at a pixel. Its value is
    z_k = v_k / 255 * (max_k - min_k) + min_k
A list of many numbers may stand as {"f32": TEXT, "shape": SHAPE}: TEXT is base64 (RFC 4648) of
32-bit floating-point numbers (IEEE 754), the low byte first, row by row. With "f16" instead of
"f32" they are 16-bit floating-point numbers.
"""

_MASK = """\
mask.png says where the object is: bytes above 127. Every other pixel is black under any light.
"""

_LIGHT = """\
A light is the direction from the object to the lamp, a vector of length 1: x to the right of the
picture, y to its top, z to the camera.
    z = sqrt(1 - x^2 - y^2)
"""

_COLOUR = """\
y holds red, green and blue, from 0 (black) to 1 (white). The bytes of the picture are
    byte = floor(255 * min(max(y, 0), 1) + 0.5)
They are colours of sRGB (IEC 61966-2-1). With c = byte / 255 the linear light is
    c / 12.92 where c <= 0.04045, else ((c + 0.055) / 1.055)^2.4
"""


def readme(relightable: Relightable, names: Sequence[str]) -> str:
    """The text.

    Args:
        relightable: the object.
        names: of the files below data/.

    Raises:
        ObjectError: as `check_decoder` of `fastrti.sharing.archive_formulas`.
    """
    facts = {
        "title": relightable.title,
        "creator": relightable.creator,
        "rights": relightable.rights,
        "size": f"{relightable.width} x {relightable.height} pixels",
        "scale": f"{relightable.mm_per_pixel:g} mm per pixel" if relightable.mm_per_pixel else "",
        "written by": f"fastrti {fastrti.__version__}",
    }
    masked = _MASK if relightable.mask is not None else ""
    sections = {
        "WHAT THIS IS": _WHAT + "".join(f"{name}: {_line(fact)}\n" for name, fact in facts.items() if fact),
        "FILES": _files(names),
        "1. FROM BYTES TO VALUES": _PLANES + masked,
        "2. THE LIGHT": _LIGHT,
        "3. FROM VALUES TO A COLOUR": formulas(relightable.decoder),
        "4. FROM A COLOUR TO BYTES": _COLOUR,
        "A PIXEL WORKED OUT": _example(relightable),
    }
    return "\n".join(f"{heading}\n\n{text}" for heading, text in sections.items())


def _line(text: str) -> str:
    return printable(" ".join(storable(text).split()))


_FILES: dict[str, str] = {
    "object/info.json": "sizes, ranges, the numbers of the network, and what is known about the object",
    "object/plane_": "the planes",
    "object/labels.png": "which of the networks draws which pixel",
    "object/mask.png": "where the object is",
    "object/normals.png": "the surface: byte = (component + 1) * 127.5 for x, y and z of its unit normal",
    "object/annotations.json": "notes on places of the picture (W3C Web Annotation)",
    "provenance.json": "where the object comes from: photographs, corrections, programs (PROV-O as JSON-LD)",
    "photographs-sha256.txt": "the SHA-256 of every file that it was made from; those files are not here",
}


def _files(names: Sequence[str]) -> str:
    present = {start: what for start, what in _FILES.items() if any(name.startswith(f"data/{start}") for name in names)}
    lines = {f"data/{start}{'N.jpg' if start.endswith('_') else ''}": what for start, what in present.items()}
    return "".join(f"{name}\n    {what}\n" for name, what in lines.items())


# --- the example -----------------------------------------------------------------------------------------------------


def _example(relightable: Relightable) -> str:
    """One pixel of the object under one light, from bytes to bytes, by the reference."""
    row, column = _middle(relightable.mask, relightable.height, relightable.width)
    pixel = relightable.planes[:, row, column]
    light = unit_light(LIGHT)
    label = 0 if relightable.labels is None else int(relightable.labels[row, column])
    colour = evaluate_network(relightable.frame_networks(light)[label], pixel[:, None])[:, 0]
    values = dequantise(pixel, relightable.minimum, relightable.maximum)
    spare = (
        OPENLIME_PLANES - len(pixel) if openlime_expresses(relightable.decoder) else 0
    )  # planes that are stored as 0
    return (
        f"Pixel: row {row}, column {column}{'' if relightable.labels is None else f', label {label}'}\n"
        f"Light: x = {light[0]:.6f}, y = {light[1]:.6f}, z = {light[2]:.6f}\n"
        f"{_numbers('v', [*map(str, pixel), *spare * ['0']])}"
        f"{_numbers('z', [f'{value:.6f}' for value in (*values, *spare * [0.0])])}"
        f"{_numbers('y', [f'{value:.6f}' for value in colour])}"
        f"{_numbers('byte', [str(value) for value in to_bytes(colour)])}"
    )


def _middle(mask: NDArray[np.bool_] | None, height: int, width: int) -> tuple[int, int]:
    """(row, column) of the pixel of the object that is next to the middle."""
    if mask is None or mask[height // 2, width // 2] or not mask.any():
        return height // 2, width // 2
    rows, columns = np.nonzero(mask)
    nearest = np.argmin((rows - height // 2) ** 2 + (columns - width // 2) ** 2)
    return int(rows[nearest]), int(columns[nearest])


def _numbers(name: str, values: Sequence[str]) -> str:
    """`v = 1 2 3`, in lines that are not too long."""
    lines = [f"{name} ="]
    for value in values:
        if len(lines[-1]) + len(value) >= _WIDTH:
            lines.append("   ")
        lines[-1] += f" {value}"
    return "\n".join([*lines, ""])
