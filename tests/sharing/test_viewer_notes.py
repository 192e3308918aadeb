"""Notes in the viewer: drawn, kept, passed on, opened under their light, and harmless whatever they hold."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from objects import relightable
from viewer.browser import Browser, chromium_programs
from viewer.pages import drag, press, served, state, wait_for_picture
from viewer.tools import at, click, open_tool, picture_at, until, value

from fastrti.sharing.web import export_folder

HEIGHT, WIDTH = 60, 80
SVG = "<svg xmlns='http://www.w3.org/2000/svg'>{}</svg>"
VIEWS = ["", "turn=1", "turn=2&view=30,40,9", "turn=3&view=20,20,6", "view=25,30,14"]


def annotation(selector: Any, text: Any = "a chip", **target: Any) -> dict[str, Any]:
    body = [{"type": "TextualBody", "value": text, "format": "text/plain"}]
    target = {"source": "info.json", "selector": selector, **target}
    return {"id": "urn:uuid:1", "type": "Annotation", "body": body, "target": target}


POINT = {"type": "PointSelector", "x": 12.5, "y": 40}
LIT = annotation(POINT, state={"type": "RtiState", "value": "light=0.1234567,-0.5&mode=specular&gain=3"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "site"
    export_folder(relightable("light-mlp-relu-skip", HEIGHT, WIDTH), folder)
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with served(folder) as (address, _):
        yield f"{address}/index.html"


def publish(folder: Path, annotations: str | list[Any] | None) -> None:
    """Puts annotations into the object's folder, or takes them away."""
    info = json.loads((folder / "object" / "info.json").read_text())
    info["annotations"] = annotations is not None
    (folder / "object" / "info.json").write_text(json.dumps(info))
    text = annotations if isinstance(annotations, str) else json.dumps({"items": annotations})
    (folder / "object" / "annotations.json").write_text(text)


def opened(browser: Browser, address: str, fragment: str = "") -> None:
    browser.open("about:blank")
    browser.open(f"{address}#{fragment}")
    assert isinstance(wait_for_picture(browser), dict)


def forget(browser: Browser) -> None:
    browser.run("localStorage.clear();")


def exported(browser: Browser) -> list[dict[str, Any]]:
    """The annotations of the file that the button downloads."""
    text = browser.run(
        """
        const shadow = document.querySelector('rti-viewer').shadowRoot;
        let blob = null;
        const make = URL.createObjectURL;
        URL.createObjectURL = (each) => { blob = each; return make(each); };
        const clicked = HTMLAnchorElement.prototype.click;
        HTMLAnchorElement.prototype.click = () => {};
        [...shadow.querySelectorAll('.panel button')].find((each) => each.textContent === 'Download').click();
        Object.assign(URL, { createObjectURL: make });
        HTMLAnchorElement.prototype.click = clicked;
        return blob.text();
        """
    )
    page = json.loads(text)
    assert page["type"] == "AnnotationPage" and page["@context"][0] == "http://www.w3.org/ns/anno.jsonld"
    items: list[dict[str, Any]] = page["items"]
    return items


def imported(browser: Browser, name: str, text: str) -> None:
    """Gives a file to the import button."""
    browser.run(
        """
        const input = document.querySelector('rti-viewer').shadowRoot.querySelector('.panel input[type=file]');
        const files = new DataTransfer();
        files.items.add(new File([args[1]], args[0], { type: 'application/json' }));
        input.files = files.files;
        input.dispatchEvent(new Event('change'));
        """,
        name,
        text,
    )


def drawn(browser: Browser, kind: str, *points: tuple[float, float]) -> dict[str, Any]:
    """Draws a shape with the mouse, saves it as a note, and returns its annotation."""
    opened(browser, browser.run("return location.origin + location.pathname;"), "light=-0.2,0.3")
    open_tool(browser, "notes")
    value(browser, "shadow.querySelector('.panel select').value = args[0]", kind)
    click(browser, "Draw")
    pixels = [at(browser, *point) for point in points]
    if kind == "polygon":
        for pixel in [*pixels, pixels[0]]:
            drag(browser, pixel, pixel)
    else:
        drag(browser, pixels[0], pixels[-1])
    until(browser, "shadow.querySelector('.panel textarea')")
    value(browser, "shadow.querySelector('.panel textarea').value = 'A chip & <b>more</b>'")
    value(browser, "shadow.querySelector('.panel form').requestSubmit()")
    click(browser, "All notes")
    (note,) = exported(browser)
    assert note["body"][0]["value"] == "A chip & <b>more</b>"
    assert note["target"]["state"] == {"type": "RtiState", "value": "light=-0.2,0.3,0.93273791"}
    selector: dict[str, Any] = note["target"]["selector"]
    return selector


def numbers(selector: dict[str, Any]) -> Any:
    text = selector["value"].split("points=")[-1].split("pixel:")[-1]
    return np.array([float(part) for part in "".join(c if c in "0123456789.-" else " " for c in text).split()])


def test_each_shape_is_drawn_where_the_pointer_was(browser: Browser, address: str, folder: Path) -> None:
    publish(folder, None)
    opened(browser, address)
    forget(browser)
    near = 0.5 / value(browser, "viewer.view.scale") + 0.01  # half a pixel of the window
    point = drawn(browser, "point", (20, 30))
    assert (point["type"], point["x"], point["y"]) == (
        "PointSelector",
        pytest.approx(20, abs=near),
        pytest.approx(30, abs=near),
    )
    forget(browser)
    line = drawn(browser, "line", (20, 30), (30, 45))
    assert "polyline" in line["value"] and abs(numbers(line)[-4:] - [20, 30, 30, 45]).max() <= near
    forget(browser)
    rectangle = drawn(browser, "rectangle", (30, 45), (20, 30))
    assert rectangle["type"] == "FragmentSelector" and abs(numbers(rectangle) - [20, 30, 10, 15]).max() <= 2 * near
    forget(browser)
    polygon = drawn(browser, "polygon", (20, 30), (30, 45), (10, 50))
    assert "polygon" in polygon["value"] and abs(numbers(polygon)[-6:] - [20, 30, 30, 45, 10, 50]).max() <= near
    forget(browser)


def test_a_note_opens_under_its_light_in_another_profile(browser: Browser, address: str, folder: Path) -> None:
    publish(folder, None)
    opened(browser, address, "light=0.1234567,-0.5&mode=specular&gain=3&view=30,30,9")
    forget(browser)
    open_tool(browser, "notes")
    click(browser, "Put it in the middle")
    value(browser, "shadow.querySelector('.panel form').requestSubmit()")
    click(browser, "All notes")
    text = json.dumps({"items": exported(browser)})
    before = state(browser)
    forget(browser)
    programs = chromium_programs()
    assert programs is not None
    with Browser(*programs) as other:
        opened(other, address, "light=0,0")
        open_tool(other, "notes")
        imported(other, "notes.json", text)
        until(other, "shadow.querySelector('.panel .notes button')")
        value(other, "shadow.querySelector('.panel .notes button').click()")
        after = state(other)
        assert after["light"] == pytest.approx(before["light"], abs=1e-6)
        assert (after["mode"], after["centre"]) == (before["mode"], pytest.approx(before["centre"], abs=0.01))


@pytest.mark.parametrize("view", VIEWS)
def test_a_mark_stays_on_its_place_at_every_zoom_and_turn(
    browser: Browser, address: str, folder: Path, view: str
) -> None:
    publish(folder, [LIT])
    opened(browser, address, view)
    until(browser, "shadow.querySelector('.marks path')?.getAttribute('d')")
    state(browser)  # some frames later
    box = value(
        browser,
        """(() => {
          const mark = shadow.querySelector('.marks path');
          const place = new DOMPoint(...mark.getAttribute('d').slice(1, -2).split(',').map(Number));
          const { x, y } = place.matrixTransform(mark.getScreenCTM());
          return [x, y];
        })()""",
    )
    wanted = value(browser, "viewer.view.toCanvas([12.5, 40]).map((length) => length / devicePixelRatio)")
    assert box == pytest.approx(wanted, abs=0.01)


def test_a_click_on_a_mark_opens_its_note_and_a_link_does(browser: Browser, address: str, folder: Path) -> None:
    publish(folder, [LIT])
    opened(browser, address)
    until(browser, "shadow.querySelector('.marks path')?.getAttribute('d')")
    drag(browser, at(browser, 12.5, 40), at(browser, 12.5, 40))
    until(browser, "shadow.querySelector('.panel .text')?.textContent === 'a chip'")
    assert value(browser, "[viewer.mode, viewer.gain]") == ["specular", 3]
    link = value(browser, "viewer.state")
    assert "note=urn:uuid:1" in link
    opened(browser, address, link)
    until(browser, "shadow.querySelector('.panel .text')?.textContent === 'a chip'")
    assert state(browser)["light"][:2] == pytest.approx([0.1234567, -0.5], abs=1e-6)


def test_changes_are_kept_in_this_browser_until_they_are_discarded(
    browser: Browser, address: str, folder: Path
) -> None:
    publish(folder, [LIT])
    opened(browser, address)
    open_tool(browser, "notes")
    until(browser, "shadow.querySelectorAll('.panel .notes button').length === 1")
    value(browser, "shadow.querySelector('.panel .notes button').click()")
    click(browser, "Delete")
    opened(browser, address)
    open_tool(browser, "notes")
    until(browser, "shadow.querySelector('.panel .notes').textContent === 'No notes'")
    click(browser, "Discard my changes")
    until(browser, "shadow.querySelectorAll('.panel .notes button').length === 1")


def test_notes_are_searched(browser: Browser, address: str, folder: Path) -> None:
    notes = [annotation(POINT, text) | {"id": f"n{i}"} for i, text in enumerate(["a chip", "a crack", "gold leaf"])]
    publish(folder, notes)
    opened(browser, address)
    open_tool(browser, "notes")
    until(browser, "shadow.querySelectorAll('.panel .notes button').length === 3")
    value(browser, "shadow.querySelector('.panel input[type=search]').value = 'CRACK'")
    value(browser, "shadow.querySelector('.panel input[type=search]').dispatchEvent(new Event('input'))")
    assert value(browser, "shadow.querySelector('.panel .notes').textContent") == "a crack"


def test_notes_are_written_by_keyboard(browser: Browser, address: str, folder: Path) -> None:
    publish(folder, None)
    opened(browser, address)
    value(browser, "shadow.querySelector('canvas').focus()")
    press(browser, "n")
    until(browser, "shadow.querySelector('.panel select')")
    value(browser, "[...shadow.querySelectorAll('.panel button')].find((e) => /middle/.test(e.textContent)).focus()")
    press(browser, "\ue007")  # Enter
    until(browser, "shadow.activeElement?.tagName === 'TEXTAREA'")
    press(browser, *"worn", "\ue004", *"Ana", "\ue004")  # Tab
    value(browser, "shadow.activeElement.select()")
    press(browser, *"7,8", "\ue007")
    until(browser, "shadow.querySelector('.panel .text')?.textContent === 'worn'")
    click(browser, "All notes")
    (note,) = exported(browser)
    assert note["creator"] == {"type": "Person", "name": "Ana"} and note["target"]["selector"] == {
        "type": "PointSelector",
        "x": 7,
        "y": 8,
    }
    forget(browser)


# --- hostile ---------------------------------------------------------------------------------------------------------

RUNS = "<img src=x onerror=\"window.ran = true\"><script>window.ran = true</script><svg onload='window.ran = true'>"
STRANGE = {
    "markup as text": [annotation(POINT, RUNS)],
    "a script in the selector": [
        annotation({"type": "SvgSelector", "value": SVG.format("<script>window.ran = true</script>") + RUNS}),
        annotation({"type": "SvgSelector", "value": SVG.format("<polygon points='1,1 2,2 3,1' onload='ran=true'/>")}),
    ],
    "coordinates that are absurd": [
        annotation({"type": "PointSelector", "x": 1e308, "y": "NaN"}),
        annotation({"type": "PointSelector", "x": [1], "y": {}}),
        annotation({"type": "FragmentSelector", "value": "xywh=pixel:1,2,3"}),
        annotation({"type": "SvgSelector", "value": SVG.format("<polygon points='" + "9,9 " * 5000 + "'/>")}),
    ],
    "parts of other kinds": [None, 5, "x", [], {}, {"target": None}, {"target": {"selector": 3}}, annotation(None)],
    "a state that is none": [annotation(POINT, state={"type": "RtiState", "value": "light=" + RUNS})],
    "a creator of markup": [annotation(POINT) | {"creator": {"name": RUNS}, "created": RUNS, "modified": RUNS}],
    "a text of a megabyte": [annotation(POINT, "x" * 1_000_000)],
    "ten thousand shapes": [annotation(POINT) | {"id": f"n{i}"} for i in range(10_000)],
}


@pytest.mark.parametrize("name", STRANGE)
def test_strange_annotations_neither_run_nor_hang(browser: Browser, address: str, folder: Path, name: str) -> None:
    publish(folder, STRANGE[name])
    opened(browser, address)
    open_tool(browser, "notes")
    value(browser, "shadow.querySelector('.panel .notes button')?.click()")
    assert state(browser)["message"] == ""
    assert value(browser, "window.ran ?? false") is False
    assert value(browser, "shadow.querySelector('.panel').querySelectorAll('img, script, svg[onload]').length") == 0
    assert value(browser, "Number.isFinite(viewer.view.scale + viewer.light[0])")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "annotations.json: expected JSON"),
        ('{"items": 5}', "annotations.json: expected W3C Web Annotations"),
        (json.dumps([None] * 10_001), "annotations.json: expected at most 10000 annotations, got 10001"),
        (json.dumps(["x" * 11_000_000]), "annotations.json: expected at most 10 MB"),
    ],
)
def test_files_that_are_none_are_explained_and_the_picture_stays(
    browser: Browser, address: str, folder: Path, text: str, sentence: str
) -> None:
    publish(folder, text)
    opened(browser, address)
    until(browser, "!shadow.querySelector('.message').hidden")
    assert sentence in state(browser)["message"]
    assert value(browser, "viewer.object !== null")


def test_a_light_change_stays_quick_with_two_hundred_notes(browser: Browser, address: str, folder: Path) -> None:
    shape = {"type": "SvgSelector", "value": SVG.format("<polygon points='1,1 20,2 30,41'/>")}
    publish(folder, [annotation(shape) | {"id": f"n{i}"} for i in range(200)])
    opened(browser, address)
    until(browser, "shadow.querySelector('.marks path')?.getAttribute('d')")
    state(browser)  # some frames later they stand in their place
    assert value(browser, "shadow.querySelectorAll('.overlay path').length") < 10
    moved = browser.run(
        """
        const viewer = document.querySelector('rti-viewer');
        let changes = 0;
        new MutationObserver((list) => (changes += list.length)).observe(
          viewer.shadowRoot.querySelector('.overlay'), { subtree: true, attributes: true, childList: true });
        for (let i = 0; i < 20; i++) {
          viewer.light = [Math.cos(i) / 2, Math.sin(i) / 2];
          await new Promise(requestAnimationFrame);
        }
        return changes;
        """
    )
    assert moved == 0  # nothing of the notes is touched when the light moves


def test_the_place_of_a_point_is_known_both_ways(browser: Browser, address: str) -> None:
    opened(browser, address, VIEWS[2])
    assert picture_at(browser, *value(browser, "viewer.view.toCanvas([33, 21])")) == pytest.approx([33, 21])
