"""The planes of a JPEG-compressed .ptm: one greyscale JPEG a coefficient, some predicted from another.

PTM_1.2 (HP Labs, "Polynomial Texture Map (.ptm) File Format"): a plane with a reference r stores the difference
v − (r − 128), r inverted to 255 − r where bit 0 of its transform is set, modulo 256; side information then replaces
single pixels that JPEG spoilt.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ObjectError
from fastrti.formats.reading.plane_files import decode_picture
from fastrti.formats.reading.text_header import TextHeader

NO_REFERENCE = -1
_RECORD = np.dtype([("pixel", ">u4"), ("value", "u1")])  # of the side information
_MAX_BYTES = 1 << 31


@dataclass(frozen=True)
class Streams:
    """What the header says of the S compressed planes.

    Attributes:
        inverted: whether the reference is inverted before it is added.
        references: the plane each is predicted from, or −1.
        sizes: bytes of each JPEG.
        side_sizes: bytes of side information after each JPEG.
    """

    inverted: list[bool]
    references: list[int]
    sizes: list[int]
    side_sizes: list[int]

    @classmethod
    def from_header(cls, header: TextHeader, count: int) -> "Streams":
        """Reads the lines that follow the biases.

        Raises:
            ObjectError: lines of another form, or planes predicted with motion compensation.
        """
        header.integers("the JPEG quality", 1, 0, 100)
        transforms = header.integers("transforms", count, 0, 255)
        for axis in "xy":
            if any(header.integers(f"motion vectors in {axis}", count, -(1 << 20), 1 << 20)):
                raise ObjectError(
                    f"{header.where}: expected planes without motion compensation, got motion vectors: "
                    "save the file again without them"
                )
        header.integers("the order of the planes", count, 0, count - 1)  # implied by the references
        return cls(
            inverted=[bool(transform & 1) for transform in transforms],
            references=header.integers("reference planes", count, NO_REFERENCE, count - 1),
            sizes=header.integers("compressed sizes", count, 1, _MAX_BYTES),
            side_sizes=header.integers("side information sizes", count, 0, _MAX_BYTES),
        )


def read_streams(header: TextHeader, count: int, width: int, height: int) -> NDArray[np.uint8]:
    """The coefficient planes as stored, (S, H, W) uint8, in the order and with the rows of the file."""
    streams = Streams.from_header(header, count)
    payload = header.payload(sum(streams.sizes) + sum(streams.side_sizes), spare=None)  # each stream has its size
    planes, corrections, start = [], [], 0
    for number, (size, side_size) in enumerate(zip(streams.sizes, streams.side_sizes)):
        where = f"{header.where}: plane {number}"
        planes.append(decode_picture(payload[start : start + size], where, "L", width, height))
        start += size + side_size
        corrections.append(_side_information(payload[start - side_size : start], where, width * height))
    stacked = np.stack(planes)
    for number in _references_first(streams.references, header.where):
        _undo_prediction(stacked, number, streams)
        stacked[number].reshape(-1)[corrections[number]["pixel"]] = corrections[number]["value"]
    return stacked


def _side_information(data: bytes, where: str, pixels: int) -> NDArray[np.void]:
    if len(data) % _RECORD.itemsize:
        raise ObjectError(f"{where}: expected side information in records of 5 bytes, got {len(data)} bytes")
    records = np.frombuffer(data, _RECORD)
    if len(records) and records["pixel"].max() >= pixels:
        raise ObjectError(f"{where}: expected side information on {pixels} pixels, got pixel {records['pixel'].max()}")
    return records


def _references_first(references: list[int], where: str) -> list[int]:
    """The planes in an order in which each comes after the one it is predicted from."""
    order: list[int] = []
    while len(order) < len(references):
        ready = [n for n, r in enumerate(references) if n not in order and (r == NO_REFERENCE or r in order)]
        if not ready:
            raise ObjectError(f"{where}: expected reference planes without a circle, got {references}")
        order += ready
    return order


def _undo_prediction(planes: NDArray[np.uint8], number: int, streams: Streams) -> None:
    if streams.references[number] == NO_REFERENCE:
        return
    reference = planes[streams.references[number]]
    if streams.inverted[number]:
        reference = 255 - reference
    planes[number] += reference - np.uint8(128)  # modulo 256, as it was coded
