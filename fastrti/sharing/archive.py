"""The archive: an object for a repository, as a bag of files (BagIt, RFC 8493) that explains itself.

`README.txt` holds the formulas of this very object (`fastrti.sharing.archive_readme`).
"""

import hashlib
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import fastrti
from fastrti.errors import ArgumentError
from fastrti.files import check_place, replace_file, replace_folder, scratch_folder, write_file
from fastrti.formats.fastrti_folder import write_object
from fastrti.formats.info_json import object_info
from fastrti.json_fields import json_text
from fastrti.objects.provenance import Graph
from fastrti.objects.relightable import Relightable
from fastrti.sharing.archive_formulas import check_decoder
from fastrti.sharing.archive_readme import readme
from fastrti.sharing.site import OBJECT, check_site
from fastrti.text import printable, storable

SUFFIX = ".zip"

_DATA = "data"
_OWN = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "README.txt", _DATA)
_READ_AT_ONCE = 1 << 20  # bytes
_NOT_IN_NAMES = re.compile(r"[^\w.-]+", re.ASCII)


def export_archive(relightable: Relightable, output: Path) -> None:
    """Writes the bag, whole or not at all. Equal objects give equal bytes.

    Args:
        relightable: the object.
        output: a name that ends in `.zip`, for one file; else a folder that is new, empty or an earlier archive. Other
            files beside those of an earlier archive are kept.

    Raises:
        ObjectError: a decoder whose formulas the archive does not know.
        ArgumentError: a place that cannot be written, or a folder of other files.
    """
    check_decoder(relightable.decoder)
    if output.suffix.lower() != SUFFIX:
        check_site(output, f"{_DATA}/{OBJECT}/info.json")
        with replace_folder(output, _OWN, ArgumentError) as fresh:
            _write_bag(relightable, fresh)
        return
    check_place(output, error=ArgumentError)
    name = _NOT_IN_NAMES.sub("_", output.stem).strip("._") or OBJECT
    with scratch_folder(output, ArgumentError) as folder:
        _write_bag(relightable, folder)
        replace_file(output, lambda file: _zip(folder, name, file), ArgumentError)


def _write_bag(relightable: Relightable, bag: Path) -> None:
    (bag / _DATA / OBJECT).mkdir(parents=True)
    write_object(relightable, bag / _DATA / OBJECT)
    graph: Graph = object_info(relightable).get("provenance", {})
    if graph:
        write_file(bag / _DATA / "provenance.json", json_text(graph))
    if sources := _checksums(graph):
        write_file(bag / _DATA / "photographs-sha256.txt", sources)
    payload = sorted(_files(bag / _DATA))
    size = sum(path.stat().st_size for path in payload)
    names = [path.relative_to(bag).as_posix() for path in payload]
    write_file(bag / "README.txt", readme(relightable, names).encode())
    write_file(bag / "bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    write_file(bag / "bag-info.txt", _info(relightable, f"{size}.{len(payload)}").encode())
    write_file(bag / "manifest-sha256.txt", _manifest(bag, payload))
    write_file(bag / "tagmanifest-sha256.txt", _manifest(bag, sorted(bag.glob("*.txt"))))


def _info(relightable: Relightable, oxum: str) -> str:
    facts = {
        "External-Description": relightable.title,
        "Creator": relightable.creator,
        "Rights": relightable.rights,
        "Bag-Software-Agent": f"fastrti {fastrti.__version__}",
        "Payload-Oxum": oxum,
    }
    lines = [f"{name}: {printable(' '.join(storable(fact).split()))}\n" for name, fact in facts.items() if fact.strip()]
    return "".join(lines)


def _checksums(graph: Graph) -> bytes:
    """A line for each file that the object was made from, as `sha256sum` writes them."""
    rows = [(node.get("schema:sha256"), node.get("schema:name")) for node in graph.get("@graph", [])]
    lines = [f"{digest}  {printable(name)}\n" for digest, name in rows if _is_digest(digest) and isinstance(name, str)]
    return "".join(lines).encode()


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _manifest(bag: Path, paths: list[Path]) -> bytes:
    """A line for each file: its digest, and its path in the bag."""
    lines = []
    for path in paths:
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(_READ_AT_ONCE):
                digest.update(piece)
        lines.append(f"{digest.hexdigest()}  {path.relative_to(bag).as_posix()}\n")
    return "".join(lines).encode()


def _zip(bag: Path, name: str, file: BinaryIO) -> None:
    """The bag in one folder of a ZIP file: sorted, of one time, and stored as it is, so that damage stays local."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:
        for path in sorted(_files(bag)):
            entry = zipfile.ZipInfo(f"{name}/{path.relative_to(bag).as_posix()}")  # of 1980, the first time of ZIP
            entry.create_system, entry.external_attr = 3, 0o100644 << 16  # of Unix, on every system
            entry.file_size = path.stat().st_size
            with path.open("rb") as source, packed.open(entry, "w") as target:
                while piece := source.read(_READ_AT_ONCE):
                    target.write(piece)
