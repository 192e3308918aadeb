"""The maps of a surface as files: PNG, TIFF or EXR, the relief as GLB and PLY, and a list of what they hold."""

import json
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.extras import needs
from fastrti.files import replace_folder, write_file
from fastrti.progress import counted
from fastrti.rendering.normals import png_of_samples
from fastrti.sharing.relief_mesh import VERTICES, glb, ply, relief_of
from fastrti.srgb import srgb_encode
from fastrti.surface.maps import Floats, SurfaceMaps
from fastrti.text import represented

MapFormat = Literal["png", "tiff", "exr"]
Convention = Literal["opengl", "directx"]

BITS: dict[MapFormat, tuple[int, ...]] = {"png": (16, 8), "tiff": (16, 8, 32), "exr": (32, 16)}
"""Of each sample; the first is the default. EXR has floating-point numbers only, TIFF has them with 32 bits."""

LIST_NAME = "maps.json"
_NAMES = ("albedo", "normals", "height", "roughness")
_OWNED = (*(f"{name}.{format}" for name in _NAMES for format in BITS), "relief.glb", "relief.ply", LIST_NAME)
_TIFF_ZIP = "zlib"


def save_maps(
    folder: str | Path,
    maps: SurfaceMaps,
    format: MapFormat = "png",
    bits: int | None = None,
    convention: Convention = "opengl",
    vertices: int = VERTICES,
    title: str = "",
    rights: str = "",
) -> None:
    """Writes albedo, normals, height and roughness, relief.glb, relief.ply and maps.json.

    Whole numbers hold the albedo sRGB-encoded, normals as (component + 1)/2, and heights from the lowest to the
    highest, whose values are in maps.json. Floating-point numbers hold the albedo linear, and the others as they are.

    Args:
        folder: where to write. An existing one has to be empty or to hold earlier maps, which are replaced.
        maps: of the object.
        format: "png", "tiff" (needs the extra `16bit`) or "exr" (needs the extra `exr`).
        bits: of each sample, see `BITS`.
        convention: green of the normals grows upwards ("opengl") or downwards ("directx"). The GLB has its own
            texture, which is always as glTF wants it.
        vertices: of the relief, at most.
        title: what the object is called, for the GLB.
        rights: its licence, for the GLB.

    Raises:
        ArgumentError: a format, number of bits or folder that does not do, or a file that cannot be written.
        MissingPackageError: the format needs a package that is not installed.
    """
    depth = check_maps(folder, format, bits)
    relief = relief_of(maps, vertices)
    floating = format == "exr" or depth == 32
    turned = maps.normals * np.array([1, -1, 1], np.float32) if convention == "directx" else maps.normals
    lowest, highest = (float(bound) for bound in (maps.scaled_height.min(), maps.scaled_height.max()))
    listed: dict[str, Any] = {"unit": maps.unit, "mm_per_pixel": maps.mm_per_pixel, "convention": convention}
    with replace_folder(folder, _OWNED, ArgumentError) as fresh:
        for name in counted(_NAMES, "writing maps"):
            values = {"normals": turned, "height": maps.scaled_height}.get(name, getattr(maps, name))
            bounds = {"normals": (-1.0, 1.0), "height": (lowest, max(highest, lowest + 1e-6))}.get(name, (0.0, 1.0))
            transfer = "sRGB" if name == "albedo" and not floating else "linear"
            if not floating:
                values = _whole(values, bounds, transfer == "sRGB", depth)
            _write(fresh / f"{name}.{format}", values, format, depth)
            facts = {"transfer": transfer, "bits": depth, "numbers": "floating point" if floating else "whole"}
            listed[f"{name}.{format}"] = facts if floating else facts | {"black": bounds[0], "white": bounds[1]}
        write_file(fresh / "relief.glb", glb(maps, relief, title, rights))
        write_file(fresh / "relief.ply", ply(maps, relief))
        write_file(fresh / LIST_NAME, (json.dumps(listed, indent=1) + "\n").encode())


def check_maps(folder: str | Path, format: str, bits: int | None) -> int:
    """How many bits a sample gets: before minutes of work.

    Raises:
        ArgumentError, MissingPackageError: see `save_maps`.
    """
    if format not in get_args(MapFormat):
        raise ArgumentError(f"expected a format of png, tiff or exr, got {represented(format)}")
    known = BITS[format]  # type: ignore[index]
    if bits is not None and bits not in known:
        raise ArgumentError(
            f"expected {' or '.join(map(str, sorted(known)))} bits for {format}, got {represented(bits)}"
        )
    path = Path(folder)
    if path.is_dir() and any(path.iterdir()) and not (path / LIST_NAME).exists():
        raise ArgumentError(
            f"{path}: expected a new folder, an empty one or one of earlier maps, got one with other files: "
            "choose another name"
        )
    if format == "tiff":
        with needs("16bit", "maps as TIFF"):
            import tifffile  # noqa: F401
    elif format == "exr":
        with needs("exr", "maps as EXR"):
            import OpenEXR  # noqa: F401
    return known[0] if bits is None else bits


def _whole(values: Floats, bounds: tuple[float, float], encoded: bool, depth: int) -> NDArray[Any]:
    """Values between two bounds as whole numbers of so many bits, rounded to nearest."""
    shares: NDArray[np.floating] = np.clip((values.astype(np.float64) - bounds[0]) / (bounds[1] - bounds[0]), 0, 1)
    if encoded:
        shares = srgb_encode(shares)
    whole: NDArray[Any] = np.rint(shares * (2**depth - 1)).astype(f"u{depth // 8}")
    return whole


def _write(path: Path, values: NDArray[Any], format: MapFormat, depth: int) -> None:
    if format == "png":
        write_file(path, png_of_samples(values))
    elif format == "tiff":
        _write_tiff(path, values)
    else:
        _write_exr(path, values.astype(np.float16 if depth == 16 else np.float32))


def _write_tiff(path: Path, values: NDArray[Any]) -> None:
    import tifffile

    kind = "rgb" if values.ndim == 3 else "minisblack"
    tifffile.imwrite(path, values, photometric=kind, compression=_TIFF_ZIP, software="fastrti")


def _write_exr(path: Path, values: NDArray[Any]) -> None:
    import OpenEXR

    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    channels = {"RGB" if values.ndim == 3 else "Y": np.ascontiguousarray(values)}
    try:
        with OpenEXR.File(header, channels) as file:
            file.write(str(path))
    except RuntimeError as reason:
        raise ArgumentError(f"expected {path.name} to be written, got {reason}: choose another place") from None
