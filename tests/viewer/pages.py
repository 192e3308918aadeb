"""What the tests of the viewer do with a page: open it, wait for the picture, read its pixels."""

import base64
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
from numpy.typing import NDArray
from viewer.browser import Browser

_SHOWN = """
const viewer = document.querySelector('rti-viewer');
const shown = new Promise((resolve, reject) => {
  viewer.addEventListener('rti-load', () => resolve(viewer.timings), { once: true });
  viewer.addEventListener('rti-error', (event) => resolve(event.detail), { once: true });
});
"""
_NEXT_FRAMES = "for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);"


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, requests: list[str], wait: Callable[[str], object], *arguments: Any, directory: str) -> None:
        self._requests, self._wait = requests, wait
        super().__init__(*arguments, directory=directory)

    def do_GET(self) -> None:
        self._wait(self.path)
        super().do_GET()

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")  # tests write different files under one name
        super().end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        self._requests.append(self.path)


@contextmanager
def served(folder: Path, wait: Callable[[str], object] = len) -> Iterator[tuple[str, list[str]]]:
    """A folder on a port of this machine: its address, and the paths answered so far. `wait` is called with the path of
    each file that is asked for, and its answer begins when that returns."""
    requests: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, requests, wait, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        server.server_close()


def open_object(browser: Browser, source: str) -> Any:
    """Shows an object in the page that is open: its timings, or the message where it cannot be shown."""
    return browser.run(f"{_SHOWN} viewer.setAttribute('src', args[0]); return await shown;", source)


def wait_for_picture(browser: Browser) -> Any:
    """Like `open_object`, of the object the page itself names."""
    return browser.run(f"{_SHOWN} return 'drawn' in viewer.timings ? viewer.timings : await shown;")


def picture(browser: Browser, light: Sequence[float]) -> NDArray[np.uint8]:
    """The whole picture under a light as the GPU drew it, (H, W, 3)."""
    width, height, pixels = browser.run(
        """
        const viewer = document.querySelector('rti-viewer');
        viewer.light = args[0];
        const canvas = await viewer.picture();
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        let text = '';
        for (const byte of data) text += String.fromCharCode(byte);
        return [canvas.width, canvas.height, btoa(text)];
        """,
        list(light),
    )
    return np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(height, width, 4)[..., :3]


def light_changes_ms(browser: Browser) -> list[float]:
    """How long the script took for each of some new lights, up to its last command to the GPU."""
    took: list[float] = browser.run(
        """
        const viewer = document.querySelector('rti-viewer');
        const took = [];
        for (let i = 0; i < 40; i++) {
          viewer.light = [Math.cos(i) / 2, Math.sin(i) / 2];
          await new Promise(requestAnimationFrame);
          took.push(viewer.lightMs);
        }
        return took;
        """
    )
    return took


def state(browser: Browser) -> dict[str, Any]:
    """Light, view, message and a checksum of what the canvas shows, once it has been drawn."""
    value: dict[str, Any] = browser.run(
        f"""
        {_NEXT_FRAMES}
        const viewer = document.querySelector('rti-viewer');
        const message = viewer.shadowRoot.querySelector('.message');
        return {{
          light: viewer.light, scale: viewer.view?.scale, centre: viewer.view?.centre, mode: viewer.mode,
          message: message.hidden ? '' : message.textContent, role: message.getAttribute('role'),
        }};
        """
    )
    return value


def drag(browser: Browser, start: tuple[int, int], end: tuple[int, int], button: int = 0) -> None:
    """A mouse drag over the window."""
    moves = [
        {"type": "pointerMove", "x": start[0], "y": start[1], "duration": 0},
        {"type": "pointerDown", "button": button},
        {"type": "pointerMove", "x": end[0], "y": end[1], "duration": 50},
        {"type": "pointerUp", "button": button},
    ]
    browser.perform({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": moves})


def press(browser: Browser, *keys: str) -> None:
    """Presses keys one after the other; a tuple's keys are held together by the caller's own order."""
    actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
    browser.perform({"type": "key", "id": "keyboard", "actions": actions})
