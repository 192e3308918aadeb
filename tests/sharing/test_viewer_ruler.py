"""The ruler of the viewer: lengths, scales, and profiles of brightness and height."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from objects import relightable
from viewer.browser import Browser
from viewer.pages import drag, served, wait_for_picture
from viewer.tools import at, open_tool, until, value

from fastrti import Renderer
from fastrti.sharing.web import export_folder

HEIGHT, WIDTH = 60, 80
DOME = (40.0, 30.0, 50.0)  # middle and radius of a sphere of which the picture shows the top, in pixels


def dome_normals() -> Any:
    """The normals of the sphere as they are stored."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    x, y = (columns - DOME[0]) / DOME[2], -(rows - DOME[1]) / DOME[2]
    normals = np.stack([x, y, np.sqrt(1 - x**2 - y**2)], axis=2)
    return np.rint(127.5 + 127.5 * normals).astype(np.uint8)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("export") / "site"
    what = replace(relightable("light-mlp-relu-skip", HEIGHT, WIDTH), mm_per_pixel=0.1, normals=dome_normals())
    export_folder(what, folder)
    with served(folder) as (address, _):
        yield f"{address}/index.html"


def opened(browser: Browser, address: str, fragment: str) -> None:
    browser.open("about:blank")
    browser.open(f"{address}#{fragment}")
    assert isinstance(wait_for_picture(browser), dict)


@pytest.mark.parametrize(
    ("fragment", "scale"),
    [
        *[("", None), ("turn=1", None)],
        *[("view=30,30,20", 20), ("view=42.3,28.1,3.7&turn=3", 3.7), ("view=40,30,32&turn=2", 32)],
    ],
)
def test_a_distance_is_measured_to_half_a_pixel(
    browser: Browser, address: str, fragment: str, scale: float | None
) -> None:
    opened(browser, address, fragment)
    width, height = value(
        browser, "[shadow.querySelector('.area').clientWidth, shadow.querySelector('.area').clientHeight]"
    )
    sides = (HEIGHT, WIDTH) if "turn" in fragment else (WIDTH, HEIGHT)
    scale = scale or min(width / sides[0], height / sides[1])  # the whole picture in the window
    open_tool(browser, "ruler")
    drag(browser, (250, 100), (430, 340))
    until(browser, "/mm/.test(shadow.querySelector('.length').textContent)")
    measured = float(value(browser, "shadow.querySelector('.length').textContent").split()[0]) / 0.1
    assert measured == pytest.approx(300 / scale, abs=0.05, rel=1e-3)


def test_a_known_length_sets_the_scale(browser: Browser, address: str) -> None:
    opened(browser, address, "line=10,10,50,40")
    until(browser, "shadow.querySelector('.length')?.textContent === '5 mm'")
    value(browser, "shadow.querySelector('.panel input').value = '100'")
    value(browser, "shadow.querySelector('.panel form').requestSubmit()")
    assert value(browser, "[shadow.querySelector('.length').textContent, viewer.scale]") == ["100 mm", 2]
    until(browser, "location.hash.includes('mm=2')")
    opened(browser, address, "mm=2")
    assert value(browser, "viewer.scale") == 2


def test_an_end_of_the_line_is_dragged(browser: Browser, address: str) -> None:
    opened(browser, address, "line=10,10,50,40")
    until(browser, "shadow.querySelector('.length')?.textContent === '5 mm'")
    drag(browser, at(browser, 50, 40), at(browser, 10, 40))
    x0, y0, x1, y1 = map(float, value(browser, "new URLSearchParams(viewer.state).get('line')").split(","))
    assert (x0, y0) == (10, 10) and (x1, y1) == pytest.approx((10, 40), abs=0.2)


def plotted(browser: Browser, kind: str) -> Any:
    """The values of the profile, from 0 to 1."""
    value(browser, "shadow.querySelector('.panel select').value = args[0]", kind)
    value(browser, "shadow.querySelector('.panel select').dispatchEvent(new Event('change'))")
    until(browser, "shadow.querySelector('.plot polyline')")
    points = value(browser, "shadow.querySelector('.plot polyline').getAttribute('points')").split()
    heights = -np.array([float(point.split(",")[1]) for point in points])
    return (heights - heights.min()) / np.ptp(heights)


def test_the_profile_of_brightness_is_that_of_the_picture(browser: Browser, address: str) -> None:
    opened(browser, address, "light=0.3,0.4&line=5.5,20.5,70.5,20.5")
    until(browser, "shadow.querySelector('.plot')")
    profile = plotted(browser, "brightness")
    row = Renderer(relightable("light-mlp-relu-skip", HEIGHT, WIDTH), backend="cpu").relight((0.3, 0.4))[20, 5:71]
    wanted = row @ [0.2126, 0.7152, 0.0722]
    assert len(profile) == len(wanted)
    assert abs(profile - (wanted - wanted.min()) / np.ptp(wanted)).max() < 0.02  # a level, and the plot's tenths


def test_the_profile_of_height_is_that_of_the_surface(browser: Browser, address: str) -> None:
    opened(browser, address, "line=10.5,30,70.5,30")
    until(browser, "shadow.querySelector('.plot')")
    profile = plotted(browser, "height")
    x = np.arange(10.5, 71) - DOME[0]
    wanted = np.sqrt(DOME[2] ** 2 - x**2)
    rise = np.ptp(wanted)
    assert abs(profile - (wanted - wanted.min()) / rise).max() < 0.03
    said = value(browser, "shadow.querySelector('.range').textContent")
    assert float(said.split()[-2]) == pytest.approx(0.1 * rise, rel=0.03), said


@pytest.mark.parametrize("line", ["1,2,3", "a,b,c,d", "1,2,3,Infinity", "0,0,1e9,1e9", "-5,-5,-1,-1", "3,3,3,3"])
def test_a_line_that_is_none_does_no_harm(browser: Browser, address: str, line: str) -> None:
    opened(browser, address, f"line={line}")
    assert value(browser, "viewer.light.length") == 3
    assert "undefined" not in value(browser, "shadow.querySelector('.panel')?.textContent ?? ''")


def test_closing_the_ruler_gives_the_light_back_to_the_pointer(browser: Browser, address: str) -> None:
    opened(browser, address, "line=10,10,50,40")
    until(browser, "shadow.querySelector('.panel:not([hidden])')")
    light = value(browser, "viewer.light")
    drag(browser, at(browser, 20, 50), at(browser, 60, 20))
    assert value(browser, "viewer.light") == light
    value(browser, "shadow.querySelector('.panel .close').click()")
    drag(browser, at(browser, 20, 50), at(browser, 30, 45))
    assert value(browser, "viewer.light") != light
    assert "line" not in value(browser, "viewer.state")
