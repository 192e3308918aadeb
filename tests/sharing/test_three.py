"""The GLB of a relief: Khronos's validator finds nothing, three.js loads and draws it in Chromium."""

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bumps import bump
from PIL import Image
from viewer.browser import Browser
from viewer.pages import served

from fastrti.sharing.relief_mesh import glb, relief_of

pytestmark = [pytest.mark.deep, pytest.mark.xdist_group("npm")]

PACKAGES = ("three@0.187.0", "gltf-validator@2.0.0-dev.3.10")

VALIDATE = """
const { readFileSync } = require('fs');
require('gltf-validator').validateBytes(new Uint8Array(readFileSync('relief.glb')))
  .then((report) => console.log(JSON.stringify(report.issues)));
"""

PAGE = """<!DOCTYPE html><body style="margin: 0; background: #fff"><canvas width="640" height="480"></canvas>
<script type="importmap">{"imports": {"three": "./node_modules/three/build/three.module.js"}}</script>
<script type="module">
import * as THREE from 'three';
import { GLTFLoader } from './node_modules/three/examples/jsm/loaders/GLTFLoader.js';
window.show = async (tilt) => {
  const { scene } = await new GLTFLoader().loadAsync('relief.glb');
  const box = new THREE.Box3().setFromObject(scene);
  const size = box.getSize(new THREE.Vector3()), middle = box.getCenter(new THREE.Vector3());
  const renderer = new THREE.WebGLRenderer({ canvas: document.querySelector('canvas'), antialias: true });
  const world = new THREE.Scene();
  world.background = new THREE.Color(0xffffff);
  scene.position.copy(middle.negate());
  const turned = new THREE.Group();
  turned.add(scene);
  turned.rotation.x = -tilt;
  const light = new THREE.DirectionalLight(0xffffff, 3);
  light.position.set(-1, 1, 1);
  world.add(turned, light, new THREE.AmbientLight(0xffffff, 0.4));
  const reach = Math.max(size.x / 4, size.y / 3) * 2.1;
  const camera = new THREE.OrthographicCamera(-reach, reach, reach * 0.75, -reach * 0.75, -10 * reach, 10 * reach);
  renderer.render(world, camera);
  return { size: size.toArray(), picture: renderer.domElement.toDataURL() };
};
window.ready = true;
</script>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three.js, the validator and a page that shows relief.glb."""
    if not shutil.which("npm"):
        pytest.skip("needs npm (Debian: apt install npm)")
    folder = tmp_path_factory.mktemp("three")
    (folder / "package.json").write_text("{}")
    command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *PACKAGES]
    subprocess.run(command, cwd=folder, check=True)
    maps = bump(96, 128, 32, mm_per_pixel=0.25)
    (folder / "relief.glb").write_bytes(glb(maps, relief_of(maps), "A bump", "CC0"))
    (folder / "index.html").write_text(PAGE)
    return folder


def test_the_validator_finds_nothing(site: Path) -> None:
    printed = subprocess.run(["node", "-e", VALIDATE], cwd=site, check=True, capture_output=True, text=True).stdout
    issues: dict[str, Any] = json.loads(printed)
    assert [issues[kind] for kind in ("numErrors", "numWarnings", "numHints")] == [0, 0, 0], issues
    assert {message["code"] for message in issues["messages"]} == {"IMAGE_NPOT_DIMENSIONS"}  # glTF 2.0 allows them


def test_three_js_draws_it(site: Path, browser: Browser) -> None:
    with served(site) as (address, _):
        browser.open(f"{address}/index.html")
        browser.run("while (!window.ready) await new Promise((resolve) => setTimeout(resolve, 20));")
        shown = browser.run("return await window.show(args[0]);", 0)
    assert shown["size"] == pytest.approx([125 * 0.25e-3, 95 * 0.25e-3, 32 * 0.25e-3], rel=0.01)  # metres
    (site / "shown.png").write_bytes(base64.b64decode(shown["picture"].partition(",")[2]))
    pixels = np.asarray(Image.open(site / "shown.png").convert("RGB")).astype(int)
    assert tuple(pixels[5, 5]) == (255, 255, 255)
    left, right = pixels[240, 120], pixels[240, 520]
    assert left[0] > 2 * left[2] and right[2] > 2 * right[0]  # red at the left, blue at the right
    towards, away = pixels[180, 260], pixels[320, 400]  # of the half-sphere, seen from the lamp at the top left
    assert towards.sum() > 1.3 * away.sum()
