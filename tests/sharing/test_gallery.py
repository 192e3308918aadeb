"""The index page of several objects: texts in every context, feeds, and the light under the pointer."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from objects import relightable
from PIL import Image
from viewer.browser import Browser
from viewer.pages import served

from fastrti import Relightable, Renderer, save
from fastrti.cli import main
from fastrti.sharing.facts import address_names
from fastrti.sharing.gallery import export_gallery
from fastrti.sharing.thumbnails import GRID, REACH, SIDE, grid_light

BASE = "https://example.org/rti/"
HOSTILE = "\"><img src=x onerror=alert(1)> & </script></title>]]><!-- count --> '\x00\x1b\ud800"


class Page(HTMLParser):
    """The elements of a page, their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def vase(**changes: object) -> Relightable:
    return replace(relightable("ptm", 7, 9), **changes)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gallery") / "site"
    hostile = vase(title=HOSTILE, creator=HOSTILE, rights=HOSTILE)
    export_gallery([("vase", hostile), ("coin", vase(title="Coin", lights=np.tile((0, 0, 1), (4, 1))))], folder, BASE)
    return folder


def test_the_page_is_pictures_and_links_without_scripts(site: Path) -> None:
    page = Page((site / "index.html").read_text())
    named = [attributes.get(name) for _, attributes in page.elements for name in ("href", "src", "data-strip")]
    own = {name for name in named if name and not name.startswith("data:")}
    assert {"objects/vase/index.html", "objects/coin/thumbnail.jpg", "objects/coin/strip.jpg", "feed.xml"} <= own
    assert all((site / name).is_file() for name in own)
    assert "Coin" in page.text and "Photographs4" in page.text and "2 objects" in page.text


def test_texts_of_objects_are_texts_in_every_file(site: Path) -> None:
    shown = HOSTILE.replace("\x00", "\ufffd").replace("\x1b", "\ufffd").replace("\ud800", "\ufffd")
    page = Page((site / "index.html").read_text())
    assert page.text.count(shown) == 3  # title, creator, rights
    assert [tag for tag, _ in page.elements].count("img") == 2
    assert [tag for tag, _ in page.elements].count("script") == 1
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    feed = json.loads((site / "feed.json").read_text())
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [(item["title"], item["url"]) for item in feed["items"]] == [
        (shown, f"{BASE}objects/vase/index.html"),
        ("Coin", f"{BASE}objects/coin/index.html"),
    ]
    channel = ElementTree.fromstring((site / "feed.xml").read_bytes()).find("channel")
    assert channel is not None
    assert [item.findtext("title") for item in channel.iter("item")] == [shown, "Coin"]
    assert all((site / str(item.findtext("link")).removeprefix(BASE)).is_file() for item in channel.iter("item"))
    viewer = Page((site / "objects/vase/index.html").read_text())
    assert viewer.text.count(shown) == 1 and [tag for tag, _ in viewer.elements].count("img") == 0
    (script,) = [attributes["src"] for tag, attributes in viewer.elements if tag == "script"]
    assert (site / "objects/vase" / str(script)).resolve() == site / "rti-viewer.js"


def test_a_strip_has_the_thumbnail_under_every_light(tmp_path: Path) -> None:
    what = relightable("ptm", 3, 2 * SIDE)
    smooth = replace(what, planes=np.full_like(what.planes, 128))
    export_gallery([("vase", smooth)], tmp_path / "site")
    with Image.open(tmp_path / "site/objects/vase/strip.jpg") as file:
        strip = np.asarray(file, float)
    height = strip.shape[0] // GRID
    assert strip.shape == (GRID * height, GRID * SIDE, 3)
    for row, column in ((0, 0), (0, 4), (2, 2), (4, 1)):
        cell = strip[row * height : (row + 1) * height, column * SIDE : (column + 1) * SIDE]
        wanted = Renderer(smooth).relight(grid_light(row, column))[0, 0]
        assert np.abs(cell.mean((0, 1)) - wanted).max() < 6
    assert grid_light(0, 2) == pytest.approx((0, REACH)) and grid_light(2, 4) == pytest.approx((REACH, 0))
    assert max(np.hypot(*grid_light(row, column)) for row in range(GRID) for column in range(GRID)) <= REACH + 1e-9


def test_names_are_parts_of_addresses_and_all_different() -> None:
    names = ["Vase", "vase", "Vase é/..", "花瓶", "", "vase-2", "a b?#%", "x" * 200]
    found = address_names(names)
    assert found == ["Vase", "vase-2", "Vase-e", "object", "object-2", "vase-2-2", "a-b", "x" * 80]


def test_the_command_makes_an_index_of_several(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("vase", "coin"):
        save(vase(title=name), tmp_path / name)
    both = [str(tmp_path / "vase"), str(tmp_path / "coin")]
    assert main(["export", *both, "--to", "web", str(tmp_path / "site")]) == 0
    assert "the feeds are left out" in capsys.readouterr().err
    site = tmp_path / "site"
    assert (site / "objects/coin/index.html").exists() and not (site / "feed.xml").exists()
    assert main(["export", both[0], "--to", "web", str(site)]) == 0  # the page of one object takes its place
    assert (site / "object").is_dir() and not (site / "objects").exists() and not (site / "gallery.js").exists()
    assert main(["export", *both, "--to", "web", str(site), "--base-url", BASE]) == 0
    assert (site / "feed.xml").exists() and not (site / "object").exists()
    (site / "objects").rename(tmp_path / "elsewhere")
    (site / "objects").symlink_to(tmp_path / "elsewhere")
    assert main(["export", *both, "--to", "web", str(site)]) == 1
    assert "got a link: remove the link" in capsys.readouterr().err


@pytest.mark.deep
def test_the_light_follows_the_pointer_and_the_list_is_searched(tmp_path: Path, browser: Browser) -> None:
    what = relightable("ptm", 64, 64)
    planes = np.zeros_like(what.planes)  # red grows with x, green with y; the terms are x², y², xy, x, y, 1
    planes[9], planes[13], planes[15:18] = 255, 255, 128
    maximum = np.full(18, 0.4)
    maximum[15:18] = 1
    ramp = replace(what, planes=planes, minimum=np.zeros(18), maximum=maximum)
    objects = [("one", replace(ramp, title="Clay tablet")), ("two", replace(ramp, title="Silver coin"))]
    export_gallery(objects, tmp_path / "site")
    with served(tmp_path / "site") as (address, requests):
        browser.open(f"{address}/index.html")
        assert not any("strip" in path for path in requests)
        seen = []
        for u, v in ((0.9, 0.5), (0.1, 0.5), (0.5, 0.1), (0.6, 0.4)):
            x, y = browser.run(
                "const box = document.querySelector('.picture').getBoundingClientRect();"
                "return [box.left + args[0] * box.width, box.top + args[1] * box.height];", u, v
            )  # fmt: skip
            move = {"type": "pointerMove", "x": round(x), "y": round(y), "duration": 0}
            browser.perform(
                {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [move]}
            )
            seen.append(
                browser.run(
                    "for (let i = 0; i < 100 && !document.querySelector('.picture canvas'); i++)"
                    "  await new Promise((r) => setTimeout(r, 20));"
                    "const canvas = document.querySelector('.picture canvas');"
                    "return [...canvas.getContext('2d').getImageData(9, 9, 1, 1).data];"
                )
            )
            light = (REACH * (2 * u - 1), REACH * (1 - 2 * v))
            wanted = 128 + 0.4 * 255 * np.array(light)
            assert np.abs(np.array(seen[-1][:2]) - wanted).max() < 8, (u, v, seen[-1])
        assert [path for path in requests if "strip" in path] == ["/objects/one/strip.jpg"]
        found = browser.run(
            "const field = document.querySelector('input'); field.value = 'COIN ptm';"
            "field.dispatchEvent(new Event('input'));"
            "return [document.querySelector('[role=status]').textContent,"
            " [...document.querySelectorAll('article')].map((card) => card.checkVisibility())];"
        )
        assert found == ["1 of 2 objects", [False, True]]
