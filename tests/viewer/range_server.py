"""A web server that answers range requests, or does so wrongly, as a test tells it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What is sent: `body` as it stands, whatever the headers say of its length. `stalls`: nothing comes after it."""

    status: int
    headers: dict[str, str]
    body: bytes
    stalls: bool = False


Bend = Callable[[Answer, int], Answer]
"""What a test makes of the right answer to the n-th request for a part."""


@dataclass
class RangeServer:
    """What the server is told, and what it tells: change `bend` between two pages.

    Attributes:
        address: of the folder.
        bend: makes wrong answers of the right ones.
        parts: first byte and count of each part that was asked for.
        sent: bytes of the parts so far.
    """

    address: str = ""
    bend: Bend = lambda answer, number: answer
    parts: list[tuple[int, int]] = field(default_factory=list)
    sent: int = 0
    ended: Event = field(default_factory=Event)

    def reset(self, bend: Bend = lambda answer, number: answer) -> None:
        """Counts from zero, and answers in another way."""
        self.bend, self.parts, self.sent = bend, [], 0


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, told: RangeServer, *arguments: Any, directory: str) -> None:
        self._told = told
        super().__init__(*arguments, directory=directory)

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.suffix != ".tif" or not path.is_file():
            return super().do_GET()
        first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
        whole = path.read_bytes()
        body = whole[first : last + 1]
        place = f"bytes {first}-{first + len(body) - 1}/{len(whole)}"
        right = Answer(206, {"Content-Range": place, "ETag": '"1"', "Content-Length": str(len(body))}, body)
        if not body:
            right = Answer(416, {"Content-Range": f"bytes */{len(whole)}", "Content-Length": "0"}, b"")
        self._told.parts.append((first, last + 1 - first))
        self._send(self._told.bend(right, len(self._told.parts)))

    def _send(self, answer: Answer) -> None:
        self.close_connection = answer.headers.get("Content-Length") != str(len(answer.body)) or answer.stalls
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
        self._told.sent += len(answer.body)
        if answer.stalls:
            self.wfile.flush()
            self._told.ended.wait(60)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@contextmanager
def range_served(folder: Path) -> Iterator[RangeServer]:
    """A folder on a port of this machine, whose `.tif` files come in parts."""
    told = RangeServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, told, directory=str(folder)))
    server.daemon_threads = True
    told.address = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield told
    finally:
        told.ended.set()
        server.shutdown()
        server.server_close()


# --- wrong answers ---------------------------------------------------------------------------------------------------


def ignores_ranges(answer: Answer, number: int) -> Answer:
    return Answer(200, {"Content-Length": "9"}, b"the whole")


def with_headers(**headers: str) -> Bend:
    """Headers in the place of the right ones; underscores stand for hyphens."""
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda answer, number: replace(answer, headers=answer.headers | changed)


def from_request(first: int, bend: Bend) -> Bend:
    """Right answers before the request of this number."""
    return lambda answer, number: answer if number < first else bend(answer, number)
