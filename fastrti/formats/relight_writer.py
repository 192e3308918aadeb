"""Writes Relight folders, which Relight's and OpenLIME's viewers open; `relight_folder` states the format."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ObjectError
from fastrti.files import new_folder
from fastrti.formats.reading.plane_files import write_picture
from fastrti.formats.reading.ranges import Ranges, ascending
from fastrti.formats.relight_folder import ZERO, stored_as
from fastrti.objects.decoders import LightBasisDecoder, NodeBasisDecoder
from fastrti.objects.relightable import Relightable


def write(relightable: Relightable, path: Path) -> None:
    """Makes a folder of type ptm or hsh (rgb, lrgb), rbf or bilinear (mrgb).

    Planes keep their bytes and are PNG streams named .jpg, which browsers read and OpenLIME asks for. The table of an
    interpolated object is rounded to the bytes of materials.bin; where its mean leaves their range, the rest becomes
    one more component, with the coefficient 1 everywhere.

    Raises:
        ObjectError: a decoder of another kind, planes that do not fill pictures of three, or a path that holds
            something already or cannot be written.
    """
    decoder = relightable.decoder
    if len(relightable.planes) % 3:
        raise ObjectError(f"{path}: expected planes in threes for a Relight folder, got {len(relightable.planes)}")
    info: dict[str, Any]
    material: dict[str, Any] = {}
    basis = b""
    if isinstance(decoder, LightBasisDecoder):
        planes, ranges = _stored(relightable, decoder)
        info = {"type": decoder.basis, "colorspace": "lrgb" if decoder.base else "rgb"}
    elif isinstance(decoder, NodeBasisDecoder):
        planes, ranges, table = _with_mean_in_bytes(relightable, decoder.table.astype(np.float64))
        info = {"type": decoder.basis, "colorspace": "mrgb"} | _nodes(decoder)
        basis, material["range"] = _table_bytes(table)
    else:
        raise ObjectError(
            f"{path}: expected a PTM, HSH, RBF or bilinear object for a Relight folder, got {decoder.label}: "
            "fit one from the photographs"
        )
    scale, bias = _scale_and_bias(*ranges)
    planes = planes * (ranges[1] > ranges[0])[:, None, None]  # all 0 where a plane has one value
    info |= {"width": relightable.width, "height": relightable.height, "format": "jpg", "nplanes": len(planes)}
    info["materials"] = [material | {"scale": scale.tolist(), "bias": bias.tolist()}]
    if "lights" not in info and relightable.lights is not None:
        info["lights"] = relightable.lights.ravel().tolist()
    with new_folder(path) as folder:
        for number in range(len(planes) // 3):
            triplet = planes[3 * number : 3 * number + 3].transpose(1, 2, 0)
            write_picture(folder / f"plane_{number}.jpg", np.ascontiguousarray(triplet))
        if basis:
            (folder / "materials.bin").write_bytes(basis)
        (folder / "info.json").write_text(json.dumps(info, indent=1, allow_nan=False), encoding="utf-8")


def _stored(relightable: Relightable, decoder: LightBasisDecoder) -> tuple[NDArray[np.uint8], Ranges]:
    """The planes in Relight's order and with its signs."""
    order, signs = stored_as(decoder)
    planes = relightable.planes.copy()
    minimum, maximum = ascending(planes, signs * relightable.minimum, signs * relightable.maximum)
    if decoder.base:
        minimum[:3], maximum[:3] = 0, 1  # raw bytes, whatever their ranges say
    back = np.argsort(order)
    return planes[back], (minimum[back], maximum[back])


def _scale_and_bias(minimum: NDArray[np.float64], maximum: NDArray[np.float64]) -> Ranges:
    """(byte/255 − bias)·scale is minimum at 0 and maximum at 255; a plane of one value has it at 0."""
    scale = np.where(maximum > minimum, maximum - minimum, 1)
    return scale, -minimum / scale


def _nodes(decoder: NodeBasisDecoder) -> dict[str, Any]:
    if decoder.nodes is None:
        return {"resolution": decoder.resolution}
    return {"sigma": decoder.sigma, "lights": decoder.nodes.astype(np.float64).ravel().tolist()}


def _with_mean_in_bytes(
    relightable: Relightable, table: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], Ranges, NDArray[np.float64]]:
    """Planes, ranges and a table whose mean, row 0, lies in [0, 1]."""
    planes, ranges = relightable.planes, (relightable.minimum, relightable.maximum)
    excess = table[0] - np.clip(table[0], 0, 1)
    if not excess.any():
        return planes, ranges, table
    table = np.concatenate([table, excess[None], np.zeros((2, *excess.shape))])  # a picture holds three planes
    table[0] -= excess
    low, high = (np.append(bound, [1, 0, 0]) for bound in ranges)
    return np.pad(planes, ((0, 3), (0, 0), (0, 0))), (low, high), table


def _table_bytes(table: NDArray[np.float64]) -> tuple[bytes, list[float]]:
    """materials.bin and `range`: the mean as byte/255, each component as (byte − 127)/range."""
    largest = np.abs(table[1:]).max(axis=(1, 2))
    ranges = ZERO / np.where(largest > 0, largest, 1)
    mean = np.rint(table[0] * 255)
    components = np.rint(table[1:] * ranges[:, None, None]) + ZERO
    return np.concatenate([mean[None], components]).astype(np.uint8).tobytes(), ranges.tolist()
