"""Servers of `fastrti view` that run beside a test, and requests to them."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from fastrti.sharing.local_server import LocalServer
from fastrti.sharing.local_site import Site
from fastrti.sharing.opened import OpenedObject

Answer = tuple[int, http.client.HTTPMessage, bytes]


@contextmanager
def serving(source: Path, own: Path) -> Iterator[LocalServer]:
    own.mkdir(exist_ok=True)
    with running(LocalServer(Site(OpenedObject(source), own))) as server:
        yield server


@contextmanager
def running(server: LocalServer) -> Iterator[LocalServer]:
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(20)
    assert not thread.is_alive()


def port_of(server: LocalServer) -> int:
    return int(server.address.split(":")[2].split("/")[0])


def ask(server: LocalServer, path: str, method: str = "GET", **headers: str) -> Answer:
    """The answer to a request for a path below the address, or for any path that starts with a slash."""
    prefix = "" if path.startswith("/") else "/" + server.address.split("/")[3] + "/"
    with closing(http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=30)) as connection:
        connection.request(method, prefix + path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
