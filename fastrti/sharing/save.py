"""Relit pictures as files: single pictures, and animations of the light going around the object."""

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fastrti.errors import ArgumentError
from fastrti.files import replace_file, scratch_folder
from fastrti.lights import light_from_angles
from fastrti.progress import Progress, counted
from fastrti.rendering.enhanced import Enhanced
from fastrti.rendering.renderer import Renderer

Picture = NDArray[np.uint8]  # (H, W, 3)

_JPEG: dict[str, Any] = {"format": "JPEG", "quality": 95, "subsampling": 0}
_SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    ".png": {"format": "PNG"},
    ".tif": {"format": "TIFF"},
    ".tiff": {"format": "TIFF"},
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".webp": {"format": "WEBP", "quality": 95},
}
PICTURE_SUFFIXES = tuple(_SAVE_OPTIONS)
SWEEP_SUFFIXES = (".webp", ".gif", ".mp4")
SWEEP_ELEVATION_DEG = 35
SWEEP_FRAMES = 48
SWEEP_FRAME_MS = 60


def save_picture(path: str | Path, picture: Picture) -> None:
    """Writes PNG, TIFF, JPEG (quality 95, 4:4:4) or WebP, by the suffix.

    Args:
        path: the file; missing folders are made.
        picture: (H, W, 3) or, where the format knows alpha, (H, W, 4) uint8.

    Raises:
        ArgumentError: another suffix, or a file that cannot be written.
    """
    path = Path(path)
    check_picture_name(path)
    options = _SAVE_OPTIONS[path.suffix.lower()]
    with Progress("writing the picture"):
        replace_file(path, lambda file: Image.fromarray(picture).save(file, **options), ArgumentError)


def check_picture_name(path: Path) -> None:
    """Raises ArgumentError unless the path ends like a picture that `save_picture` writes."""
    if path.suffix.lower() not in PICTURE_SUFFIXES:
        raise ArgumentError(f"expected a picture file ending in {', '.join(PICTURE_SUFFIXES)}, got {path.name!r}")


def sweep_lights(frames: int = SWEEP_FRAMES) -> list[NDArray[np.float64]]:
    """Lights on one turn around the object at 35° elevation."""
    return [light_from_angles(360 * frame / frames, SWEEP_ELEVATION_DEG) for frame in range(frames)]


def save_sweep(path: str | Path, renderer: Renderer | Enhanced, scale: float = 1) -> None:
    """Writes an animation of the light going once around the object: animated WebP, GIF or MP4, by the suffix.

    MP4 needs the program `ffmpeg` on the search path: H.264 with even sides, a black row or column being added.

    Args:
        path: the file; missing folders are made.
        renderer: draws the frames.
        scale: of the frames; see `Renderer.relight`.

    Raises:
        ArgumentError: another suffix, no ffmpeg, or a file that cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SWEEP_SUFFIXES:
        raise ArgumentError(f"expected an animation ending in {', '.join(SWEEP_SUFFIXES)}, got {path.name!r}")
    lights = counted(sweep_lights(), "drawing")
    frames = (renderer.to_host(renderer.relight(light, scale=scale)) for light in lights)
    if suffix == ".mp4":
        with scratch_folder(path, ArgumentError) as folder:
            replace_file(path, _mp4(frames, folder / "sweep.mp4"), ArgumentError)
    else:
        replace_file(path, lambda file: _write_animation(file, suffix[1:], frames), ArgumentError)


def _write_animation(file: BinaryIO, format: str, frames: Iterable[Picture]) -> None:
    first, *others = map(Image.fromarray, frames)
    first.save(file, format, save_all=True, append_images=others, duration=SWEEP_FRAME_MS, loop=0)


def _mp4(frames: Iterator[Picture], video: Path) -> bytes:
    """What ffmpeg writes to the video's file. It gets the raw frames through a pipe, one at a time."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise ArgumentError(
            "expected the program ffmpeg on the search path for an MP4, got none: install it, or write .webp or .gif"
        )
    first = next(frames)
    command = [program, *_ffmpeg_options(*first.shape[:2]), str(video)]  # a file: to finish, it goes back in it
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as ffmpeg:
        assert ffmpeg.stdin is not None  # it is a pipe
        try:
            for frame in chain([first], frames):
                ffmpeg.stdin.write(frame.tobytes())
        except BrokenPipeError:
            pass  # it gave up; what it said follows
        said = ffmpeg.communicate()[1].decode(errors="replace").strip()
    if ffmpeg.returncode:
        raise ArgumentError(f"expected ffmpeg to make an MP4, got: {said or f'exit code {ffmpeg.returncode}'}")
    return video.read_bytes()


def _ffmpeg_options(height: int, width: int) -> list[str]:
    """Raw RGB frames in; out a video every player shows: even sides, 4:2:0, its colours labelled BT.709."""
    source = f"-f rawvideo -pixel_format rgb24 -video_size {width}x{height} -framerate 1000/{SWEEP_FRAME_MS} -i -"
    even = "pad=ceil(iw/2)*2:ceil(ih/2)*2"
    colour = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
    label = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=iec61966-2-1"
    return f"-loglevel error -y {source} -vf {even},{colour},{label} -movflags +faststart".split()
