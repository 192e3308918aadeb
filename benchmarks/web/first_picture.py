"""What a visitor waits for and downloads before a large object is seen, and what a minute of panning keeps in memory.

    python -m benchmarks.web.first_picture -o benchmarks/results/first_picture.json

Chromium with an empty cache opens the page of a web export from a server on the same machine: packs of 12 megapixels
and of a gigapixel. The browser has started and rests. The graphics card is the processor (SwiftShader). `first`:
milliseconds from the start of the navigation until the graphics queue has done the first picture of the whole object.
`first_cpu`: milliseconds of processor time that all processes of the browser took by then. `sharp`: to the picture in
all detail that the window shows. Bytes count all that the browser got by then, with page and scripts.

`--against FOLDER` opens the page and scripts of another export, made by another version, in turns with this one's.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np

from benchmarks.common.machine import description, load
from benchmarks.web.virtual_pack import VirtualPack, fine_planes, repeated
from fastrti import Relightable
from fastrti.sharing.site import PACKED_OBJECT
from fastrti.sharing.web import page_files

sys.path[:0] = [str(Path(__file__).parents[2] / "tests"), str(Path(__file__).parents[2] / "tests" / "support")]

from objects import light_mlp  # noqa: E402
from viewer.browser import Browser, below, chromium_programs, cpu_seconds  # noqa: E402

PLANES = 9
RUNS = 5
PAN_S = 60
QUIET_S, QUIET_CPU_S, MOST_REST_S = 0.5, 0.03, 20
TYPES = {".html": "text/html", ".js": "text/javascript", ".ts": "text/plain"}

_FIRST = """
const viewer = document.querySelector('rti-viewer');
for (let i = 0; i < 4000 && !('drawn' in viewer.timings); i++) await new Promise((next) => setTimeout(next, 5));
const gl = viewer.shadowRoot.querySelector('canvas').getContext('webgl2');
gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4)); // waits for the graphics queue
const first = performance.now();
const [{ transferSize }] = performance.getEntriesByType('navigation');
const resources = performance.getEntriesByType('resource');
return { first, drawn: viewer.timings.drawn, requests: resources.length,
  firstBytes: resources.reduce((sum, entry) => sum + entry.transferSize, transferSize) };
"""

_SHARP = """
const resources = () => performance.getEntriesByType('resource');
const [{ transferSize }] = performance.getEntriesByType('navigation');
const got = () => resources().reduce((sum, entry) => sum + entry.transferSize, transferSize);
for (let still = 0, before = -1; still < 40; ) {
  await new Promise((next) => requestAnimationFrame(() => setTimeout(next, 20)));
  still = got() === before ? still + 1 : 0;
  before = got();
}
return { sharp: resources().reduce((most, entry) => Math.max(most, entry.responseEnd), 0), sharpBytes: got() };
"""

_PAN = """
const viewer = document.querySelector('rti-viewer');
const { width, height } = viewer.object;
const until = performance.now() + 1000 * args[0];
let frames = 0;
for (let at = 0; performance.now() < until; at += 40, frames++) {
  const zoom = 2 ** (-2 - 2 * Math.sin(at / 3000));
  const x = width * (0.5 + 0.45 * Math.sin(at / 7000)), y = height * (0.5 + 0.45 * Math.cos(at / 9100));
  viewer.view.show([x, y], zoom);
  viewer.redraw();
  await new Promise(requestAnimationFrame);
}
return frames;
"""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, files: dict[str, bytes], pack: VirtualPack, *arguments: Any) -> None:
        self._files, self._pack = files, pack
        super().__init__(*arguments)

    def do_GET(self) -> None:
        name = self.path[1:].partition("?")[0] or "index.html"
        if name == PACKED_OBJECT:
            first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
            body = self._pack.read(first, min(last + 1, self._pack.size))
            headers = {"Content-Range": f"bytes {first}-{first + len(body) - 1}/{self._pack.size}", "ETag": '"1"'}
            self._send(206, "image/tiff", body, headers)
        elif name in self._files:
            self._send(200, TYPES[Path(name).suffix], self._files[name], {})
        else:
            self._send(404, "text/plain", b"", {})

    def _send(self, status: int, kind: str, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *request: Any) -> None:
        """The browser has gone, with connections that it kept."""


@contextmanager
def _served(page: dict[str, bytes], pack: VirtualPack) -> Iterator[str]:
    handler = partial(_Handler, page, pack)
    server = _Server(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def _object(width: int, height: int) -> Relightable:
    decoder = light_mlp(PLANES, (16, 16), "relu", skip=True)
    return Relightable(fine_planes(width, height, PLANES), -np.ones(PLANES), np.ones(PLANES), decoder)


def _opened(page: dict[str, bytes], pack: VirtualPack) -> dict[str, float]:
    with _served(page, pack) as address, _browser() as browser:  # a fresh profile, whose cache is empty
        browser.open("about:blank")
        before = _rested(browser)
        browser.open(address)
        first = browser.run(_FIRST)
        took = 1000 * (cpu_seconds(browser.process) - before)
        return first | {"first_cpu": took} | browser.run(_SHARP)


def _browser() -> Browser:
    programs = chromium_programs()
    if programs is None:
        sys.exit("expected chromium and chromedriver on the PATH, found neither: apt install chromium chromium-driver")
    return Browser(*programs)


def _rested(browser: Browser) -> float:
    """Waits until a browser that has started does nothing for a while; the processor time that it took till then."""
    before, until = -1.0, time.monotonic() + MOST_REST_S
    while (now := cpu_seconds(browser.process)) > before + QUIET_CPU_S and time.monotonic() < until:
        before = now
        time.sleep(QUIET_S)
    return now


def _memory(root: int) -> int:
    """Bytes in memory of a process and all below it, each page counted once (Linux)."""
    found = 0
    for process in below(root):
        with suppress(OSError):  # it has ended
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
            found += sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return found


def _panned(page: dict[str, bytes], pack: VirtualPack, seconds: float) -> dict[str, Any]:
    with _served(page, pack) as address, _browser() as browser:
        browser.open(address)
        browser.run(_FIRST)
        rows = []
        for _ in range(6):
            frames = browser.run(_PAN, seconds / 6)
            heap = browser.run("return performance.memory.usedJSHeapSize;")
            rows.append({"frames": frames, "mib": _memory(browser.process) >> 20, "heap_mib": heap >> 20})
        return {"seconds": seconds, "after_each_sixth": rows}


def _medians(runs: list[dict[str, float]]) -> dict[str, int]:
    row = {key: round(float(np.median([run[key] for run in runs]))) for key in runs[0]}
    return row | {"best_first": round(min(run["first"] for run in runs))}


def main() -> None:
    """Prints what was measured, and writes it where -o says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--pan", type=float, default=PAN_S, help="seconds")
    parser.add_argument("--against", type=Path, help="folder of an export with --pack by another version")
    parsed = parser.parse_args()
    pages = {"": page_files("", PACKED_OBJECT)}
    if parsed.against:
        pages["against"] = {path.name: path.read_bytes() for path in parsed.against.iterdir() if path.suffix in TYPES}
    report: dict[str, Any] = description() | {"objects": {}}
    shapes = {"12 megapixels": (_object(4096, 3072), 1), "a gigapixel": (_object(2048, 2048), 16)}
    for name, (described, repeats) in shapes.items():
        pack = repeated(described, repeats)
        pixels = described.width * described.height * repeats**2
        row: dict[str, Any] = {"pixels": pixels, "file_bytes": pack.size}
        in_turns = [{key: _opened(page, pack) for key, page in pages.items()} for _ in range(parsed.runs)]
        row |= _medians([runs[""] for runs in in_turns])
        if parsed.against:
            row["against"] = _medians([runs["against"] for runs in in_turns])
        if repeats > 1 and parsed.pan:
            row["panning"] = _panned(pages[""], pack, parsed.pan)
        row["load_average"] = load()
        print(name, json.dumps(row, indent=1), flush=True)
        report["objects"][name] = row
    report["load_average"]["after"] = load()
    if parsed.output:
        parsed.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
