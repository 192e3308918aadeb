"""Where a picture takes long to draw, a coarser one comes at once, and the finest when all rests."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from objects import relightable
from PIL import Image
from viewer.browser import Browser
from viewer.pages import picture, served, wait_for_picture
from viewer.tools import until, value

from fastrti import Relightable, Renderer
from fastrti.sharing.web import export_folder

HEIGHT, WIDTH = 540, 780
SLOW_MS = 1000
TOLD_LATE_MS = 2500

SLOW = f"""
const syncs = new Map();
let lastMade = 0;
const {{ deleteSync, fenceSync, getSyncParameter }} = WebGL2RenderingContext.prototype;
window.timed = 0;
WebGL2RenderingContext.prototype.fenceSync = function (...all) {{
  const sync = fenceSync.apply(this, all);
  lastMade = performance.now();
  syncs.set(sync, {{ asked: 0, isEnd: syncs.size % 2 === 1 }});
  return sync;
}};
WebGL2RenderingContext.prototype.deleteSync = function (sync) {{
  syncs.delete(sync);
  deleteSync.call(this, sync);
}};
WebGL2RenderingContext.prototype.getSyncParameter = function (sync, name) {{
  const told = syncs.get(sync);
  if (!told.isEnd && !window.toldTogether) return getSyncParameter.call(this, sync, name);
  told.asked ||= performance.now();
  const waited = performance.now() - (window.toldTogether ? lastMade : told.asked);
  if (waited < (window.toldTogether ? {TOLD_LATE_MS} : {SLOW_MS})) return this.UNSIGNALED;
  window.timed += told.isEnd;
  return this.SIGNALED;
}};
"""
"""Every picture seems to take so long, whatever this machine needs."""
QUICK = """
WebGL2RenderingContext.prototype.getSyncParameter = function () {
  return this.SIGNALED;
};
performance.now = () => 1;
"""
"""No picture seems to take any time: this page's clock stands still."""


@pytest.fixture(scope="module")
def what() -> Relightable:
    return relightable("ptm", HEIGHT, WIDTH)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, what: Relightable) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("export") / "site"
    export_folder(what, folder)
    with served(folder) as (address, _):
        yield f"{address}/index.html#view=390,270,1"


def opened(browser: Browser, address: str, first: str) -> None:
    """The page, after a script has run."""
    script = browser.devtools("Page.addScriptToEvaluateOnNewDocument", source=first)
    browser.open("about:blank")
    browser.open(address)
    browser.devtools("Page.removeScriptToEvaluateOnNewDocument", identifier=script["identifier"])
    assert isinstance(wait_for_picture(browser), dict)


def moved(browser: Browser, light: list[float]) -> NDArray[np.intp]:
    """The row in the middle of the canvas as the first frame under a light draws it."""
    row = browser.run(
        """
        const viewer = document.querySelector('rti-viewer'), canvas = viewer.shadowRoot.querySelector('canvas');
        viewer.light = args[0];
        const copy = document.createElement('canvas');
        [copy.width, copy.height] = [canvas.width, 1];
        await new Promise((done) => requestAnimationFrame(() => {
          copy.getContext('2d').drawImage(canvas, 0, -Math.floor(canvas.height / 2));
          done();
        }));
        return [...copy.getContext('2d').getImageData(0, 0, copy.width, 1).data];
        """,
        light,
    )
    return np.array(row).reshape(-1, 4)[:, :3]


@pytest.mark.parametrize("told_together", [False, True])
def test_a_slow_picture_is_coarse_while_the_light_moves_and_fine_when_it_rests(
    browser: Browser, address: str, what: Relightable, tmp_path: Path, told_together: bool
) -> None:
    """Whether the browser tells of the beginning of a picture when it begins, or with its end."""
    opened(browser, address, f"window.toldTogether = {json.dumps(told_together)};" + SLOW)
    until(browser, "window.timed > 0")
    left, top = (round(length) for length in value(browser, "viewer.view.toCanvas([0, 0])"))
    middle = value(browser, "Math.floor(shadow.querySelector('canvas').height / 2)") - top
    renderer = Renderer(what, backend="cpu")
    for light in ([0.5, 0.1], [0.1, 0.5]):
        coarse = moved(browser, light)[left : left + WIDTH]
        fine = renderer.relight(light).astype(int)
        assert abs(coarse - fine[middle]).mean() > 3
        assert abs(coarse.mean(0) - fine.mean((0, 1))).max() < 40, "it is the picture all the same"
    deadline = time.monotonic() + 20
    while True:
        browser.screenshot(tmp_path / "rest.png")
        shown = np.asarray(Image.open(tmp_path / "rest.png").convert("RGB")).astype(int)[
            middle + top, left : left + 300
        ]
        if abs(shown - fine[middle, :300]).max() <= 1:
            break
        assert time.monotonic() < deadline, "the finest picture never came"


def test_a_quick_picture_is_fine_at_once(browser: Browser, address: str, what: Relightable) -> None:
    opened(browser, address, QUICK)
    picture(browser, [0, 0])  # the first picture may be a coarse one, while the planes are on their way
    left, top = (round(length) for length in value(browser, "viewer.view.toCanvas([0, 0])"))
    middle = value(browser, "Math.floor(shadow.querySelector('canvas').height / 2)") - top
    drawn = moved(browser, [0.5, 0.1])[left : left + WIDTH]
    wanted = Renderer(what, backend="cpu").relight((0.5, 0.1)).astype(int)[middle]
    assert abs(drawn - wanted).max() <= 1
