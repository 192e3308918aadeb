"""Objects of several experts in the web viewer: pixels are the Renderer's, from folders, tiles, packs and one file."""

import json
from pathlib import Path

import numpy as np
from objects import LIGHTS, experts
from viewer.browser import Browser
from viewer.pages import open_object, picture, served, wait_for_picture
from viewer.range_server import range_served

from fastrti import Relightable, Renderer, save
from fastrti.formats.fastrti_folder import write_object
from fastrti.sharing.web import export_single_file, write_page

KIND = "light-mlp-relu-skip"

SMALL_BLOCKS = """
const ask = WebGL2RenderingContext.prototype.getParameter;
WebGL2RenderingContext.prototype.getParameter = function (what) {
  return what === this.MAX_UNIFORM_BLOCK_SIZE ? 1024 : ask.call(this, what);
};
"""
HALF = """
const viewer = document.querySelector('rti-viewer');
Object.assign(viewer.style, { width: '320px', height: '320px', minHeight: 0 });
const isSmall = () => viewer.shadowRoot.querySelector('canvas').width === 320 * devicePixelRatio;
while (!isSmall()) await new Promise(requestAnimationFrame);
viewer.light = args[0];
viewer.view.show(args[1].map((length) => length / 2), 0.5);
viewer.redraw();
await new Promise(requestAnimationFrame);
const shown = viewer.shadowRoot.querySelector('canvas');
const copy = Object.assign(document.createElement('canvas'), { width: args[1][0] / 2, height: args[1][1] / 2 });
const context = copy.getContext('2d');
const [left, top] = viewer.view.toCanvas([0, 0]).map(Math.round);
context.drawImage(shown, -left, -top);
return [...context.getImageData(0, 0, copy.width, copy.height).data];
"""


def assert_same_pictures(browser: Browser, what: Relightable, lights: list[tuple[float, ...]]) -> None:
    renderer = Renderer(what, backend="reference")
    for light in lights:
        drawn, expected = picture(browser, light).astype(int), renderer.relight(light).astype(int)
        assert drawn.shape == expected.shape
        assert abs(drawn - expected).max() <= 1, f"light {light}"
        assert np.ptp(expected) > 50, "a flat picture proves nothing"


def test_pixels_are_the_renderer_s(browser: Browser, tmp_path: Path) -> None:
    folders = {
        "masked": experts(KIND, 3, 23, 37, masked=True),
        "many": experts(KIND, 40, 23, 37),
        "elu": experts("mlp-9-16-16-3-relu", 2, 23, 37),
        "rbf": experts("rbf", 3, 23, 37),
    }
    write_page(tmp_path, "")
    for name, what in folders.items():
        save(what, tmp_path / name)
    tiled, packed = experts(KIND, 3, 300, 270, masked=True), experts(KIND, 3, 20, 300, masked=True)
    (tmp_path / "tiled").mkdir()
    write_object(tiled, tmp_path / "tiled", tiled=True)
    save(packed, tmp_path / "packed.rti.tif")
    with range_served(tmp_path) as server:
        browser.open(f"{server.address}/index.html")
        for name, what in folders.items():
            assert isinstance(open_object(browser, name), dict)
            assert_same_pictures(browser, what, LIGHTS[:2])
        for name, what in (("tiled", tiled), ("packed.rti.tif", packed)):
            assert isinstance(open_object(browser, name), dict)
            assert_same_pictures(browser, what, LIGHTS[1:2])
        browser.run(SMALL_BLOCKS)
        assert isinstance(open_object(browser, "masked"), dict)
        assert_same_pictures(browser, folders["masked"], LIGHTS[1:2])


def test_a_picture_that_is_seen_small_mixes_no_experts(browser: Browser, tmp_path: Path) -> None:
    """One file, whose planes are whole pictures: the GPU makes the coarser levels."""
    what = experts(KIND, 3, 64, 600)
    export_single_file(what, tmp_path / "one.html")
    with served(tmp_path) as (address, _):
        browser.open(f"{address}/one.html")
        assert isinstance(wait_for_picture(browser), dict)
        drawn = np.array(browser.run(HALF, list(LIGHTS[1]), [600, 64])).reshape(32, 300, 4)[..., :3]
    expected = Renderer(what, backend="reference").relight(LIGHTS[1], scale=1 / 2).astype(int)
    assert abs(drawn - expected).max() <= 1
    assert np.ptp(expected) > 50


def test_hostile_experts_end_in_one_sentence(browser: Browser, tmp_path: Path) -> None:
    write_page(tmp_path, "")
    sentences = {
        "one": ({"kind": "experts", "experts": [{}]}, "expected ‘experts’ to be 2 to 64 decoders"),
        "none": ({"kind": "experts"}, "expected ‘experts’ to be 2 to 64 decoders, got nothing"),
        "many": ({"kind": "experts", "experts": [{}] * 65}, "expected ‘experts’ to be 2 to 64 decoders"),
        "nested": (
            {"kind": "experts", "experts": [{"kind": "experts"}] * 2},
            "to be one of mlp, light_mlp, light_basis",
        ),
        "shapes": (None, "expected experts of one shape, got another one as number 2"),
    }
    for name, (decoder, _) in sentences.items():
        save(experts(KIND), tmp_path / name)
        info = json.loads((tmp_path / name / "info.json").read_text())
        info["decoder"]["experts"][1]["activation"] = "elu"
        (tmp_path / name / "info.json").write_text(json.dumps(info | ({} if decoder is None else {"decoder": decoder})))
    with served(tmp_path) as (address, _):
        browser.open(f"{address}/index.html")
        for name, (_, sentence) in sentences.items():
            assert sentence in open_object(browser, name)
