"""Relit pictures on their way to people: files, contact sheets, animated sweeps."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from fastrti.errors import ArgumentError
from fastrti.lights import light_from_angles
from fastrti.renderer import Renderer

Picture = NDArray[np.uint8]  # (H, W, 3)

_SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    ".png": {},
    ".tif": {},
    ".tiff": {},
    ".jpg": {"quality": 95, "subsampling": 0},
    ".jpeg": {"quality": 95, "subsampling": 0},
    ".webp": {"quality": 95},
}
SWEEP_SUFFIXES = (".webp", ".gif")
SWEEP_ELEVATION_DEG = 35
SWEEP_FRAMES = 48
SWEEP_FRAME_MS = 60


def to_numpy(picture: Any) -> Picture:
    """The picture of any backend as a numpy array on the host."""
    array: Picture = picture if isinstance(picture, np.ndarray) else picture.cpu().numpy()
    return array


def save_picture(path: str | Path, picture: Picture) -> None:
    """Writes PNG, TIFF, JPEG (quality 95, 4:4:4) or WebP, by the suffix.

    Raises:
        ArgumentError: another suffix, or a file that cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in _SAVE_OPTIONS:
        raise ArgumentError(f"expected a picture file ending in {', '.join(_SAVE_OPTIONS)}, got {path.name!r}")
    _write(path, lambda: Image.fromarray(picture).save(path, **_SAVE_OPTIONS[suffix]))


def sweep_lights(frames: int = SWEEP_FRAMES) -> list[NDArray[np.float64]]:
    """Lights on one turn around the object at 35° elevation."""
    return [light_from_angles(360 * frame / frames, SWEEP_ELEVATION_DEG) for frame in range(frames)]


def save_sweep(path: str | Path, renderer: Renderer) -> None:
    """Writes an endless animated WebP or GIF of the light going once around the object.

    Raises:
        ArgumentError: another suffix, or a file that cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in SWEEP_SUFFIXES:
        raise ArgumentError(f"expected an animation ending in {' or '.join(SWEEP_SUFFIXES)}, got {path.name!r}")
    frames = [Image.fromarray(to_numpy(renderer.relight(light))) for light in sweep_lights()]
    _write(
        path,
        lambda: frames[0].save(path, save_all=True, append_images=frames[1:], duration=SWEEP_FRAME_MS, loop=0),
    )


def contact_sheet(
    rows: Sequence[tuple[str, Sequence[Picture]]],
    headings: Sequence[str],
    gap: int = 6,
) -> Picture:
    """A table of pictures of one size: a labelled row for each list, a heading over each column.

    Args:
        rows: (label, pictures) from top to bottom; all lists as long as the headings.
        headings: one a column.
        gap: pixels between pictures.

    Returns:
        The sheet on white.
    """
    height, width = rows[0][1][0].shape[:2]
    size = max(12, height // 14)
    font = ImageFont.load_default(size)
    line = size * 3 // 2
    margin = int(max(font.getlength(label) for label, _ in rows)) + 3 * gap
    sheet = Image.new(
        "RGB", (margin + len(headings) * (width + gap), line + len(rows) * (height + gap)), (255, 255, 255)
    )
    draw = ImageDraw.Draw(sheet)
    for column, heading in enumerate(headings):
        draw.text((margin + column * (width + gap), gap // 2), heading, "black", font)
    for row, (label, pictures) in enumerate(rows):
        top = line + row * (height + gap)
        draw.text((gap, top + (height - line) // 2), label, "black", font)
        for column, picture in enumerate(pictures):
            sheet.paste(Image.fromarray(picture), (margin + column * (width + gap), top))
    return np.asarray(sheet)


def _write(path: Path, write: Callable[[], None]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write()
    except OSError as error:
        raise ArgumentError(f"expected to write {path}, got: {error.strerror or error}") from None
