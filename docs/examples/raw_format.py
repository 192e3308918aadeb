"""A new file format: a line of JSON, then the bytes of the planes."""

import json
import os
from pathlib import Path

import numpy as np

from fastrti.errors import ObjectError
from fastrti.files import open_file, replace_file
from fastrti.formats.format import Format, Source
from fastrti.formats.reading.plane_files import checked_size
from fastrti.json_fields import Fields
from fastrti.objects.decoders import KINDS
from fastrti.objects.planes import MAX_PLANES
from fastrti.objects.relightable import Relightable

MAGIC = b"RAW_RTI\n"
LONGEST_LINE = 1 << 24  # bytes


def recognises(source: Source) -> bool:
    """Whether a file starts as this format does."""
    return source.start.startswith(MAGIC)


def load(source: Source, max_pixels: int | None) -> Relightable:
    """Reads the JSON line and checks every size before it reads the planes."""
    with open_file(source.path, "a .rawrti file") as file:
        file.seek(len(MAGIC))
        try:
            info = Fields(dict(json.loads(file.readline(LONGEST_LINE))), str(source.path))
        except (TypeError, ValueError):
            raise ObjectError(
                f"{source.path}: expected a line of JSON, got other text: save the object again"
            ) from None
        count = info.integer("planes", 1, MAX_PLANES)
        width, height = checked_size(info, max_pixels)
        if os.fstat(file.fileno()).st_size - file.tell() != count * height * width:
            raise ObjectError(f"{source.path}: expected {count} planes, got a file of another size: save it again")
        content = file.read()
    decoder = info.child("decoder")
    return Relightable(
        planes=np.frombuffer(content, np.uint8).reshape(count, height, width),
        minimum=info.array("min", (count,)),
        maximum=info.array("max", (count,)),
        decoder=KINDS[decoder.choice("kind", KINDS)](decoder, count),
    )


def save(relightable: Relightable, path: Path) -> None:
    """Writes planes and decoder. The mask and the provenance are not written."""
    info = {
        "width": relightable.width,
        "height": relightable.height,
        "planes": len(relightable.planes),
        "min": relightable.minimum.tolist(),
        "max": relightable.maximum.tolist(),
        "decoder": {"kind": relightable.decoder.kind, **relightable.decoder.to_json()},
    }
    replace_file(path, MAGIC + json.dumps(info).encode("ascii") + b"\n" + relightable.planes.tobytes())


FORMAT = Format("raw", "a .rawrti file", recognises, load, save, (".rawrti",))
