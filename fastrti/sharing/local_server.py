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
from fastrti.formats.fastrti_folder import write_normals, write_object
from fastrti.sharing.opened import OpenedObject
from fastrti.sharing.site import OBJECT, needs_tiles
from fastrti.sharing.web import page_files

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
_OBJECT_FILE = re.compile(
    r"(info|annotations)\.json|(plane_[0-9]{1,2}|mask|normals)(\.(jpg|png|dzi)|_files/[0-9]{1,2}/[0-9]{1,6}_[0-9]{1,6}\.png)"
)
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".ts": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".jpg": "image/png",  # the object format's name for PNG streams
    ".dzi": "application/xml",
}
_HEADERS = {
    "Cache-Control": "no-store",  # objects change between two views
    "Connection": "close",
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline' data: blob:; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Site:
    """The files that are served: the page and its scripts, the object, and its normals once somebody asks for them.

    Args:
        opened: the object. A folder that the viewer can read is served as it is.
        folder: for what is written; empty.
    """

    def __init__(self, opened: OpenedObject, folder: Path) -> None:
        self._opened = opened
        self._made = folder
        self._page = page_files(opened.relightable.title)
        self._tiled = opened.tiled or needs_tiles(opened.relightable)
        if opened.folder is not None and opened.tiled == self._tiled:
            self._object = opened.folder
        else:
            print("preparing the object for the browser …", flush=True)
            self._object = folder
            write_object(opened.relightable, folder, self._tiled)
        self._normals = None if opened.relightable.normals is None else self._object

    def find(self, path: str) -> bytes | Path | None:
        """What a path stands for: a file of the page, the place of one of the object, or None."""
        if path.removeprefix("/") in ("", "index.html"):
            return self._page["index.html"]
        if path in self._page:
            return self._page[path]
        name = _object_file(path)
        if name is None:
            return None
        folder = self._normals if name.startswith("normals") else self._object
        return None if folder is None else _file_in(folder, name)

    def lacks(self, path: str) -> bool:
        """Whether a path asks for normals that are not made yet."""
        return self._normals is None and (_object_file(path) or "").startswith("normals")

    def make_normals(self) -> str:
        """Makes the normals, and keeps them with the object; a sentence about that, or an empty text."""
        self._opened.estimate_normals()
        assert self._opened.relightable.normals is not None
        write_normals(self._opened.relightable.normals, self._made, self._tiled)
        self._normals = self._made
        return self._opened.keep_normals()


class LocalServer:
    """Serves a site to the browser of this machine.

    Attributes:
        address: where the page is; whoever knows it can read the object on this machine.
    """

    def __init__(self, site: Site) -> None:
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
        hosts = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("host:")]
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
        return await self._send_file(writer, kind, found, method == "HEAD")

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

    async def _refuse(self, writer: asyncio.StreamWriter, status: HTTPStatus) -> None:
        text = f"{status.value} {status.phrase}: open the address that fastrti view printed.\n"
        await self._send(writer, status, "text/plain; charset=utf-8", text.encode(), False)

    async def _send_file(self, writer: asyncio.StreamWriter, kind: str, path: Path, only_head: bool) -> None:
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
            size = os.fstat(file.fileno()).st_size
            await self._send(writer, HTTPStatus.OK, kind, b"", only_head, size)
            while not only_head and (chunk := await loop.run_in_executor(self._readers, file.read, _CHUNK_BYTES)):
                writer.write(chunk)
                await asyncio.wait_for(writer.drain(), SEND_TIMEOUT_S)

    async def _send(
        self,
        writer: asyncio.StreamWriter,
        status: HTTPStatus,
        kind: str,
        body: bytes,
        only_head: bool,
        size: int | None = None,
    ) -> None:
        headers = _HEADERS | {"Content-Type": kind, "Content-Length": str(len(body) if size is None else size)}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
        writer.write(f"HTTP/1.1 {status.value} {status.phrase}\r\n{lines}\r\n".encode("latin-1"))
        if not only_head:
            writer.write(body)
        await asyncio.wait_for(writer.drain(), SEND_TIMEOUT_S)


def _object_file(path: str) -> str | None:
    """The name of a file that an object may have, of its path below the address."""
    folder, _, name = path.partition("/")
    return name if folder == OBJECT and _OBJECT_FILE.fullmatch(name) else None


async def _read_out(reader: asyncio.StreamReader) -> None:
    while await reader.read(MAX_REQUEST_BYTES):
        pass


def _file_in(folder: Path, name: str) -> Path | None:
    """A regular file of a folder; None where there is none, or where links lead out of the folder."""
    real = Path(os.path.realpath(folder))
    path = Path(os.path.realpath(real / name))
    return path if path.is_relative_to(real) and os.path.isfile(path) else None


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
