"""Links to what one sees: the state of a viewer, the page's address, quarter turns."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from objects import relightable
from PIL import Image
from viewer.browser import Browser, chromium_programs
from viewer.pages import drag, press, served, state, wait_for_picture
from viewer.tools import until, value

from fastrti import Relightable, Renderer
from fastrti.sharing.web import export_folder, export_single_file

SIZE = (48, 64)  # rows, columns
SEEN = "light=-0.35,0.2,0.91515&mode=diffuse&gain=2.5&turn=1&view=20.25,31.5,7.5"


@pytest.fixture(scope="module")
def what() -> Relightable:
    return replace(relightable("light-mlp-relu-skip", *SIZE), title="Vase")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, what: Relightable) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("export") / "site"
    export_folder(what, folder)
    with served(folder) as (address, _):
        yield f"{address}/index.html"


def fresh(browser: Browser, url: str) -> None:
    """The page, loaded anew although only its fragment may differ."""
    browser.open("about:blank")
    browser.open(url)
    assert isinstance(wait_for_picture(browser), dict)


def test_an_address_shows_what_it_says(browser: Browser, address: str) -> None:
    fresh(browser, f"{address}#{SEEN}")
    seen = state(browser)
    assert seen["light"] == pytest.approx([-0.35, 0.2, 0.9151], abs=1e-3)
    assert (seen["mode"], seen["centre"]) == ("diffuse", [20.25, 31.5])
    assert value(browser, "[viewer.gain, viewer.view.turn, viewer.view.scale / devicePixelRatio]") == [2.5, 1, 7.5]


def test_a_link_shows_the_same_pixels_in_another_profile(browser: Browser, address: str, tmp_path: Path) -> None:
    fresh(browser, address)
    value(browser, "viewer.light = [0.123456789, -0.5]")
    drag(browser, (400, 200), (450, 230), button=2)
    value(browser, "(viewer.view.zoom(3), viewer.mode = 'specular', viewer.redraw())")
    press(browser, "r")
    browser.run("document.activeElement.blur();")
    until(browser, "location.hash.includes('turn=1')")
    shown = value(browser, "location.href")
    browser.screenshot(tmp_path / "one.png")
    programs = chromium_programs()
    assert programs is not None
    with Browser(*programs) as other:
        fresh(other, shown)
        state(other)
        other.screenshot(tmp_path / "two.png")
    first, second = (np.array(Image.open(tmp_path / name)) for name in ("one.png", "two.png"))
    first[330:, 670:] = second[330:, 670:]  # the light ball, whose smooth edges another frame may draw otherwise
    assert np.ptp(first) > 100 and np.array_equal(first, second)


def test_a_reload_keeps_the_light(browser: Browser, address: str) -> None:
    fresh(browser, address)
    drag(browser, (400, 200), (470, 150))
    light = state(browser)["light"]
    until(browser, "location.hash")
    fresh(browser, value(browser, "location.href"))
    assert state(browser)["light"] == pytest.approx(light, abs=1e-7)


def test_back_and_forward_go_through_the_modes(browser: Browser, address: str) -> None:
    fresh(browser, address)
    for mode in ("specular", "diffuse"):
        value(browser, f"viewer.mode = '{mode}'")
        until(browser, f"location.hash.includes('{mode}')")
    for step, mode in [(-1, "specular"), (-1, "relight"), (1, "specular"), (1, "diffuse")]:
        browser.run(f"history.go({step});")
        until(browser, f"viewer.mode === '{mode}'")


def test_an_address_typed_by_hand_takes_effect(browser: Browser, address: str) -> None:
    fresh(browser, address)
    browser.run("location.hash = 'light=0.6,0&mode=specular';")
    until(browser, "viewer.mode === 'specular'")
    assert state(browser)["light"] == pytest.approx([0.6, 0, 0.8])


@pytest.mark.parametrize(
    "fragment",
    [
        "light=1e999,0",
        "light=<img src=x onerror=alert(1)>",
        "view=1,2",
        "view=1,2,0",
        "view=NaN,0,1",
        "view=1e300,-1e300,1e300",
        "turn=7",
        "mode=__proto__",
        "gain=1e9&mode=diffuse",
        "%E0%A4%A",
        "light=" + "9," * 5000,
    ],
)
def test_an_address_that_is_not_understood_shows_the_object_all_the_same(
    browser: Browser, address: str, fragment: str
) -> None:
    fresh(browser, f"{address}#{fragment}")
    assert state(browser)["message"] == ""
    assert value(browser, "[viewer.view.turn, Number.isFinite(viewer.view.scale + viewer.view.centre[0])]") == [0, True]


def test_several_viewers_share_the_address(browser: Browser, address: str) -> None:
    fresh(browser, address)
    browser.run(
        """
        document.body.innerHTML = '';
        for (const link of ['left', 'right']) {
          const viewer = Object.assign(document.createElement('rti-viewer'), { src: 'object' });
          viewer.setAttribute('link', link);
          const loaded = new Promise((resolve) => viewer.addEventListener('rti-load', resolve));
          document.body.append(viewer);
          await loaded;
        }
        document.querySelector('[link=left]').mode = 'specular';
        """
    )
    until(browser, "location.hash.includes('left.mode=specular')")
    browser.run("document.querySelector('[link=right]').mode = 'normals';")
    until(browser, "location.hash.includes('left.mode=specular') && location.hash.includes('right.mode=normals')")
    browser.run("history.back();")
    until(browser, "document.querySelector('[link=right]').mode === 'relight'")
    assert value(browser, "document.querySelector('[link=left]').mode") == "specular"


def test_the_button_copies_the_link(browser: Browser, address: str) -> None:
    fresh(browser, address)
    browser.run("navigator.clipboard.writeText = async (text) => { window.copied = text; };")
    value(browser, "viewer.light = [0.6, 0]")
    state(browser)
    value(browser, "viewer.shadowRoot.querySelector('[data-icon=link]').click()")
    assert value(browser, "window.copied").endswith("#light=0.6,0,0.8")
    assert state(browser)["message"] == "The link is copied."


def test_a_viewer_without_link_leaves_the_address_alone(browser: Browser, address: str) -> None:
    fresh(browser, address)
    browser.run(
        """
        document.querySelector('rti-viewer').removeAttribute('link');
        document.querySelector('rti-viewer').light = [0.6, 0];
        await new Promise((resolve) => setTimeout(resolve, 450));
        """
    )
    assert value(browser, "[location.hash, viewer.state]") == ["", "light=0.6,0,0.8"]
    assert value(browser, "viewer.shadowRoot.querySelector('[data-icon=link]').hidden")


def test_a_single_file_is_linked_to(browser: Browser, tmp_path: Path, what: Relightable) -> None:
    export_single_file(what, tmp_path / "vase.html")
    fresh(browser, f"file://{tmp_path}/vase.html#light=0.6,0")
    assert state(browser)["light"] == pytest.approx([0.6, 0, 0.8])


def test_the_state_is_told_when_it_changes(browser: Browser, address: str) -> None:
    fresh(browser, address)
    told = browser.run(
        """
        const viewer = document.querySelector('rti-viewer');
        const told = [];
        viewer.addEventListener('rti-state', (event) => told.push(event.detail));
        viewer.state = 'light=0,0.6&turn=2';
        for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
        return told;
        """
    )
    assert told == ["light=0,0.6,0.8&turn=2"]


# --- quarter turns ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_a_turned_picture_has_the_same_pixels(
    browser: Browser, address: str, what: Relightable, tmp_path: Path, turn: int
) -> None:
    fresh(browser, f"{address}#light=0.3,0.4&turn={turn}&view=32,24,1")
    others = "viewer.shadowRoot.querySelectorAll(':not(canvas, style, .area)')"
    value(browser, f"{others}.forEach((each) => each.hidden = true)")
    value(browser, "(viewer.view.show([32, 24], 1), viewer.redraw())")
    state(browser)
    browser.screenshot(tmp_path / "shown.png")
    shown = np.asarray(Image.open(tmp_path / "shown.png").convert("RGB")).astype(int)
    expected = np.rot90(Renderer(what, backend="cpu").relight((0.3, 0.4)), -turn).astype(int)
    corner = value(browser, "viewer.view.toCanvas([0, 0])")
    other = value(browser, "viewer.view.toCanvas([64, 48])")
    left, top = (round(min(pair)) for pair in zip(corner, other))
    part = shown[top : top + expected.shape[0], left : left + expected.shape[1]]
    assert np.ptp(expected) > 50 and abs(part - expected).max() <= 1
    back = value(browser, "viewer.view.toPicture(viewer.view.toCanvas([12.5, 40]))")
    assert back == pytest.approx([12.5, 40])


def test_in_a_turned_picture_the_light_follows_the_pointer(browser: Browser, address: str) -> None:
    fresh(browser, f"{address}#light=0,0&turn=1")
    drag(browser, (400, 200), (500, 200))  # to the right, where the picture's top is now
    x, y, _ = state(browser)["light"]
    assert abs(x) < 0.02 and y > 0.3
    before = state(browser)["centre"]
    drag(browser, (400, 200), (450, 200), button=2)
    after = state(browser)["centre"]
    assert after[1] > before[1] and after[0] == pytest.approx(before[0])
