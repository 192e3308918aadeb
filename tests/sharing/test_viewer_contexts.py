"""Graphics contexts of the viewer in a real browser: many viewers in a page, lost ones, and other screens."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from objects import relightable
from viewer.browser import Browser
from viewer.pages import picture, served, wait_for_picture

from fastrti import Relightable, Renderer, save
from fastrti.sharing.web import write_page

VIEWERS = 20
LIGHT = (0.3, 0.4)
DRAWN = """
const viewers = [...document.querySelectorAll('rti-viewer')];
while (!viewers.every((viewer) => viewer.timings.drawn)) await new Promise(requestAnimationFrame);
"""
STATE = """
return [...document.querySelectorAll('rti-viewer')].map((viewer) => [
  viewer.shadowRoot.querySelector('[role=alert]')?.textContent ?? '',
  viewer.shadowRoot.querySelector('canvas.still') !== null,
]);
"""


@pytest.fixture(scope="module")
def what() -> Relightable:
    return replace(relightable("ptm", 40, 60), title="Vase")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, what: Relightable) -> Iterator[str]:
    """A served page of the object, and a catalogue beside it."""
    folder: Path = tmp_path_factory.mktemp("site")
    write_page(folder, "")
    save(what, folder / "object")
    one = '<rti-viewer src="object" style="height: {height}px; width: 120px; min-height: 0; {more}"></rti-viewer>'
    for name, height, more in (("far", 300, ""), ("near", 60, "display: inline-block")):
        viewers = one.format(height=height, more=more) * VIEWERS
        script = '<script type="module" src="rti-viewer.js"></script>'
        (folder / f"{name}.html").write_text(f"<!doctype html><title>catalogue</title>{script}{viewers}")
    with served(folder) as (address, _):
        yield address


@pytest.mark.parametrize("page", ["far", "near"])
def test_many_viewers_share_the_contexts_of_a_page(
    browser: Browser, address: str, what: Relightable, page: str
) -> None:
    """Most of them out of sight, or all of them in sight."""
    browser.open(f"{address}/{page}.html")
    browser.run(DRAWN)
    states = browser.run(STATE)
    assert [alert for alert, _ in states if alert] == []
    assert VIEWERS > sum(still for _, still in states) >= VIEWERS - 16
    width, height = browser.run(
        """
        const viewer = document.querySelectorAll('rti-viewer')[args[0]];
        viewer.scrollIntoView();
        viewer.light = args[1];
        const canvas = await viewer.picture();
        return [canvas.width, canvas.height];
        """,
        0 if states[0][1] else next(number for number, (_, still) in enumerate(states) if still),
        list(LIGHT),
    )
    assert (width, height) == (60, 40)
    assert sum(still for _, still in browser.run(STATE)) >= VIEWERS - 16


def test_a_still_shows_what_the_viewer_showed_and_wakes_with_a_new_light(browser: Browser, address: str) -> None:
    browser.open(f"{address}/near.html")
    browser.run(DRAWN)
    pixels: list[list[int]] = browser.run(
        """
        const viewers = [...document.querySelectorAll('rti-viewer')];
        const middle = (canvas) => {
          const copy = document.createElement('canvas');
          [copy.width, copy.height] = [1, 1];
          const context = copy.getContext('2d');
          context.drawImage(canvas, canvas.width / 2, canvas.height / 2, 1, 1, 0, 0, 1, 1);
          return [...context.getImageData(0, 0, 1, 1).data];
        };
        const sleeper = viewers.find((viewer) => viewer.shadowRoot.querySelector('.still'));
        const before = middle(sleeper.shadowRoot.querySelector('.still'));
        sleeper.light = [-0.8, 0];
        while (sleeper.shadowRoot.querySelector('.still')) await new Promise(requestAnimationFrame);
        sleeper.redraw();
        const after = await new Promise((resolve) =>
          requestAnimationFrame(() => resolve(middle(sleeper.shadowRoot.querySelector('canvas')))));
        return [before, after];
        """
    )
    before, after = pixels
    assert before[3] == after[3] == 255
    assert before != after


def test_a_lost_context_comes_back(browser: Browser, address: str, what: Relightable) -> None:
    browser.open(f"{address}/index.html")
    wait_for_picture(browser)
    browser.run("document.querySelector('rti-viewer').light = args[0];", list(LIGHT))
    message: str = browser.run(
        """
        const root = document.querySelector('rti-viewer').shadowRoot;
        const gl = root.querySelector('canvas').getContext('webgl2');
        window.lose = gl.getExtension('WEBGL_lose_context');
        window.lose.loseContext();
        await new Promise((resolve) => setTimeout(resolve, 100));
        return root.querySelector('.message').textContent;
        """
    )
    assert "took the picture away" in message
    seen: dict[str, Any] = browser.run(
        """
        window.lose.restoreContext();
        const message = document.querySelector('rti-viewer').shadowRoot.querySelector('.message');
        while (!message.hidden) await new Promise(requestAnimationFrame);
        return { light: document.querySelector('rti-viewer').light };
        """
    )
    assert seen["light"][:2] == pytest.approx(LIGHT)
    difference = picture(browser, LIGHT).astype(int) - Renderer(what, backend="cpu").relight(LIGHT)
    assert np.abs(difference).max() <= 1


def test_another_screen_s_pixel_ratio_is_followed(browser: Browser, address: str) -> None:
    browser.open(f"{address}/index.html")
    wait_for_picture(browser)
    browser.run("document.querySelector('rti-viewer').setAttribute('controls', 'none');")
    sizes = []
    for ratio in (1, 2, 1.5):
        browser.devtools(
            "Emulation.setDeviceMetricsOverride", width=400, height=300, mobile=False, deviceScaleFactor=ratio
        )
        sizes.append(
            browser.run(
                """
                const canvas = document.querySelector('rti-viewer').shadowRoot.querySelector('canvas');
                const due = performance.now() + 5000;
                while (canvas.width !== args[0] && performance.now() < due) await new Promise(requestAnimationFrame);
                return [devicePixelRatio, canvas.width, canvas.height];
                """,
                400 * ratio,
            )
        )
    browser.devtools("Emulation.clearDeviceMetricsOverride")
    assert sizes == [[1, 400, 300], [2, 800, 600], [1.5, 600, 450]]
