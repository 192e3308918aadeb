"""The package for npm: packed from the viewer's sources, installed into an empty project, and shown in Chromium."""

import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs_pages import ROOT
from objects import relightable
from viewer.browser import Browser
from viewer.pages import picture, served, wait_for_picture

import fastrti
from fastrti import Renderer, save
from fastrti.lights import unit_light

pytestmark = [pytest.mark.deep, pytest.mark.xdist_group("npm")]

PACKAGES = (
    *("react@19.3.1", "react-dom@19.3.1", "vue@3.5.45", "typescript@7.0.2", "vite@8.4.0"),
    *("@vitejs/plugin-vue@6.0.11", "@types/react@19.3.3", "@types/react-dom@19.3.0"),
)
VITE = """
import vue from '@vitejs/plugin-vue';
const isCustomElement = (tag) => tag === 'rti-viewer';
export default {
  plugins: [vue({ template: { compilerOptions: { isCustomElement } } })],
  build: { target: 'es2022', rollupOptions: { input: ['react.html', 'vue.html'] } },
};
"""
PAGE = (
    '<!doctype html><html lang="en"><title>t</title><div id="app"></div><script type="module" src="{}"></script></html>'
)
REACT = """
import { createRoot } from 'react-dom/client';
import { App } from './App.tsx';
createRoot(document.getElementById('app')!).render(<App />);
"""
VUE = """
import { createApp } from 'vue';
import App from './App.vue';
createApp(App).mount('#app');
"""
USE = """
import 'rti-viewer';
import type { Mode, RtiViewer } from 'rti-viewer';

const viewer: RtiViewer = document.querySelector('rti-viewer')!;
const mode: Mode = 'specular';
viewer.mode = mode;
viewer.light = [0.3, 0.5];
viewer.addEventListener('rti-light', (event) => event.detail.map((value) => value.toFixed(2)));
// @ts-expect-error no such mode
viewer.mode = 'bright';
// @ts-expect-error only read
viewer.object = null;
"""
TSCONFIG = {
    "compilerOptions": {
        **{"strict": True, "noEmit": True, "skipLibCheck": False, "jsx": "react-jsx", "types": []},
        **{"module": "esnext", "moduleResolution": "bundler", "target": "es2022", "lib": ["es2022", "dom"]},
        "allowImportingTsExtensions": True,
    },
    "files": ["use.ts", "react.tsx", "App.tsx"],
}
LIGHTS = ((0.3, 0.5), (0.0, 0.0), (-0.5, -0.2))


def run(folder: Path, *command: str) -> str:
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0, f"{' '.join(command)}:\n{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}"
    return ran.stdout


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("npm"):
        pytest.skip("needs npm (Debian: apt install npm)")
    build = tmp_path_factory.mktemp("build")
    run(ROOT, "make", "npm", f"BUILD={build}")
    return build / f"rti-viewer-{fastrti.__version__}.tgz"


@pytest.fixture(scope="module")
def project(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty project with the package, the examples of the package, and an object."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    run(folder, "npm", "install", "--no-audit", "--no-fund", "--loglevel=error", str(tarball), *PACKAGES)
    for example in (folder / "node_modules/rti-viewer/examples").iterdir():
        shutil.copy(example, folder)
    pages = {"react.html": PAGE.format("/react.tsx"), "vue.html": PAGE.format("/vue.ts")}
    sources = {"vite.config.js": VITE, "react.tsx": REACT, "vue.ts": VUE, "use.ts": USE}
    for name, text in (pages | sources | {"tsconfig.json": json.dumps(TSCONFIG)}).items():
        (folder / name).write_text(text)
    save(relightable("light-mlp-relu-skip", 40, 56), folder / "public/object")
    shutil.copytree(folder / "public/object", folder / "object")  # for the page that needs no build
    return folder


@pytest.fixture(scope="module")
def pages(project: Path) -> Iterator[dict[str, str]]:
    """The addresses of the examples."""
    run(project, "npx", "vite", "build", "--logLevel", "warn")
    with served(project) as (plain, _), served(project / "dist") as (built, _):
        yield {"HTML": f"{plain}/plain.html", "React": f"{built}/react.html", "Vue": f"{built}/vue.html"}


def test_the_package_is_the_viewer_and_nothing_else(tarball: Path) -> None:
    with tarfile.open(tarball) as packed:
        files = {name.removeprefix("package/"): packed.extractfile(name).read() for name in packed.getnames()}
    viewer, only_npm = ROOT / "fastrti/sharing/viewer", ROOT / "fastrti/sharing/npm"
    sources = {path.name: path.read_bytes() for path in viewer.iterdir() if path.name != "index.html"}
    more = {path.relative_to(only_npm).as_posix(): path.read_bytes() for path in only_npm.rglob("*.*")}
    description = json.loads(files.pop("package.json"))
    assert description == {**json.loads(more.pop("package.json")), "version": fastrti.__version__}
    assert files == sources | more | {"LICENSE": (ROOT / "LICENSE").read_bytes()}
    exports = [entry for entry in description["exports"].values() if isinstance(entry, dict)]
    named = [target for entry in exports for target in entry.values()]
    assert {name.removeprefix("./") for name in (*named, description["types"])} <= files.keys()


def test_the_types_are_right(project: Path) -> None:
    run(project, "npx", "tsc", "--project", ".")


@pytest.mark.parametrize("kind", ["HTML", "React", "Vue"])
def test_the_examples_draw_the_renderer_s_pixels(browser: Browser, pages: dict[str, str], kind: str) -> None:
    renderer = Renderer(relightable("light-mlp-relu-skip", 40, 56), backend="cpu")
    browser.open(pages[kind])
    assert isinstance(wait_for_picture(browser), dict)
    assert told(browser, "document.querySelector('button').click();") == "-0.80, 0.00, 0.60"  # the page moves the light
    for light in LIGHTS:
        assert abs(picture(browser, light).astype(int) - renderer.relight(light)).max() <= 1
        assert told(browser) == ", ".join(f"{value:.2f}" for value in unit_light(light))  # the viewer tells the page


def told(browser: Browser, action: str = "") -> str:
    """What the page says of the light, once all is drawn that follows an action."""
    frames = "for (let i = 0; i < 5; i++) await new Promise(requestAnimationFrame);"
    text = browser.run(f"{action} {frames} return document.querySelector('p').textContent;")
    return text.partition("stands at ")[2].partition(" Light")[0].rstrip(".")
