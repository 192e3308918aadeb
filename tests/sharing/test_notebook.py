"""An object in Jupyter: the still of a Renderer, the viewer's two ways to show it, and the example notebook."""

import base64
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from objects import relightable
from PIL import Image
from viewer.browser import Browser
from viewer.pages import drag, served

import fastrti.rendering.normals
from fastrti import ArgumentError, LightError, MissingPackageError, Renderer, estimate_normals, save, show
from fastrti.objects.annotations import Annotation, annotation_page, read_annotations
from fastrti.rendering.normals import encode_normals
from fastrti.rendering.renderer import STILL_LIGHT

widget = pytest.importorskip("fastrti.sharing.widget", reason="anywidget is not installed")

HEIGHT, WIDTH = 60, 80
WIDGET_TYPE = "application/vnd.jupyter.widget-view+json"
TOUR = Path(__file__).parents[1] / "notebooks" / "tour.ipynb"


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(relightable("hsh9", HEIGHT, WIDTH), "cpu", 2)


def decoded(file: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(file)))


# --- show ------------------------------------------------------------------------------------------------------------


def test_show_takes_a_renderer_an_object_or_a_folder(renderer: Renderer, tmp_path: Path) -> None:
    save(renderer.relightable, tmp_path / "vase")
    assert show(renderer)._renderer is renderer
    for source in (renderer, renderer.relightable, tmp_path / "vase", str(tmp_path / "vase")):
        shown = show(source)
        assert isinstance(shown, widget.ViewerWidget) and shown.size == [WIDTH, HEIGHT]
        bundle = shown._repr_mimebundle_()
        assert WIDGET_TYPE in (bundle[0] if isinstance(bundle, tuple) else bundle)


def test_show_without_anywidget_says_what_to_install(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "fastrti.sharing.widget")
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(MissingPackageError, match=r"expected anywidget for .*: run pip install 'fastrti\[notebook\]'"):
        show(renderer)


def test_a_renderer_shows_a_still_and_no_widget(renderer: Renderer) -> None:
    formatter = pytest.importorskip("IPython.core.formatters").DisplayFormatter()
    data, _ = formatter.format(renderer)
    assert set(data) == {"text/plain", "image/png"} and data["text/plain"] == repr(renderer)
    still = data["image/png"]
    still = base64.b64decode(still) if isinstance(still, str) else still
    assert np.array_equal(decoded(still), renderer.relight(STILL_LIGHT))


# --- the widget in Python --------------------------------------------------------------------------------------------


def test_the_light_is_a_unit_vector(renderer: Renderer) -> None:
    shown = widget.ViewerWidget(renderer)
    shown.light = (0.6, 0)
    assert shown.light == pytest.approx([0.6, 0, 0.8])
    with pytest.raises(LightError):
        shown.light = (1, 1)
    assert shown.light == pytest.approx([0.6, 0, 0.8])


def test_frames_are_rendered_only_for_who_asks(renderer: Renderer) -> None:
    shown = widget.ViewerWidget(renderer)
    shown.light = (0.5, 0.5)
    assert shown.frame == b""
    shown.framed = True
    first = shown.frame
    shown.light = (-0.5, 0.5)
    assert first != shown.frame
    assert np.abs(decoded(shown.frame).astype(int) - renderer.relight((-0.5, 0.5))).mean() < 20  # noise, as a JPEG


def test_large_frames_are_reduced() -> None:
    shown = widget.ViewerWidget(Renderer(relightable("ptm", 10, 2 * widget.FRAME_SIDE), "cpu"))
    shown.framed = True
    assert decoded(shown.frame).shape == (5, widget.FRAME_SIDE, 3)


def test_objects_too_large_for_one_page_have_none(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "<rti-viewer" in widget.ViewerWidget(renderer).page
    monkeypatch.setattr(widget, "MAX_PAGE_BYTES", 100)
    assert widget.ViewerWidget(renderer).page == ""


def test_normals_are_estimated_by_the_renderer_when_they_are_asked_for(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(
        fastrti.rendering.normals, "estimate_normals", lambda given: asked.append(given) or estimate_normals(given)
    )
    shown = widget.ViewerWidget(renderer)
    shown.light = (0.5, 0.5)
    assert not asked and shown.normals == b""
    shown.shaped = True
    assert asked == [renderer]
    assert np.array_equal(decoded(shown.normals), encode_normals(estimate_normals(renderer)))


def test_annotations_are_those_of_the_object_and_what_the_notebook_makes_of_them(renderer: Renderer) -> None:
    chip, crack = (
        Annotation("a chip", points=((20, 30),)),
        Annotation("a crack", "line", ((1, 2), (3, 4)), "mode=normals"),
    )
    shown = widget.ViewerWidget(Renderer(replace(renderer.relightable, annotations=(chip,)), "cpu"))
    assert shown.annotations == (chip,)
    heard = []
    shown.observe(lambda change: heard.append(change["new"]), "annotations")
    shown.annotations = [chip, crack]
    sent = shown.get_state("annotations")["annotations"]
    assert [item["body"][0]["value"] for item in sent] == ["a chip", "a crack"]
    shown.set_state({"annotations": sent[1:]})  # what a browser does
    assert shown.annotations == (crack,) and heard == [(chip, crack), (crack,)]
    for strange in (["a chip"], [{"type": "Annotation"}]):
        with pytest.raises(ArgumentError, match="expected annotations, got"):
            shown.annotations = strange
    assert shown.annotations == (crack,)


# --- the widget in a browser -----------------------------------------------------------------------------------------

MODEL = """
class Model {
  constructor(traits) { this.traits = traits; this.saved = []; this.listeners = []; }
  get(name) { return this.traits[name]; }
  set(name, value) { this.traits[name] = value; this.saved.push([name, value]); this.tell(name); }
  save_changes() {}
  on(event, listener) { this.listeners.push([event, listener]); }
  off(event, listener) { this.listeners = this.listeners.filter((pair) => pair[1] !== listener); }
  tell(name) { for (const [event, listener] of this.listeners) if (event === `change:${name}`) listener(); }
}
const { default: front } = await import('./widget.js');
window.bytes = (text) => new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
const place = document.body.appendChild(document.createElement('div'));
place.style.width = '400px';
window.model = new Model({ ...args[0], frame: bytes(args[1]), normals: bytes('') });
window.end = front.render({ model: window.model, el: place });
"""
NO_WEBGL = "HTMLCanvasElement.prototype.getContext = () => null;"
LOADED = """
let viewer = null;
while (!viewer?.timings?.drawn) {
  await new Promise(requestAnimationFrame);
  viewer = document.querySelector('iframe')?.contentDocument?.querySelector('rti-viewer');
}
"""


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Browser]:
    """An empty page beside the widget's script."""
    (tmp_path / "index.html").write_text("<!doctype html><title>notebook</title>")
    (tmp_path / "widget.js").write_bytes(Path(widget.__file__).with_name("widget.js").read_bytes())
    with served(tmp_path) as (address, _):
        browser.open(f"{address}/index.html")
        yield browser


@pytest.fixture(scope="module")
def traits(renderer: Renderer) -> dict[str, object]:
    shown = widget.ViewerWidget(renderer)
    return shown.get_state(("light", "annotations", "page", "size", "framed", "shaped"))


def test_the_viewer_shares_its_light(opened: Browser, traits: dict[str, object]) -> None:
    opened.run(MODEL, traits, "")
    first = opened.run(LOADED + "return viewer.light;")
    assert first == pytest.approx(traits["light"])
    told = opened.run(LOADED + "viewer.light = [0.6, 0]; return window.model.saved;")
    assert told == [["light", pytest.approx([0.6, 0, 0.8])]]
    followed = opened.run(LOADED + "window.model.set('light', [0, 0.6, 0.8]); return viewer.light;")
    assert followed == pytest.approx([0, 0.6, 0.8])
    ended = opened.run(LOADED + "window.end(); window.model.set('light', [0, 0, 1]); return viewer.light;")
    assert ended == pytest.approx([0, 0.6, 0.8])


def test_the_viewer_shares_its_annotations_and_the_browser_keeps_none(
    opened: Browser, traits: dict[str, object]
) -> None:
    notes = annotation_page([Annotation("a chip", points=((20, 30),), id="urn:1")])["items"]
    opened.run(MODEL, traits | {"annotations": notes}, "")
    texts = "[...viewer.annotations].map(({ body }) => body[0].value)"
    wait = f"while (!{texts}.length) await new Promise(requestAnimationFrame);"
    assert opened.run(f"{LOADED}{wait}return {texts};") == ["a chip"]
    added = opened.run(
        LOADED
        + """
        const shadow = viewer.shadowRoot, press = (text) => [...shadow.querySelectorAll('.panel button')]
          .find((each) => each.textContent === text).click();
        shadow.querySelector('[data-icon=notes]').click();
        while (!shadow.querySelector('.panel .notes')) await new Promise(requestAnimationFrame);
        press('Put it in the middle');
        shadow.querySelector('.panel textarea').value = 'a crack';
        shadow.querySelector('.panel form').requestSubmit();
        return [window.model.saved, Object.keys(localStorage).filter((key) => key.includes('annotations'))];
        """
    )
    ((name, sent),), kept = added
    assert name == "annotations" and kept == []
    assert [note.text for note in read_annotations(sent, "sent")] == ["a chip", "a crack"]
    wait = f"while ({texts}.length > 1) await new Promise(requestAnimationFrame);"
    followed = opened.run(f"{LOADED}window.model.set('annotations', args[0]); {wait} return {texts};", sent[1:])
    assert followed == ["a crack"]


def test_the_viewer_in_its_frame_draws_the_renderer_s_picture(
    opened: Browser, renderer: Renderer, traits: dict[str, object]
) -> None:
    opened.run(MODEL, traits, "")
    pixels = opened.run(
        LOADED
        + """
        viewer.light = [0.3, 0.5];
        const { width, height, data } = await viewer.picture().then((canvas) =>
          canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height));
        return [height, width, btoa(String.fromCharCode(...data))];
        """
    )
    assert pixels[:2] == [HEIGHT, WIDTH]
    drawn = np.frombuffer(base64.b64decode(pixels[2]), np.uint8).reshape(-1, 4)[:, :3].astype(int)
    assert abs(drawn - renderer.relight((0.3, 0.5)).reshape(-1, 3)).max() <= 1


def test_the_viewer_asks_the_kernel_for_normals_once(
    opened: Browser, renderer: Renderer, traits: dict[str, object]
) -> None:
    opened.run(MODEL, traits, "")
    opened.run(LOADED + "viewer.mode = 'normals';")
    asked = opened.run(LOADED + "while (!window.model.saved.length) await new Promise(requestAnimationFrame);"
                       "return window.model.saved;")  # fmt: skip
    assert asked == [["shaped", True]]
    shown = widget.ViewerWidget(renderer)
    shown.shaped = True
    pixels = opened.run(
        LOADED
        + """
        window.model.set('normals', window.bytes(args[0]));
        const { width, height, data } = await viewer.picture().then((canvas) =>
          canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height));
        return [viewer.mode, height, width, btoa(String.fromCharCode(...data))];
        """,
        base64.b64encode(shown.normals).decode(),
    )
    assert pixels[:3] == ["normals", HEIGHT, WIDTH]
    drawn = np.frombuffer(base64.b64decode(pixels[3]), np.uint8).reshape(HEIGHT, WIDTH, 4)[..., :3]
    assert np.array_equal(drawn, decoded(shown.normals))


def test_without_webgl_the_kernel_renders(opened: Browser, renderer: Renderer, traits: dict[str, object]) -> None:
    file = BytesIO()
    Image.fromarray(renderer.relight(STILL_LIGHT)).save(file, "JPEG")
    picture = base64.b64encode(file.getvalue()).decode()
    opened.run(NO_WEBGL + MODEL, traits, picture)
    shown = opened.run("const image = document.querySelector('img'); await image.decode(); return image.naturalWidth;")
    assert shown == WIDTH
    assert opened.run("return window.model.get('framed');") is True
    assert "WebGL2" in opened.run("return document.querySelector('small').textContent;")
    left, top = opened.run("const box = document.querySelector('img').getBoundingClientRect(); return [box.x, box.y];")
    middle = (round(left) + WIDTH // 2, round(top) + HEIGHT // 2)
    drag(opened, middle, (middle[0] + 15, middle[1] - 15))
    x, y, z = opened.run("return window.model.get('light');")
    assert (x, y) == (pytest.approx(0.5, abs=0.04), pytest.approx(0.5, abs=0.04))
    assert x * x + y * y + z * z == pytest.approx(1)
    drag(opened, middle, (middle[0] + 38, middle[1]))
    assert opened.run("return window.model.get('light');") == pytest.approx([1, 0, 0], abs=0.05)


# --- the example -----------------------------------------------------------------------------------------------------


def test_the_example_notebook_runs(tmp_path: Path) -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    notebook = nbformat.read(TOUR, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells), "outputs are not committed"
    resources = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=120, resources=resources).execute()
    shown = [set(output.data) for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    assert "image/png" in shown[-4]
    assert shown[-3:] == [
        {"text/plain", "image/png"},
        {"text/plain", WIDGET_TYPE},
        {"text/plain"},
    ]
    last = notebook.cells[-1].outputs[0].data["text/plain"]
    assert np.linalg.norm(json.loads(last)) == pytest.approx(1)
