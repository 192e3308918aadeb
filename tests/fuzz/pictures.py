"""PNG, JPEG and TIFF files that are whole but for one field: checksums and lengths fit what they say."""

import io
import struct
import zlib
from functools import cache

import numpy as np
from fuzz.choices import Choices, changed_bytes
from PIL import Image

_TAG_VALUES = (0, 1, 2, 3, 5, 7, 8, 16, 32, 50_000, 32946, 1 << 24, (1 << 32) - 1)
_SIZES = (1, 4, 5, 7, 8, 4096, 20_000, 1 << 16, 1 << 31)


def png(choices: Choices, width: int, height: int, mode: str = "RGB") -> bytes:
    """A PNG of noise; now and then another header, other chunks or damaged pixels under right checksums."""
    channels = {"RGB": 3, "L": 1}[mode]
    claimed_width, claimed_height = width, height
    bits, colour, interlaced = 8, {"RGB": 2, "L": 0}[mode], 0
    rows = np.random.default_rng(choices.below(8)).integers(0, 256, (height, width * channels), np.uint8)
    if choices.rarely():
        rows[:] = choices.below(256)
    data = zlib.compress(np.pad(rows, ((0, 0), (1, 0))).tobytes())
    extra = b""
    match choices.below(12):
        case 1:
            claimed_width = choices.pick(_SIZES)
        case 2:
            claimed_height = choices.pick(_SIZES)
        case 3:
            bits = choices.pick((1, 2, 4, 8, 16, 0, 255))
        case 4:
            colour = choices.below(8)
        case 5:
            interlaced = choices.below(3)
        case 6:
            data = changed_bytes(choices, data)
        case 7:
            data = zlib.compress(b"\0" * (1 << choices.below(20)))
        case 8:
            kind = choices.pick(
                (b"tEXt", b"zTXt", b"iCCP", b"gAMA", b"acTL", b"eXIf", b"tRNS", b"PLTE", b"IHDR", b"IEND")
            )
            bomb = b"a\0\0" + zlib.compress(b"\0" * (1 << choices.below(24)))
            extra = _chunk(kind, choices.pick([bomb, choices.raw(choices.below(32))]))
    header = struct.pack(">IIBBBBB", claimed_width, claimed_height, bits, colour, 0, 0, interlaced)
    whole = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + extra + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
    return changed_bytes(choices, whole) if choices.rarely() else whole


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def jpeg(choices: Choices, width: int, height: int, mode: str = "RGB") -> bytes:
    """A JPEG; now and then of another size, with scans repeated, or damaged."""
    data = _jpeg(width, height, mode, choices.rarely())
    scan = data.index(b"\xff\xda")
    match choices.below(8):
        case 1:
            frame = data.index(b"\xff\xc0" if b"\xff\xc0" in data else b"\xff\xc2")
            size = struct.pack(">HH", *(choices.pick(_SIZES) & 0xFFFF for _ in "hw"))
            data = data[: frame + 5] + size + data[frame + 9 :]
        case 2:
            data = data[:-2] + data[scan:-2] * choices.below(80) + data[-2:]
        case 3:
            data = data[: scan + 14] + changed_bytes(choices, data[scan + 14 :])
        case 4:
            segment = b"\xff" + bytes([0xE0 + choices.below(16)]) + struct.pack(">H", choices.below(1 << 16))
            data = data[:2] + segment + choices.raw(choices.below(64)) + data[2:]
        case 5:
            data = changed_bytes(choices, data)
    return data


@cache
def _jpeg(width: int, height: int, mode: str, progressive: bool) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, "JPEG", progressive=progressive)
    return file.getvalue()


def tiff(choices: Choices, width: int, height: int) -> bytes:
    """A TIFF of one strip; now and then one tag off."""
    big = choices.rarely()
    order, name = (">", b"MM\0*") if big else ("<", b"II*\0")
    pixels = np.random.default_rng(1).integers(0, 256, width * height * 3, np.uint8).tobytes()
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 2, 273: 8, 277: 3, 278: height, 279: len(pixels)}
    tags |= (
        {choices.pick((266, 274, 284, 317, 322, 323, 338, 339, 34675)): choices.below(70)} if choices.rarely() else {}
    )
    if choices.often():
        tags[choices.pick(sorted(tags))] = choices.pick(
            (0, 1, 2, 3, 5, 7, 8, 16, 32, 50_000, 32946, 1 << 24, (1 << 32) - 1)
        )
    kinds = [choices.pick((4, 3, 1, 12, 0)) if choices.rarely() else 4 for _ in tags]
    entries = [
        struct.pack(order + "HHII", tag, kind, 1, value & 0xFFFFFFFF)
        for (tag, value), kind in zip(sorted(tags.items()), kinds)
    ]
    directory = struct.pack(order + "H", len(entries)) + b"".join(entries) + struct.pack(order + "I", 0)
    whole = name + struct.pack(order + "I", 8 + len(pixels)) + pixels + directory
    return changed_bytes(choices, whole) if choices.rarely() else whole
