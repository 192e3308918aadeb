"""The server of `fastrti view`: what it gives away, to whom, and how it stands many and bad connections."""

import http.client
import json
import os
import re
import socket
import threading
import time
from concurrent.futures import Future
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

import pytest
from local_servers import ask, port_of, serving
from viewer.browser import Browser
from viewer.pages import served as folder_served

from fastrti.sharing import local_server
from fastrti.sharing.byte_ranges import Part
from fastrti.sharing.local_server import LocalServer


def get(server: LocalServer, path: str) -> bytes:
    """The bytes of a request for a path below the address."""
    path = f"/{server.address.split('/')[3]}/{path}"
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port_of(server)}\r\n\r\n".encode()


def said(server: LocalServer, request: bytes) -> bytes:
    """All that the server answers to some bytes."""
    with socket.create_connection(("127.0.0.1", port_of(server)), timeout=30) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").read()


def is_dropped(connection: socket.socket) -> bool:
    """Whether the server ended a connection without an answer. It resets one whose bytes came after the end."""
    try:
        return connection.recv(1000) == b""
    except ConnectionResetError:
        return True


# --- what is given away ----------------------------------------------------------------------------------------------


def test_the_page_and_the_object_are_served(server: LocalServer, vase: Path, tmp_path: Path) -> None:
    status, headers, page = ask(server, "")
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"<title>Vase</title>" in page and page == ask(server, "index.html?x")[2]
    assert ask(server, "rti-viewer.js")[1]["Content-Type"].startswith("text/javascript")
    assert json.loads(ask(server, "object/info.json")[2])["width"] == 9
    status, headers, plane = ask(server, "object/plane_1.jpg")
    assert plane == (vase / "plane_1.jpg").read_bytes() and headers["Content-Type"] == "image/png"
    status, headers, nothing = ask(server, "object/plane_1.jpg", "HEAD")
    assert (status, headers["Content-Length"], nothing) == (200, str(len(plane)), b"")
    assert not list((tmp_path / "own").iterdir())


def test_no_answer_is_for_other_sites_or_kept(server: LocalServer) -> None:
    for path in ("", "object/info.json", "object/none", "/"):
        headers = ask(server, path)[1]
        assert "Access-Control-Allow-Origin" not in headers
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "object",
        "object/",
        "object/views/",
        "object/page.html",
        "object/evil.js",
        "object/plane_1.html",
        "object/../../secret",
        "../secret",
        "..%2fsecret",
        "object/%2e%2e/secret",
        "object/..%5csecret",
        "object/c:secret",
        "object/mask.png",
        "object/plane_9.jpg",
        "object/plane_2.jpg/",
        "object//info.json",
        "object/%00",
        "%00",
        "object/normals.png%00",
        "object/normals_of_nobody.png",
        "object/plane_3_files/0/0_0.png",
        "object/plane_4.jpg",
        "object/plane_5.jpg",
        "object/" + "x" * 300,
        "x/" * 2000,
        "%ff%fe",
        "/",
        "/index.html",
        "/object/info.json",
        "/favicon.ico",
        "/" + "0" * 32 + "/",
        "//[",
    ],
)
def test_nothing_else_is(server: LocalServer, vase: Path, path: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither folders, nor pages of the object, nor what its links, pipes and folders of odd names lead to."""
    (vase / "views").mkdir()
    (vase / "page.html").write_text("<script>alert(1)</script>")
    (vase / "evil.js").write_text("alert(1)")
    (vase / "plane_3_files").symlink_to("/")
    for name in ("plane_4.jpg", "plane_5.jpg", "plane_6.jpg"):
        (vase / name).unlink()
    (vase / "plane_4.jpg").symlink_to("../secret")
    os.mkfifo(vase / "plane_5.jpg")
    status, _, body = ask(server, path)
    assert status == 404 and b"secret" not in body
    assert capfd.readouterr().err == ""


def test_a_file_that_turns_into_a_pipe_or_a_link_is_not_opened(vase: Path) -> None:
    os.mkfifo(vase / "pipe")
    (vase / "link").symlink_to("info.json")
    for name in ("pipe", "link", "none"):
        assert local_server._open(vase / name) is None
    with local_server._open(vase / "info.json") or pytest.fail() as file:
        assert file.read() == (vase / "info.json").read_bytes()


def test_links_inside_the_object_are_followed(server: LocalServer, vase: Path) -> None:
    expected = (vase / "plane_2.jpg").read_bytes()
    (vase / "plane_1.jpg").unlink()
    (vase / "plane_1.jpg").symlink_to("plane_2.jpg")
    assert ask(server, "object/plane_1.jpg")[2] == expected


# --- to whom ---------------------------------------------------------------------------------------------------------


def test_only_requests_to_this_machine_s_own_name_are_answered(server: LocalServer) -> None:
    port = port_of(server)
    for host in (f"127.0.0.1:{port}", f"localhost:{port}"):
        assert ask(server, "object/info.json", Host=host)[0] == 200
    for host in (
        "evil.example",
        f"evil.example:{port}",
        "127.0.0.1",
        f"127.0.0.1:{port + 1}",
        f"127.0.0.1:{port}.evil.example",
        "",
    ):
        status, _, body = ask(server, "object/info.json", Host=host)
        assert status == 421 and b"width" not in body


def test_each_server_has_an_address_that_nobody_guesses(server: LocalServer, vase: Path, tmp_path: Path) -> None:
    with serving(vase, tmp_path / "other") as other:
        tokens = [each.address.split("/")[3] for each in (server, other)]
    assert tokens[0] != tokens[1] and all(re.fullmatch("[0-9a-f]{32}", token) for token in tokens)


def test_a_page_of_another_origin_reads_nothing(server: LocalServer, browser: Browser, tmp_path: Path) -> None:
    """Not even one that has learnt the address."""
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil" / "index.html").write_text("<!doctype html><title>evil</title>")
    with folder_served(tmp_path / "evil") as (address, _):
        browser.open(f"{address}/index.html")
        reads = browser.run(
            """
            const reads = [];
            const note = (what) => reads.push(what);
            for (const mode of ['cors', 'no-cors', 'same-origin']) {
              const answer = await fetch(args[0] + 'object/info.json', { mode }).catch(() => null);
              if (answer && (await answer.text())) note(`fetch ${mode}`);
            }
            const tries = [['img', 'object/plane_1.jpg'], ['script', 'rti-viewer.js'], ['iframe', '']];
            for (const [name, file] of tries) {
              const element = document.createElement(name);
              if (name === 'script') element.type = 'module';
              await new Promise((resolve) => {
                element.onload = () => { if (name !== 'iframe') note(name); resolve(); };
                element.onerror = resolve;
                element.src = args[0] + file;
                document.body.append(element);
                setTimeout(resolve, 3000);
              });
              if (name === 'iframe') {
                try {
                  if (element.contentDocument.querySelector('rti-viewer')) note(name);
                } catch {} // another origin
              }
            }
            return reads;
            """,
            server.address,
        )
    assert reads == []
    browser.open(server.address)
    assert browser.run("return (await fetch('object/info.json')).ok;") is True


# --- bad and many connections ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"x\r\n\r\n", b"400"),
        (b"GET / / /\r\nHost: {host}\r\n\r\n", b"400"),
        (b"GET http://evil.example/secret HTTP/1.1\r\nHost: {host}\r\n\r\n", b"400"),
        (b"GET http://[ HTTP/1.1\r\nHost: {host}\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n", b"400"),
        (b"GET / HTTP/3.0\r\nHost: {host}\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: {host}", b"400"),
        (b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: {host}\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: {host}\r\n" + b"A: b\r\n" * 20_000 + b"\r\n", b"400"),
        (b"POST /{token}/ HTTP/1.1\r\nHost: {host}\r\n\r\n", b"405"),
        (b"OPTIONS /{token}/ HTTP/1.1\r\nHost: {host}\r\n\r\n", b"405"),
    ],
)
def test_bad_requests_are_answered(
    server: LocalServer, request_: bytes, status: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    host, token = f"127.0.0.1:{port_of(server)}".encode(), server.address.split("/")[3].encode()
    answer = said(server, request_.replace(b"{host}", host).replace(b"{token}", token))
    assert answer.startswith(b"HTTP/1.1 " + status) and b"rti-viewer" not in answer
    assert capfd.readouterr().err == ""


def test_two_hundred_connections_at_once_are_all_answered(server: LocalServer, vase: Path) -> None:
    expected = (vase / "plane_1.jpg").read_bytes()
    connections = [http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=60) for _ in range(200)]
    for connection in connections:
        connection.connect()
    path = "/" + server.address.split("/")[3] + "/object/plane_1.jpg"
    for connection in connections:
        connection.request("GET", path)
    assert all(connection.getresponse().read() == expected for connection in connections)
    for connection in connections:
        connection.close()


def test_idle_connections_are_dropped_and_keep_nobody_waiting(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_server, "REQUEST_TIMEOUT_S", 1.0)
    before, began = threading.active_count(), time.monotonic()
    with ExitStack() as closing:
        idle = [
            closing.enter_context(socket.create_connection(("127.0.0.1", port_of(server)), timeout=30))
            for _ in range(500)
        ]
        idle[7].sendall(b"GET / HTTP/1.1\r\n")
        assert ask(server, "object/info.json")[0] == 200
        assert threading.active_count() <= before + local_server.READERS
        assert all(is_dropped(connection) for connection in idle)
    assert time.monotonic() - began < 20


def test_who_does_not_take_the_answer_is_dropped(
    server: LocalServer, vase: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_server, "SEND_TIMEOUT_S", 0.5)
    (vase / "plane_6.jpg").write_bytes(bytes(32 << 20))
    with socket.create_connection(("127.0.0.1", port_of(server)), timeout=30) as lazy:
        lazy.sendall(get(server, "object/plane_6.jpg"))
        time.sleep(1.5)
        taken = 0
        try:
            while piece := lazy.recv(1 << 20):
                taken += len(piece)
        except ConnectionResetError:
            pass
    assert taken < 32 << 20


def test_a_file_that_opens_after_the_end_is_closed(vase: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waited for it has gone then."""
    opening, ended, opened = threading.Event(), threading.Event(), Future[BinaryIO | None]()
    open_now = local_server._open

    def open_late(path: Path) -> BinaryIO | None:
        opening.set()
        assert ended.wait(20)
        opened.set_result(open_now(path))
        return opened.result()

    monkeypatch.setattr(local_server, "_open", open_late)
    with serving(vase, tmp_path / "own") as server, socket.create_connection(("127.0.0.1", port_of(server))) as client:
        client.sendall(get(server, "object/plane_1.jpg"))
        assert opening.wait(20)
    ended.set()
    file = opened.result(20)
    assert file is not None
    until = time.monotonic() + 20
    while not file.closed and time.monotonic() < until:
        time.sleep(0.01)
    assert file.closed


# --- parts of files --------------------------------------------------------------------------------------------------


def test_a_part_of_a_file_is_sent_as_asked(server: LocalServer, vase: Path) -> None:
    plane = (vase / "plane_1.jpg").read_bytes()
    status, headers, part = ask(server, "object/plane_1.jpg", Range="bytes=3-17")
    assert (status, part) == (206, plane[3:18])
    assert headers["Content-Range"] == f"bytes 3-17/{len(plane)}" and headers["Content-Length"] == "15"
    tag = {"If-Range": headers["ETag"]}
    assert ask(server, "object/plane_1.jpg", **{"Range": "bytes=-4"} | tag)[2] == plane[-4:]
    status, headers, _ = ask(server, "object/plane_1.jpg", "HEAD", Range="bytes=3-17")
    assert (status, headers["Content-Length"], headers["Accept-Ranges"]) == (200, str(len(plane)), "bytes")
    status, headers, text = ask(server, "object/plane_1.jpg", Range=f"bytes={len(plane)}-")
    assert (status, headers["Content-Range"]) == (416, f"bytes */{len(plane)}") and plane[:8] not in text
    (vase / "plane_1.jpg").write_bytes(plane[::-1])
    assert ask(server, "object/plane_1.jpg", **{"Range": "bytes=0-3"} | tag)[::2] == (200, plane[::-1])


def test_a_file_that_becomes_shorter_ends_the_answer(
    server: LocalServer, vase: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client sees that it lacks bytes, instead of waiting for them."""
    longer = Part(HTTPStatus.OK, range(1_000_000), {})
    monkeypatch.setattr(local_server, "part_of", lambda *asked: longer)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        ask(server, "object/info.json")
