"""`fastrti view`: shows an object in the web browser, from a server of this machine only."""

import argparse
import os
import re
import tempfile
import threading
import webbrowser
from collections.abc import Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from fastrti.cli.arguments import OBJECT_HELP
from fastrti.files import replace_folder
from fastrti.formats import load
from fastrti.formats.fastrti_folder import write_object
from fastrti.json_fields import read_json
from fastrti.objects.relightable import Relightable
from fastrti.rendering.renderer import Renderer
from fastrti.sharing.site import OBJECT, needs_tiles
from fastrti.sharing.web import write_normals, write_page

NORMALS = ("normals.png", "normals.dzi", "normals_files")
"""What asks for the normals of an object, whole or tiled."""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "view",
        help="show an object in the web browser",
        description="Opens the viewer in the web browser. Only this machine can reach it. Ctrl-C ends it.",
        epilog="example:\n  fastrti view vase",
    )
    parser.add_argument("object", metavar="OBJECT", help=OBJECT_HELP)
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Serves until Ctrl-C."""
    relightable = load(arguments.object)
    with tempfile.TemporaryDirectory() as temporary:
        site = Site(relightable, Path(arguments.object), Path(temporary))
        with make_server(site) as server:
            address = f"http://127.0.0.1:{server.server_port}/"
            print(f"{address}  (Ctrl-C ends)", flush=True)
            if not arguments.no_browser:
                webbrowser.open(address)
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                print()


class Site:
    """The files that are served: page and scripts, the object, and its normals once somebody asks for them.

    Args:
        relightable: the object.
        source: where it came from; a folder that the viewer can read is served as it is.
        folder: for what is written; it may not hold an object yet.
    """

    def __init__(self, relightable: Relightable, source: Path, folder: Path) -> None:
        self._relightable = relightable
        self._page, self._normals = folder / "page", folder / "normals"
        self._estimating = threading.Lock()
        write_page(self._page, relightable.title)
        info = read_json(source / "info.json").values if source.is_dir() else {}
        self._tiled = "tiles" in info or needs_tiles(relightable)
        if "fastrti" in info and self._tiled == ("tiles" in info):
            self._object = source
        else:
            print("preparing the object for the browser …", flush=True)
            self._object = folder / OBJECT
            self._object.mkdir()
            write_object(relightable, self._object, self._tiled)

    def find(self, path: str) -> Path | None:
        """The file of a URL's path; None where there is none, or none that is the site's to give away."""
        parts = [part for part in unquote(re.split("[?#]", path)[0]).split("/") if part not in ("", ".")]
        if not all(map(_is_plain, parts)):
            return None
        if parts[:1] != [OBJECT]:
            return _file_in(self._page, parts or ["index.html"])
        found = _file_in(self._object, parts[1:])
        if found is None and parts[1:2] and parts[1] in NORMALS:
            self._estimate_normals()
            found = _file_in(self._normals, parts[1:])
        return found

    def _estimate_normals(self) -> None:
        with self._estimating:
            if not self._normals.exists():
                with replace_folder(self._normals) as fresh:
                    write_normals(Renderer(self._relightable), fresh, self._tiled)


def make_server(site: Site) -> ThreadingHTTPServer:
    """A server of the site on a free port of 127.0.0.1."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, site))
    server.daemon_threads = True
    return server


class _Handler(SimpleHTTPRequestHandler):
    # Some systems' registries call scripts text/plain, which browsers refuse.
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript"}  # noqa: RUF012

    def __init__(self, site: Site, *arguments: Any) -> None:
        self._site = site
        super().__init__(*arguments)

    def translate_path(self, path: str) -> str:
        """The file of a URL's path; the name of no file, which is answered by 404, where the site has none."""
        return str(self._site.find(path) or "")

    def end_headers(self) -> None:
        """Objects change between two views: nothing is kept."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Requests are not reported."""


def _is_plain(part: str) -> bool:
    """Whether a part of a path names something inside a folder, on every system."""
    return part != ".." and not any(character in part for character in "\\:\0")


def _file_in(folder: Path, parts: Sequence[str]) -> Path | None:
    """A file of a folder; None where there is none, or where links lead out of the folder."""
    real = Path(os.path.realpath(folder))
    path = Path(os.path.realpath(real.joinpath(*parts)))
    return path if path.is_relative_to(real) and os.path.isfile(path) else None
