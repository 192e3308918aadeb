"""The page of the OpenLIME export in a browser, with a stand-in: tests/support/openlime.py has its facts."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from objects import relightable
from openlime import CONDITIONED, SIZE, assert_equal, exported, make, shown_by_neural_layer, shown_by_rti_layer
from viewer.browser import Browser
from viewer.pages import served

from fastrti import Renderer

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
