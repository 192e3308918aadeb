"""Relit pictures on their way to people: files, contact sheets, sweeps of the light."""

import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from fastrti.errors import ArgumentError
from fastrti.lights import light_from_angles
from fastrti.rendering.enhanced import GAIN, Enhancement
from fastrti.rendering.renderer import Renderer

Picture = NDArray[np.uint8]  # (H, W, 3)

_SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    ".png": {},
    ".tif": {},
    ".tiff": {},
    ".jpg": {"quality": 95, "subsampling": 0},
    ".jpeg": {"quality": 95, "subsampling": 0},
    ".webp": {"quality": 95},
}
SWEEP_SUFFIXES = (".webp", ".gif", ".mp4")
SWEEP_ELEVATION_DEG = 35
SWEEP_FRAMES = 48
SWEEP_FRAME_MS = 60
SHEET_COLUMNS = 5
SHEET_SIDE = 480
"""Pixels: larger pictures are reduced to it on a sheet of lights."""


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


def save_sweep(
    path: str | Path,
    renderer: Renderer,
    enhance: Enhancement | None = None,
    gain: float = GAIN,
    scale: float = 1,
) -> None:
    """Writes the light going once around the object: an endless WebP or GIF, or an MP4 by the program ffmpeg.

    Args:
        path: its suffix says which.
        renderer: the object's.
        enhance, gain, scale: as `Renderer.relight` takes them.

    Raises:
        ArgumentError: another suffix, an MP4 without ffmpeg, or a file that cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SWEEP_SUFFIXES:
        raise ArgumentError(f"expected an animation ending in {', '.join(SWEEP_SUFFIXES)}, got {path.name!r}")
    frames = (to_numpy(renderer.relight(light, enhance=enhance, gain=gain, scale=scale)) for light in sweep_lights())
    save = _save_mp4 if suffix == ".mp4" else _save_animation
    _write(path, lambda: save(path, frames))


def _save_animation(path: Path, frames: Iterator[Picture]) -> None:
    first, *others = map(Image.fromarray, frames)
    first.save(path, save_all=True, append_images=others, duration=SWEEP_FRAME_MS, loop=0)


def _save_mp4(path: Path, frames: Iterator[Picture]) -> None:
    """Pipes raw frames to ffmpeg, one at a time."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise ArgumentError(
            "expected the program ffmpeg on the search path for an MP4, got none: install it, or write .webp or .gif"
        )
    first = next(frames)
    command = [program, *_ffmpeg_options(*first.shape[:2]), str(path.absolute())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as ffmpeg:
        assert ffmpeg.stdin is not None  # it is a pipe
        try:
            for frame in chain([first], frames):
                ffmpeg.stdin.write(frame.tobytes())
        except BrokenPipeError:
            pass  # it gave up; what it said follows
        said = ffmpeg.communicate()[1].decode(errors="replace").strip()
    if ffmpeg.returncode:
        raise ArgumentError(f"expected ffmpeg to write {path}, got: {said or f'exit code {ffmpeg.returncode}'}")


def _ffmpeg_options(height: int, width: int) -> list[str]:
    """Raw RGB frames in; out a video every player shows: even sides, 4:2:0, its colours labelled BT.709."""
    source = f"-f rawvideo -pixel_format rgb24 -video_size {width}x{height} -framerate 1000/{SWEEP_FRAME_MS} -i -"
    even = "pad=ceil(iw/2)*2:ceil(ih/2)*2"
    colour = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
    label = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=iec61966-2-1"
    return f"-loglevel error -y {source} -vf {even},{colour},{label} -movflags +faststart".split()


def light_sheet(pictures: Iterable[Picture], captions: Sequence[str]) -> Picture:
    """One picture of an object under several lights, SHEET_COLUMNS a row, each below its caption.

    Args:
        pictures: of one size; reduced where they are larger than SHEET_SIDE.
        captions: one a picture.

    Returns:
        The sheet on white.
    """
    small = [_reduced(picture) for picture in pictures]
    strips = [
        contact_sheet([("", small[start : start + SHEET_COLUMNS])], captions[start : start + SHEET_COLUMNS])
        for start in range(0, len(small), SHEET_COLUMNS)
    ]
    missing = strips[0].shape[1] - strips[-1].shape[1]
    strips[-1] = np.pad(strips[-1], ((0, 0), (0, missing), (0, 0)), constant_values=255)
    return np.concatenate(strips)


def _reduced(picture: Picture) -> Picture:
    image = Image.fromarray(picture)
    image.thumbnail((SHEET_SIDE, SHEET_SIDE), Image.Resampling.LANCZOS)
    return np.asarray(image)


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
