"""The web viewer on packs: one file, of which a web server sends the parts that are seen."""

import base64
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from objects import LIGHTS, relightable
from viewer.browser import Browser
from viewer.pages import open_object, picture, state
from viewer.range_server import Answer, Bend, RangeServer, from_request, ignores_ranges, range_served, with_headers

from fastrti import Renderer, save
from fastrti.rendering.normals import with_normals
from fastrti.sharing.web import write_page

Damage = Callable[[bytes], bytes]

PACK = "vase.rti.tif"
LIGHT = LIGHTS[1]
HEAD = 65536
PATIENCE_S = 10
LOOK = "const viewer = document.querySelector('rti-viewer'); viewer.view.show([350, 150], args[0]); viewer.redraw();"


VASE = with_normals(replace(relightable("light-mlp-relu-skip", 300, 700, masked=True), title="Vase"))
"""Two rows of three tiles at full size, and three levels."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, RangeServer]]:
    """A served folder with the viewer's page and a pack."""
    folder = tmp_path_factory.mktemp("site")
    write_page(folder, "")
    save(VASE, folder / PACK)
    with range_served(folder) as server:
        yield folder, server


@pytest.fixture(scope="module")
def page(browser: Browser, site: tuple[Path, RangeServer]) -> RangeServer:
    """The page is open, for all tests that leave it as it is."""
    browser.open(f"{site[1].address}/index.html")
    return site[1]


@pytest.fixture
def server(page: RangeServer) -> RangeServer:
    """Answers rightly, and counts requests from here."""
    page.reset()
    return page


@pytest.fixture
def fresh(browser: Browser, site: tuple[Path, RangeServer]) -> Iterator[RangeServer]:
    """A page of its own, for a test that changes what its scripts find."""
    browser.open(f"{site[1].address}/index.html")
    site[1].reset()
    yield site[1]
    browser.open(f"{site[1].address}/index.html")


def sized(browser: Browser, width: int, height: int) -> None:
    """The viewer takes so much of the window, whose bar is not counted."""
    browser.run(
        "Object.assign(document.querySelector('rti-viewer').style, "
        "{ width: `${args[0]}px`, height: `${args[1]}px`, minHeight: 0 });",
        width,
        height,
    )


def beside(browser: Browser, scale: float, turn: int, expected: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
    """What the canvas shows of the picture when its middle is in the middle, and the same part of what is expected."""
    *corners, width, height, pixels = browser.run(
        """
        const viewer = document.querySelector('rti-viewer');
        const [scale, turn, light, size] = args;
        viewer.light = light;
        viewer.view.rotate(turn - viewer.view.turn);
        viewer.view.show(size.map((length) => length / 2), scale);
        viewer.redraw();
        await new Promise(requestAnimationFrame);
        const shown = viewer.shadowRoot.querySelector('canvas');
        const copy = Object.assign(document.createElement('canvas'), { width: shown.width, height: shown.height });
        const context = copy.getContext('2d');
        context.drawImage(shown, 0, 0);
        let text = '';
        for (const byte of context.getImageData(0, 0, copy.width, copy.height).data) text += String.fromCharCode(byte);
        const ends = [[0, 0], size].map((point) => viewer.view.toCanvas(point));
        return [Math.min(...ends.map(([x]) => x)), Math.min(...ends.map(([, y]) => y)),
          copy.width, copy.height, btoa(text)];
        """,
        scale,
        turn,
        list(LIGHT),
        [VASE.width, VASE.height],
    )
    shown = np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(height, width, 4)[..., :3]
    left, top = map(round, corners)
    seen = shown[max(0, top) :, max(0, left) :]
    wanted = expected[max(0, -top) :, max(0, -left) :]
    height, width = (min(lengths) for lengths in zip(seen.shape[:2], wanted.shape[:2], strict=True))
    return seen[:height, :width], wanted[:height, :width]


# --- pixels ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["vase", "ptm", "openlime-one-layer-few-latents"])
def test_the_whole_picture_is_the_renderer_s(
    browser: Browser, server: RangeServer, site: tuple[Path, RangeServer], name: str
) -> None:
    what = VASE if name == "vase" else relightable(name, 40, 300)
    if name != "vase":
        save(what, site[0] / f"{name}.rti.tif")
    assert isinstance(open_object(browser, f"{name}.rti.tif"), dict)
    for light in LIGHTS[:2]:
        expected = Renderer(what, backend="cpu").relight(light).astype(int)
        assert abs(picture(browser, light) - expected).max() <= 1 and np.ptp(expected) > 50
    if what.normals is not None and what.mask is not None:
        browser.run("document.querySelector('rti-viewer').mode = 'normals';")
        assert np.array_equal(picture(browser, LIGHT), what.normals * what.mask[..., None])
        browser.run("document.querySelector('rti-viewer').mode = 'relight';")


@pytest.mark.parametrize(("scale", "turn"), [(1, 0), (0.5, 0), (0.5, 1), (0.25, 2), (0.25, 3)])
def test_every_level_and_turn_is_the_renderer_s(browser: Browser, server: RangeServer, scale: float, turn: int) -> None:
    sized(browser, 320, 320)
    assert isinstance(open_object(browser, PACK), dict)
    expected = np.rot90(Renderer(VASE, backend="cpu").relight(LIGHT, scale=scale), -turn).astype(int)
    until = time.monotonic() + PATIENCE_S
    while True:
        shown, wanted = beside(browser, scale, turn, expected)
        apart = abs(shown.astype(int) - wanted).max()
        if apart <= 1:
            break
        assert time.monotonic() < until, f"{apart} levels apart"
    assert shown.size > 10_000


# --- what is asked for -----------------------------------------------------------------------------------------------


def settled(browser: Browser, server: RangeServer) -> None:
    """Waits until nothing is asked for any more."""
    until, before = time.monotonic() + PATIENCE_S, -1
    while before != len(server.parts):
        assert time.monotonic() < until
        before = len(server.parts)
        browser.run("for (let i = 0; i < 20; i++) await new Promise(requestAnimationFrame);")


def test_two_requests_give_the_first_picture_and_neighbours_come_together(
    browser: Browser, server: RangeServer, site: tuple[Path, RangeServer]
) -> None:
    """Opened small, the coarsest tile is all that is seen. At full size the window shows two rows of three tiles."""
    sized(browser, 120, 120)
    assert isinstance(open_object(browser, PACK), dict)
    settled(browser, server)
    assert len(server.parts) == 2 and server.parts[0] == (0, HEAD)
    sized(browser, 760, 560)
    browser.run(LOOK, 1)
    settled(browser, server)
    assert 3 <= len(server.parts) <= 5
    assert server.sent <= (site[0] / PACK).stat().st_size, "nothing comes twice"
    browser.run(LOOK, 2)
    settled(browser, server)
    assert len(server.parts) <= 5, "what was loaded is kept"


# --- servers ---------------------------------------------------------------------------------------------------------


SERVERS: dict[str, tuple[Bend, str]] = {
    "ignores ranges": (ignores_ranges, "expected a web server that sends parts of a file (range requests)"),
    "has no file": (lambda answer, number: Answer(404, {"Content-Length": "0"}, b""), "The object was not found"),
    "is overloaded": (lambda answer, number: Answer(503, {"Content-Length": "0"}, b""), "got the answer 503"),
    "refuses": (lambda answer, number: Answer(416, {"Content-Length": "0"}, b""), "got the answer 416"),
    "sends another part": (with_headers(Content_Range="bytes 1-65536/200000"), "got 1 to 65536"),
    "sends less": (with_headers(Content_Range="bytes 0-99/200000"), "got 0 to 99"),
    "sends no place": (with_headers(Content_Range="bytes */*"), "expected an answer with Content-Range"),
    "sends more than it says": (
        lambda answer, number: replace(
            answer, headers={"Content-Range": "bytes 0-9/10", "Content-Length": str(len(answer.body))}
        ),
        "expected 10 bytes, got more",
    ),
    "sends less than it says": (
        lambda answer, number: Answer(206, {"Content-Range": answer.headers["Content-Range"]}, answer.body[:-1]),
        "expected 65536 bytes, got 65535",
    ),
    "breaks off": (lambda answer, number: replace(answer, body=answer.body[:99]), "got no whole answer"),
    "compresses": (
        lambda answer, number: replace(answer, headers=answer.headers | {"Content-Encoding": "identity"}),
        "expected the bytes as they are",
    ),
    "changes the file": (from_request(2, with_headers(ETag='"2"')), "got a newer one: load the page again"),
    "sends other bytes": (
        from_request(2, lambda answer, number: replace(answer, body=answer.body[::-1])),
        "expected the bytes of tile 0, got others",
    ),
}


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_that_answers_wrongly_is_explained(browser: Browser, server: RangeServer, name: str) -> None:
    bend, expected = SERVERS[name]
    server.reset(bend)
    message = open_object(browser, PACK)
    assert isinstance(message, str) and expected in message
    assert len(server.parts) <= 2


def test_a_file_that_changes_leaves_the_picture_as_it_is(browser: Browser, server: RangeServer) -> None:
    sized(browser, 120, 120)
    assert isinstance(open_object(browser, PACK), dict)
    server.bend = with_headers(ETag='"2"')
    browser.run(
        "const viewer = document.querySelector('rti-viewer'); viewer.view.show([350, 150], 2); viewer.redraw();"
    )
    settled(browser, server)
    told = state(browser)
    assert "got a newer one" in told["message"] and told["role"] == "alert"
    shown, _ = beside(browser, 2, 0, Renderer(VASE, backend="cpu").relight(LIGHT))
    assert np.ptp(shown) > 50, "the coarse picture"


# --- files -----------------------------------------------------------------------------------------------------------


def place_of(file: bytes, tag: int, directory: int) -> int:
    """Where the value of a tag of a directory stands; tag 0: where the next directory is named."""
    at = 16
    for number in range(directory + 1):
        (count,) = struct.unpack_from("<Q", file, at)
        tags = [struct.unpack_from("<H", file, at + 8 + 20 * entry)[0] for entry in range(count)]
        following = at + 8 + 20 * count
        if number == directory:
            return following if tag == 0 else at + 8 + 20 * tags.index(tag) + 12
        (at,) = struct.unpack_from("<Q", file, following)
    raise AssertionError


def patched(tag: int, value: int, directory: int = 0) -> Damage:
    def patch(file: bytes) -> bytes:
        at = place_of(file, tag, directory)
        return file[:at] + struct.pack("<Q", value) + file[at + 8 :]

    return patch


def with_coarsest_tile(data: bytes) -> Damage:
    """Other bytes in the place of the tile that is read first."""

    def replaced(file: bytes) -> bytes:
        moved = patched(324, len(file), COARSEST)(patched(325, len(data), COARSEST)(file))
        return moved + data

    return replaced


COARSEST = 2
TILE_BYTES = 256 * 256 * (VASE.decoder.planes + 1)
FILES: dict[str, tuple[Damage, str]] = {
    "empty": (lambda file: b"", "got the answer 416"),
    "another file": (lambda file: b"II*\0" + file[4:], "got another file: pack it with fastrti"),
    "cut off in a directory": (lambda file: file[:300], "got one that ends too soon"),
    "cut off in a tile": (lambda file: file[:70_000], "bytes or more, got a file of"),
    "a wide level": (patched(256, 701), "expected levels that are each half of the one before"),
    "levels that are missing": (patched(0, 0, 1), "expected levels that are each half of the one before"),
    "an absurd width": (patched(256, 1 << 31), "expected a width from 1 to 1048576, got 2147483648"),
    "fewer tiles than pixels": (patched(257, 1 << 20), "expected 12288 tiles, got 6"),
    "other tiles": (patched(322, 512), "expected a width of tiles from 256 to 256, got 512"),
    "another compression": (patched(259, 7), "expected a compression from 8 to 8, got 7"),
    "more samples": (patched(277, 12), "expected levels that are each half of the one before"),
    "directories in a circle": (patched(0, 16, 1), "expected at most 32 directories, got more"),
    "a directory behind the end": (patched(0, 1 << 40), "got one that ends too soon"),
    "a tile behind the end": (patched(324, 1 << 50, COARSEST), "bytes or more, got a file of"),
    "a tile of no bytes": (patched(325, 0, COARSEST), "expected a tile of 1 to"),
    "a tile of too many bytes": (patched(325, 1 << 31, COARSEST), "expected a tile of 1 to"),
    "a tile of noise": (with_coarsest_tile(bytes(99)), "expected the bytes of tile 0, got others"),
    "a tile that is short": (with_coarsest_tile(zlib.compress(bytes(TILE_BYTES - 1))), "got others"),
    "a tile that blows up": (with_coarsest_tile(zlib.compress(bytes(100 * TILE_BYTES))), "got others"),
    "a tile with a wrong bit": (
        with_coarsest_tile(zlib.compress(bytes(TILE_BYTES))[:-1] + b"x"),
        "expected the bytes of tile 0, got others",
    ),
    "no info.json": (lambda file: file.replace(b'"fastrti"', b'"fasttri"', 1), "expected an object of fastrti"),
    "info.json that does not parse": (lambda file: file.replace(b'"fastrti"', b'"fastrti', 1), "does not parse"),
    "info.json of another size": (lambda file: file.replace(b'"width": 700', b'"width": 701', 1), "got others"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_explained(
    browser: Browser, server: RangeServer, site: tuple[Path, RangeServer], name: str
) -> None:
    damage, expected = FILES[name]
    (site[0] / "damaged.tif").write_bytes(damage((site[0] / PACK).read_bytes()))
    message = open_object(browser, "damaged.tif")
    assert isinstance(message, str) and expected in message and message.startswith(("damaged.tif: ", "info.json: "))
    assert len(server.parts) <= 3 and server.sent < 400_000


# --- on pages of their own -------------------------------------------------------------------------------------------


@pytest.mark.deep
def test_requests_end_when_the_view_moves_on(browser: Browser, fresh: RangeServer) -> None:
    browser.run(
        """
        window.signals = [];
        const ask = window.fetch;
        window.fetch = (url, options) => {
          if (options?.headers?.Range) window.signals.push(options.signal);
          return ask(url, options);
        };
        """
    )
    sized(browser, 300, 200)
    assert isinstance(open_object(browser, PACK), dict)
    settled(browser, fresh)
    fresh.bend = lambda answer, number: replace(answer, body=answer.body[:9], stalls=True)
    ended = browser.run(
        """
        const viewer = document.querySelector('rti-viewer');
        const before = window.signals.length;
        const ended = () => window.signals.slice(before).map((signal) => signal.aborted);
        const told = [];
        for (const x of [100, 600]) {
          viewer.view.show([x, 100], 2);
          viewer.redraw();
          for (let i = 0; i < 200 && ended().length <= told.length; i++) await new Promise(requestAnimationFrame);
          for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
          told.push(ended());
        }
        return told;
        """
    )
    assert ended == [[False], [True, False]]
    assert state(browser)["message"] == ""


def test_a_server_that_falls_silent_is_explained(browser: Browser, fresh: RangeServer) -> None:
    browser.run("const set = setTimeout; window.setTimeout = (act, ms) => set(act, ms > 20_000 ? 300 : ms);")
    fresh.reset(lambda answer, number: replace(answer, body=answer.body[:99], stalls=True))
    assert "got none in time" in open_object(browser, PACK)
