"""The first look: a coarse picture that can be relit before the others have come."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from numpy.typing import NDArray
from objects import experts, relightable
from PIL import Image
from viewer.browser import Browser
from viewer.pages import open_object, served, wait_for_picture
from viewer.tools import value

from fastrti import Relightable, Renderer, load, save
from fastrti.formats.fastrti_folder import write_object
from fastrti.formats.wire import Wire
from fastrti.sharing.local_site import Site
from fastrti.sharing.opened import OpenedObject
from fastrti.sharing.web import export_folder, export_single_file, write_page

HEIGHT, WIDTH = 150, 204
SHARE = 0.05
LIGHT = [0.4, -0.3]


def smooth(what: Relightable) -> Relightable:
    """The object with planes of soft forms and a little noise, as those of an object are."""
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 256, (len(what.planes), 7, 9)).astype(np.uint8)
    soft = [np.asarray(Image.fromarray(plane).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)) for plane in coarse]
    return replace(what, planes=np.clip(soft + rng.normal(0, 3, what.planes.shape), 0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def what() -> Relightable:
    yy, xx = np.mgrid[:HEIGHT, :WIDTH]
    disc = np.hypot((yy - HEIGHT / 2) / HEIGHT, (xx - WIDTH / 2) / WIDTH) < 0.55
    return replace(smooth(relightable("rbf", HEIGHT, WIDTH)), mask=disc)


def sizes(folder: Path) -> tuple[int, int]:
    """Bytes of the first look and of the whole pictures."""
    named = {path.name: path.stat().st_size for path in folder.iterdir() if path.suffix != ".json"}
    first = sum(size for name, size in named.items() if name.startswith("first_"))
    return first, sum(named.values()) - first - named.get("normals.png", 0)


def test_it_takes_few_bytes_and_is_what_the_renderer_draws_at_its_scale(tmp_path: Path, what: Relightable) -> None:
    several = replace(smooth(experts("light-mlp-relu-skip", 2, HEIGHT, WIDTH)), mask=what.mask)
    for name, each in {"one": what, "several": several}.items():
        export_folder(each, tmp_path / name)
        folder = tmp_path / name / "object"
        first, whole = sizes(folder)
        assert 0 < first <= SHARE * whole
        info = json.loads((folder / "info.json").read_text())
        factor = info["first"]["factor"]
        for path in folder.glob("first_*"):  # as an object of its own
            path.rename(tmp_path / path.name.removeprefix("first_"))
        shape = {"width": -(-WIDTH // factor), "height": -(-HEIGHT // factor)}
        (tmp_path / "info.json").write_text(json.dumps(info | shape))
        assert np.array_equal(Renderer(load(tmp_path)).relight(LIGHT), Renderer(each).relight(LIGHT, scale=1 / factor))


def test_it_is_no_part_of_the_object(tmp_path: Path, what: Relightable) -> None:
    write_object(what, tmp_path, first=True)
    assert list(tmp_path.glob("first_*"))
    opened = load(tmp_path)
    assert "first" not in opened.extra
    (tmp_path / "first_notes.txt").write_text("somebody's")
    save(replace(opened, planes=255 - opened.planes), tmp_path)
    assert [path.name for path in tmp_path.glob("first*")] == ["first_notes.txt"], "it would show the old planes"
    assert "first" not in json.loads((tmp_path / "info.json").read_text())


def test_what_comes_at_once_or_in_tiles_has_none(tmp_path: Path, what: Relightable) -> None:
    export_folder(relightable("ptm", 24, 30), tmp_path / "small")
    export_folder(what, tmp_path / "tiled", tiles=True)
    for folder in (tmp_path / "small/object", tmp_path / "tiled/object"):
        assert not list(folder.glob("first_*")) and "first" not in json.loads((folder / "info.json").read_text())
    export_single_file(what, tmp_path / "page.html")
    assert "first_" not in (tmp_path / "page.html").read_text().partition('id="files">')[2].partition("</script>")[0]


def test_an_export_is_viewed_with_it(tmp_path: Path, what: Relightable) -> None:
    write_object(what, tmp_path, first=True)
    site = Site(OpenedObject(tmp_path), tmp_path / "made")
    for path in tmp_path.glob("first_*"):
        assert site.find(f"object/{path.name}") == path.resolve()
    assert site.find("object/first_info.json") is None


# --- in the browser --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str, Event]]:
    """A page whose server keeps the whole planes back until the event is set."""
    folder, released = tmp_path_factory.mktemp("site"), Event()
    write_page(folder, "")
    with served(folder, lambda path: "/plane_" in path and released.wait(60)) as (address, _):
        yield folder, address, released
        released.set()


def on_canvas(browser: Browser) -> NDArray[np.intp]:
    """The picture where the canvas shows it at 1:1."""
    left, top = (round(length) for length in value(browser, "viewer.view.toCanvas([0, 0])"))
    data = browser.run(
        """
        const viewer = document.querySelector('rti-viewer'), canvas = viewer.shadowRoot.querySelector('canvas');
        const copy = document.createElement('canvas').getContext('2d');
        [copy.canvas.width, copy.canvas.height] = args.slice(2);
        viewer.redraw();
        await new Promise((done) => requestAnimationFrame(() => {
          copy.drawImage(canvas, -args[0], -args[1]);
          done();
        }));
        return [...copy.getImageData(0, 0, ...args.slice(2)).data];
        """,
        *(left, top, WIDTH, HEIGHT),
    )
    return np.array(data).reshape(HEIGHT, WIDTH, 4)[..., :3]


def until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_is_relit_before_the_planes_have_come_and_then_gives_way_to_their_bytes(
    browser: Browser, site: tuple[Path, str, Event], what: Relightable
) -> None:
    folder, address, released = site
    (folder / "object").mkdir()
    write_object(what, folder / "object", wire=Wire((2,) * 9, 0.1), first=True)
    first, whole = sizes(folder / "object")
    assert 0 < first <= SHARE * whole
    browser.open(f"{address}/index.html#view={WIDTH / 2},{HEIGHT / 2},1")
    assert isinstance(wait_for_picture(browser), dict)
    factor = json.loads((folder / "object" / "info.json").read_text())["first"]["factor"]
    inside = what.mask
    shown = []
    for light in (LIGHT, [-0.5, 0.2]):
        browser.run("document.querySelector('rti-viewer').light = args[0];", light)
        small = Image.fromarray(Renderer(what).relight(light, scale=1 / factor))
        coarse = np.asarray(small.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)).astype(int)
        shown.append(on_canvas(browser))
        assert abs(shown[-1] - coarse)[inside].mean() < 4, "JPEG and the edge of the mask make a difference"
    assert abs(shown[0] - shown[1])[inside].mean() > 10, "the light moves it"
    opened = load(folder / "object")
    exact = Renderer(opened).relight([-0.5, 0.2]).astype(int)
    assert abs(shown[1] - exact)[inside].mean() > 2 and not released.is_set()
    released.set()
    until(lambda: bool(abs(on_canvas(browser) - exact)[inside].max() <= 1))


@pytest.mark.parametrize(
    "first, sentence",
    [
        ({"factor": 3}, "expected ‘factor’ to be one of 4, 8, 16, 32, 64, got 3"),
        (7, "expected ‘factor’ to be one of"),
        ({"factor": 4}, ".jpg: expected a file of the object, got the answer 404"),
    ],
)
def test_a_first_look_that_is_none_is_a_sentence(
    browser: Browser, site: tuple[Path, str, Event], first: object, sentence: str
) -> None:
    folder, address, _ = site
    browser.open(f"{address}/index.html")
    save(relightable("ptm", 9, 7), folder / "bad")
    info = json.loads((folder / "bad" / "info.json").read_text())
    (folder / "bad" / "info.json").write_text(json.dumps(info | {"first": first}))
    assert sentence in open_object(browser, "bad")
