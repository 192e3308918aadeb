"""Reading the directories of a pack without trusting them: only what docs/object_format.md allows is taken."""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ObjectError
from fastrti.formats.pack.layout import (
    ASCII,
    MAX_TILES,
    SIZES,
    START,
    TYPES,
    Level,
    Tag,
    levels,
)
from fastrti.formats.pack.ranges import RangedFile
from fastrti.formats.pack.tiles import MAX_OVERHEAD, Tile, unpacked
from fastrti.formats.pyramid import TILE
from fastrti.formats.reading.plane_files import MAX_SIDE
from fastrti.json_fields import MAX_JSON_BYTES
from fastrti.objects.planes import MAX_PLANES

_ENTRY = struct.Struct("<HHQ8s")
_NUMBER = struct.Struct("<Q")
_NORMALS = 3
_MOST_SAMPLES = MAX_PLANES + 2  # labels, and a mask


@dataclass(frozen=True, eq=False)
class PackedLevel:
    """One level of a picture in a file.

    Attributes:
        file: the pack.
        level: its size.
        offsets: (tiles,) where each tile stands.
        counts: (tiles,) its bytes.
    """

    file: RangedFile
    level: Level
    offsets: NDArray[np.uint64]
    counts: NDArray[np.uint32]

    def tile(self, row: int, column: int) -> Tile:
        """A tile, (h, w, samples).

        Raises:
            ObjectError: damaged, or cut off meanwhile.
        """
        number = row * self.level.columns + column
        data = self.file.read(int(self.offsets[number]), int(self.counts[number]), "a tile")
        where = f"{self.file.path}: tile {column}, {row} of level {self.level.number}"
        return unpacked(data, self.level.shape(row, column), where)


@dataclass(frozen=True, eq=False)
class Head:
    """What stands before the tiles.

    Attributes:
        planes: each level of the planes, the finest first.
        normals: the same of the normals; empty where there are none.
        info: info.json.
        annotations: annotations.json, or empty.
    """

    planes: list[PackedLevel]
    normals: list[PackedLevel]
    info: bytes
    annotations: bytes


def read_head(file: RangedFile) -> Head:
    """The checked directories, texts and tables of a pack.

    Raises:
        ObjectError: anything that is not as the object format has it.
    """
    if file.read(0, len(START), "a pack") != START:
        raise _error(file, "a pack, whose first directory stands at byte 16", "another TIFF")
    directories = _Directories(file)
    first = directories.next()
    width, height, samples = (first.number(tag) for tag in (Tag.WIDTH, Tag.HEIGHT, Tag.SAMPLES))
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE and 1 <= samples <= _MOST_SAMPLES):
        raise _error(file, f"a pack of at most {MAX_SIDE}×{MAX_SIDE} pixels", f"{width}×{height}, {samples} samples")
    sizes = levels(width, height, samples)
    if sizes[0].tiles > MAX_TILES:
        raise _error(file, f"a pack of at most {MAX_TILES:,} tiles", f"{width}×{height} pixels")
    masked = first.numbers(Tag.EXTRA_SAMPLES)[-1:] == (2,) if Tag.EXTRA_SAMPLES in first.entries else False
    info, annotations = first.text(Tag.INFO), first.text(Tag.ANNOTATIONS)
    planes = [_packed_level(first if size.number == 0 else directories.next(), size, False, masked) for size in sizes]
    normals = []
    if directories.more:
        normals = [_packed_level(directories.next(), s, True, False) for s in levels(width, height, _NORMALS)]
    if directories.more:
        raise _error(file, f"{len(planes) + len(normals)} directories", "more")
    _check_places(file, [*reversed(planes), *reversed(normals)], directories.end)
    return Head(planes, normals, info, annotations)


class _Directory:
    """The entries of one directory: tags of the format, with the types that they have there."""

    def __init__(self, file: RangedFile, entries: bytes) -> None:
        self.file = file
        self.entries: dict[int, tuple[int, bytes]] = {}
        for tag, kind, count, data in _ENTRY.iter_unpack(entries):
            if tag not in TYPES or TYPES[Tag(tag)] != kind or tag <= max(self.entries, default=0):
                raise _error(file, "the tags of a pack", f"tag {tag} of type {kind}")
            self.entries[tag] = count, data

    def data(self, tag: Tag, at_most: int) -> bytes:
        """The bytes of a value; at most so many are read."""
        count, data = self.entries.get(tag, (0, b""))
        size = count * SIZES[TYPES[tag]]
        if size > at_most:
            raise _error(self.file, f"at most {at_most:,} bytes of tag {tag.value}", f"{size:,}")
        return data[:size] if size <= len(data) else self.file.read(_NUMBER.unpack(data)[0], size, f"tag {tag.value}")

    def numbers(self, tag: Tag) -> tuple[int, ...]:
        """The numbers of a short value."""
        size = SIZES[TYPES[tag]]
        return tuple(np.frombuffer(self.data(tag, _MOST_SAMPLES * size), f"<u{size}").tolist())

    def number(self, tag: Tag) -> int:
        """The one number of a value."""
        numbers = self.numbers(tag)
        if len(numbers) != 1:
            raise _error(self.file, f"one number for tag {tag.value}", str(len(numbers)))
        return numbers[0]

    def text(self, tag: Tag) -> bytes:
        """The text without its end; empty where there is none."""
        text = self.data(tag, MAX_JSON_BYTES + SIZES[ASCII])
        if text[-1:] not in (b"", b"\0"):
            raise _error(self.file, f"a text that ends for tag {tag.value}", "one that does not")
        return text[:-1]


class _Directories:
    """The chain of directories, each of which starts where the one before it ends."""

    def __init__(self, file: RangedFile) -> None:
        self.file, self.end, self.more = file, len(START), True

    def next(self) -> _Directory:
        """The next directory."""
        if not self.more:
            raise _error(self.file, "a directory for each level", "too few")
        (count,) = _NUMBER.unpack(self.file.read(self.end, _NUMBER.size, "a directory"))
        if not 1 <= count <= len(Tag):
            raise _error(self.file, f"a directory of at most {len(Tag)} tags", f"{count:,}")
        data = self.file.read(self.end + _NUMBER.size, count * _ENTRY.size + _NUMBER.size, "a directory")
        self.end += _NUMBER.size + len(data)
        (following,) = _NUMBER.unpack(data[-_NUMBER.size :])
        self.more = following != 0
        if following not in (0, self.end):
            raise _error(self.file, f"the next directory at byte {self.end:,}", f"{following:,}")
        return _Directory(self.file, data[: -_NUMBER.size])


def _packed_level(directory: _Directory, level: Level, normals: bool, masked: bool) -> PackedLevel:
    wanted = level.tags(normals, masked)
    tables = (Tag.OFFSETS, Tag.BYTE_COUNTS)
    texts = (Tag.INFO, Tag.ANNOTATIONS) if level.number == 0 and not normals else ()
    for tag in directory.entries.keys() | wanted.keys():
        if tag not in (*tables, *texts) and directory.numbers(Tag(tag)) != wanted.get(Tag(tag)):
            what = f"{wanted.get(Tag(tag), 'nothing')} for tag {tag} of level {level.number}"
            raise _error(directory.file, what, str(directory.numbers(Tag(tag)) or "nothing"))
    found = []
    for tag in tables:
        size = SIZES[TYPES[tag]]
        numbers = np.frombuffer(directory.data(tag, level.tiles * size), f"<u{size}")
        if len(numbers) != level.tiles:
            raise _error(directory.file, f"{level.tiles} tiles of level {level.number}", str(len(numbers)))
        found.append(numbers)
    return PackedLevel(directory.file, level, *found)


def _check_places(file: RangedFile, packed_levels: list[PackedLevel], end: int) -> None:
    """Raises ObjectError unless every tile has a sensible size and starts where all before it have ended."""
    for packed in packed_levels:
        starts, counts = packed.offsets, packed.counts.astype(np.uint64)
        if int(counts.min()) == 0 or int(counts.max()) > TILE * TILE * packed.level.samples + MAX_OVERHEAD:
            raise _error(file, f"tiles of level {packed.level.number} with sensible sizes", "one without")
        if int(starts.max()) >= file.size:
            raise _error(file, f"tiles before byte {file.size:,}, the end of the file", "one behind it")
        ends = starts + counts
        if int(starts[0]) < end or (starts[1:] < ends[:-1]).any():
            raise _error(file, f"tiles of level {packed.level.number} one after the other", "some that overlap")
        end = int(ends[-1])
    if end > file.size:
        raise _error(file, f"a file of {end:,} bytes", f"{file.size:,}")


def _error(file: RangedFile, wanted: str, got: str) -> ObjectError:
    return ObjectError(f"{file.path}: expected {wanted}, got {got}: pack the object again")
