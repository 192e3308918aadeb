"""The server of `fastrti view`: one object for the browser of this machine, and for nobody else.

A page of another origin, another user of this machine and the object itself are strangers to it:

- It listens on 127.0.0.1 alone and answers only requests that are addressed to it, so that no name of another site
  leads here. Its address holds a random token.
- It gives away the viewer and the pictures of the object, by their names. There are no folders, no other files and no
  pages of the object, and links that lead out of the object lead nowhere.
- Each connection is one request with a time limit. Connections that say nothing cost no thread, and the oldest of too
  many are dropped.
"""

import asyncio
import hmac
import os
import re
import secrets
import socket
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from fastrti.errors import FastrtiError, ObjectError
from fastrti.files import open_file
from fastrti.sharing.byte_ranges import part_of
from fastrti.sharing.local_site import PackedSite, Site

BACKLOG = 256
"""Connections that the system holds before they are accepted."""

MAX_SILENT = 400
"""Accepted connections without a request; the oldest of more is dropped."""

REQUEST_TIMEOUT_S = 5.0
"""Within which a request has to be whole."""

SEND_TIMEOUT_S = 20.0
"""Within which a client has to take the next part of an answer."""

REFUSED_TIMEOUT_S = 1.0
"""For which the rest of a request that is too long is read, so that its client sees the answer."""

READERS = 4
"""Threads that read files."""

MAX_REQUEST_BYTES = 1 << 14

_CHUNK_BYTES = 1 << 18
_REQUEST_LINE = re.compile(r"([A-Z]+) (/\S*) HTTP/1\.[01]")
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".ts": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".jpg": "image/png",  # the object format's name for PNG streams
    ".dzi": "application/xml",
    ".tif": "image/tiff",
}
_HEADERS = {
    "Cache-Control": "no-store",  # objects change between two views
    "Connection": "close",
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline' data: blob:; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class LocalServer:
    """Serves a site to the browser of this machine.

    Attributes:
        address: where the page is; whoever knows it can read the object on this machine.
    """

    def __init__(self, site: Site | PackedSite) -> None:
        self._site = site
        self._token = secrets.token_hex(16)
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self._port: int = self._socket.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}/{self._token}/"
        self._silent: dict[asyncio.StreamWriter, None] = {}
        self._readers = ThreadPoolExecutor(READERS)
        self._making: asyncio.Future[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event | None = None
        self._ending = False

    def serve(self) -> None:
        """Answers until `stop`, or until the thread is interrupted."""
        try:
            asyncio.run(self._serve(), debug=False)
        finally:
            self._readers.shutdown(wait=False, cancel_futures=True)

    def stop(self) -> None:
        """Ends `serve`, from another thread. If it has not begun yet, it ends at once."""
        self._ending = True
        if self._loop is not None and self._stopped is not None:
            self._loop.call_soon_threadsafe(self._stopped.set)

    async def _serve(self) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        if self._ending:
            self._stopped.set()
        server = await asyncio.start_server(self._converse, sock=self._socket, limit=MAX_REQUEST_BYTES, backlog=BACKLOG)
        try:
            await self._stopped.wait()
        finally:
            server.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: a request, its answer, and the end."""
        try:
            head = await self._request(reader, writer)
            if head is not None:
                await self._answer(writer, head)
            if head == "":
                await asyncio.wait_for(_read_out(reader), REFUSED_TIMEOUT_S)
        except (OSError, asyncio.TimeoutError, asyncio.CancelledError):  # the client has gone or sleeps, or all ends
            writer.transport.abort()
        finally:
            writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str | None:
        """The head of a request; what is too long is "", and None where nothing came."""
        if len(self._silent) >= MAX_SILENT:
            next(iter(self._silent)).transport.abort()
        self._silent[writer] = None
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), REQUEST_TIMEOUT_S)
        except asyncio.LimitOverrunError:
            return ""
        except asyncio.IncompleteReadError as error:
            return "" if error.partial else None
        finally:
            self._silent.pop(writer, None)
        return head.decode("latin-1")

    async def _answer(self, writer: asyncio.StreamWriter, head: str) -> None:
        request, *lines = head.split("\r\n")
        match = _REQUEST_LINE.fullmatch(request)
        hosts = _values(lines, "host")
        if match is None or len(hosts) != 1:
            return await self._refuse(writer, HTTPStatus.BAD_REQUEST)
        if hosts[0] not in (f"127.0.0.1:{self._port}", f"localhost:{self._port}"):
            return await self._refuse(writer, HTTPStatus.MISDIRECTED_REQUEST)
        method, target = match.groups()
        if method not in ("GET", "HEAD"):
            return await self._refuse(writer, HTTPStatus.METHOD_NOT_ALLOWED)
        token, slash, path = target[1:].partition("?")[0].partition("/")
        if not (slash and hmac.compare_digest(token.encode(), self._token.encode())):
            return await self._refuse(writer, HTTPStatus.NOT_FOUND)
        if self._site.lacks(path):
            if method == "HEAD":
                return await self._send(writer, HTTPStatus.ACCEPTED, "", b"", True)
            await self._normals()
        found = self._site.find(path)
        if found is None:
            return await self._refuse(writer, HTTPStatus.NOT_FOUND)
        kind = _TYPES[Path(path or "index.html").suffix]
        if isinstance(found, bytes):
            return await self._send(writer, HTTPStatus.OK, kind, found, method == "HEAD")
        if method == "HEAD":  # which knows no ranges
            return await self._send_file(writer, kind, found, only_head=True)
        wanted, condition = (", ".join(_values(lines, name)) for name in ("range", "if-range"))
        return await self._send_file(writer, kind, found, wanted, condition)

    async def _normals(self) -> None:
        """Waits until the site has normals, which one thread makes for all who ask.

        The thread ends with the program: nobody waits for it after Ctrl-C.
        """
        if self._making is None:
            self._making = asyncio.get_running_loop().create_future()
            threading.Thread(target=self._make_normals, args=(self._making,), daemon=True).start()
        await asyncio.shield(self._making)

    def _make_normals(self, made: asyncio.Future[None]) -> None:
        try:
            note = self._site.make_normals()
        except (FastrtiError, OSError, MemoryError) as error:
            note = f"the normals cannot be made: {error}"
        if note:
            print(f"note: {note}", file=sys.stderr)
        with suppress(RuntimeError):  # the server has ended
            made.get_loop().call_soon_threadsafe(made.set_result, None)

    async def _refuse(
        self, writer: asyncio.StreamWriter, status: HTTPStatus, headers: dict[str, str] | None = None
    ) -> None:
        text = f"{status.value} {status.phrase}: open the address that fastrti view printed.\n"
        await self._send(writer, status, "text/plain; charset=utf-8", text.encode(), False, headers)

    async def _send_file(
        self,
        writer: asyncio.StreamWriter,
        kind: str,
        path: Path,
        wanted: str = "",
        condition: str = "",
        only_head: bool = False,
    ) -> None:
        loop = asyncio.get_running_loop()
        opening = self._readers.submit(_open, path)
        try:
            file = await asyncio.wrap_future(opening)
        except asyncio.CancelledError:  # a thread that is at it opens the file all the same
            opening.add_done_callback(_close)
            raise
        if file is None:
            return await self._refuse(writer, HTTPStatus.NOT_FOUND)
        with file:
            part = part_of(os.fstat(file.fileno()), wanted, condition)
            if part.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return await self._refuse(writer, part.status, part.headers)
            left = len(part.span)
            await self._send(writer, part.status, kind, b"", only_head, part.headers | {"Content-Length": str(left)})
            file.seek(part.span.start)
            while not only_head and left:
                chunk = await loop.run_in_executor(self._readers, file.read, min(left, _CHUNK_BYTES))
                if not chunk:  # the file has become shorter
                    return writer.transport.abort()
                left -= len(chunk)
                writer.write(chunk)
                await asyncio.wait_for(writer.drain(), SEND_TIMEOUT_S)

    async def _send(
        self,
        writer: asyncio.StreamWriter,
        status: HTTPStatus,
        kind: str,
        body: bytes,
        only_head: bool,
        more: dict[str, str] | None = None,
    ) -> None:
        headers = _HEADERS | {"Content-Type": kind, "Content-Length": str(len(body))} | (more or {})
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
        writer.write(f"HTTP/1.1 {status.value} {status.phrase}\r\n{lines}\r\n".encode("latin-1"))
        if not only_head:
            writer.write(body)
        await asyncio.wait_for(writer.drain(), SEND_TIMEOUT_S)


def _values(lines: list[str], header: str) -> list[str]:
    """The values of a header, as often as it stands in a request."""
    pairs = (line.partition(":") for line in lines)
    return [value.strip() for name, _, value in pairs if name.lower() == header]


async def _read_out(reader: asyncio.StreamReader) -> None:
    while await reader.read(MAX_REQUEST_BYTES):
        pass


def _open(path: Path) -> BinaryIO | None:
    """A file to read; None where something else has taken its place since it was found."""
    try:
        return open_file(path, "a file of the object", follow=False)
    except ObjectError:
        return None


def _close(opening: Future[BinaryIO | None]) -> None:
    """Closes a file that nobody waits for any more."""
    if not opening.cancelled() and (file := opening.result()) is not None:
        file.close()
