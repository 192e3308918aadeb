"""What a viewer makes of lit pictures: two lights, white balance, exposure, contrast, sharpening, slopes, heights."""

import base64
import io
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from looks import LUMINANCE, looked, solved_heights
from numpy.typing import NDArray
from objects import relightable
from PIL import Image
from viewer.browser import Browser
from viewer.pages import drag, light_changes_ms, picture, press, served, state, wait_for_picture
from viewer.tools import at, click, open_tool, until, value

from fastrti import Relightable, Renderer
from fastrti.rendering.normals import with_normals
from fastrti.sharing.web import export_folder, export_single_file
from fastrti.srgb import srgb_decode

SIZE = (20, 28)  # rows, columns
ONE, TWO = (0.3, 0.4), (-0.6, 0.1)
OVER_PICTURE = ".panel, .ball, .edge, .caption, .scale, .greeting"
LEFT = "\ue012"
GREY = (10, 13)  # row, column
RAMP = ["440154", "414487", "2a788e", "22a884", "7ad151", "fde725"]


@pytest.fixture(scope="module")
def what() -> Relightable:
    vase = relightable("ptm", *SIZE, masked=True)
    return with_normals(replace(vase, title="Väse/1", creator="A. Maker", rights="CC0 ©", mm_per_pixel=0.5))


@pytest.fixture(scope="module")
def tiled() -> Relightable:
    return with_normals(relightable("light-mlp-relu-skip", 270, 280, masked=True))


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, what: Relightable, tiled: Relightable
) -> Iterator[tuple[str, list[str]]]:
    folder = tmp_path_factory.mktemp("export")
    export_folder(what, folder / "vase")
    export_folder(tiled, folder / "tiled", tiles=True)
    with served(folder) as (address, requests):
        yield address, requests


def opened(browser: Browser, site: tuple[str, list[str]], fragment: str, name: str = "vase") -> None:
    browser.open("about:blank")
    browser.open(f"{site[0]}/{name}/index.html#{fragment}")
    assert isinstance(wait_for_picture(browser), dict)


def shades(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """The colours of shares of a range, (…, 3) of 255."""
    colours = np.array([[int(text[i : i + 2], 16) for i in (0, 2, 4)] for text in RAMP])
    steps = np.linspace(0, 1, len(RAMP))
    return np.stack([np.interp(shares, steps, colours[:, c]) for c in range(3)], axis=-1)


def masked(what: Relightable, picture: NDArray[Any]) -> NDArray[Any]:
    assert what.mask is not None
    return picture * what.mask[..., None]


LOOKS: dict[str, dict[str, Any]] = {
    "exposure=1.5": {"exposure": 1.5},
    "exposure=-2": {"exposure": -2},
    "contrast=1.8": {"contrast": 1.8},
    "contrast=0.4": {"contrast": 0.4},
    "white=1.6,1,0.55": {"white": (1.6, 1, 0.55)},
    "sharpen=2&radius=1.5": {"sharpen": 2, "radius": 1.5},
    "sharpen=5&radius=9&contrast=1.2&exposure=0.5": {"sharpen": 5, "radius": 9, "contrast": 1.2, "exposure": 0.5},
}


def test_looks_are_those_of_python(browser: Browser, site: tuple[str, list[str]], what: Relightable) -> None:
    opened(browser, site, "")
    lit = Renderer(what, backend="cpu").relight(ONE)
    for text, settings in LOOKS.items():
        value(browser, "viewer.state = args[0]", text)
        wanted = looked(lit, mask=what.mask, **settings).astype(int)
        assert abs(wanted - lit).max() > 20, "a picture as it was proves nothing"
        assert abs(picture(browser, ONE) - wanted).max() <= 1, text


def test_two_lights_are_summed_in_linear_light(
    browser: Browser, site: tuple[str, list[str]], what: Relightable
) -> None:
    opened(browser, site, "light2=-0.6,0.1&strength2=0.6&exposure=-0.5&white=1.2,1,0.8")
    first, second = (Renderer(what, backend="cpu").relight(light) for light in (ONE, TWO))
    wanted = looked(first, second, strength2=0.6, exposure=-0.5, white=(1.2, 1, 0.8), mask=what.mask).astype(int)
    assert abs(picture(browser, ONE) - wanted).max() <= 1
    assert abs(wanted - looked(first, exposure=-0.5, white=(1.2, 1, 0.8), mask=what.mask)).max() > 30


@pytest.mark.deep
def test_tiles_know_their_neighbours(browser: Browser, site: tuple[str, list[str]], tiled: Relightable) -> None:
    opened(browser, site, "", "tiled")
    first, second = (picture(browser, light) for light in (ONE, TWO))  # sharpening makes a level of the Renderer more
    wanted = looked(first, second, sharpen=3, radius=7, mask=tiled.mask).astype(int)
    value(browser, "viewer.state = 'sharpen=3&radius=7&light2=-0.6,0.1'")
    assert abs(picture(browser, ONE) - wanted).max() <= 1


@pytest.mark.parametrize("name", ["vase", pytest.param("tiled", marks=pytest.mark.deep)])
def test_the_window_shows_the_picture_also_turned_and_beside_another(
    browser: Browser, site: tuple[str, list[str]], what: Relightable, tiled: Relightable, tmp_path: Path, name: str
) -> None:
    shown = {"vase": what, "tiled": tiled}[name]
    look = "light2=-0.6,0.1&sharpen=1.5&radius=3&white=1.2,1,0.8"
    place = f"turn=1&view={shown.width / 2},{shown.height / 2},1"
    opened(browser, site, f"light=0.3,0.4&{look}&{place}&compare=slider,relight", name)
    until(browser, "shadow.querySelector('.other')?.view?.scale === viewer.view.scale")
    wanted = picture(browser, ONE).astype(int)
    browser.run("await document.querySelector('rti-viewer').shadowRoot.querySelector('.other').picture();")
    value(browser, "(viewer.redraw(), shadow.querySelector('.other').redraw())")  # all has arrived
    state(browser)
    corners = value(
        browser, "[[0, 0], args[0]].map((point) => viewer.view.toCanvas(point))", [shown.width, shown.height]
    )
    value(browser, f"shadow.querySelectorAll('{OVER_PICTURE}').forEach((each) => (each.style.visibility = 'hidden'))")
    browser.screenshot(tmp_path / "shown.png")
    window = np.asarray(Image.open(tmp_path / "shown.png").convert("RGB")).astype(int)
    left, top = (round(min(pair)) for pair in zip(*corners))
    rows = range(max(0, top), min(value(browser, "shadow.querySelector('.area').clientHeight"), top + shown.width))
    columns = [x for x in range(left, left + shown.height) if abs(x - 400) > 2]  # not the edge between both
    turned = np.rot90(wanted, -1)
    assert (
        abs(window[np.ix_(rows, columns)] - turned[np.ix_([y - top for y in rows], [x - left for x in columns])]).max()
        <= 1
    )
    assert abs(wanted - Renderer(shown, backend="cpu").relight(ONE)).max() > 50, "a picture as it was proves nothing"


def test_slopes_and_heights_are_shown_in_colours_with_a_legend(
    browser: Browser, site: tuple[str, list[str]], what: Relightable
) -> None:
    assert what.normals is not None
    vectors = what.normals - 127.5
    slopes = np.arccos(np.clip(vectors[..., 2] / np.linalg.norm(vectors, axis=-1), 0, 1)) / (np.pi / 2)
    flat = np.where(what.mask[..., None], what.normals, 127.5 + np.array([0, 0, 127.5]))
    heights = solved_heights(flat)
    low, high = heights[what.mask].min(), heights[what.mask].max()
    opened(browser, site, "mode=slope")
    assert abs(picture(browser, ONE) - masked(what, shades(slopes))).max() <= 1
    state(browser)
    assert value(browser, "shadow.querySelector('.legend').textContent") == "090°"
    value(browser, "viewer.mode = 'height'")
    assert abs(picture(browser, ONE) - masked(what, shades((heights - low) / (high - low)))).max() <= 2  # 16-bit texels
    state(browser)
    said = value(browser, "shadow.querySelector('.legend').textContent")
    assert float(said[1:].removesuffix(" mm")) == pytest.approx((high - low) * 0.5, rel=0.01)
    value(browser, "viewer.mode = 'relight'")
    state(browser)
    assert value(browser, "shadow.querySelector('.legend').hidden")


def test_a_look_is_in_the_link_and_undo_and_reset_know_it(
    browser: Browser, site: tuple[str, list[str]], what: Relightable
) -> None:
    opened(browser, site, "light=0.3,0.4")
    state(browser)
    value(
        browser,
        "Object.assign(viewer, { exposure: 0.5, contrast: '1.3', white: [1.2, 1, 0.8], sharpen: 1, radius: 4,"
        " light2: [-0.6, 0.1], strength2: '0.5' })",
    )
    state(browser)
    seen = value(browser, "viewer.state")
    parts = dict(part.split("=") for part in seen.split("&"))
    assert {name: parts.get(name) for name in ("exposure", "white", "radius", "strength2")} == {
        "exposure": "0.5", "white": "1.2,1,0.8", "radius": "4", "strength2": "0.5",
    }  # fmt: skip
    assert parts["light2"].startswith("-0.6,0.1,0.79")
    shown = picture(browser, ONE)
    until(browser, "location.hash.includes('strength2')")
    link = value(browser, "location.href")
    browser.open("about:blank")
    browser.open(link)
    assert isinstance(wait_for_picture(browser), dict)
    assert value(browser, "viewer.state") == seen
    assert np.array_equal(picture(browser, ONE), shown)
    value(browser, "new Promise((resolve) => setTimeout(resolve, 600))")
    value(browser, "viewer.exposure = 2")
    value(browser, "new Promise((resolve) => setTimeout(resolve, 600))")
    value(browser, "shadow.querySelector('[data-icon=undo]').click()")
    assert value(browser, "viewer.exposure") == 0.5
    value(browser, "shadow.querySelector('[data-icon=reset]').click()")
    state(browser)
    assert value(browser, "[viewer.exposure, viewer.white, viewer.light2]") == [0, [1, 1, 1], None]


def test_what_is_no_look_is_refused(browser: Browser, site: tuple[str, list[str]]) -> None:
    opened(browser, site, "exposure=99&contrast=0&white=1,2&sharpen=x&radius=-1&light2=5,5&strength2=1e9")
    values = value(
        browser, "['exposure', 'contrast', 'white', 'sharpen', 'radius', 'light2', 'strength2'].map((n) => viewer[n])"
    )
    assert values == [0, 1, [1, 1, 1], 0, 2, None, 1]
    said = browser.run(
        """
        const said = [];
        console.error = (text) => said.push(text);
        Object.assign(document.querySelector('rti-viewer'), { exposure: 9, white: '1,1,0', light2: Symbol('x') });
        return said;
        """
    )
    assert said == [
        "<rti-viewer>: expected exposure to be a number from -5 to 5, got 9",
        '<rti-viewer>: expected white to be three numbers from 0.05 to 20, got "1,1,0"',
        '<rti-viewer>: expected light to be "x,y", "x,y,z" or as many numbers, got Symbol(x)',
    ]


def test_nothing_of_it_is_loaded_before_it_is_used(browser: Browser, site: tuple[str, list[str]]) -> None:
    site[1].clear()
    opened(browser, site, "")
    state(browser)
    lazy = ("looks.js", "look-shaders.js", "heights.js", "adjust.js", "snapshot.js", "zip.js")
    assert site[1] and not [path for path in site[1] if path.endswith(lazy)]


@pytest.mark.deep
def test_a_lost_context_comes_back_with_the_look(browser: Browser, site: tuple[str, list[str]]) -> None:
    opened(browser, site, "mode=height&light2=-0.6,0.1")
    heights = picture(browser, ONE)
    value(browser, "viewer.mode = 'relight'")
    lit = picture(browser, ONE)
    browser.run(
        """
        const canvas = document.querySelector('rti-viewer').shadowRoot.querySelector('canvas');
        const extension = canvas.getContext('webgl2').getExtension('WEBGL_lose_context');
        extension.loseContext();
        await new Promise((resolve) => setTimeout(resolve, 100));
        extension.restoreContext();
        """
    )
    until(browser, "shadow.querySelector('.message').hidden")
    assert np.array_equal(picture(browser, ONE), lit)
    value(browser, "viewer.mode = 'height'")
    assert np.array_equal(picture(browser, ONE), heights)


def test_a_light_change_stays_quick_with_two_lights(browser: Browser, site: tuple[str, list[str]]) -> None:
    opened(browser, site, "light2=-0.6,0.1&exposure=0.5&sharpen=1")
    picture(browser, ONE)
    took = light_changes_ms(browser)
    quiet = float(np.quantile(took, 0.25))  # other programs share the processor
    print(f"light change to draw call, two lights and all looks: {quiet:.2f} ms (lower quartile)")
    assert quiet <= 2


# --- the panel -------------------------------------------------------------------------------------------------------


def test_the_panel_shows_and_sets_the_look(browser: Browser, site: tuple[str, list[str]], what: Relightable) -> None:
    opened(browser, site, "light=0.3,0.4&exposure=1&view=14,10,16")
    open_tool(browser, "adjust")
    state(browser)
    assert value(browser, "shadow.querySelector('.panel .slider input').value") == "1"
    value(browser, "shadow.querySelector('.panel .slider input').focus()")
    press(browser, LEFT)
    assert value(browser, "viewer.exposure") == 0.9
    value(browser, "shadow.querySelector('.panel input[type=checkbox]').click()")
    assert value(browser, "viewer.light2")[:2] == pytest.approx([-0.3, -0.4])
    state(browser)
    value(browser, "shadow.querySelector('.panel .ball').focus()")
    press(browser, LEFT)
    assert value(browser, "[viewer.light2, viewer.light]") == [
        pytest.approx([-0.35, -0.4, 0.847], abs=1e-3),
        pytest.approx([0.3, 0.4, 0.866], abs=1e-3),
    ]
    click(browser, "Picture as it is")
    assert value(browser, "[viewer.exposure, viewer.light2]") == [0, None]


def test_the_light_goes_around_as_fast_and_as_long_as_asked(browser: Browser, site: tuple[str, list[str]]) -> None:
    opened(browser, site, "light=0.6,0")
    open_tool(browser, "adjust")
    fields = "[...shadow.querySelectorAll('.panel fieldset')].find((set) => set.textContent.startsWith('Light sweep'))"
    value(browser, f"{fields}.querySelectorAll('input').forEach((input, i) => (input.value = [0.5, 0.25][i]))")
    click(browser, "Start or stop")
    assert value(browser, "viewer.light[1]") == 0, "half a second is refused"
    value(browser, f"{fields}.querySelector('input').value = 1")
    began = time.monotonic()
    click(browser, "Start or stop")
    until(browser, "viewer.light[1] < -0.5999")
    assert time.monotonic() - began > 0.2
    time.sleep(0.3)
    assert value(browser, "viewer.light[0]") == pytest.approx(0, abs=1e-6), "it ends after a quarter"


def test_a_grey_place_becomes_grey_and_as_bright_as_it_was(
    browser: Browser, site: tuple[str, list[str]], what: Relightable
) -> None:
    opened(browser, site, "light=0.3,0.4&view=14,10,16")
    lit = srgb_decode(Renderer(what, backend="cpu").relight(ONE) / 255.0)
    y, x = GREY
    mean = lit[y - 2 : y + 3, x - 2 : x + 3].mean((0, 1))
    open_tool(browser, "adjust")
    click(browser, "Click a grey place")
    place = at(browser, x + 0.5, y + 0.5)
    drag(browser, place, place)
    until(browser, "viewer.white[0] !== 1")
    gains = value(browser, "viewer.white")
    assert gains == pytest.approx(np.clip((mean @ LUMINANCE) / mean, 0.05, 20), rel=0.02)
    assert value(browser, "viewer.light")[:2] == pytest.approx([0.3, 0.4]), "the click moved no light"
    value(
        browser,
        "Object.assign(shadow.querySelector('.panel input[placeholder]'), { value: args[0] })"
        ".dispatchEvent(new Event('change'))",
        6504,
    )
    assert value(browser, "viewer.white") == pytest.approx([1, 1, 1])
    value(
        browser,
        "Object.assign(shadow.querySelector('.panel input[placeholder]'), { value: args[0] })"
        ".dispatchEvent(new Event('change'))",
        3000,
    )
    red, green, blue = value(browser, "viewer.white")
    assert red < 0.8 < green < 1.5 < blue, "a warm lamp is cooled"


# --- pictures to keep ------------------------------------------------------------------------------------------------

SAVED = """
const viewer = document.querySelector('rti-viewer');
const blobs = [], names = [];
URL.createObjectURL = (blob) => { blobs.push(blob); return 'data:,'; };
HTMLAnchorElement.prototype.click = function () { names.push(this.download); };
await viewer.snapshot(args[0] ?? undefined);
const bytes = new Uint8Array(await blobs[0].arrayBuffer());
let text = '';
for (const byte of bytes) text += String.fromCharCode(byte);
return [names[0], btoa(text)];
"""


def test_a_snapshot_says_what_it_shows(browser: Browser, site: tuple[str, list[str]], what: Relightable) -> None:
    opened(browser, site, "light=0.3,0.4&exposure=1&mode=specular&gain=2")
    shown = picture(browser, ONE)
    state(browser)
    name, content = browser.run(SAVED, None)
    png = Image.open(io.BytesIO(base64.b64decode(content)))
    png.load()
    assert name == "Väse_1.png" and np.array_equal(np.asarray(png.convert("RGB")), shown)
    seen = value(browser, "viewer.state")
    assert "exposure=1" in seen
    assert png.text == {
        "Title": "Väse/1",
        "Author": "A. Maker",
        "Copyright": "CC0 ©",
        "Software": "fastrti",
        "State": seen,
        "Source": f"{site[0]}/vase/index.html#{seen}",
    }


def test_a_series_is_a_zip_of_snapshots(browser: Browser, site: tuple[str, list[str]], what: Relightable) -> None:
    opened(browser, site, "light=0.3,0.4&contrast=1.5")
    state(browser)
    name, content = browser.run(SAVED, [list(ONE), list(TWO)])
    archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(content)))
    assert name == "Väse_1.zip" and archive.testzip() is None
    assert archive.namelist() == ["Väse_1_1.png", "Väse_1_2.png"]
    for light, member in zip((ONE, TWO), archive.namelist()):
        png = Image.open(io.BytesIO(archive.read(member)))
        wanted = looked(Renderer(what, backend="cpu").relight(light), contrast=1.5, mask=what.mask).astype(int)
        assert abs(np.asarray(png.convert("RGB")) - wanted).max() <= 1
        assert png.text["State"].startswith(f"light={light[0]},{light[1]},")
    assert value(browser, "viewer.light")[:2] == pytest.approx(list(ONE)), "the light of the window stayed"


def test_a_single_file_has_it_all_and_tells_no_address_of_the_disk(
    browser: Browser, tmp_path: Path, what: Relightable
) -> None:
    export_single_file(what, tmp_path / "vase.html")
    browser.open(f"file://{tmp_path}/vase.html#light2=-0.6,0.1&mode=relight")
    assert isinstance(wait_for_picture(browser), dict)
    first, second = (Renderer(what, backend="cpu").relight(light) for light in (ONE, TWO))
    assert abs(picture(browser, ONE) - looked(first, second, mask=what.mask).astype(int)).max() <= 1
    _, content = browser.run(SAVED, None)
    png = Image.open(io.BytesIO(base64.b64decode(content)))
    png.load()
    assert "State" in png.text and "Source" not in png.text
    open_tool(browser, "adjust")
    value(browser, "viewer.mode = 'height'")
    state(browser)
    until(browser, "!shadow.querySelector('.legend').hidden")
