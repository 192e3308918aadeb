"""`fastrti view`: the local server, without a browser."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from objects import relightable
from PIL import Image

import fastrti.cli.view
from fastrti import Renderer, estimate_normals, load, save
from fastrti.cli.view import Site, make_server
from fastrti.rendering.normals import encode_normals
from fastrti.sharing.web import export_folder


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a server of an object folder, and the server's own folder."""
    what, own = relightable("ptm", 7, 9), tmp_path / "own"
    save(what, tmp_path / "vase")
    (tmp_path / "secret").write_text("secret")
    with make_server(Site(what, tmp_path / "vase", own)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        assert server.server_address[0] == "127.0.0.1"
        yield f"http://127.0.0.1:{server.server_port}", own
        server.shutdown()


def get(url: str) -> tuple[str, bytes]:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.headers["Content-Type"], answer.read()


def test_the_server_shows_the_page_and_the_folder_as_it_is(served: tuple[str, Path]) -> None:
    address, own = served
    assert b"<rti-viewer" in get(f"{address}/")[1]
    assert get(f"{address}/index.html?x#y") == get(f"{address}/")
    assert get(f"{address}/rti-viewer.js")[0] == "text/javascript"
    assert json.loads(get(f"{address}/object/info.json")[1])["width"] == 9
    assert get(f"{address}/object//plane_1.jpg")[1].startswith(b"\x89PNG")
    assert not (own / "object").exists()


def test_the_server_makes_normals_when_they_are_asked_for(served: tuple[str, Path]) -> None:
    address, own = served
    assert not (own / "normals").exists()
    sent = np.asarray(Image.open(BytesIO(get(f"{address}/object/normals.png")[1])))
    assert np.array_equal(sent, encode_normals(estimate_normals(Renderer(relightable("ptm", 7, 9)))))


def test_nobody_reads_half_of_the_normals(served: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that come while the normals are written wait for the whole file, and one request makes it for all."""
    address, own = served
    half, go, calls = threading.Event(), threading.Event(), []

    def slow(renderer: Renderer, folder: Path, tiled: bool) -> None:
        calls.append(tiled)
        with open(folder / "normals.png", "wb") as file:
            file.write(b"first half")
            file.flush()
            half.set()
            assert go.wait(20)
            file.write(b", second half")

    monkeypatch.setattr(fastrti.cli.view, "write_normals", slow)
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(get, f"{address}/object/normals.png") for _ in range(3)]
        assert half.wait(20)
        assert not (own / "normals").exists() and not any(request.done() for request in asked)
        go.set()
        assert {request.result()[1] for request in asked} == {b"first half, second half"}
    assert calls == [False]


@pytest.mark.parametrize(
    "path",
    [
        "/object",
        "/object/",
        "/object/views/",
        "/object/views",
        "/page",
        "/object/../../secret",
        "/../secret",
        "/..%2fsecret",
        "/object/%2e%2e/secret",
        "/object/..%5csecret",
        "/object/c:secret",
        "/object/mask.png",
        "/object/%00",
        "/%00",
        "/object/normals.png%00",
        "/object/normals_of_nobody.png",
        "/object/link",
        "/object/linked/secret",
        "/object/pipe",
        "/object/" + "x" * 300,
        "/" + "x/" * 2000,
        "/%ff%fe",
        "//[",
    ],
)
def test_the_server_gives_away_nothing_else(
    served: tuple[str, Path], tmp_path: Path, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "vase" / "views").mkdir()
    (tmp_path / "vase" / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "vase" / "linked").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "vase" / "pipe")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(served[0] + path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("line", ["GET http://[ HTTP/1.1", "GET http://evil.example/secret HTTP/1.1", "GET / / /", "x"])
def test_malformed_requests_are_answered(
    served: tuple[str, Path], line: str, capfd: pytest.CaptureFixture[str]
) -> None:
    host, port = served[0].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(f"{line}\r\nHost: {host}\r\n\r\n".encode())
        connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").read()
    assert b"secret" not in answer and any(code in answer for code in (b" 404 ", b"400"))
    assert capfd.readouterr().err == ""


def test_links_inside_the_object_are_followed(served: tuple[str, Path], tmp_path: Path) -> None:
    (tmp_path / "vase" / "again.jpg").symlink_to("plane_1.jpg")
    assert get(f"{served[0]}/object/again.jpg")[1] == (tmp_path / "vase" / "plane_1.jpg").read_bytes()


def test_a_foreign_object_is_turned_into_a_folder(tmp_path: Path) -> None:
    site = Site(relightable("ptm", 7, 9), tmp_path / "vase.ptm", tmp_path / "own")
    assert site.find("/object/info.json") == tmp_path / "own" / "object" / "info.json"
    assert load(tmp_path / "own" / "object").width == 9


def test_a_tiled_object_is_served_as_it_is_and_its_normals_are_tiled(tmp_path: Path) -> None:
    what = relightable("ptm", 300, 9)
    export_folder(what, tmp_path / "site", tiles=True)
    for made in (tmp_path / "site" / "object").glob("normals*"):
        made.rename(tmp_path / made.name)
    site = Site(load(tmp_path / "site" / "object"), tmp_path / "site" / "object", tmp_path / "own")
    assert site.find("/object/plane_1_files/1/0_1.png") == tmp_path / "site/object/plane_1_files/1/0_1.png"
    normals = site.find("/object/normals_files/1/0_1.png")
    assert normals is not None
    assert normals.read_bytes() == (tmp_path / "normals_files/1/0_1.png").read_bytes()
    assert not (tmp_path / "own" / "object").exists()


@pytest.fixture
def vase(tmp_path: Path) -> str:
    save(relightable("ptm", 7, 9), tmp_path / "vase")
    return str(tmp_path / "vase")


# Background jobs of a shell inherit an ignored SIGINT, and Python then leaves it ignored.
INTERRUPTIBLE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from fastrti.cli import main
sys.exit(main())
"""


def test_view_serves_until_it_is_interrupted(vase: str) -> None:
    command = [sys.executable, "-c", INTERRUPTIBLE, "view", vase, "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address, *_ = process.stdout.readline().split()
        assert json.loads(get(f"{address}object/info.json")[1])["width"] == 9
        process.send_signal(signal.SIGINT)
        try:
            assert process.communicate(timeout=60)[1] == ""
        finally:
            process.kill()
    assert process.returncode == 0
