"""Two pictures of an object beside each other: under a slider, side by side, in a lens."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from objects import relightable
from PIL import Image
from viewer.browser import Browser
from viewer.pages import drag, press, served, state, wait_for_picture
from viewer.tools import open_tool, until, value

from fastrti import Relightable, Renderer
from fastrti.rendering.normals import with_normals
from fastrti.sharing.web import export_folder

HEIGHT, WIDTH = 60, 80
ARROW_RIGHT = "\ue014"
PANEL = "shadow.querySelector('.panel')"


@pytest.fixture(scope="module")
def what() -> Relightable:
    return with_normals(relightable("ptm", HEIGHT, WIDTH))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, what: Relightable) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("export") / "site"
    export_folder(what, folder)
    with served(folder) as (address, _):
        yield f"{address}/index.html"


def opened(browser: Browser, address: str, fragment: str) -> None:
    browser.open("about:blank")
    browser.open(f"{address}#{fragment}")
    assert isinstance(wait_for_picture(browser), dict)
    until(browser, "shadow.querySelector('.other')?.timings?.drawn")
    until(browser, "shadow.querySelector('.other').view.scale === viewer.view.scale")
    state(browser)


def screen(browser: Browser, path: Path) -> np.ndarray:
    """What the window shows of the picture, without the panel and the light ball."""
    value(
        browser, "shadow.querySelectorAll('.panel, .ball, .edge').forEach((each) => (each.style.visibility = 'hidden'))"
    )
    browser.screenshot(path)
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


@pytest.mark.parametrize("way", ["slider", "lens"])
def test_pixels_of_both_are_the_renderer_s(
    browser: Browser, address: str, what: Relightable, tmp_path: Path, way: str
) -> None:
    opened(browser, address, f"light=0.3,0.4&view=40,30,1&compare={way},relight,-0.5,0.2,0.84")
    for element in ("viewer", "shadow.querySelector('.other')"):
        value(browser, f"{element}.picture().then(() => true)")  # the planes may still be on their way
    state(browser)
    shown = screen(browser, tmp_path / "shown.png")
    left, top = (round(length) for length in value(browser, "viewer.view.toCanvas([0, 0])"))
    part = shown[top : top + HEIGHT, left : left + WIDTH]
    first, second = (Renderer(what, backend="cpu").relight(light) for light in ((0.3, 0.4), (-0.5, 0.2, 0.84)))
    wanted = [np.where(np.arange(WIDTH)[:, None] < WIDTH // 2, first, second), second][way == "lens"]
    assert abs(first.astype(int) - second).max() > 30
    middle = slice(None) if way == "lens" else np.r_[: WIDTH // 2 - 1, WIDTH // 2 + 1 : WIDTH]  # not the edge itself
    assert abs(part[:, middle] - wanted.astype(int)[:, middle]).max() <= 1


def test_the_second_picture_follows_the_view_and_the_light(browser: Browser, address: str) -> None:
    opened(browser, address, "light=0.3,0.4&compare=slider,specular")
    drag(browser, (150, 200), (200, 150))
    drag(browser, (150, 200), (180, 220), button=2)
    value(browser, "(viewer.view.rotate(1), viewer.redraw())")
    state(browser)
    seen = "[...{0}.light, ...{0}.view.centre, {0}.view.scale, {0}.view.turn]"
    second = value(browser, seen.format("shadow.querySelector('.other')"))
    assert second == pytest.approx(value(browser, seen.format("viewer")), rel=1e-12)


def test_a_light_that_is_held_stays(browser: Browser, address: str) -> None:
    opened(browser, address, "light=0.3,0.4&compare=slider,relight")
    value(browser, "shadow.querySelector('.panel input[type=checkbox]').click()")
    drag(browser, (150, 200), (200, 150))
    state(browser)
    assert value(browser, "shadow.querySelector('.other').light")[:2] == pytest.approx([0.3, 0.4])
    assert value(browser, "new URLSearchParams(viewer.state).get('compare')").startswith("slider,relight,0.3,0.4,0.8")


def test_the_slider_is_moved_by_hand_and_by_keys(browser: Browser, address: str) -> None:
    opened(browser, address, "compare=slider,normals")
    assert value(browser, "shadow.querySelector('.other').style.clipPath") == "inset(0px 0px 0px 50%)"
    width = value(browser, "shadow.querySelector('.area').clientWidth")
    drag(browser, (width // 2, 300), (width // 4, 300))
    assert value(browser, "shadow.querySelector('.edge').getAttribute('aria-valuenow')") == "25"
    value(browser, "shadow.querySelector('.edge').focus()")
    light = value(browser, "viewer.light")
    press(browser, ARROW_RIGHT)
    assert value(browser, "shadow.querySelector('.edge').getAttribute('aria-valuenow')") == "27"
    assert value(browser, "viewer.light") == light


def test_side_by_side_both_are_as_wide_and_the_panel_covers_neither(browser: Browser, address: str) -> None:
    opened(browser, address, "compare=side,normals")
    boxes = value(
        browser,
        """['canvas', '.other', '.panel'].map((each) => shadow.querySelector(each).getBoundingClientRect())
          .map(({ left, right }) => [left, right])
        """,
    )
    (left, middle), (other, right), (panel, end) = boxes
    assert (left, other) == (0, middle) and right == pytest.approx(2 * middle)
    assert right < panel < end <= value(browser, "viewer.clientWidth")


def test_the_lens_follows_the_pointer(browser: Browser, address: str) -> None:
    opened(browser, address, "compare=lens,normals")
    drag(browser, (300, 200), (310, 210))
    assert value(browser, "shadow.querySelector('.other').style.clipPath") == "circle(110px at 310px 210px)"


def test_closing_ends_it(browser: Browser, address: str) -> None:
    opened(browser, address, "compare=side,normals")
    value(browser, "shadow.querySelector('.panel .close').click()")
    state(browser)
    assert value(browser, "[shadow.querySelector('.other'), viewer.state.includes('compare')]") == [None, False]
    assert value(browser, "shadow.querySelector('canvas').clientWidth === viewer.clientWidth")
    open_tool(browser, "compare")
    until(browser, "shadow.querySelector('.other')")


@pytest.mark.parametrize("text", ["x,normals", "slider,__proto__", "slider", "lens,relight,5,5", "lens,relight,1"])
def test_a_comparison_that_is_none_is_left_out(browser: Browser, address: str, text: str) -> None:
    browser.open("about:blank")
    browser.open(f"{address}#compare={text}")
    assert isinstance(wait_for_picture(browser), dict)
    state(browser)
    assert value(browser, "[viewer.light.length, shadow.querySelector('.other')]") == [3, None]
