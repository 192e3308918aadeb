"""Arguments that several commands share, and what holds for the names they take."""

import argparse
import math
import re
from pathlib import Path

from fastrti.errors import ArgumentError, LightError
from fastrti.files import real_path
from fastrti.formats import FORMATS, load, open_object
from fastrti.formats.pack import Pack
from fastrti.kernels.backends import BACKENDS
from fastrti.lights import unit_light
from fastrti.objects.relightable import Relightable
from fastrti.objects.scales import factor_of
from fastrti.picture_limits import MAX_PIXELS

OBJECT_HELP = "folder of a relightable object, or a .rti.tif, .ptm or .rti file"

_PARTS = re.compile(
    r"(info|annotations)\.json|plane_.*|mask(\..*|_files)?|normals(\.png|\.dzi|_files)|materials\.bin", re.IGNORECASE
)
"""What belongs to an object inside its folder; other files there are the user's."""


def add_object_arguments(parser: argparse.ArgumentParser, text: str = OBJECT_HELP) -> None:
    """OBJECT with this help, and --max-pixels."""
    parser.add_argument("object", metavar="OBJECT", help=text)
    add_size_argument(parser)


def add_size_argument(parser: argparse.ArgumentParser) -> None:
    """--max-pixels, of every command that reads an object or photographs."""
    parser.add_argument(
        "--max-pixels",
        type=_pixels,
        metavar="N",
        help=f"read pictures of up to N pixels (default: {MAX_PIXELS}, which guards against files that lie)",
    )


def load_object(arguments: argparse.Namespace) -> Relightable:
    """The object of `add_object_arguments`, in memory; errors as of `fastrti.load`."""
    return load(arguments.object, arguments.max_pixels)


def opened_object(arguments: argparse.Namespace) -> Relightable | Pack:
    """The object of `add_object_arguments`; of a pack only its head is read. Errors as of `fastrti.load`."""
    return open_object(arguments.object, arguments.max_pixels)


def add_backend_argument(parser: argparse.ArgumentParser) -> None:
    """--backend."""
    parser.add_argument(
        "--backend",
        choices=("auto", *BACKENDS),
        default="auto",
        help="what draws the pictures (default: auto, the fastest that runs on this machine)",
    )


def light(text: str) -> tuple[float, ...]:
    """x,y or x,y,z as an argparse type."""
    try:
        values = tuple(float(part) for part in text.split(","))
        unit_light(values)
    except LightError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected x,y or x,y,z such as 0.3,0.5, got {text!r}") from None
    return values


def scale(text: str) -> float:
    """1, 1/2, 1/4, … as an argparse type."""
    whole, _, parts = text.partition("/")
    try:
        value = float(whole) / float(parts or 1)
        factor_of(value)
    except (ArgumentError, ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"expected a scale of 1, 1/2, 1/4, … 1/64, got {text!r}") from None
    return value


def _pixels(text: str) -> int:
    """How many pixels, as an argparse type."""
    if not re.fullmatch(r"[0-9]{1,15}", text) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a number of pixels such as 400000000, got {text!r}")
    return int(text)


def millimetres(text: str) -> float:
    """A length above 0 as an argparse type: checked before minutes of training, not after."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"expected millimetres above 0 such as 0.05, got {text!r}")
    return value


def size(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT as an argparse type."""
    match = re.fullmatch(r"(\d{1,6})[x×](\d{1,6})", text)
    if match is None or 0 in (width := int(match[1]), height := int(match[2])):
        raise argparse.ArgumentTypeError(f"expected WIDTHxHEIGHT in pixels such as 640x480, got {text!r}")
    return width, height


def object_name(path: str) -> str:
    """What an object is called: the name of its folder, or of its file without the suffix of the format."""
    name = real_path(path)
    suffixes = [suffix for row in FORMATS.values() for suffix in row.suffixes if name.name.lower().endswith(suffix)]
    return name.name[: -len(suffixes[0])] if suffixes else name.name


def check_kept(source: str, output: str | Path) -> None:
    """Raises ArgumentError where writing the output would replace the object that is read, or a part of it."""
    read, written = real_path(source), real_path(output, ArgumentError)
    inside = written.relative_to(read).parts if written.is_relative_to(read) else ()
    if _holds(written, read) or (inside and read.is_dir() and _PARTS.fullmatch(inside[0])):
        raise ArgumentError(
            f"expected an output apart from the object, got {output}, which would replace {source} or a part of it: "
            "choose another name"
        )


def _holds(folder: Path, path: Path) -> bool:
    """Whether a path is the folder or lies in it, both being real paths; file systems may ignore the case of names."""
    line = (path, *path.parents)
    return folder in line or (folder.exists() and any(parent.exists() and parent.samefile(folder) for parent in line))
