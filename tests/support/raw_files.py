"""DNG files of a camera that does not exist, and what they are in linear sRGB by the definitions alone."""

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from pictures import SRGB_PRIMARIES, to_xyz

CAMERA = np.array([[0.9, -0.25, -0.08], [-0.45, 1.25, 0.22], [-0.05, 0.15, 0.62]])
"""From XYZ to the colours of the camera, under D65."""

NEUTRAL = (0.5, 1.0, 0.65)
"""What the camera sees of a white thing: its white balance is 2, 1, 1.538."""

BLACK, WHITE = 512, 15871
RGGB = (0, 1, 1, 2)


def ratios(values: Sequence[float] | NDArray[np.floating]) -> list[int]:
    return [number for value in np.ravel(values) for number in (round(float(value) * 10_000), 10_000)]


def tag(code: int, kind: str, count: int, value: object) -> tuple[int, str, int, object, bool]:
    return code, kind, count, value, True


def write_dng(
    path: Path,
    samples: NDArray[np.uint16],
    *more: tuple[int, str, int, object, bool],
    neutral: Sequence[float] | None = NEUTRAL,
    matrix: NDArray[np.floating] | None = CAMERA,
    pattern: Sequence[int] = RGGB,
    orientation: int = 1,
    black: int = BLACK,
    white: int = WHITE,
    grey: bool = False,
    **settings: object,
) -> Path:
    """A DNG of (H, W) samples behind a colour filter, or of (H, W, 3) or (H, W) samples of whole colours or greys."""
    mosaic = samples.ndim == 2 and not grey
    tags = [
        tag(50706, "B", 4, bytes([1, 4, 0, 0])),  # DNGVersion
        tag(50707, "B", 4, bytes([1, 1, 0, 0])),
        tag(271, "s", 0, "Maker"),
        tag(272, "s", 0, "Camera 1"),
        tag(50708, "s", 0, "Maker Camera 1"),
        tag(274, "H", 1, orientation),
        tag(50714, "I", 1, black),
        tag(50717, "I", 1, white),
        tag(50778, "H", 1, 21),  # of the matrix: D65
    ]
    if mosaic:
        tags += [tag(33421, "H", 2, (2, 2)), tag(33422, "B", 4, bytes(pattern))]
    if matrix is not None:
        tags.append(tag(50721, "2i", 9, ratios(matrix)))
    if neutral is not None:
        tags.append(tag(50728, "2I", 3, ratios(neutral)))
    tags = [own for own in tags if own[0] not in {other[0] for other in more}]
    photometric = 32803 if mosaic else 1 if grey else 34892
    tifffile.imwrite(path, samples, photometric=photometric, extratags=[*tags, *more], metadata=None, **settings)
    if grey:  # of one colour, which tifffile does not write
        with tifffile.TiffFile(path, mode="r+b") as file:
            file.pages[0].tags["PhotometricInterpretation"].overwrite(34892)
    return path


def mosaic(colours: NDArray[np.integer], pattern: Sequence[int] = RGGB) -> NDArray[np.uint16]:
    """What a sensor behind a filter of 2×2 colours sees of (H, W, 3) samples."""
    seen = np.empty(colours.shape[:2], np.uint16)
    for place, colour in enumerate(pattern):
        rows, columns = slice(place // 2, None, 2), slice(place % 2, None, 2)
        seen[rows, columns] = colours[rows, columns, colour]
    return seen


def in_linear_srgb(
    samples: NDArray[np.integer], neutral: Sequence[float] = NEUTRAL, black: int = BLACK, levels: int = WHITE - BLACK
) -> NDArray[np.float64]:
    """What samples of the camera are in linear sRGB, 0 to 65,535, from the definitions of its matrix and white balance.

    The colours of a camera are C = camera · XYZ; a white thing under D65 has the same sample in each colour once the
    white balance is applied, and is white in sRGB.
    """
    camera_of_srgb = CAMERA @ to_xyz(SRGB_PRIMARIES)
    camera_of_srgb = camera_of_srgb / camera_of_srgb.sum(axis=1, keepdims=True)
    balance = 1 / np.asarray(neutral)
    seen = (np.asarray(samples, float) - black) / levels * (balance / balance.min())
    return 65535 * (seen.clip(0, 1) @ np.linalg.inv(camera_of_srgb).T).clip(0, 1)


def cr3(picture: bytes, camera: bytes) -> bytes:
    """The beginning of a CR3 file: two TIFFs, with the tags of a picture and those of the camera, and no picture."""

    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I4s", len(content) + 8, kind) + content

    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    inner = box(b"CNCV", b"CanonCR3_001/00.09.00/00.00.00") + box(b"CMT1", picture) + box(b"CMT2", camera)
    return box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", box(b"uuid", canon + inner)) + box(b"mdat", b"")
