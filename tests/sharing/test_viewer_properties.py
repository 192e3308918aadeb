"""Attributes and properties of `<rti-viewer>`: what frameworks set, what is refused, and what their types say."""

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from objects import relightable
from viewer.browser import Browser
from viewer.pages import picture, served, state, wait_for_picture

from fastrti import Relightable, Renderer, save
from fastrti.sharing.local_server import LocalServer
from fastrti.sharing.local_site import Site
from fastrti.sharing.opened import OpenedObject
from fastrti.sharing.web import write_page


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("site")
    write_page(folder, "")
    for name in ("object", "other"):
        save(relightable("ptm", 12, 16), folder / name)
    with served(folder) as (address, _):
        yield address


@pytest.fixture
def opened(browser: Browser, address: str) -> Browser:
    """The viewer with an object, and a record of what its page says on the console."""
    browser.open(f"{address}/index.html")
    wait_for_picture(browser)
    browser.run(
        """
        Object.assign(window, { said: [], viewer: document.querySelector('rti-viewer') });
        console.error = (text) => said.push(text);
        """
    )
    return browser


ACCEPTED = [
    ("light", "0.6,0", [0.6, 0, 0.8]),
    ("light", " 0 , .6 ", [0, 0.6, 0.8]),
    ("light", "0,3,4", [0, 0.6, 0.8]),
    ("light", [0.6, 0], [0.6, 0, 0.8]),
    ("light", [0, 0, 7], [0, 0, 1]),
    ("mode", "diffuse", "diffuse"),
    ("gain", "2.5", 2.5),
    ("gain", 5, 5),
]
REFUSED = [
    ("light", ""),
    ("light", "0.3"),
    ("light", "0.3,,0.4"),
    ("light", "left,up"),
    ("light", "1,1"),
    ("light", "0,0,-1"),
    ("light", [0, 0, 0]),
    ("light", [0.1, 0.2, 0.3, 0.4]),
    ("light", ["0.1", "0.2"]),
    ("light", [None, 1]),
    ("light", {"x": 1}),
    ("light", 0.5),
    ("light", True),
    ("mode", "shiny"),
    ("mode", "toString"),
    ("mode", 1),
    ("gain", "loud"),
    ("gain", ""),
    ("gain", 0),
    ("gain", 5.1),
    ("gain", [2]),
    ("gain", True),
    ("src", 5),
    ("src", {}),
]


@pytest.mark.parametrize("how", ["property", "attribute"])
def test_strings_and_values_are_understood(opened: Browser, how: str) -> None:
    for name, value, expected in ACCEPTED:
        if how == "attribute":
            text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
            got = opened.run("viewer.setAttribute(args[0], args[1]); return viewer[args[0]];", name, text)
        else:
            got = opened.run("viewer[args[0]] = args[1]; return viewer[args[0]];", name, value)
        assert got == (pytest.approx(expected) if isinstance(expected, list) else expected), (name, value)
    assert opened.run("return said;") == []


def test_what_is_not_understood_is_refused_on_the_console_and_the_last_value_stays(opened: Browser) -> None:
    before = opened.run("return [viewer.light, viewer.mode, viewer.gain, viewer.src];")
    for name, value in REFUSED:
        said = opened.run("said.length = 0; viewer[args[0]] = args[1]; return said;", name, value)
        assert len(said) == 1 and said[0].startswith("<rti-viewer>: expected "), (name, value)
    for odd in ("Symbol('x')", "() => 1", "({ toJSON() { throw 1; } })", "[NaN, 0]", "10n"):
        for name in ("light", "mode", "gain", "src"):
            assert len(opened.run(f"said.length = 0; viewer.{name} = {odd}; return said;")) == 1, (name, odd)
    assert opened.run("return [viewer.light, viewer.mode, viewer.gain, viewer.src];") == before


@pytest.mark.parametrize("nothing", ["null", "undefined"])
def test_what_is_left_out_is_the_default(opened: Browser, nothing: str) -> None:
    first = opened.run("return viewer.light;")
    got = opened.run(
        f"""
        Object.assign(viewer, {{ light: '0,0', mode: 'normals', gain: 4 }});
        Object.assign(viewer, {{ light: {nothing}, mode: {nothing}, gain: {nothing} }});
        viewer.setAttribute('gain', '3');
        viewer.removeAttribute('gain');
        return [viewer.light, viewer.mode, viewer.gain, said];
        """
    )
    assert got == [pytest.approx(first), "relight", 1.5, []]
    assert opened.run(f"viewer.src = {nothing}; return [viewer.src, viewer.hasAttribute('src'), viewer.object];") == [
        "",
        False,
        None,
    ]


def test_src_opens_another_object_and_the_light_stays(opened: Browser) -> None:
    light = opened.run(
        """
        viewer.light = '0.6,0';
        const loaded = new Promise((resolve) => viewer.addEventListener('rti-load', resolve, { once: true }));
        viewer.src = new URL('other', document.baseURI);
        await loaded;
        return [viewer.light, viewer.getAttribute('src').endsWith('/other'), viewer.object.width];
        """
    )
    assert light == [pytest.approx([0.6, 0, 0.8]), True, 16]


def test_properties_set_before_the_element_is_defined_or_connected_count(browser: Browser, address: str) -> None:
    """As frameworks do that render before the script has come."""
    browser.open(f"{address}/other/info.json")
    got = browser.run(
        """
        const early = document.createElement('rti-viewer');
        Object.assign(early, { src: args[0] + '/object', light: [0, 0, 1], gain: '2', mode: 'relight' });
        document.body.append(early);
        await import(args[0] + '/rti-viewer.js');
        const late = document.createElement('rti-viewer');
        late.setAttribute('light', '0,0.6');
        late.src = args[0] + '/object';
        document.body.append(late);
        const all = [early, late];
        while (!all.every((viewer) => viewer.timings.drawn)) await new Promise(requestAnimationFrame);
        return [...all.map((viewer) => viewer.light), early.gain, Object.hasOwn(early, 'gain')];
        """,
        address,
    )
    assert got == [[0, 0, 1], pytest.approx([0, 0.6, 0.8]), 2, False]


def test_the_same_light_again_is_no_event(opened: Browser) -> None:
    """Else a framework that writes back what it is told would never end."""
    events = opened.run(
        """
        let events = 0;
        viewer.addEventListener('rti-light', () => { events++; if (events < 50) viewer.light = [...viewer.light]; });
        viewer.light = '0.3,0.4';
        return events;
        """
    )
    assert events <= 2


def test_a_missing_full_screen_or_png_is_said(browser: Browser, address: str) -> None:
    browser.open(f"{address}/index.html")
    wait_for_picture(browser)
    browser.run("HTMLCanvasElement.prototype.toBlob = (act) => act(null);")
    seen = browser.run(
        """
        const viewer = document.querySelector('rti-viewer');
        const offers = (element) => element.shadowRoot.querySelector('[data-icon=fullscreen]') !== null;
        const before = offers(viewer);
        Object.defineProperty(Document.prototype, 'fullscreenEnabled', { get: () => false });
        const plain = document.createElement('rti-viewer');
        viewer.shadowRoot.querySelector('[data-icon=snapshot]').click();
        while (!viewer.shadowRoot.querySelector('[role=alert]')) await new Promise(requestAnimationFrame);
        return [before, offers(plain)];
        """
    )
    assert seen == [True, False]
    assert "cannot make a PNG of 16×12 pixels" in state(browser)["message"]


# --- normals that are not there yet ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["normals", "specular", "diffuse"])
def test_the_lit_picture_stays_until_the_normals_are_computed(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    what: Relightable = replace(relightable("ptm", 24, 32), title="Vase")
    save(what, tmp_path / "vase")
    go, make = threading.Event(), Site.make_normals

    def slow(site: Site) -> str:
        assert go.wait(60)
        return make(site)

    monkeypatch.setattr(Site, "make_normals", slow)
    (tmp_path / "own").mkdir()
    server = LocalServer(Site(OpenedObject(tmp_path / "vase"), tmp_path / "own"))
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        browser.open(server.address)
        wait_for_picture(browser)
        middle = """
        const viewer = document.querySelector('rti-viewer');
        const look = () => new Promise((resolve) => {
          viewer.redraw();
          requestAnimationFrame(() => {
            const copy = document.createElement('canvas');
            [copy.width, copy.height] = [32, 24];
            const context = copy.getContext('2d');
            context.drawImage(viewer.shadowRoot.querySelector('canvas'), 0, 0, 32, 24);
            resolve([...context.getImageData(0, 0, 32, 24).data]);
          });
        });
        """
        lit = browser.run(middle + "viewer.light = [0.3, 0.4]; return await look();")
        browser.run("document.querySelector('rti-viewer').mode = args[0];", mode)
        browser.run("await new Promise((resolve) => setTimeout(resolve, 500));")
        waiting: dict[str, Any] = state(browser)
        assert waiting["message"] == "Computing normals …" and waiting["mode"] == mode
        assert browser.run(middle + "return await look();") == lit
        go.set()
        shown = picture(browser, (0.3, 0.4))
        assert browser.run(middle + "return await look();") != lit
        assert state(browser)["message"] == ""
        assert np.abs(shown.astype(int) - Renderer(what).relight((0.3, 0.4))).mean() > 3
    finally:
        go.set()
        server.stop()
        thread.join(20)
    assert not thread.is_alive()


# --- types -----------------------------------------------------------------------------------------------------------


def test_the_types_name_what_the_element_has(opened: Browser) -> None:
    viewer = files("fastrti") / "sharing" / "viewer"
    types = (viewer / "rti-viewer.d.ts").read_text(encoding="utf-8")
    body = types[types.index("class RtiViewer") :]
    described = set(re.findall(r"^  (?:get |set |readonly )?(\w+)[(:]", body[: body.index("\n}")], re.MULTILINE))
    own = opened.run(
        """
        const names = Object.getOwnPropertyNames(Object.getPrototypeOf(viewer));
        return [...names, ...Object.keys(viewer)];
        """
    )
    callbacks = {"constructor", "connectedCallback", "disconnectedCallback", "attributeChangedCallback"}
    assert described - {"addEventListener"} == set(own) - callbacks
