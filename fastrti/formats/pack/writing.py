"""Writing a pack: tiles go to a scratch file as they are made, and to their places when all are known."""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ObjectError
from fastrti.files import replaced_file, scratch_folder
from fastrti.formats.pack.layout import MAX_TILES, SIZES, START, TYPES, Level, Tag
from fastrti.formats.pack.means import Picture, visit
from fastrti.formats.pack.tiles import Tile, packed
from fastrti.progress import Progress

_ALIGNED = 8
_INLINE = 8  # bytes that a value in a directory may have

Table = dict[int, tuple[NDArray[np.uint64], NDArray[np.uint32]]]
"""Where the tiles of each level stand in the scratch file, and their bytes, row by row."""


@dataclass(eq=False)
class _Value:
    tag: Tag
    data: bytes
    place: int = 0


def write_pack(path: Path, info: bytes, annotations: bytes, planes: Picture, normals: Picture | None = None) -> None:
    """Writes a pack, or replaces one, in memory for some tiles and the tables.

    Args:
        path: the file.
        info: info.json, in ASCII.
        annotations: annotations.json, in ASCII; empty where there is none.
        planes: the planes and the mask.
        normals: the normals, of the same size.

    Raises:
        ObjectError: too large, or a file that cannot be written.
    """
    first = planes.levels[0]
    if first.tiles > MAX_TILES:
        raise ObjectError(
            f"{path}: expected at most {MAX_TILES:,} tiles of 256×256 pixels, got {first.width}×{first.height} pixels: "
            "scale the object down"
        )
    pictures = [planes] if normals is None else [planes, normals]
    texts = {Tag.INFO: info + b"\0"} | ({Tag.ANNOTATIONS: annotations + b"\0"} if annotations else {})
    with scratch_folder(path) as scratch, open(scratch / "tiles", "w+b") as spilled:
        with Progress("packing tiles"):
            tables = [_spill(picture, spilled) for picture in pictures]
        with replaced_file(path) as fresh, open(fresh, "wb") as file:
            start = len(_head(pictures, texts, tables, 0))
            file.write(_head(pictures, texts, tables, start))
            for picture, table in zip(pictures, tables):
                for level in reversed(picture.levels):
                    for offset, count in zip(*table[level.number]):
                        spilled.seek(int(offset))
                        file.write(spilled.read(int(count)))


def _spill(picture: Picture, file: BinaryIO) -> Table:
    """Writes the tiles of all levels one after the other as they come, compressed on all cores."""
    table = {
        level.number: (np.zeros(level.tiles, np.uint64), np.zeros(level.tiles, np.uint32)) for level in picture.levels
    }
    cores = os.cpu_count() or 1
    waiting: deque[tuple[Level, int, Future[bytes]]] = deque()

    def write_first() -> None:
        level, number, future = waiting.popleft()
        data = future.result()
        table[level.number][0][number], table[level.number][1][number] = file.tell(), len(data)
        file.write(data)

    def keep(level: Level, row: int, column: int, tile: Tile) -> None:
        waiting.append((level, row * level.columns + column, pool.submit(packed, tile)))
        if len(waiting) > 2 * cores:
            write_first()

    with ThreadPoolExecutor(cores) as pool:
        visit(picture, keep)
        while waiting:
            write_first()
    return table


def _head(pictures: list[Picture], texts: dict[Tag, bytes], tables: list[Table], start: int) -> bytes:
    """Everything before the tiles, which start at a place."""
    offsets = _offsets(pictures, tables, start)
    directories: list[list[_Value]] = []
    for picture, table, levels in zip(pictures, tables, offsets):
        for level in picture.levels:
            tags = {
                tag: np.array(values, f"<u{SIZES[TYPES[tag]]}").tobytes()
                for tag, values in level.tags(normals=picture is not pictures[0], masked=picture.masked).items()
            }
            tags |= {} if directories else texts
            tags |= {
                Tag.OFFSETS: levels[level.number].astype("<u8").tobytes(),
                Tag.BYTE_COUNTS: table[level.number][1].astype("<u4").tobytes(),
            }
            directories.append([_Value(tag, tags[tag]) for tag in sorted(tags)])
    end = len(START) + sum(16 + 20 * len(values) for values in directories)
    outside = list(_in_order(directories, [len(picture.levels) for picture in pictures]))
    for value in outside:
        value.place = -(-end // _ALIGNED) * _ALIGNED
        end = value.place + len(value.data)
    head = bytearray(-(-end // _ALIGNED) * _ALIGNED)
    head[: len(START)] = START
    place = len(START)
    for values in directories:
        last = values is directories[-1]
        directory = _directory(values, place, last)
        head[place : place + len(directory)] = directory
        place += len(directory)
    for value in outside:
        head[value.place : value.place + len(value.data)] = value.data
    return bytes(head)


def _offsets(pictures: list[Picture], tables: list[Table], start: int) -> list[dict[int, NDArray[np.uint64]]]:
    """Where each tile stands, of each level of each picture."""
    placed: list[dict[int, NDArray[np.uint64]]] = []
    for picture, table in zip(pictures, tables):
        placed.append({})
        for level in reversed(picture.levels):
            ends = start + np.cumsum(table[level.number][1], dtype=np.uint64)
            placed[-1][level.number] = ends - table[level.number][1]
            start = int(ends[-1])
    return placed


def _in_order(directories: list[list[_Value]], counts: list[int]) -> Iterator[_Value]:
    """What does not fit into the directories: small values and texts first, then the tables, coarse levels first."""
    tables = {Tag.OFFSETS, Tag.BYTE_COUNTS}
    texts = (Tag.INFO, Tag.ANNOTATIONS)
    outside = [[value for value in values if len(value.data) > _INLINE] for values in directories]
    yield from (value for values in outside for value in values if value.tag not in {*tables, *texts})
    yield from (value for value in outside[0] if value.tag in texts)
    first = 0
    for count in counts:
        for values in reversed(outside[first : first + count]):
            yield from (value for value in values if value.tag in tables)
        first += count


def _directory(values: list[_Value], place: int, last: bool) -> bytes:
    entries = b"".join(
        value.tag.to_bytes(2, "little")
        + TYPES[value.tag].to_bytes(2, "little")
        + (len(value.data) // SIZES[TYPES[value.tag]]).to_bytes(8, "little")
        + (value.place.to_bytes(8, "little") if value.place else value.data.ljust(_INLINE, b"\0"))
        for value in values
    )
    following = 0 if last else place + 16 + len(entries)
    return len(values).to_bytes(8, "little") + entries + following.to_bytes(8, "little")
