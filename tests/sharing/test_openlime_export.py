"""The OpenLIME export, judged by OpenLIME's contract, written out here without the exporter's code.

What the real program does with colours, and what the models of it below therefore do:

- The shaders of both layers draw with WebGL into a canvas of 8-bit sRGB.
- `LayerNeuralRTI` draws the network into a texture of one tile, and its `imageShader` copies that. With `isLinear` the
  copy is left alone, else it is converted from sRGB to linear.
- `ShaderRTI` converts its colours from sRGB to linear since 1.2.3, whatever `isLinear` says. Before, it does not.
- `Canvas` has the option `useOffscreenFramebuffer`, true by default. Then all layers are drawn into a texture of 8
  bits, which is converted from linear to sRGB on its way to the screen.
- Both conversions are powers of 2.2 by default (`isSrgbSimplified`).
- A network's tile is drawn at the full size of a tile, and stretched over the place of a smaller one.
- The layer of an object with light-conditioned weights has one set of them: a page without uniforms.js shows one light.
"""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from objects import DECODERS, LIGHTS, OPENLIME_DECODERS, light_mlp, mlp, relightable
from PIL import Image
from viewer.browser import Browser
from viewer.pages import served

from fastrti import ArgumentError, ObjectError, Relightable, Renderer, load, save
from fastrti.cli import main
from fastrti.lights import unit_light
from fastrti.sharing import site
from fastrti.sharing.openlime import export_openlime

SIZE = (23, 37)
CONDITIONED = {
    "nine-planes": light_mlp(9, (16, 16), "elu", skip=False),
    "six-planes": light_mlp(6, (8, 8), "elu", skip=False),
    "one-layer": light_mlp(9, (11,), "elu", skip=False),
    "unequal-three-planes": light_mlp(3, (10, 21), "elu", skip=False),
}
PLAIN = OPENLIME_DECODERS | {"disk20": mlp(9, (20, 20), "elu")}


def exported(tmp_path: Path, what: Relightable, **options: bool) -> Path:
    export_openlime(what, tmp_path / "site", **options)
    return tmp_path / "site" / "object"


def make(decoder, size: tuple[int, int] = SIZE) -> Relightable:
    rng = np.random.default_rng(len(decoder.label))
    planes = rng.integers(0, 256, (decoder.planes, *size), np.uint8)
    half = rng.uniform(0.5, 1, decoder.planes)
    return Relightable(planes, -half, half, decoder)


def assert_equal(picture: NDArray[np.uint8], what: Relightable, light) -> None:
    wanted = Renderer(what).relight(light)
    assert wanted.std() > 10  # a picture, not a flat colour
    assert np.abs(picture.astype(int) - wanted).max() <= 1


# --- the contract of the neural layer --------------------------------------------------------------------------------


def pixels(folder: Path, stem: str) -> NDArray[np.uint8]:
    """A picture as OpenLIME loads it: stem.jpg in the layout `image`, the finest level of stem.dzi in `deepzoom`."""
    if not (folder / f"{stem}.dzi").exists():
        return np.asarray(Image.open(folder / f"{stem}.jpg"))
    text = (folder / f"{stem}.dzi").read_text()
    keys = dict(re.findall(r'(\w+)="([\w/:.]+)"', text))
    assert (keys["Format"], keys["Overlap"]) == ("png", "0")
    width, height, side = int(keys["Width"]), int(keys["Height"]), int(keys["TileSize"])
    levels = 1 + int(np.ceil(np.log2(max(width, height) / side)))  # level 0 fits one tile
    assert levels >= 1 and len(list((folder / f"{stem}_files").iterdir())) == levels
    whole = np.zeros((height, width, 3), np.uint8)
    for row in range(-(-height // side)):
        for column in range(-(-width // side)):
            tile = np.asarray(Image.open(folder / f"{stem}_files/{levels - 1}/{column}_{row}.png"))[..., :3]
            whole[row * side : row * side + len(tile), column * side : column * side + tile.shape[1]] = tile
    return whole


def elu(values):
    return np.where(values > 0, values, np.expm1(np.minimum(values, 0)))


def shown_by_neural_layer(folder: Path, light, uniforms: dict[str, list[float]] | None = None) -> NDArray[np.uint8]:
    """What LayerNeuralRTI draws of the folder; `uniforms` are what a page script has set after it read info.json."""
    info = json.loads((folder / "info.json").read_text())
    assert info["planes"] == 9 and info["colorspace"] == "rgb"
    numbers = {f"layer{i + 1}_{kind}": info[kind][i] for i in range(3) for kind in ("weights", "biases")}
    numbers |= uniforms or {}
    n = -(-info["samples"] // 4) * 4
    w1, w2, w3 = (
        np.array(numbers[f"layer{i}_weights"], np.float32).reshape(shape)
        for i, shape in ((1, (n, 12)), (2, (n, n)), (3, (3, n)))
    )
    b1, b2, b3 = (np.array(numbers[f"layer{i}_biases"], np.float32)[:, None] for i in (1, 2, 3))
    v = np.concatenate([pixels(folder, f"plane_{i}") for i in (1, 2, 3)], axis=2) / np.float32(255)
    low, high = (np.array(info[key], np.float32) for key in ("min", "max"))
    z = (v * (high - low) + low).reshape(-1, 9).T
    x, y = unit_light(light)[:2]
    inputs = np.concatenate([z, np.full((1, z.shape[1]), x), np.full((1, z.shape[1]), y), np.zeros((1, z.shape[1]))])
    output = w3 @ elu(w2 @ elu(w1 @ inputs + b1) + b2) + b3
    return np.rint(255 * np.clip(output.T, 0, 1)).astype(np.uint8).reshape(*v.shape[:2], 3)


@pytest.mark.parametrize("name", PLAIN)
def test_plain_networks_are_drawn_exactly(name: str, tmp_path: Path) -> None:
    what = make(PLAIN[name])
    folder = exported(tmp_path, what)
    for light in LIGHTS:
        assert_equal(shown_by_neural_layer(folder, light), what, light)


def uniforms_by_page_script(folder: Path, lights: list[list[float]]) -> list[dict[str, list[float]]]:
    """What the page's script sets under these lights (x, y), computed by node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node to run the page's script")
    (folder.parent / "package.json").write_text('{"type": "module"}')
    script = """
        import { readFileSync } from 'node:fs';
        import { conditionOnLight } from './uniforms.js';
        const set = {};
        const shader = { setLight() {}, setUniform(name, value) { set[name] = Array.from(value); } };
        conditionOnLight(shader, JSON.parse(readFileSync('object/info.json', 'utf8')));
        const all = JSON.parse(process.argv[1]).map((light) => { shader.setLight(light); return { ...set }; });
        console.log(JSON.stringify(all));
    """
    command = [node, "--input-type=module", "--eval", script, json.dumps(lights)]
    return json.loads(subprocess.run(command, cwd=folder.parent, check=True, capture_output=True, text=True).stdout)


@pytest.mark.parametrize("name", CONDITIONED)
def test_light_conditioned_networks_are_drawn_exactly_by_the_page_script(name: str, tmp_path: Path) -> None:
    what = make(CONDITIONED[name])
    folder = exported(tmp_path, what)
    assert_equal(shown_by_neural_layer(folder, (0, 0)), what, (0, 0))  # before the script has set anything
    lights = [unit_light(light)[:2].tolist() for light in LIGHTS]
    for light, uniforms in zip(lights, uniforms_by_page_script(folder, lights)):
        assert_equal(shown_by_neural_layer(folder, light, uniforms), what, light)


def test_the_script_takes_lights_beyond_the_circle(tmp_path: Path) -> None:
    folder = exported(tmp_path, make(CONDITIONED["six-planes"]))
    beyond, on = uniforms_by_page_script(folder, [[1.2, -1.6], [0.6, -0.8]])
    for name in on:
        assert np.allclose(beyond[name], on[name], rtol=1e-6), name


@pytest.mark.parametrize("decoder", [PLAIN["openlime-wide"], CONDITIONED["six-planes"]])
@pytest.mark.parametrize("tiles", [False, True])
def test_the_exported_object_is_still_one_of_fastrti(decoder, tiles: bool, tmp_path: Path) -> None:
    what = make(decoder, (259, 301))
    what = replace(what, mask=what.planes[0] > 60)
    folder = exported(tmp_path, what, tiles=tiles)
    assert (folder / "plane_1.dzi").exists() == tiles
    again = load(folder)
    assert np.array_equal(Renderer(again).relight(LIGHTS[1]), Renderer(what).relight(LIGHTS[1]))


# --- the contract of the RTI layer -----------------------------------------------------------------------------------


def ptm_weights(x: float, y: float, z: float) -> list[float]:
    return [1, x, y, x * x, x * y, y * y]


def hsh_weights(x: float, y: float, z: float) -> list[float]:
    phi, p, q = np.arctan2(y, x), z - z * z, np.sqrt(z - z * z)
    root = lambda value: np.sqrt(value / np.pi)  # noqa: E731
    return [
        root(1 / 2),
        root(6) * np.cos(phi) * q,
        root(3 / 2) * (2 * z - 1),
        root(6) * np.sin(phi) * q,
        root(30) * np.cos(2 * phi) * -p,
        root(30) * np.cos(phi) * (2 * z - 1) * q,
        root(5 / 2) * (1 - 6 * z + 6 * z * z),
        root(30) * np.sin(phi) * (2 * z - 1) * q,
        root(30) * np.sin(2 * phi) * -p,
    ]


def node_weights(info: dict, light) -> NDArray[np.float64]:
    """Σ_m w_m · basis[:, m], (nplanes + 1, 3), with Gaussian weights of the nodes."""
    nodes = np.reshape(info["lights"], (-1, 3))
    weights = np.exp(-((nodes - light) ** 2).sum(1) / info["sigma"] ** 2)
    basis = np.reshape(info["basis"], (info["nplanes"] + 1, len(nodes), 3)).astype(float)
    scaled = [basis[:1] / 255, (basis[1:] - 127) / np.reshape(info["materials"][0]["range"], (-1, 1, 1))]
    return np.einsum("pmk,m->pk", np.concatenate(scaled), weights / weights.sum())


def shown_by_rti_layer(folder: Path, light, version: str = "1.2.0", off_screen: bool = False) -> NDArray[np.uint8]:
    """What LayerRTI of a version draws of the folder, with its off-screen picture or without."""
    colour = colours_of_rti_layer(folder, light)
    if version != "1.2.0":
        colour = np.clip(colour, 0, None) ** 2.2
    if off_screen:
        colour = (np.rint(255 * np.clip(colour, 0, 1)) / 255) ** (1 / 2.2)
    return np.rint(255 * np.clip(colour, 0, 1)).astype(np.uint8)


def colours_of_rti_layer(folder: Path, light) -> NDArray[np.float64]:
    """(H, W, 3), as the photographs were encoded."""
    info = json.loads((folder / "info.json").read_text())
    assert info["isLinear"] is True
    planes = np.concatenate([pixels(folder, f"plane_{i}") for i in range(info["nplanes"] // 3)], axis=2) / 255
    material, direction = info["materials"][0], unit_light(light)
    coefficients = (planes - material["bias"]) * material["scale"]
    if info["colorspace"] == "mrgb":
        basis = node_weights(info, direction)
        colour = basis[0] + coefficients @ basis[1:]
    else:
        terms = np.array({"ptm": ptm_weights, "hsh": hsh_weights}[info["type"]](*direction))
        if info["colorspace"] == "lrgb":
            colour = coefficients[..., :3] * (coefficients[..., 3:] @ terms)[..., None]
        else:
            colour = np.einsum("hwjc,j->hwc", coefficients.reshape(*planes.shape[:2], -1, 3), terms)
    return colour


@pytest.mark.parametrize("name", ["ptm", "ptm-base", "hsh9", "hsh9-base", "rbf"])
def test_bases_are_drawn_from_relight_folders(name: str, tmp_path: Path) -> None:
    what = relightable(name, *SIZE)
    folder = exported(tmp_path, what)
    for light in LIGHTS[:3]:
        if name == "rbf":  # its table is rounded to bytes
            difference = shown_by_rti_layer(folder, light).astype(int) - Renderer(what).relight(light)
            assert np.sqrt((difference**2).mean()) < 1.5
        else:
            assert_equal(shown_by_rti_layer(folder, light), what, light)


# --- tiles and masks -------------------------------------------------------------------------------------------------


def test_tiles_hold_the_same_picture(tmp_path: Path) -> None:
    what = make(PLAIN["openlime"], (300, 530))
    folder = exported(tmp_path, what, tiles=True)
    assert not list(folder.glob("*.jpg"))
    assert settings(folder)["layout"] == "deepzoom"
    assert_equal(shown_by_neural_layer(folder, LIGHTS[1]), what, LIGHTS[1])


def test_bases_become_tiles_sooner_than_networks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(site, "MAX_WHOLE_PIXELS", 299)
    for name, layout in (("ptm", "deepzoom"), ("openlime", "image")):
        folder = exported(tmp_path / name, relightable(name, 1, 300))
        assert settings(folder)["layout"] == layout
    monkeypatch.setattr(site, "MAX_SIDE", 299)
    assert settings(exported(tmp_path / "large", relightable("openlime", 1, 300)))["layout"] == "deepzoom"


def test_tiles_of_bases_say_that_they_are_png(tmp_path: Path) -> None:
    what = relightable("ptm", 260, 20)
    folder = exported(tmp_path, what, tiles=True)
    assert json.loads((folder / "info.json").read_text())["format"] == "png"
    assert_equal(shown_by_rti_layer(folder, LIGHTS[1]), what, LIGHTS[1])


def test_a_picture_of_one_tile_is_whole(tmp_path: Path) -> None:
    folder = exported(tmp_path, make(PLAIN["openlime"], (100, 256)), tiles=True)
    assert settings(folder)["layout"] == "image" and not list(folder.glob("*.dzi"))


@pytest.mark.parametrize(("size", "name"), [((23, 37), "cover.png"), ((23, 300), "cover.dzi")])
def test_what_the_mask_hides_is_covered(size: tuple[int, int], name: str, tmp_path: Path) -> None:
    what = relightable("openlime", *size, masked=True)
    folder = exported(tmp_path, what, tiles=True)
    assert settings(folder)["cover"] == f"object/{name}" and (folder / name).exists()
    first = folder / name if name == "cover.png" else folder / "cover_files" / "1" / "0_0.png"
    cover = np.asarray(Image.open(first))
    assert not cover[..., :3].any()
    assert np.array_equal(cover[..., 3] == 0, what.mask[:, : cover.shape[1]])


def settings(folder: Path) -> dict:
    page = (folder.parent / "index.html").read_text()
    return json.loads(re.search(r'id="settings">(.*?)</script>', page)[1])


# --- refusals and notes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["light-mlp-relu-skip", "mlp-9-16-3-elu-skip", "mlp-10-8-8-3-elu", "hsh16"])
def test_what_openlime_cannot_draw_is_refused_with_the_command_that_helps(name: str, tmp_path: Path, capsys) -> None:
    what = relightable(name)
    save(what, tmp_path / "vase")
    assert main(["export", str(tmp_path / "vase"), "--to", "openlime", str(tmp_path / "site")]) == 1
    said = capsys.readouterr().err
    assert f"`fastrti convert {tmp_path / 'vase'} -o NEW --student lc16x16-elu`" in said
    assert said.count("\n") == 1 and not (tmp_path / "site").exists()
    with pytest.raises(ObjectError):
        export_openlime(what, tmp_path / "site")


@pytest.mark.parametrize(("width", "vectors"), [(20, 193), (50, 905)])
def test_networks_for_large_devices_are_named(width: int, vectors: int, tmp_path: Path) -> None:
    notes = export_openlime(make(mlp(9, (width, width), "elu")), tmp_path / "site")
    assert [f"takes {vectors} uniform vectors" in note for note in notes] == [True] * (vectors > 224)


@pytest.mark.parametrize(
    ("decoder", "size", "tiles", "said"),
    [
        (PLAIN["disk20"], SIZE, False, []),
        (PLAIN["disk20"], (256, 512), True, []),
        (PLAIN["disk20"], (256, 513), True, ["the last column and row of tiles are a little blurred"]),
        (CONDITIONED["six-planes"], SIZE, False, ["uniforms.js of this export to move the light"]),
        (DECODERS["ptm"], (300, 20), True, ["dark ones are up to 15 levels off"]),
        (DECODERS["rbf"], SIZE, False, ["dark ones are up to 15 levels off", "a formula of its own"]),
    ],
)
def test_readme_and_command_say_what_openlime_shows_otherwise(
    decoder, size: tuple[int, int], tiles: bool, said: list[str], tmp_path: Path
) -> None:
    notes = export_openlime(make(decoder, size), tmp_path / "site", tiles)
    assert len(notes) == len(said) and all(words in note for words, note in zip(said, notes))
    readme = (tmp_path / "site" / "README.txt").read_text()
    kind = "rti" if decoder in (DECODERS["ptm"], DECODERS["rbf"]) else "neural"
    assert f"type: '{kind}', layout: '{'deepzoom' if tiles else 'image'}', url: 'object/info.json'" in readme
    assert all(note[1:] in readme for note in notes) and "\nOpenLIME is a program of its own" in readme


def test_an_export_is_replaced_and_openlime_in_it_kept(tmp_path: Path, capsys) -> None:
    save(relightable("ptm", *SIZE), tmp_path / "vase")
    command = ["export", str(tmp_path / "vase"), "--to", "openlime", str(tmp_path / "site")]
    assert main(command) == 0
    (tmp_path / "site" / "openlime.min.js").write_text("mine")
    assert main(command) == 0
    assert (tmp_path / "site" / "openlime.min.js").read_text() == "mine"
    assert capsys.readouterr().out == f"{tmp_path / 'site'}\n" * 2
    (tmp_path / "photographs").mkdir()
    (tmp_path / "photographs" / "1.jpg").touch()
    with pytest.raises(ArgumentError, match="choose another name"):
        export_openlime(relightable("ptm"), tmp_path / "photographs")


def test_the_page_carries_the_title_and_nothing_of_openlime(tmp_path: Path) -> None:
    folder = exported(tmp_path, replace(relightable("ptm"), title="A & B"))
    assert "<title>A &amp; B</title>" in (folder.parent / "index.html").read_text()
    assert not (folder.parent / "openlime.min.js").exists()


# --- the page in a browser, with a stand-in for OpenLIME -------------------------------------------------------------

STAND_IN = """
window.seen = { uniforms: {}, lights: [], layers: [] };
class Shader {
  constructor(source) { this.source = source; }
  fragShaderSrc() {
    if (!this.source) throw 'Unimplemented!'; // the base class of earlier versions
    return this.source;
  }
  setLight() {}
  setUniform(name, value) { seen.uniforms[name] = Array.from(value); }
}
class Layer {
  constructor(options) {
    Object.assign(this, options);
    this.status = 'ready';
    if (options.type === 'neural') {
      this.networkParameters = {};
      this.imageShader = new Shader();
      this.neuralShader = new Shader();
      this.shaders = { standard: this.imageShader, neural: this.neuralShader };
      this.rasters = [{}, {}, {}, {}];
    } else {
      this.shaders = { rti: new Shader(RTI_SHADER) };
      this.rasters = [];
    }
  }
  setLight(light, duration) {
    seen.lights.push([light, duration]);
    this.neuralShader?.setLight(light);
  }
}
class Viewer {
  constructor(element, options) { this.camera = {}; seen.options = options; }
  addController(controller) {}
  addLayer(name, layer) { seen.layers.push(layer); }
}
window.OpenLIME = { Layer, Viewer, ControllerPanZoom: class {} };
"""
RTI_SHADERS = {
    "1.2.0": "vec4 data() { vec4 color = render(base); return color; }",
    "1.2.3": "vec4 data() { vec4 color = render(base); color = srgb2linear(color); return color; }",
}
"""Where the versions differ."""

SHOWN = """
for (let i = 0; i < 200 && document.getElementById('message').hidden === args[0]; i++) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
"""


def seen_by_openlime(browser: Browser, folder: Path, version: str) -> dict:
    """What the page asks of OpenLIME until the arrow up was pressed once."""
    stand_in = f"const RTI_SHADER = {json.dumps(RTI_SHADERS[version])};\n{STAND_IN}"
    (folder.parent / "openlime.min.js").write_text(stand_in)
    with served(folder.parent) as (address, _):
        browser.open(f"{address}/index.html")
        browser.run(f"{SHOWN} document.querySelector('.ball').dispatchEvent("
                    "new KeyboardEvent('keydown', { key: 'ArrowUp' }));", False)  # fmt: skip
        return browser.run("return seen;")


@pytest.mark.parametrize("version", RTI_SHADERS)
@pytest.mark.parametrize("name", ["ptm", "hsh9"])
def test_bases_are_drawn_right_by_every_version(name: str, version: str, browser: Browser, tmp_path: Path) -> None:
    what = relightable(name, *SIZE)
    folder = exported(tmp_path, what)
    seen = seen_by_openlime(browser, folder, version)
    off_screen = seen["options"]["canvas"]["useOffscreenFramebuffer"]
    assert off_screen == (version != "1.2.0") and seen["layers"][0]["shaders"]["rti"]["isLinear"]
    light = seen["lights"][-1][0]
    wanted = Renderer(what).relight(light).astype(int)
    errors = np.abs(shown_by_rti_layer(folder, light, version, off_screen) - wanted)
    assert errors.max() <= (15 if off_screen else 1)
    dark = np.abs(shown_by_rti_layer(folder, light, "1.2.3", off_screen=False) - wanted)
    assert dark.max() > 60  # what the wrong choice shows


def test_the_page_avoids_the_traps_and_moves_every_weight(browser: Browser, tmp_path: Path) -> None:
    what = make(CONDITIONED["six-planes"])
    what = replace(what, mask=np.arange(SIZE[1]) > np.zeros((SIZE[0], 1)))
    folder = exported(tmp_path, what)
    seen = seen_by_openlime(browser, folder, "1.2.3")
    assert seen["options"]["canvas"]["useOffscreenFramebuffer"] is False
    layer, cover = seen["layers"]
    assert layer["imageShader"]["isLinear"] and all(raster["isLinear"] for raster in layer["rasters"])
    assert (layer["type"], layer["layout"], layer["url"]) == ("neural", "image", "object/info.json")
    assert (cover["type"], cover["url"], cover["zindex"]) == ("image", "object/cover.png", 1)
    assert len(seen["lights"]) == 2 and {duration for _, duration in seen["lights"]} == {0}
    light = seen["lights"][-1][0]
    picture = shown_by_neural_layer(folder, light, seen["uniforms"]) * what.mask[..., None]
    assert_equal(picture, what, light)


def test_the_page_says_where_openlime_goes(browser: Browser, tmp_path: Path) -> None:
    folder = exported(tmp_path, relightable("ptm", *SIZE))
    with served(folder.parent) as (address, _):
        browser.open(f"{address}/index.html")
        wait = "for (let i = 0; i < 200 && !document.body.innerText.includes('missing'); i++) "
        said = browser.run(f"{wait} await new Promise((r) => setTimeout(r, 20)); return document.body.innerText;")
    assert "OpenLIME is missing" in said and "put it beside this page" in said


def test_every_decoder_kind_is_drawn_or_refused(tmp_path: Path) -> None:
    drawn = set()
    for name in DECODERS:
        try:
            export_openlime(relightable(name), tmp_path / name)
        except ObjectError:
            continue
        drawn.add(name)
    assert drawn == set(OPENLIME_DECODERS) | {
        "light-mlp-elu", "ptm", "ptm-base", "hsh4", "hsh9", "hsh9-base", "rbf", "bilinear"
    }  # fmt: skip
