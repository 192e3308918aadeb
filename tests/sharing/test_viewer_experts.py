"""Objects of several experts in the web viewer: pixels are the Renderer's, from folders, tiles, packs and one file."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from objects import LIGHTS, experts
from viewer.browser import Browser
from viewer.pages import open_object, picture, served, wait_for_picture
from viewer.range_server import range_served

from fastrti import Relightable, Renderer, save
from fastrti.formats.fastrti_folder import write_object
from fastrti.objects.experts import MAX_LABELS, Experts
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
EXPONENTIALS = """
const { openObject } = await import('./rti-viewer.js');
const info = await (await fetch('object/info.json')).json();
const { networks } = await openObject({ json: async () => info, has: async () => false });
const { exp } = Math;
let count = 0;
Math.exp = (number) => {
  count++;
  return exp(number);
};
return [[0, 0, 1], [0, 0.6, 0.8], [0, 0, 1]].map((light) => [networks(light).length, count]);
"""
SHARES = [[0.75, 0.25, 0], [0.5, 0.25, 0.25], [0, 1 / 3, 2 / 3], [0, 1, 0]]


def with_means(what: Relightable, shares: list[list[float]]) -> Relightable:
    """The object with means of its experts; every label has pixels."""
    decoder = Experts(what.decoders, np.array(shares))
    labels = np.arange(what.height * what.width) % decoder.label_count
    return replace(what, decoder=decoder, labels=labels.astype(np.uint8).reshape(what.height, what.width))


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


def test_means_are_the_renderer_s(browser: Browser, tmp_path: Path) -> None:
    """Those of one object have all labels that a byte has."""
    most = [[share, 1 - share] for share in np.linspace(0, 1, MAX_LABELS - 2)]
    folders = {
        "masked": with_means(experts(KIND, 3, 23, 37, masked=True), SHARES),
        "elu": with_means(experts("mlp-9-16-16-3-relu", 3, 23, 37), SHARES),
        "rbf": with_means(experts("rbf", 3, 23, 37), SHARES),
        "most": with_means(experts(KIND, 2, 23, 37), most),
        "packed.rti.tif": with_means(experts(KIND, 2, 20, 300), most),
    }
    write_page(tmp_path, "")
    for name, what in folders.items():
        save(what, tmp_path / name)
    with range_served(tmp_path) as server:
        browser.open(f"{server.address}/index.html")
        for name, what in folders.items():
            assert isinstance(open_object(browser, name), dict)
            assert_same_pictures(browser, what, LIGHTS[:2])
        browser.run(SMALL_BLOCKS)
        for name in ("masked", "most"):
            assert isinstance(open_object(browser, name), dict)
            assert_same_pictures(browser, folders[name], LIGHTS[1:2])


def test_a_light_evaluates_the_light_network_of_each_expert_once(browser: Browser, tmp_path: Path) -> None:
    """Each of them takes the exponential of each of its hidden units."""
    what = with_means(experts(KIND), SHARES)
    once = sum(len(decoder.light_network.biases[0]) for decoder in what.decoders)
    write_page(tmp_path, "")
    save(what, tmp_path / "object")
    with served(tmp_path) as (address, _):
        browser.open(f"{address}/index.html")
        assert browser.run(EXPONENTIALS) == [[7, once], [7, 2 * once], [7, 3 * once]]


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


def test_hostile_means_end_in_one_sentence(browser: Browser, tmp_path: Path) -> None:
    half = {"of": [0, 1], "shares": [0.5, 0.5]}
    sentences = {
        "text": ("none", 'info.json: decoder: expected ‘means’ to be a list of at most 253 means, got "none"'),
        "null": (None, "expected ‘means’ to be a list of at most 253 means, got null"),
        "many": ([half] * 254, "expected ‘means’ to be a list of at most 253 means"),
        "nothing": ([half, None], "mean 2: expected ‘of’ to be a list of at most 3 numbers, got nothing"),
        "other": ([half | {"of": [0, 3]}], "mean 1: of: expected ‘1’ to be a whole number from 0 to 2, got 3"),
        "negative": ([half | {"of": [-1, 0]}], "expected ‘0’ to be a whole number from 0 to 2, got -1"),
        "four": ([half | {"of": [0, 1, 2, 0]}], "expected ‘of’ to be a list of at most 3 numbers"),
        "twice": ([half | {"of": [1, 1]}], "expected ‘of’ to be different experts, got [1,1]"),
        "no experts": ([{"of": [], "shares": []}], "expected ‘of’ to be different experts, got []"),
        "few": ([half | {"shares": [1]}], "expected ‘shares’ to be finite numbers of shape (2), got [1]"),
        "words": ([half | {"shares": ["0.5", 0.5]}], "expected ‘shares’ to be finite numbers of shape (2)"),
        "sum": ([half | {"shares": [0.5, 0.6]}], "expected ‘shares’ to be from 0 to 1 with the sum 1, got [0.5,0.6]"),
        "below": ([half | {"shares": [1.5, -0.5]}], "expected ‘shares’ to be from 0 to 1 with the sum 1"),
    }
    write_page(tmp_path, "")
    for name, (means, _) in sentences.items():
        save(experts(KIND), tmp_path / name)
        info = json.loads((tmp_path / name / "info.json").read_text())
        info["decoder"]["means"] = means
        (tmp_path / name / "info.json").write_text(json.dumps(info))
    with served(tmp_path) as (address, _):
        browser.open(f"{address}/index.html")
        for name, (_, sentence) in sentences.items():
            assert sentence in open_object(browser, name)
