"""How a pack is laid out: levels, tags and samples; docs/object_format.md, "One file", is the specification."""

from dataclasses import dataclass
from enum import IntEnum

from fastrti.formats.pyramid import TILE, level_count

START = b"II\x2b\0\x08\0\0\0\x10\0\0\0\0\0\0\0"
"""A little-endian BigTIFF whose first directory follows at once."""

MAX_TILES = 1 << 20
"""Of level 0: a pack has at most 68 gigapixels, and its tables take at most 33 MB."""

MASK, NO_MASK = 2, 0
"""ExtraSamples: alpha, and a sample of no known meaning."""

ASCII, SHORT, LONG, LONG8 = 2, 3, 4, 16
SIZES = {ASCII: 1, SHORT: 2, LONG: 4, LONG8: 8}
"""Types of values, and their bytes."""


class Tag(IntEnum):
    """The tags of a directory, in their order."""

    SUBFILE_TYPE = 254
    WIDTH = 256
    HEIGHT = 257
    BITS = 258
    COMPRESSION = 259
    PHOTOMETRIC = 262
    SAMPLES = 277
    PLANAR = 284
    PREDICTOR = 317
    TILE_WIDTH = 322
    TILE_HEIGHT = 323
    OFFSETS = 324
    BYTE_COUNTS = 325
    EXTRA_SAMPLES = 338
    INFO = 65000
    ANNOTATIONS = 65001


TYPES = dict.fromkeys((Tag.BITS, Tag.COMPRESSION, Tag.PHOTOMETRIC, Tag.SAMPLES, Tag.PLANAR, Tag.PREDICTOR), SHORT)
TYPES |= dict.fromkeys((Tag.SUBFILE_TYPE, Tag.WIDTH, Tag.HEIGHT, Tag.TILE_WIDTH, Tag.TILE_HEIGHT), LONG)
TYPES |= {Tag.INFO: ASCII, Tag.ANNOTATIONS: ASCII, Tag.EXTRA_SAMPLES: SHORT}
TYPES |= {Tag.OFFSETS: LONG8, Tag.BYTE_COUNTS: LONG}


@dataclass(frozen=True)
class Level:
    """One size of the planes or of the normals.

    Attributes:
        number: l. A pixel is the mean of 2ˡ × 2ˡ pixels of level 0.
        width: in pixels.
        height: in pixels.
        samples: of a pixel, bytes.
    """

    number: int
    width: int
    height: int
    samples: int

    @property
    def columns(self) -> int:
        """Tiles side by side."""
        return -(-self.width // TILE)

    @property
    def rows(self) -> int:
        """Tiles one below the other."""
        return -(-self.height // TILE)

    @property
    def tiles(self) -> int:
        """All tiles."""
        return self.columns * self.rows

    def shape(self, row: int, column: int) -> tuple[int, int, int]:
        """(h, w, samples) of a tile without what fills it up."""
        return min(TILE, self.height - row * TILE), min(TILE, self.width - column * TILE), self.samples

    def tags(self, normals: bool, masked: bool) -> dict[Tag, tuple[int, ...]]:
        """The tags whose values follow from the level."""
        extra = (NO_MASK,) * (self.samples - 2) + (MASK if masked else NO_MASK,)
        values = {
            Tag.SUBFILE_TYPE: (int(self.number > 0),),
            Tag.WIDTH: (self.width,),
            Tag.HEIGHT: (self.height,),
            Tag.BITS: (8,) * self.samples,
            Tag.COMPRESSION: (8,),
            Tag.PHOTOMETRIC: (2 if normals else 1,),
            Tag.SAMPLES: (self.samples,),
            Tag.PLANAR: (1,),
            Tag.PREDICTOR: (2,),
            Tag.TILE_WIDTH: (TILE,),
            Tag.TILE_HEIGHT: (TILE,),
        }
        return values if normals or self.samples == 1 else values | {Tag.EXTRA_SAMPLES: extra}


def levels(width: int, height: int, samples: int) -> list[Level]:
    """The levels of a picture, the finest first."""
    return [
        Level(number, -(-width // (1 << number)), -(-height // (1 << number)), samples)
        for number in range(level_count(width, height))
    ]
