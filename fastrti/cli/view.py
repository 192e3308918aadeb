"""`fastrti view`: shows an object in the web browser, from a server of this machine only."""

import argparse
import tempfile
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Any

from fastrti.cli.arguments import add_object_arguments
from fastrti.sharing.local_server import LocalServer
from fastrti.sharing.local_site import PackedSite, Site
from fastrti.sharing.opened import OpenedObject


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "view",
        help="show an object in the web browser",
        description=(
            "Opens the viewer in the web browser. Only this machine can reach it, by an address that nobody guesses.\n"
            "Normals are computed when a mode first needs them, and kept in the object's folder. Ctrl-C ends it.\n"
            "Of a pack, the browser gets the parts that it shows."
        ),
        epilog="example:\n  fastrti view vase",
    )
    add_object_arguments(parser)
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Serves until Ctrl-C."""
    opened = OpenedObject(arguments.object, arguments.max_pixels)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:  # normals may be in the making
        server = LocalServer(PackedSite(opened.pack) if opened.pack else Site(opened, Path(temporary)))
        print(f"{server.address}  (Ctrl-C ends)", flush=True)
        if not arguments.no_browser:
            webbrowser.open(server.address)
        with suppress(KeyboardInterrupt):
            server.serve()
        print()
