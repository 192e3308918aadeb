"""`fastrti export`: objects for other people's programs."""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from fastrti.cli.arguments import OBJECT_HELP, add_size_argument, check_kept, light, object_name
from fastrti.cli.terminal import note, say
from fastrti.errors import ArgumentError
from fastrti.formats import is_pack
from fastrti.formats.pack import Pack
from fastrti.objects.relightable import Relightable
from fastrti.sharing.archive import export_archive
from fastrti.sharing.facts import address_names
from fastrti.sharing.gallery import export_gallery
from fastrti.sharing.iiif.export import checked_base_url, export_iiif
from fastrti.sharing.opened import OpenedObject
from fastrti.sharing.openlime import export_openlime
from fastrti.sharing.site import OBJECT, OBJECTS, PACKED_OBJECT
from fastrti.sharing.web import export_folder, export_pack, export_single_file


def _to_web(arguments: argparse.Namespace) -> None:
    forms = [f"--{name.replace('_', '-')}" for name in ("single_file", "tiles", "pack") if getattr(arguments, name)]
    if len(forms) > 1:
        raise ArgumentError(f"expected {forms[0]} or {forms[1]}, got both: leave one out, an export has one form")
    if arguments.single_file:
        _to_single_file(arguments)
    elif arguments.pack or (not forms and _is_pack(arguments)):
        _to_packed_site(arguments)
    elif len(arguments.objects) > 1:
        _check_site_kept(arguments)
        base_url = checked_base_url(arguments.base_url) if arguments.base_url else ""
        export_gallery(_opened(arguments), arguments.output, base_url, arguments.tiles, arguments.loss_db)
        if not base_url:
            note("the feeds are left out, because they need the address of the site: add --base-url")
    else:
        _check_site_kept(arguments)
        for _, relightable in _opened(arguments):
            export_folder(relightable, arguments.output, arguments.tiles, loss_db=arguments.loss_db)


def _to_single_file(arguments: argparse.Namespace) -> None:
    source = _only(arguments)
    check_kept(source, arguments.output)
    for _, relightable in _opened(arguments):
        export_single_file(relightable, arguments.output, arguments.loss_db)


def _is_pack(arguments: argparse.Namespace) -> bool:
    """Whether one pack is to be exported, which stays one."""
    return len(arguments.objects) == 1 and is_pack(arguments.objects[0])


def _to_packed_site(arguments: argparse.Namespace) -> None:
    source = _only(arguments)
    if arguments.loss_db is not None:
        raise ArgumentError("expected lossless planes for a pack, got --loss-db: leave it out, or add --tiles")
    check_kept(source, arguments.output / PACKED_OBJECT)
    if is_pack(source):
        return export_pack(Pack(source, arguments.max_pixels), arguments.output)
    for _, relightable in _opened(arguments):
        export_folder(relightable, arguments.output, packed=True)


def _to_iiif(arguments: argparse.Namespace) -> None:
    if not arguments.base_url:
        raise ArgumentError(
            "expected --base-url with --to iiif, got none: add the address where the folder will stand, "
            "because IIIF has whole addresses in every file"
        )
    _check_site_kept(arguments)
    objects, lights = _opened(arguments), arguments.lights or ()
    export_iiif(objects, arguments.output, arguments.base_url, lights, arguments.tiles)


def _to_openlime(arguments: argparse.Namespace) -> None:
    source = _only(arguments)
    check_kept(source, arguments.output / OBJECT)
    opened = OpenedObject(source, arguments.max_pixels)
    for sentence in export_openlime(opened.relightable, arguments.output, arguments.tiles, source):
        note(sentence)


def _to_archive(arguments: argparse.Namespace) -> None:
    source = _only(arguments)
    check_kept(source, arguments.output)
    opened = OpenedObject(source, arguments.max_pixels)
    export_archive(opened.relightable, arguments.output)


_TARGETS: dict[str, Callable[[argparse.Namespace], None]] = {
    "web": _to_web,
    "iiif": _to_iiif,
    "openlime": _to_openlime,
    "archive": _to_archive,
}
"""What writes the objects for each target, from the command's arguments."""

_OPTIONS = {
    "single_file": ("web",),
    "pack": ("web",),
    "tiles": ("web", "iiif", "openlime"),
    "loss_db": ("web",),
    "base_url": ("web", "iiif"),
    "lights": ("iiif",),
}
"""The targets that know an option."""


def _opened(arguments: argparse.Namespace) -> Iterator[tuple[str, Relightable]]:
    """(name, object with its normals), one after the other; the normals are kept for the next time."""
    sources = arguments.objects
    for name, source in zip(address_names([object_name(source) for source in sources]), sources):
        opened = OpenedObject(source, arguments.max_pixels)
        opened.estimate_normals()
        yield name, opened.relightable
        if sentence := opened.keep_normals():
            note(sentence)


def _only(arguments: argparse.Namespace) -> str:
    """The object of an export that takes one."""
    if len(arguments.objects) != 1:
        form = "--single-file" if arguments.single_file else "--pack" if arguments.pack else ""
        what = form or f"--to {arguments.target}"
        raise ArgumentError(f"expected one object for {what}, got {len(arguments.objects)}: export them one by one")
    source: str = arguments.objects[0]
    return source


def _check_site_kept(arguments: argparse.Namespace) -> None:
    for source in arguments.objects:
        for inside in (OBJECT, OBJECTS):
            check_kept(source, arguments.output / inside)


class _To(argparse.Action):
    """--to TARGET OUTPUT."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, *_: Any) -> None:
        target, output = values
        if target not in _TARGETS:
            parser.error(f"argument --to: expected one of {', '.join(_TARGETS)}, got {target!r}")
        namespace.target, namespace.output = target, Path(output)


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "export",
        help="write objects for the web, for IIIF, for OpenLIME or for a repository",
        description=(
            "Writes objects for other programs.\n"
            "  web       a folder for any web server, or with --single-file one HTML file that opens by double click.\n"
            "            Several objects get an index page, whose thumbnails relight under the pointer\n"
            "  iiif      the same, with IIIF pictures and manifests for Mirador and other clients. --base-url is the\n"
            "            address where the folder will stand\n"
            "  openlime  a folder with a page for OpenLIME, a separate program; its README.txt says how to use it\n"
            "  archive   a folder or .zip file for a repository: the object, where it comes from, checksums, and a\n"
            "            README with the formulas that decode it\n\n"
            "A folder holds tiles when the picture has more than 2 megapixels, so that a viewer loads what is seen.\n"
            "For OpenLIME this holds for PTM, HSH, RBF and bilinear objects. Networks become tiles above 4096 pixels\n"
            "a side, because OpenLIME blurs the last tiles of a network.\n\n"
            "With --pack a folder for the web holds one file in the place of thousands of tiles. The server has to\n"
            "answer range requests, as nginx, Apache, S3 and GitHub Pages do. A pack stays one.\n\n"
            "With --loss-db 0.2 a folder or file for the web has about a fifth of the bytes. Its planes are JPEG\n"
            "that costs at most 0.2 dB of PSNR, measured under the photographed lights. Without the option planes are\n"
            "lossless. An archive always has lossless planes."
        ),
        epilog=(
            "examples:\n  fastrti export vase --to web site/\n  fastrti export vase --to web vase.html --single-file\n"
            "  fastrti export vase --to web site/ --loss-db 0.2\n"
            "  fastrti export objects/* --to web site/ --base-url https://example.org/rti/\n"
            "  fastrti export objects/* --to iiif site/ --base-url https://example.org/rti/\n"
            "  fastrti export vase --to openlime site/\n  fastrti export vase --to archive vase.zip"
        ),
    )
    parser.add_argument("objects", metavar="OBJECT", nargs="+", help=OBJECT_HELP)
    add_size_argument(parser)
    parser.add_argument(
        "--to",
        action=_To,
        nargs=2,
        metavar=("TARGET", "OUTPUT"),
        required=True,
        help=f"what to write ({', '.join(_TARGETS)}), and the folder, the HTML file of --single-file or the .zip of "
        "an archive",
    )
    parser.add_argument("--single-file", action="store_true", help="for web: write one HTML file")
    parser.add_argument("--tiles", action="store_true", help="write tiles for a smaller picture too, or of a pack")
    parser.add_argument("--pack", action="store_true", help="for web: write one file in the place of tiles")
    parser.add_argument(
        "--loss-db", type=float, metavar="DB", help="for web: write planes as JPEG that costs at most DB decibels"
    )
    parser.add_argument("--base-url", metavar="URL", help="where the folder will stand; for iiif, and for web feeds")
    parser.add_argument(
        "--light",
        dest="lights",
        type=light,
        action="append",
        metavar="x,y[,z]",
        help="for iiif: a light of a relit picture; repeat it for several (default: five)",
    )
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Writes the export and prints its name."""
    for name, targets in _OPTIONS.items():
        if getattr(arguments, name) not in (None, False) and arguments.target not in targets:
            option = "--light" if name == "lights" else "--" + name.replace("_", "-")
            raise ArgumentError(
                f"expected {option} with --to {' or '.join(targets)}, got --to {arguments.target}: leave {option} out"
            )
    _TARGETS[arguments.target](arguments)
    say(arguments.output)
