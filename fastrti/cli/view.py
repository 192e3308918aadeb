"""`fastrti view`: shows an object in the web browser, from a server of this machine only."""

import argparse
import tempfile
import threading
import webbrowser
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from fastrti.formats import load
from fastrti.json_fields import read_json
from fastrti.objects.relightable import Relightable
from fastrti.sharing.web import needs_tiles, write_normals, write_object, write_page


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "view",
        help="show an object in the web browser",
        description="Opens the viewer in the web browser. Only this machine can reach it. Ctrl-C ends it.",
        epilog="example:\n  fastrti view vase",
    )
    parser.add_argument("object", metavar="OBJECT", help="a relightable object")
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
        source: where it came from; an object folder is served as it is.
        folder: for what is written.
    """

    def __init__(self, relightable: Relightable, source: Path, folder: Path) -> None:
        self._relightable = relightable
        self._folder = folder
        self._source = source
        self._normals = threading.Lock()
        write_page(folder, relightable.title)
        (folder / "object").mkdir()
        if needs_tiles(relightable) or not _is_object_folder(source):
            print("preparing the object for the browser …", flush=True)
            write_object(relightable, folder / "object")
            self._source = folder / "object"

    def find(self, path: str) -> Path:
        """The file of a URL's path; it may not exist."""
        parts = [part for part in unquote(urlsplit(path).path).split("/") if _is_plain(part)]
        own = self._folder.joinpath(*parts)
        if parts[:1] != ["object"]:
            return own / "index.html" if own.is_dir() else own
        served = self._source.joinpath(*parts[1:])
        if served.exists() or not any(part.startswith("normals") for part in parts):
            return served
        self._make_normals()
        return own

    def _make_normals(self) -> None:
        with self._normals:
            made = (self._folder / "object").glob("normals*")
            if not any(made):
                write_normals(self._relightable, self._folder / "object")


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
        """The file of a URL's path."""
        return str(self._site.find(path))

    def end_headers(self) -> None:
        """Objects change between two views: nothing is kept."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Requests are not reported."""


def _is_plain(part: str) -> bool:
    """Whether a part of a path names something inside a folder, on every system."""
    return part not in ("", ".", "..") and not any(character in part for character in "\\:")


def _is_object_folder(source: Path) -> bool:
    return source.is_dir() and "fastrti" in read_json(source / "info.json")
