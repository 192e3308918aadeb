"""What a visitor waits for and downloads before a large object is seen, and what a minute of panning keeps in memory.

    python -m benchmarks.web.first_picture -o benchmarks/results/first_picture.json

Chromium with an empty cache opens the page of a web export from a server on the same machine: packs of 12 megapixels
and of a gigapixel. The graphics card is the processor (SwiftShader). `first`: milliseconds from the start of the
navigation to the first picture of the whole object. `sharp`: to the picture in all detail that the window shows. Bytes
count all that the browser got by then, with page and scripts.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
from viewer.browser import Browser, chromium_programs  # noqa: E402

PLANES = 9
RUNS = 5
PAN_S = 60
TYPES = {".html": "text/html", ".js": "text/javascript", ".ts": "text/plain"}

_OPENED = """
const viewer = document.querySelector('rti-viewer');
for (let i = 0; i < 4000 && !('drawn' in viewer.timings); i++) await new Promise((next) => setTimeout(next, 5));
const first = performance.timeOrigin + performance.now();
const got = () => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .reduce((sum, entry) => sum + entry.transferSize, 0);
const [firstBytes, drawn] = [got(), viewer.timings];
for (let still = 0, before = -1; still < 40; ) {
  await new Promise((next) => requestAnimationFrame(() => setTimeout(next, 20)));
  still = got() === before ? still + 1 : 0;
  before = got();
}
const last = performance.getEntriesByType('resource').reduce((most, entry) => Math.max(most, entry.responseEnd), 0);
return { drawn: drawn.drawn, first: first - performance.timeOrigin, firstBytes, sharp: last, sharpBytes: got(),
  requests: performance.getEntriesByType('resource').length };
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


@contextmanager
def _served(pack: VirtualPack) -> Iterator[str]:
    handler = partial(_Handler, page_files("", PACKED_OBJECT), pack)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def _object(width: int, height: int) -> Relightable:
    decoder = light_mlp(PLANES, (16, 16), "relu", skip=True)
    return Relightable(fine_planes(width, height, PLANES), -np.ones(PLANES), np.ones(PLANES), decoder)


def _opened(address: str) -> dict[str, float]:
    programs = chromium_programs()
    if programs is None:
        sys.exit("expected chromium and chromedriver on the PATH, found neither: apt install chromium chromium-driver")
    with Browser(*programs) as browser:  # a fresh profile, whose cache is empty
        browser.open("about:blank")
        browser.open(address)
        return browser.run(_OPENED)


def _memory(root: int) -> int:
    """Bytes in memory of a process and all below it, each page counted once (Linux)."""
    parents, sizes = {}, {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(process.name)] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            lines = (process / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        sizes[int(process.name)] = sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    below = {root}
    while more := {process for process, parent in parents.items() if parent in below} - below:
        below |= more
    return sum(sizes.get(process, 0) for process in below)


def _panned(address: str, seconds: float) -> dict[str, Any]:
    programs = chromium_programs()
    assert programs is not None
    with Browser(*programs) as browser:
        browser.open(address)
        browser.run(_OPENED)
        rows = []
        for _ in range(6):
            frames = browser.run(_PAN, seconds / 6)
            heap = browser.run("return performance.memory.usedJSHeapSize;")
            rows.append({"frames": frames, "mib": _memory(browser._driver.pid) >> 20, "heap_mib": heap >> 20})
        return {"seconds": seconds, "after_each_sixth": rows}


def main() -> None:
    """Prints what was measured, and writes it where -o says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--pan", type=float, default=PAN_S, help="seconds")
    parsed = parser.parse_args()
    report: dict[str, Any] = description() | {"objects": {}}
    shapes = {"12 megapixels": (_object(4096, 3072), 1), "a gigapixel": (_object(2048, 2048), 16)}
    for name, (described, repeats) in shapes.items():
        pack = repeated(described, repeats)
        pixels = described.width * described.height * repeats**2
        with _served(pack) as address:
            runs = [_opened(address) for _ in range(parsed.runs)]
            row: dict[str, Any] = {key: round(float(np.median([run[key] for run in runs]))) for key in runs[0]}
            row |= {"pixels": pixels, "file_bytes": pack.size, "best_first": round(min(run["first"] for run in runs))}
            if repeats > 1 and parsed.pan:
                row["panning"] = _panned(address, parsed.pan)
        print(name, json.dumps(row, indent=1), flush=True)
        report["objects"][name] = row
    report["load_average"]["after"] = load()
    if parsed.output:
        parsed.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
