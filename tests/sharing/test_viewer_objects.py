"""Two objects beside each other, such as before and after a treatment: one lies on the other by two pairs of places."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from objects import relightable
from PIL import Image
from viewer.browser import Browser
from viewer.pages import drag, served, state, wait_for_picture
from viewer.tools import at, click, open_tool, until, value

from fastrti import Relightable, Renderer, save
from fastrti.lights import unit_light
from fastrti.sharing.web import export_folder

HEIGHT, WIDTH = 60, 80
FAR_HEIGHT, FAR_WIDTH = 90, 70
LIGHT = (0.3, 0.4)
OTHER = "shadow.querySelector('.other')"
ASKEW = [10, 10, 20, 5, 60, 40, 35, 62]


@pytest.fixture(scope="module")
def far() -> Relightable:
    return relightable("hsh9", FAR_HEIGHT, FAR_WIDTH)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, far: Relightable) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("objects")
    export_folder(relightable("ptm", HEIGHT, WIDTH), folder / "before")
    save(far, folder / "after" / "object")
    with served(folder) as (address, _):
        yield f"{address}/before/index.html"


def opened(browser: Browser, address: str, fragment: str) -> None:
    browser.open("about:blank")
    browser.open(f"{address}#{fragment}")
    assert isinstance(wait_for_picture(browser), dict)
    until(browser, f"{OTHER}?.timings?.drawn && {OTHER}.light[0] !== 0")
    state(browser)


def screen(browser: Browser, path: Path) -> NDArray[np.intp]:
    """What the window shows of the pictures, without what lies over them."""
    covers = "shadow.querySelectorAll('.panel, .ball, .edge, .caption')"
    value(browser, f"{covers}.forEach((each) => (each.style.visibility = 'hidden'))")
    browser.screenshot(path)
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def carried(match: list[float], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places of the first picture, (N, 2), on the second one: complex numbers turn and scale."""
    near, far = (np.array([complex(*match[i : i + 2]) for i in (start, start + 4)]) for start in (0, 2))
    factor = (far[1] - far[0]) / (near[1] - near[0])
    there = far[0] + factor * (points[:, 0] + 1j * points[:, 1] - near[0])
    return np.stack([there.real, there.imag], 1)


def carried_light(match: list[float], light: tuple[float, float]) -> NDArray[np.float64]:
    x, y, z = unit_light(light)
    (x0, y0), (x1, y1) = carried(match, np.array([[0.0, 0.0], [x, -y]]))
    length = np.hypot(x1 - x0, y1 - y0) / np.hypot(x, y)
    return np.array([(x1 - x0) / length, -(y1 - y0) / length, z])


MATCHES = {
    "shifted": ([5, 5, 12, 20, 45, 35, 52, 50], 1),
    "turned by a quarter": ([0, 0, 68, 5, 40, 0, 68, 45], 1),
    "turned half around": ([0, 0, 70, 80, 40, 10, 30, 70], 1),
    "scaled by two": ([30, 30, 10, 20, 45, 45, 40, 50], 2),
    "askew": (ASKEW, 16),
}


@pytest.mark.parametrize(
    ("way", "name"), [*(("slider", name) for name in MATCHES), ("lens", "askew"), ("side", "askew")]
)
def test_pixels_of_the_second_object_are_the_renderer_s_at_their_place(
    browser: Browser, address: str, far: Relightable, tmp_path: Path, way: str, name: str
) -> None:
    match, scale = MATCHES[name]
    fragment = f"light=0.3,0.4&view=35,25,{scale}&compare={way},relight&other=../after/object"
    opened(browser, address, f"{fragment}&match={','.join(map(str, match))}")
    shown = screen(browser, tmp_path / "shown.png")
    wanted = Renderer(far, backend="cpu").relight(carried_light(match, LIGHT)).astype(int)
    left, top, width, height = value(
        browser, f"(({{ x, y, width, height }}) => [x, y, width, height])({OTHER}.getBoundingClientRect())"
    )
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    visible = {
        "slider": x > width // 2 + 1,
        "lens": np.hypot(x - width / 2, y - height / 2) < 105,
        "side": x >= 0,
    }[way]
    pixels = np.stack([x[visible], y[visible]], 1).astype(int)
    places = value(
        browser, "args[0].map((point) => viewer.view.toPicture(point))", [[0.5, 0.5], [1.5, 0.5], [0.5, 1.5]]
    )
    origin, right, down = np.array(places)
    there = carried(match, origin + pixels[:, :1] * (right - origin) + pixels[:, 1:] * (down - origin))
    cell = np.floor(there).astype(int)
    inside = ((cell >= 0) & (cell < [FAR_WIDTH, FAR_HEIGHT])).all(1)
    inside &= (abs(there - np.round(there)) > 0.06).all(1)  # on the edge of two pixels either may be seen
    assert inside.sum() > 200
    found = shown[pixels[inside, 1] + round(top), pixels[inside, 0] + round(left)]
    assert abs(found - wanted[cell[inside, 1], cell[inside, 0]]).max() <= 1


@pytest.mark.parametrize("view", ["40,30,0.7", "10,50,3.3", "70,5,12"])
@pytest.mark.parametrize("turn", [0, 1])
def test_places_lie_on_each_other_at_every_zoom_and_turn(browser: Browser, address: str, view: str, turn: int) -> None:
    match = ",".join(map(str, ASKEW))
    opened(browser, address, f"view={view}&turn={turn}&compare=side,relight&other=../after/object&match={match}")
    drag(browser, (150, 200), (180, 220), button=2)
    state(browser)
    points = np.random.default_rng(0).uniform(0, 60, (20, 2))
    first = value(browser, "args[0].map((point) => viewer.view.toCanvas(point))", points.tolist())
    second = value(
        browser,
        f"args[0].map((point) => {OTHER}.view.toCanvas(point))",
        carried(ASKEW, points).tolist(),
    )
    assert abs(np.array(first) - second).max() < 0.01


def test_without_places_the_middles_lie_on_each_other(browser: Browser, address: str) -> None:
    opened(browser, address, "compare=slider,relight&other=../after/object")
    assert value(browser, f"[{OTHER}.view.centre, viewer.view.scale / {OTHER}.view.scale]") == [
        pytest.approx([FAR_WIDTH / 2, FAR_HEIGHT / 2], abs=0.02),
        pytest.approx(FAR_HEIGHT / HEIGHT),
    ]


@pytest.mark.deep
def test_two_places_are_picked_on_both(browser: Browser, address: str) -> None:
    opened(browser, address, "compare=slider,relight&other=../after/object")
    click(browser, value(browser, "shadow.querySelector('.panel [aria-pressed]').textContent"))
    state(browser)
    pairs = [((12, 10), (25, 20)), ((60, 50), (50, 70))]
    for near, far in pairs:
        spot = at(browser, *near)
        drag(browser, spot, spot)
        box = f"{OTHER}.getBoundingClientRect()"
        x, y = value(browser, f"{OTHER}.view.toCanvas(args[0])", list(far))
        spot = (round(x + value(browser, f"{box}.left")), round(y + value(browser, f"{box}.top")))
        drag(browser, spot, spot)
    until(browser, "new URLSearchParams(viewer.state).has('match')")
    # the pointer stands on whole pixels of the window, in an element that begins between two of them
    pixel = 1 / min(value(browser, f"[viewer.view.scale, {OTHER}.view.scale]"))
    picked = [float(each) for each in value(browser, "new URLSearchParams(viewer.state).get('match')").split(",")]
    assert picked == pytest.approx([value for pair in pairs for place in pair for value in place], abs=2 * pixel)
    assert value(browser, "shadow.querySelector('.panel [aria-pressed]').getAttribute('aria-pressed')") == "false"
    assert value(browser, "[viewer.light, shadow.querySelector('.edge').hidden]")[1] is False
    kept = value(browser, "viewer.state")
    browser.open("about:blank")
    opened(browser, address, kept)
    assert value(browser, "viewer.state") == kept


def test_the_page_names_the_object_and_its_places(browser: Browser, address: str) -> None:
    browser.open("about:blank")
    browser.open(address)
    assert isinstance(wait_for_picture(browser), dict)
    value(browser, "((viewer.other = '../after/object'), (viewer.match = args[0]), (viewer.mode = 'normals'))", ASKEW)
    assert value(browser, "viewer.getAttribute('match')") == ",".join(map(str, ASKEW))
    value(browser, "viewer.mode = 'relight'")
    open_tool(browser, "compare")
    until(browser, f"{OTHER}?.timings?.drawn")
    assert value(browser, f"[{OTHER}.object.height, viewer.state.includes('match=10,10,20,5')]") == [FAR_HEIGHT, True]


def test_a_person_names_the_object_in_the_panel(browser: Browser, address: str) -> None:
    browser.open("about:blank")
    browser.open(address)
    assert isinstance(wait_for_picture(browser), dict)
    open_tool(browser, "compare")
    field = "shadow.querySelector('.panel input[type=text]')"
    value(browser, f"(({field}.value = '../after/object'), {field}.dispatchEvent(new Event('change')))")
    until(browser, f"{OTHER}?.object?.height === {FAR_HEIGHT}")
    value(browser, f"(({field}.value = 'https://elsewhere.invalid/x'), {field}.dispatchEvent(new Event('change')))")
    assert "expected other to be an object of this site" in state(browser)["message"]
    assert value(browser, "viewer.state.includes('other')") is False


@pytest.mark.parametrize(
    "parts",
    [
        "other=https://elsewhere.invalid/object",
        "other=javascript:document.title=1",
        "other=data:text/html,x",
        "other=http://[",
        "other=../after/object&match=1,2,3,4,1,2,5,6",
        "other=../after/object&match=1,2,3",
        "other=../after/object&match=1,2,3,4,5,6,7,1e300",
        "other=../after/object&match=a,b,c,d,e,f,g,h",
    ],
)
def test_a_link_shows_no_foreign_object_and_no_strange_places(browser: Browser, address: str, parts: str) -> None:
    opened(browser, address, f"compare=slider,relight&{parts}")
    shown = f"new URLSearchParams(viewer.state).get('{'match' if 'match' in parts else 'other'}')"
    assert value(browser, shown) is None
    assert value(browser, "document.title") != "1"


def test_an_object_that_is_not_there_is_said(browser: Browser, address: str) -> None:
    browser.open("about:blank")
    browser.open(f"{address}#compare=side,relight&other=../gone")
    assert isinstance(wait_for_picture(browser), dict)
    until(browser, f"{OTHER}?.shadowRoot.querySelector('.message[role=alert]')?.textContent.includes('not found')")
    assert value(browser, "viewer.light.length") == 3
