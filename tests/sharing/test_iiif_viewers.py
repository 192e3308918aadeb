"""The export to IIIF in the programs of others: @iiif/parser, OpenSeadragon, Mirador and Universal Viewer, from npm."""

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from npm_packages import unpacked
from viewer.browser import Browser

from fastrti import Relightable
from fastrti.objects.annotations import Annotation
from fastrti.objects.decoders import LightBasisDecoder
from fastrti.sharing.iiif.export import export_iiif

pytestmark = pytest.mark.deep

WIDTH, HEIGHT = 1300, 1100
PACKAGES = ("mirador@4.0.0", "openseadragon@6.1.1", "@iiif/parser@2.2.10", "universalviewer@4.4.0")
LIGHTS = ((0.8, 0), (-0.8, 0))
OWN_MESSAGE = "Accessing element.ref was removed in React 19"
"""Mirador 4.0.0 says this of itself, whatever it shows."""

PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<body style="margin:0"><div id="shown" style="position:absolute;inset:0"></div>
<script>
window.said = [];
const old = console.error;
console.error = (...words) => { said.push(words.map(String).join(' ')); old(...words); };
addEventListener('error', (event) => said.push(event.message));
addEventListener('unhandledrejection', (event) => said.push(String(event.reason)));
</script>
"""
WAIT = "const until = async (test) => { for (let i = 0; i < 600 && !test(); i++) await new Promise((r) => setTimeout(r, 100)); return test(); };"  # noqa: E501
PIXELS = """
const copy = document.createElement('canvas');
[copy.width, copy.height] = [drawn.width, drawn.height];
const context = copy.getContext('2d');
context.drawImage(drawn, 0, 0);
const { data } = context.getImageData(0, 0, drawn.width, drawn.height);
let text = '';
for (const byte of data) text += String.fromCharCode(byte);
return [drawn.width, drawn.height, btoa(text)];
"""


def coloured(u: np.ndarray, v: np.ndarray, light: float) -> np.ndarray:
    """What the object looks like at places from 0 to 1: red tells the column, green the row, and blue the light."""
    return np.stack([40 + 160 * u, 40 + 160 * v, np.full(u.shape, 128 + 60 * light)], axis=-1)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str, list[str]]]:
    """A folder with the export and the packages, its address, and what was asked for in vain."""
    root = tmp_path_factory.mktemp("iiif")
    found = unpacked(root, *PACKAGES)
    shutil.copy(found["mirador"] / "dist/mirador.min.js", root)
    shutil.copytree(found["openseadragon"] / "build/openseadragon", root / "osd")
    shutil.copytree(found["@iiif/parser"] / "dist", root / "parser")
    shutil.copytree(found["universalviewer"] / "dist", root / "uv")
    missing: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None:
            if len(arguments) > 1 and str(arguments[1]).startswith(("4", "5")):
                missing.append(self.path)

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(root)))
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    notes = (
        Annotation("a <b>chip</b>", "rectangle", ((100, 100), (300, 200))),
        Annotation("here", "point", ((600, 500),)),
        Annotation("a crack", "line", ((10, 10), (200, 400))),
    )
    planes = np.zeros((18, HEIGHT, WIDTH), np.uint8)  # a PTM; the terms are x², y², xy, x, y, 1
    v, u = ((axis + 0.5) / length for axis, length in zip(np.mgrid[0:HEIGHT, 0:WIDTH], (HEIGHT, WIDTH)))
    planes[15:18] = np.moveaxis(coloured(u, v, 0), 2, 0).round()
    planes[11] = 255  # of blue, for x
    maximum = np.ones(18)
    maximum[11] = 60 / 0.8 / 255
    what = Relightable(
        planes, np.zeros(18), maximum, LightBasisDecoder("ptm", 6), title="Coin", creator="Ana", annotations=notes
    )
    export_iiif([("coin", what)], root / "site", f"{address}/site", LIGHTS)
    try:
        yield root, address, missing
    finally:
        server.shutdown()
        server.server_close()


def pixels(answer: list[Any]) -> np.ndarray:
    width, height, text = answer
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)[..., :3].astype(float)


def test_the_parser_understands_every_document(site: tuple[Path, str, list[str]]) -> None:
    root, *_ = site
    program = shutil.which("node")
    if program is None:
        pytest.skip("needs node (Debian: apt install nodejs)")
    script = """
    const { Traverse } = require('./parser/presentation-3.cjs');
    const fs = require('fs');
    const read = (name) => JSON.parse(fs.readFileSync('site/' + name));
    const seen = {};
    const count = (kind) => (each) => { seen[kind] = (seen[kind] ?? 0) + 1; return each; };
    const kinds = ['collection', 'manifest', 'canvas', 'annotationPage', 'annotation', 'contentResource', 'service'];
    const traverse = new Traverse(Object.fromEntries(kinds.map((kind) => [kind, [count(kind)]])));
    traverse.traverseCollection(read('collection.json'));
    traverse.traverseManifest(read('objects/coin/manifest.json'));
    traverse.traverseAnnotationPage(read('objects/coin/annotations.json'));
    console.log(JSON.stringify(seen));
    """
    ran = subprocess.run([program, "-e", script], cwd=root, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    assert seen["collection"] == 2, "the collection, and that the manifest is part of it"
    assert seen["manifest"] == 2, "the item of the collection, and the manifest itself"
    assert seen["canvas"] == 1 and seen["annotation"] == 4, seen


def test_openseadragon_shows_the_right_tiles_at_every_zoom(site: tuple[Path, str, list[str]], browser: Browser) -> None:
    root, address, missing = site
    options = f"{{ id: 'shown', prefixUrl: 'osd/images/', tileSources: '{address}/site/objects/coin/light-1/info.json',"
    options += " drawer: 'canvas', showNavigator: false, immediateRender: true, animationTime: 0, blendTime: 0 }"
    page = f'{PAGE}<script src="osd/openseadragon.min.js"></script><script>window.osd = OpenSeadragon({options});'
    (root / "osd.html").write_text(f"{page}</script>")
    browser.open(f"{address}/osd.html")
    assert browser.run(f"{WAIT} return until(() => osd.isOpen());")
    levels = browser.run("return osd.world.getItemAt(0).source.maxLevel;")
    assert levels == 2  # 1300 × 1100, 650 × 550, 325 × 275
    for level in range(levels + 1):
        for u, v in ((0.5, 0.5), (0.97, 0.95), (0.1, 0.9)):
            zoom = 0.5 ** (levels - level)
            shown = browser.run(
                f"""{WAIT}
                const image = osd.world.getItemAt(0);
                osd.viewport.zoomTo(image.imageToViewportZoom(args[0]), null, true);
                osd.viewport.panTo(new OpenSeadragon.Point(args[1], args[2] * {HEIGHT / WIDTH}), true);
                osd.forceRedraw();
                await new Promise((r) => setTimeout(r, 150));
                if (!await until(() => image.getFullyLoaded())) throw new Error('not loaded');
                await new Promise((r) => setTimeout(r, 150));
                const drawn = osd.drawer.canvas;{PIXELS}""",
                zoom,
                u,
                v,
            )
            found = pixels(shown)
            y, x = np.mgrid[0 : found.shape[0], 0 : found.shape[1]] + 0.5
            x = u + (x - found.shape[1] / 2) / zoom / WIDTH
            y = v + (y - found.shape[0] / 2) / zoom / HEIGHT
            margin = 3 / zoom / HEIGHT
            inside = (np.minimum(x, y) > margin) & (np.maximum(x, y) < 1 - margin)
            assert inside.sum() > 5000
            error = np.abs(found - coloured(x, y, 1))[inside]
            assert error.mean() < 2.5 and error.max() < 12, (level, u, v, error.mean(), error.max())
    assert browser.run("return said;") == [] and missing == []


def test_mirador_shows_choices_and_notes(site: tuple[Path, str, list[str]], browser: Browser) -> None:
    root, address, missing = site
    settings = {
        "id": "shown",
        "windows": [{"manifestId": f"{address}/site/objects/coin/manifest.json"}],
        "window": {"sideBarOpen": True, "sideBarPanel": "annotations", "panels": {"annotations": True, "layers": True}},
        "workspaceControlPanel": {"enabled": False},
    }
    page = (
        f'{PAGE}<script src="mirador.min.js"></script><script>window.mirador = Mirador.viewer({json.dumps(settings)});'
    )
    (root / "mirador.html").write_text(f"{page}</script>")
    browser.open(f"{address}/mirador.html")
    listed = browser.run(
        f"{WAIT} await until(() => document.body.innerText.includes('a crack')); return document.body.innerText;"
    )
    assert "Coin" in listed and "3 annotations" in listed and "a <b>chip</b>" in listed and "here" in listed
    look = f"""{WAIT}
    const id = Object.keys(mirador.store.getState().windows)[0];
    const osd = () => Mirador.OSDReferences.get(id)?.current;
    const image = () => osd()?.world.getItemAt(args[0]);
    if (!await until(() => image()?.getFullyLoaded())) throw new Error('not loaded');
    await new Promise((r) => setTimeout(r, 500));
    const drawn = osd().drawer.canvas;{PIXELS}"""
    first = pixels(browser.run(look, 0))
    choose = f"""
    const id = Object.keys(mirador.store.getState().windows)[0];
    const canvas = '{address}/site/objects/coin/canvas.json';
    const picture = (name) => '{address}/site/objects/coin/' + name + '/full/max/0/default.jpg';
    mirador.store.dispatch(Mirador.updateLayers(id, canvas, {{
      [picture('light-1')]: {{ visibility: false }}, [picture('light-2')]: {{ visibility: true }},
    }}));"""
    browser.run(choose)
    time.sleep(1)
    second = pixels(browser.run(look, 1))
    middle = tuple(length // 2 for length in first.shape[:2])
    assert abs(first[middle][2] - (128 + 60)) < 8 and abs(second[middle][2] - (128 - 60)) < 8
    assert abs(first[middle][:2] - 120).max() < 8 and abs(second[middle][:2] - 120).max() < 8
    assert [words for words in browser.run("return said;") if OWN_MESSAGE not in words] == [] and missing == []


def test_universal_viewer_shows_the_choices(site: tuple[Path, str, list[str]], browser: Browser) -> None:
    root, address, missing = site
    settings = json.dumps({"manifest": f"{address}/site/objects/coin/manifest.json", "embedded": True})
    page = f'{PAGE}<link rel="stylesheet" href="uv/uv.css"><script src="uv/umd/UV.js"></script>'
    (root / "uv.html").write_text(f"{page}<script>shown.className = 'uv'; UV.init('shown', {settings});</script>")
    browser.open(f"{address}/uv.html")
    listed = browser.run(
        f"""{WAIT}
        const choose = () => document.querySelector('.viewportNavButton.choiceSwitch');
        if (!await until(() => choose()?.style.visibility === 'visible')) throw new Error('no button for the choices');
        choose().click();
        const labels = () => [...document.querySelectorAll('.choiceList label')].map((each) => each.innerText.trim());
        await until(() => labels().length);
        return labels();"""
    )
    assert listed[:4] == ["Light from the right, 37°", "Light from the left, 37°", "Albedo", "Normal map"]
    assert listed[4].startswith("Height map") and len(listed) == 5
    for number, blue in ((0, 128 + 60), (1, 128 - 60)):
        colour = browser.run(
            f"""{WAIT}
            document.querySelectorAll('.choiceList input')[args[0]].click();
            const middle = () => {{
              const drawn = document.querySelector('.openseadragon-canvas canvas');
              const copy = Object.assign(document.createElement('canvas'), {{ width: 1, height: 1 }});
              const context = copy.getContext('2d');
              context.drawImage(drawn, -drawn.width / 2, -drawn.height / 2);
              return [...context.getImageData(0, 0, 1, 1).data];
            }};
            await until(() => Math.abs(middle()[2] - args[1]) < 8);
            return middle();""",
            number,
            blue,
        )
        assert np.abs(np.array(colour) - (120, 120, blue, 255)).max() < 8, (number, colour)
    own = [path for path in missing if path.startswith("/images/data:")]  # Universal Viewer 4.4.0 asks for its icons so
    assert browser.run("return said;") == [] and len(own) == len(missing)
    missing.clear()
