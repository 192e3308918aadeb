"""What a title, a creator or a rights holder is called must not matter to any page or command."""

import html
import json
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from objects import relightable

from fastrti import Relightable, load, save
from fastrti.cli import main
from fastrti.sharing.openlime import export_openlime
from fastrti.sharing.web import export_folder, export_single_file, inlined_page, page_files

TITLES = {
    "a comment": "Coin // obverse",
    "a doc comment": "/** Coin */",
    "lines of comments": "a\n// b\n/**\n*/\n",
    "the end of a title": "</title><script>alert(1)</script>",
    "the end of a script": "</script><b>",
    "the place of a title": "<title></title>",
    "the place of the object": '<rti-viewer src="object">',
    "the place of a script": '<script type="module" src="rti-viewer.js"></script>',
    "an import": "import { x } from './files.js';\n",
    "a group of a pattern": r"\1 \g<0> $& {0} %s",
    "quotes": "\"'`${1}",
    "an entity": "&amp; &lt;",
    "controls": "a\x00\x1b[31m\u2028\u202e",
    "other scripts": "花瓶 🏺 وعاء",
    "spaces": "  \t ",
}


class Page(HTMLParser):
    """The title and the elements of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.title, self.elements, self.inside = "", [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        self.inside = tag == "title"

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.title += data


@pytest.fixture(scope="module")
def plain() -> Relightable:
    return relightable("ptm", 3, 4)


def pages(what: Relightable, folder: Path) -> dict[str, str]:
    """The page of every export and of the local server."""
    export_folder(what, folder / "site")
    export_single_file(what, folder / "one.html")
    export_openlime(what, folder / "openlime")
    save(what, folder / "object")
    return {
        "folder": (folder / "site" / "index.html").read_text(encoding="utf-8"),
        "single file": (folder / "one.html").read_text(encoding="utf-8"),
        "OpenLIME": (folder / "openlime" / "index.html").read_text(encoding="utf-8"),
        "notebook": inlined_page(folder / "object", what.title),
        "view": page_files(what.title)["index.html"].decode(),
    }


@pytest.mark.parametrize("name", TITLES)
def test_a_title_is_text_whatever_it_looks_like(plain: Relightable, tmp_path: Path, name: str) -> None:
    other = pages(replace(plain, title="Vase"), tmp_path / "other")
    for place, text in pages(replace(plain, title=TITLES[name]), tmp_path / "named").items():
        page = Page(text)
        assert page.elements == Page(other[place]).elements
        assert page.title.replace("\r", "") == TITLES[name], place
        without = text.replace(f"<title>{html.escape(TITLES[name])}</title>", "")
        if place not in ("single file", "notebook"):  # which hold the object, and its title in it
            assert without == other[place].replace("<title>Vase</title>", "")


def test_a_long_title_costs_no_time(plain: Relightable) -> None:
    began = time.process_time()
    for title in ("/**\n" * 100_000, "// " * 100_000, " " * 300_000, "<" * 300_000):
        assert html.escape(title).encode() in page_files(title)["index.html"]
    assert time.process_time() - began < 2


SURROGATES = ["\ud800", "a\udfff b", "\ude00\ud83d", "\udcff from a file name"]


@pytest.mark.parametrize("text", SURROGATES)
def test_lone_surrogates_become_replacement_characters(plain: Relightable, tmp_path: Path, text: str) -> None:
    """JSON may hold them, and so may names that come from the command line. Pairs are characters."""
    readable = "".join("\N{REPLACEMENT CHARACTER}" if "\ud800" <= letter <= "\udfff" else letter for letter in text)
    what = replace(plain, title=text, creator=text, rights=text + "🏺")
    assert (what.title, what.creator, what.rights) == (readable, readable, readable + "🏺")
    for page in pages(what, tmp_path).values():
        assert Page(page).title == readable


@pytest.mark.parametrize("text", SURROGATES)
def test_an_object_with_lone_surrogates_serves_every_command(
    plain: Relightable, tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    vase = tmp_path / "vase"
    save(plain, vase)
    info = json.loads((vase / "info.json").read_text())
    (vase / "info.json").write_text(json.dumps(info | dict.fromkeys(("title", "creator", "rights"), text)))
    for command in (
        f"info {vase}",
        f"export {vase} --to web {tmp_path}/site",
        f"export {vase} --to web {tmp_path}/vase.html --single-file",
        f"export {vase} --to openlime {tmp_path}/lime",
        f"convert {vase} -o {tmp_path}/copy",
        f"relight {vase} --light 0,0 -o {tmp_path}/vase.png",
    ):
        assert main(command.split()) == 0
    assert "\N{REPLACEMENT CHARACTER}" in capsys.readouterr().out
    assert load(tmp_path / "copy").title == load(vase).title
