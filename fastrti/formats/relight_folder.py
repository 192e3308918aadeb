"""Relight folders: `info.json` and `plane_0.jpg …`, as Relight (Visual Computing Lab, ISTI-CNR) and OpenLIME use them.

A coefficient is (byte/255 − bias)·scale, three per picture. Types ptm and hsh are sums of light functions (`rgb`: per
channel; `lrgb`: a luminance times the base colour of the first picture). Types rbf and bilinear are principal
components: colour = M₀(l) + Σ coefficient_p·M_p(l), M interpolated between nodes and stored as bytes in materials.bin
(`mrgb`; `mycc`: the same in Y, Co, Cg, with fewer planes of colour).
"""

import json
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ObjectError
from fastrti.files import new_folder, read_file, write_file
from fastrti.formats.format import Format, Source
from fastrti.formats.reading.foreign_keys import SCALE, check_colours, mm_per_pixel
from fastrti.formats.reading.plane_files import checked_size, write_picture
from fastrti.formats.reading.plane_layouts import read_plane_pictures
from fastrti.formats.reading.ranges import Ranges, ascending, hsh_signs
from fastrti.json_fields import Fields
from fastrti.objects.decoders import Decoder, LightBasisDecoder, NodeBasisDecoder
from fastrti.objects.decoders.light_basis import MAX_NODES
from fastrti.objects.planes import MAX_PLANES
from fastrti.objects.relightable import Relightable
from fastrti.progress import counted

LIGHT_FUNCTIONS, INTERPOLATED = ("ptm", "hsh"), ("rbf", "bilinear")
TYPES = (*LIGHT_FUNCTIONS, *INTERPOLATED)
PTM_ORDER = (3, 5, 4, 1, 2, 0)
"""Where Relight's 1, x, y, x², xy, y² holds our x², y², xy, x, y, 1."""
ZERO = 127
"""The byte that means 0 in a component's basis."""

_MIN_RANGE = 1e-9  # so that the table stays in float32
_RGB_OF_YCOCG = np.array([[1, 0.5, -0.5], [1, 0, 0.5], [1, -0.5, -0.5]])


def recognises(source: Source) -> bool:
    """Whether an info.json is of one of `TYPES`."""
    return source.info is not None and source.info.values.get("type") in TYPES


def load(source: Source, max_pixels: int | None) -> Relightable:
    """A folder of one of `TYPES`: info.json, whole plane pictures and, for rbf and bilinear, materials.bin.

    Raises:
        ObjectError: a colour space, file or number that does not fit the format.
    """
    folder, info = source.path, source.fields
    check_colours(info)
    kind = info.choice("type", TYPES)
    colorspace = info.choice("colorspace", ("rgb", "lrgb") if kind in LIGHT_FUNCTIONS else ("mrgb", "mycc"))
    count = _plane_count(info, colorspace)
    width, height = checked_size(info, max_pixels)
    at_0, at_255 = _ranges(info, count)
    lights = _lights(info) if "lights" in info or kind == "rbf" else np.empty((0, 3))
    decoder: Decoder
    order, signs = np.arange(count), np.ones(count)
    if kind in LIGHT_FUNCTIONS:
        decoder = _sum_of_functions(info, kind, count, colorspace)
        order, signs = stored_as(decoder)
    else:
        decoder = _components(folder, info, kind, count, colorspace, lights)
    planes = read_plane_pictures(folder, range(-(-count // 3)), width, height)[order]
    if colorspace == "lrgb":
        at_0[:3], at_255[:3] = 0, 1  # the base colour is the bytes themselves
    minimum, maximum = ascending(planes, signs * at_0[order], signs * at_255[order])
    photographed = lights if len(lights) else None
    return Relightable(planes, minimum, maximum, decoder, lights=photographed, mm_per_pixel=mm_per_pixel(info))


def _plane_count(info: Fields, colorspace: str) -> int:
    if colorspace != "mycc":
        return info.integer("nplanes", 1, MAX_PLANES)
    return sum(_ycc_planes(info))


def _ycc_planes(info: Fields) -> tuple[int, ...]:
    counts = info.integers("yccplanes", at_most=3, low=1, high=MAX_PLANES)
    if len(counts) != 3 or counts[1] != counts[2] or counts[0] < counts[1] or sum(counts) > MAX_PLANES:
        raise info.error("yccplanes", f"numbers of Y, Co and Cg planes, Co = Cg ≤ Y, at most {MAX_PLANES} in all")
    return counts


def _ranges(info: Fields, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the bytes 0 and 255 mean, (K,) each."""
    material = _material(info)
    scale, bias = material.array("scale", (count,)), material.array("bias", (count,))
    with np.errstate(over="ignore"):  # infinity is refused with the object's ranges
        return -bias * scale, (1 - bias) * scale


def _lights(info: Fields) -> NDArray[np.float64]:
    numbers = info.array("lights", (-1,))
    if len(numbers) % 3:
        raise info.error("lights", "three numbers per light")
    return numbers.reshape(-1, 3)


def _material(info: Fields) -> Fields:
    materials = info.children("materials", 1)
    if not materials:
        raise info.error("materials", "a list of one object")
    return materials[0]


# --- reading ptm, hsh ------------------------------------------------------------------------------------------------


def _sum_of_functions(info: Fields, kind: str, count: int, colorspace: str) -> LightBasisDecoder:
    base = colorspace == "lrgb"
    terms, rest = (count - 3, 0) if base else divmod(count, 3)
    if rest or terms < 1:
        raise info.error("nplanes", "three base colours and at least one term" if base else "three planes per term")
    if kind == "ptm" and terms != len(PTM_ORDER):
        raise info.error("nplanes", "six terms of a PTM: 18 planes, or 9 with a base colour")
    return LightBasisDecoder(cast(Literal["ptm", "hsh"], kind), terms, base)


def stored_as(decoder: LightBasisDecoder) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """For each plane of the decoder, (K,) each: which plane Relight stores it as, and with which sign."""
    terms = np.arange(decoder.terms) if decoder.basis == "hsh" else np.array(PTM_ORDER)
    signs = hsh_signs(decoder.terms) if decoder.basis == "hsh" else np.ones(decoder.terms)
    if decoder.base_colour:
        return np.concatenate([np.arange(3), 3 + terms]), np.concatenate([np.ones(3), signs])
    return (3 * terms[:, None] + np.arange(3)).ravel(), np.repeat(signs, 3)


# --- reading rbf, bilinear -------------------------------------------------------------------------------------------


def _components(
    folder: Path, info: Fields, kind: str, count: int, colorspace: str, lights: NDArray[np.float64]
) -> NodeBasisDecoder:
    resolution = info.integer("resolution", 2, int(MAX_NODES**0.5)) if kind == "bilinear" else 0
    nodes = len(lights) if kind == "rbf" else resolution**2
    if not 1 <= nodes <= MAX_NODES:
        raise info.error("lights", f"1 to {MAX_NODES} lights")
    basis = _basis_bytes(folder, info, count, nodes)
    ranges = _material(info).array("range", (count,))
    if not (ranges >= _MIN_RANGE).all():
        raise _material(info).error("range", f"numbers from {_MIN_RANGE:g}")
    table = np.concatenate([basis[:1] / 255, (basis[1:] - ZERO) / ranges[:, None, None]])
    if colorspace == "mycc":
        table = _rgb_table(table, _ycc_planes(info)[1])
    if kind == "bilinear":
        return NodeBasisDecoder("bilinear", table.astype(np.float32), resolution=resolution)
    return NodeBasisDecoder("rbf", table.astype(np.float32), lights.astype(np.float32), info.number("sigma"))


def _basis_bytes(folder: Path, info: Fields, count: int, nodes: int) -> NDArray[np.float64]:
    """(K+1, M, 3) bytes as floats: from materials.bin or, in older folders, from the key `basis`."""
    shape = (count + 1, nodes, 3)
    if "basis" in info:
        numbers = info.array("basis", (-1,))
        if numbers.size != np.prod(shape) or numbers.min() < 0 or numbers.max() > 255:
            raise info.error("basis", f"{np.prod(shape)} bytes")
        return numbers.reshape(shape)
    path, size = folder / "materials.bin", int(np.prod(shape))
    data = read_file(path, size, "the basis of the components")
    if len(data) != size:
        raise ObjectError(f"{path}: expected {size} bytes, {shape[0]} × {nodes} × 3, got {len(data)}")
    return np.frombuffer(data, np.uint8).reshape(shape).astype(np.float64)


def _rgb_table(table: NDArray[np.float64], colour_triplets: int) -> NDArray[np.float64]:
    """The table of Y, Co, Cg turned into one of RGB: the change of colour space is linear, so it costs no pixel time.

    A component belongs to one channel: to Y, Co, Cg in turn in the first triplets, to Y after them.
    """
    channels = np.zeros((len(table) - 1, 3))
    channels[3 * colour_triplets :, 0] = 1
    channels[: 3 * colour_triplets] = np.tile(np.eye(3), (colour_triplets, 1))
    ycocg = np.concatenate([table[:1], table[1:] * channels[:, None]])
    rgb: NDArray[np.float64] = ycocg @ _RGB_OF_YCOCG.T
    return rgb


# --- writing ---------------------------------------------------------------------------------------------------------


def save(relightable: Relightable, path: Path) -> None:
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
        info = {"type": decoder.basis, "colorspace": "lrgb" if decoder.base_colour else "rgb"}
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
    if relightable.mm_per_pixel is not None:
        info[SCALE] = relightable.mm_per_pixel
    if "lights" not in info and relightable.lights is not None:
        info["lights"] = relightable.lights.ravel().tolist()
    with new_folder(path) as folder:
        for number in counted(range(len(planes) // 3), "writing planes"):
            triplet = planes[3 * number : 3 * number + 3].transpose(1, 2, 0)
            write_picture(folder / f"plane_{number}.jpg", np.ascontiguousarray(triplet))
        if basis:
            write_file(folder / "materials.bin", basis)
        write_file(folder / "info.json", json.dumps(info, indent=1, allow_nan=False).encode())


def _stored(relightable: Relightable, decoder: LightBasisDecoder) -> tuple[NDArray[np.uint8], Ranges]:
    """The planes in Relight's order and with its signs."""
    order, signs = stored_as(decoder)
    planes = relightable.planes.copy()
    minimum, maximum = ascending(planes, signs * relightable.minimum, signs * relightable.maximum)
    if decoder.base_colour:
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


FORMAT = Format(
    "relight",
    f"a Relight folder of type {', '.join(TYPES)}",
    recognises,
    load,
    save,
    holds=("lights", "mm_per_pixel"),
)
