"""The relief of an object as a mesh: GLB (glTF 2.0, Khronos 2021) with textures, and PLY with colours."""

import io
import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fastrti.errors import ArgumentError
from fastrti.rendering.normals import encode_normals
from fastrti.srgb import srgb_encode, to_bytes
from fastrti.surface.maps import SurfaceMaps

VERTICES = 200_000
"""At most, where nobody asks for another number: about 15 MB of GLB without its textures."""

LARGEST_TEXTURE = 4096
"""Pixels a side: larger maps are averaged. Telephones take no larger textures."""

_FLOAT, _UINT = 5126, 5125  # numbers of the glTF specification, section 3.6.2
_VERTEX_BUFFER, _INDEX_BUFFER = 34962, 34963
_PLY_VERTEX = np.dtype([("place", "<f4", 3), ("normal", "<f4", 3), ("colour", "u1", 3)])
_PLY_FACE = np.dtype([("count", "u1"), ("corners", "<i4", 3)])


@dataclass(frozen=True, eq=False)
class Relief:
    """Some points of a surface and the triangles between them.

    Attributes:
        places: (V, 3) float64 in pixels, +x right, +y up, +z to the camera; the middle of the picture is (0, 0).
        pixels: (V, 2) float64, (right, down) from the top left corner of the picture.
        triangles: (T, 3) uint32, counter-clockwise for the camera.
    """

    places: NDArray[np.float64]
    pixels: NDArray[np.float64]
    triangles: NDArray[np.uint32]


def relief_of(maps: SurfaceMaps, vertices: int = VERTICES) -> Relief:
    """A regular grid over the object; a vertex stands for step × step pixels and has their mean height.

    Args:
        maps: of the object.
        vertices: at most.

    Raises:
        ArgumentError: an object too small or too thin for a triangle, or too few vertices.
    """
    height, width = maps.height.shape
    step = 1
    while -(-height // step) * -(-width // step) > vertices:
        step += 1
    inside = np.ones((height, width), np.bool_) if maps.mask is None else maps.mask
    seen, area = _sums(inside, step), _sums(np.ones_like(inside), step)
    there = 2 * seen >= area
    heights = _sums(np.where(inside, maps.height, 0), step) / np.maximum(seen, 1)
    quads = there[:-1, :-1] & there[1:, :-1] & there[:-1, 1:] & there[1:, 1:]
    if not quads.any():
        raise ArgumentError(
            f"expected an object of several pixels a side and vertices for them, got {int(inside.sum())} pixels of "
            f"object and {vertices} vertices: allow more vertices, or leave the relief out"
        )
    used = np.zeros_like(there)
    for corner in (np.s_[:-1, :-1], np.s_[1:, :-1], np.s_[:-1, 1:], np.s_[1:, 1:]):
        used[corner] |= quads
    numbers = np.cumsum(used.ravel()).reshape(used.shape) - 1
    right, down = (_middles(length, step) for length in (width, height))
    pixels = np.stack(np.broadcast_arrays(right[None], down[:, None]), axis=-1)[used]
    places = np.column_stack([pixels[:, 0] - width / 2, height / 2 - pixels[:, 1], heights[used]])
    return Relief(places, pixels, _triangles(numbers, quads))


def glb(maps: SurfaceMaps, relief: Relief, title: str = "", rights: str = "") -> bytes:
    """A binary glTF file: the mesh, and albedo, normals and roughness as textures of at most 4096 pixels a side.

    Lengths are metres, as glTF has them, where the scale of the object is known. Otherwise the longer side of the
    picture is 1. All vertices have the normal (0, 0, 1): the normal map holds the whole slope, not what is left of it
    over the triangles.
    """
    height, width = maps.height.shape
    unit = 1 / max(height, width) if maps.mm_per_pixel is None else maps.mm_per_pixel / 1000
    places = (relief.places * unit).astype("<f4")
    count = len(places)
    file = _Glb()
    attributes = {
        "POSITION": file.numbers(places, _VERTEX_BUFFER, bounds=True),
        "NORMAL": file.numbers(np.tile(np.array([0, 0, 1], "<f4"), (count, 1)), _VERTEX_BUFFER),
        "TANGENT": file.numbers(np.tile(np.array([1, 0, 0, 1], "<f4"), (count, 1)), _VERTEX_BUFFER),
        "TEXCOORD_0": file.numbers((relief.pixels / (width, height)).astype("<f4"), _VERTEX_BUFFER),
    }
    indices = file.numbers(relief.triangles.ravel(), _INDEX_BUFFER)
    gloss = np.zeros((height, width, 3), np.uint8)
    gloss[..., 1] = to_bytes(maps.roughness)  # green; blue is metal, which is none
    textures = [
        {"index": file.texture(texture)}
        for texture in (to_bytes(srgb_encode(maps.albedo)), np.asarray(encode_normals(maps.normals), np.uint8), gloss)
    ]
    surface = {"baseColorTexture": textures[0], "metallicRoughnessTexture": textures[2], "metallicFactor": 0}
    return file.encoded(
        {
            "asset": {"version": "2.0", "generator": "fastrti", **({"copyright": rights} if rights else {})},
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [{"mesh": 0, "name": title or "relief"}],
            "meshes": [{"primitives": [{"attributes": attributes, "indices": indices, "material": 0}]}],
            "materials": [{"pbrMetallicRoughness": surface, "normalTexture": textures[1]}],
        }
    )


def ply(maps: SurfaceMaps, relief: Relief) -> bytes:
    """A binary PLY file (Turk 1994): places in millimetres or else pixels, normals, and albedo as sRGB colours."""
    scale = maps.mm_per_pixel or 1.0
    column, row = relief.pixels.astype(int).T
    vertices = np.empty(len(relief.places), _PLY_VERTEX)
    vertices["place"] = relief.places * scale
    vertices["normal"] = maps.normals[row, column]
    vertices["colour"] = to_bytes(srgb_encode(maps.albedo[row, column]))
    faces = np.empty(len(relief.triangles), _PLY_FACE)
    faces["count"], faces["corners"] = 3, relief.triangles
    names = {"x": "float", "y": "float", "z": "float", "nx": "float", "ny": "float", "nz": "float"}
    names |= {"red": "uchar", "green": "uchar", "blue": "uchar"}
    lines = ["ply", "format binary_little_endian 1.0", f"comment fastrti; lengths in {maps.unit}"]
    lines += [f"element vertex {len(vertices)}", *(f"property {kind} {name}" for name, kind in names.items())]
    lines += [f"element face {len(faces)}", "property list uchar int vertex_indices", "end_header", ""]
    return "\n".join(lines).encode() + vertices.tobytes() + faces.tobytes()


class _Glb:
    """A glTF file while it is made: its binary part, and the tables that refer to it."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._tables: dict[str, list[dict[str, Any]]] = {"accessors": [], "bufferViews": [], "images": []}

    def numbers(self, values: NDArray[Any], target: int, bounds: bool = False) -> int:
        """The accessor of 32-bit numbers, one row for each vertex or one index each."""
        kind = "SCALAR" if values.ndim == 1 else f"VEC{values.shape[1]}"
        accessor: dict[str, Any] = {
            "bufferView": self._view(values.tobytes(), target=target),
            "componentType": _FLOAT if values.dtype.kind == "f" else _UINT,
            "count": len(values),
            "type": kind,
        }
        if bounds:
            accessor |= {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
        self._tables["accessors"].append(accessor)
        return len(self._tables["accessors"]) - 1

    def texture(self, pixels: NDArray[np.uint8]) -> int:
        """The texture of a picture, (H, W, 3)."""
        buffer, picture = io.BytesIO(), Image.fromarray(pixels)
        picture.reduce(-(-max(picture.size) // LARGEST_TEXTURE)).save(buffer, "PNG")
        self._tables["images"].append({"bufferView": self._view(buffer.getvalue()), "mimeType": "image/png"})
        return len(self._tables["images"]) - 1

    def encoded(self, document: dict[str, Any]) -> bytes:
        """The file of a document, with the tables and the binary part."""
        images = self._tables["images"]
        document |= self._tables | {"buffers": [{"byteLength": len(self._data)}]}
        document["samplers"] = [{"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}]
        document["textures"] = [{"source": number, "sampler": 0} for number in range(len(images))]
        text = json.dumps(document, ensure_ascii=False).encode()
        text += b" " * (-len(text) % 4)
        size = 12 + 8 + len(text) + 8 + len(self._data)
        parts = struct.pack("<4sII", b"glTF", 2, size), struct.pack("<I4s", len(text), b"JSON"), text
        return b"".join(parts) + struct.pack("<I4s", len(self._data), b"BIN\0") + self._data

    def _view(self, data: bytes, **more: int) -> int:
        self._tables["bufferViews"].append(
            {"buffer": 0, "byteOffset": len(self._data), "byteLength": len(data), **more}
        )
        self._data += data + bytes(-len(data) % 4)
        return len(self._tables["bufferViews"]) - 1


def _triangles(numbers: NDArray[np.intp], quads: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """Two for each quad of a grid of numbered vertices."""
    top_left, top_right = numbers[:-1, :-1][quads], numbers[:-1, 1:][quads]
    low_left, low_right = numbers[1:, :-1][quads], numbers[1:, 1:][quads]
    corners = [top_left, low_left, low_right, top_left, low_right, top_right]
    return np.stack(corners, axis=1).reshape(-1, 3).astype("<u4")


def _sums(pixels: NDArray[Any], step: int) -> NDArray[np.float64]:
    """Over step × step pixels; those of the last row and column are cut off by the edge."""
    rows, columns = (np.arange(0, length, step) for length in pixels.shape)
    sums: NDArray[np.float64] = np.add.reduceat(
        np.add.reduceat(pixels, rows, axis=0, dtype=np.float64), columns, axis=1, dtype=np.float64
    )
    return sums


def _middles(length: int, step: int) -> NDArray[np.float64]:
    """Of the parts of `_sums` along one side, in pixels from its beginning."""
    first = np.arange(0, length, step)
    return (first + np.minimum(first + step, length)) / 2
