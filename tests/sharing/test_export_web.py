"""The web export, without a browser."""

import json
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from objects import DECODERS, LIGHTS, assert_equal, relightable
from PIL import Image

import fastrti.rendering.normals
from fastrti import ArgumentError, FastrtiError, Renderer, load, save
from fastrti.cli import main
from fastrti.formats.pyramid import TILE, halved, level_count, write_pyramid
from fastrti.sharing import site, web
from fastrti.sharing.scripts import ENTRY, FIRST, page_scripts, page_with_scripts
from fastrti.sharing.site import loads_best_as_tiles, needs_tiles
from fastrti.sharing.web import export_folder, export_single_file

PAGE_FILES = {"index.html", "rti-viewer.js"}


# --- pyramids --------------------------------------------------------------------------------------------------------


def test_halving_takes_means_and_repeats_the_last_row_and_column() -> None:
    picture = np.array([[0, 1, 10], [2, 4, 20], [100, 200, 30]], np.uint8)
    assert halved(picture).tolist() == [[2, 15], [150, 30]]  # 7/4 → 2, 15, 150, 30
    assert halved(np.full((5, 3, 3), 255, np.uint8)).tolist() == np.full((3, 2, 3), 255).tolist()


@pytest.mark.parametrize(("longest", "levels"), [(1, 1), (256, 1), (257, 2), (512, 2), (513, 3), (5000, 6)])
def test_the_coarsest_level_fits_one_tile(longest: int, levels: int) -> None:
    assert level_count(longest, 1) == level_count(1, longest) == levels


def test_tiles_make_up_the_picture(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (300, 530, 3), np.uint8)
    write_pyramid(tmp_path, "plane_1", picture)
    folders = sorted(path.name for path in (tmp_path / "plane_1_files").iterdir())
    assert folders == ["0", "1", "2"]
    whole = np.zeros_like(picture)
    for tile in (tmp_path / "plane_1_files" / "2").iterdir():
        column, row = map(int, tile.stem.split("_"))
        pixels = np.asarray(Image.open(tile))
        whole[row * TILE : row * TILE + len(pixels), column * TILE : column * TILE + pixels.shape[1]] = pixels
    assert np.array_equal(whole, picture)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "plane_1_files/0/0_0.png")), halved(halved(picture)))
    assert 'Width="530" Height="300"' in (tmp_path / "plane_1.dzi").read_text()


# --- folders and files -----------------------------------------------------------------------------------------------


def test_the_folder_holds_page_and_object(tmp_path: Path) -> None:
    what = replace(relightable("openlime-unequal-few-latents", 7, 9), title="A & B")
    export_folder(what, tmp_path / "site")
    assert {path.name for path in (tmp_path / "site").iterdir()} > PAGE_FILES
    assert "<title>A &amp; B</title>" in (tmp_path / "site" / "index.html").read_text()
    assert np.array_equal(load(tmp_path / "site" / "object").planes, what.planes)
    assert np.asarray(Image.open(tmp_path / "site" / "object" / "normals.png")).shape == (7, 9, 3)


def test_an_export_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    export_folder(relightable("ptm", 7, 9), tmp_path / "site", tiles=True)
    export_folder(relightable("ptm", 7, 9), tmp_path / "site")
    assert not list((tmp_path / "site" / "object").glob("*_files"))
    (tmp_path / "photographs").mkdir()
    (tmp_path / "photographs" / "1.jpg").touch()
    with pytest.raises(ArgumentError, match="choose another name"):
        export_folder(relightable("ptm", 7, 9), tmp_path / "photographs")
    assert [path.name for path in (tmp_path / "photographs").iterdir()] == ["1.jpg"]


def test_tiles_carry_the_object_s_own_description(tmp_path: Path) -> None:
    what = relightable("light-mlp-one-layer", 300, 40, masked=True)
    export_folder(what, tmp_path / "site", tiles=True)
    info = json.loads((tmp_path / "site" / "object" / "info.json").read_text())
    save(what, tmp_path / "plain")
    plain = json.loads((tmp_path / "plain" / "info.json").read_text())
    assert info == plain | {"tiles": {"size": TILE, "levels": 2}}
    assert not list((tmp_path / "site" / "object").glob("*.jpg"))
    assert (tmp_path / "site/object/mask_files/1/0_1.png").exists()
    assert (tmp_path / "site/object/normals_files/1/0_1.png").exists()


@pytest.mark.parametrize("name", DECODERS)
def test_fastrti_opens_its_own_tiles(tmp_path: Path, name: str) -> None:
    what = relightable(name, 259, 513, masked=len(name) % 2 == 0)
    export_folder(what, tmp_path / "site", tiles=True)
    opened = load(tmp_path / "site" / "object")
    assert_equal(replace(opened, normals=None), what)
    light = LIGHTS[1]
    assert np.array_equal(Renderer(opened, "cpu").relight(light), Renderer(what, "cpu").relight(light))


@pytest.mark.parametrize("title", ["Coin // obverse", "/** not a comment */", "a\n// b\n/**\n*/\n"])
def test_a_title_is_text_whatever_it_looks_like(tmp_path: Path, title: str) -> None:
    export_folder(replace(relightable("ptm", 7, 9), title=title), tmp_path / "site")
    assert f"<title>{title}</title>" in (tmp_path / "site" / "index.html").read_text()


def test_a_failed_export_leaves_the_last_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export_folder(relightable("ptm", 7, 9), tmp_path / "site")
    before = {path: path.read_bytes() for path in (tmp_path / "site").rglob("*.*") if path.is_file()}
    monkeypatch.setattr(fastrti.rendering.normals, "estimate_normals", lambda renderer: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export_folder(relightable("hsh9", 7, 9), tmp_path / "site")
    with pytest.raises(ZeroDivisionError):
        export_single_file(relightable("hsh9", 7, 9), tmp_path / "site" / "vase.html")
    assert before == {path: path.read_bytes() for path in (tmp_path / "site").rglob("*.*") if path.is_file()}


def test_a_link_inside_an_export_is_not_followed(tmp_path: Path) -> None:
    export_folder(relightable("ptm", 7, 9), tmp_path / "site")
    (tmp_path / "site" / "object").rename(tmp_path / "elsewhere")
    (tmp_path / "site" / "object").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArgumentError, match="got a link: remove the link"):
        export_folder(relightable("hsh9", 7, 9), tmp_path / "site")
    assert_equal(replace(load(tmp_path / "elsewhere"), normals=None), relightable("ptm", 7, 9))


def test_a_name_that_no_system_takes_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        FastrtiError,
        match=r"expected a .* that can be written, got File name too long",
    ):
        export_folder(relightable("ptm", 7, 9), tmp_path / ("x" * 300))


def test_large_pictures_become_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not needs_tiles(relightable("ptm", 1, 4096))
    assert needs_tiles(relightable("ptm", 1, 4097))
    monkeypatch.setattr(site, "MAX_TEXELS", 6 * 100)
    assert not needs_tiles(relightable("ptm", 10, 10))
    assert needs_tiles(relightable("ptm", 10, 11))


def test_the_web_gets_tiles_sooner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert not loads_best_as_tiles(relightable("ptm", 2000, 1000))
    assert loads_best_as_tiles(relightable("ptm", 2000, 1001))
    monkeypatch.setattr(site, "MAX_WHOLE_PIXELS", 100)
    for width, tiled in ((10, False), (11, True)):
        export_folder(relightable("ptm", 10, width), tmp_path / "site")
        assert ("tiles" in json.loads((tmp_path / "site/object/info.json").read_text())) == tiled
    export_single_file(relightable("ptm", 10, 11), tmp_path / "vase.html")
    assert "plane_1.jpg" in (tmp_path / "vase.html").read_text()  # a file is loaded at once


def test_a_single_file_needs_nothing_else(tmp_path: Path) -> None:
    export_single_file(relightable("ptm", 7, 9), tmp_path / "vase.html")
    page = (tmp_path / "vase.html").read_text()
    assert 'src="rti-viewer.js"' not in page and "import " not in page.split("<body>")[0]
    assert page.count("data:image/png;base64,") == 6 + 1  # planes and normals
    assert page.count("</script>") == 2


def test_a_single_file_is_an_html_of_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ArgumentError, match=r"ending in \.html for a single file, got 'vase'"):
        export_single_file(relightable("ptm", 7, 9), tmp_path / "vase")
    monkeypatch.setattr(web, "MAX_INLINED_BYTES", 1000)
    with pytest.raises(ArgumentError, match="export a folder instead"):
        export_single_file(relightable("ptm", 7, 9), tmp_path / "vase.html")
    assert not (tmp_path / "vase.html").exists()


# --- the commands ----------------------------------------------------------------------------------------------------


@pytest.fixture
def vase(tmp_path: Path) -> str:
    save(relightable("ptm", 7, 9), tmp_path / "vase")
    return str(tmp_path / "vase")


def test_export_writes_a_folder_or_a_file(vase: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site, page = tmp_path / "site", tmp_path / "vase.html"
    assert main(["export", vase, "--to", "web", str(site)]) == 0
    assert main(["export", vase, "--to", "web", str(page), "--single-file"]) == 0
    assert capsys.readouterr().out == f"{site}\n{page}\n"
    assert (site / "object" / "info.json").exists() and page.exists()


def test_export_does_not_put_tiles_into_a_single_file(
    vase: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", vase, "--to", "web", str(tmp_path / "vase.html"), "--single-file", "--tiles"]) == 1
    assert "expected --single-file or --tiles, got both" in capsys.readouterr().err


@pytest.mark.parametrize(("target", "options"), [("web", []), ("web", ["--tiles"]), ("openlime", [])])
def test_an_export_s_name_may_have_dots(vase: str, tmp_path: Path, target: str, options: list[str]) -> None:
    assert main(["export", vase, "--to", target, str(tmp_path / "site.v2"), *options]) == 0
    assert (tmp_path / "site.v2" / "object" / "info.json").exists()


def test_normals_writes_a_map(vase: str, tmp_path: Path) -> None:
    assert main(["normals", vase, "-o", str(tmp_path / "normals.png"), "--bits", "16"]) == 0
    with Image.open(tmp_path / "normals.png") as normals:
        assert normals.size == (9, 7)


def test_the_top_level_names_of_the_scripts_are_unique() -> None:
    """A page of one file joins all scripts into one."""
    declared: list[str] = []
    for script in (files("fastrti") / "sharing" / "viewer").iterdir():
        if script.name.endswith(".js"):
            text = script.read_text(encoding="utf-8")
            declared += re.findall(r"^(?:export )?(?:async )?(?:const|let|function|class) (\w+)", text, re.MULTILINE)
    assert len(declared) > 100 and sorted(set(declared)) == sorted(declared)


def test_the_first_picture_needs_one_script_and_the_others_find_what_they_share_with_it() -> None:
    scripts = {name: text for name, text in page_scripts().items() if name.endswith(".js")}
    assert scripts[ENTRY] == f"export * from './{FIRST}';\n" and not re.search(
        r"^import\b", scripts[FIRST], re.MULTILINE
    )
    exported = {name: _exported(text) for name, text in scripts.items()}
    found = set()
    for name, text in scripts.items():
        for names, source in re.findall(r"^import ?\{([^}]*)\} ?from ?'\./([\w-]+\.js)';$", text, re.MULTILINE):
            wanted = {each.strip() for each in names.split(",")} - {""}
            assert wanted <= exported[source], f"{name} imports {wanted - exported[source]} of {source}"
            found.add(source)
        assert set(re.findall(r"import\('\./([\w-]+\.js)'\)", text)) <= set(scripts) - {ENTRY, FIRST}
        assert len(re.findall(r"^import\b", text, re.MULTILINE)) == len(
            re.findall(r"^import ?\{[^;]*;$", text, re.MULTILINE)
        )
    assert FIRST in found and "tiff.js" in found and not any(name in scripts for name in ("controls.js", "words.js"))


def _exported(script: str) -> set[str]:
    return set(re.findall(r"^export (?:async )?(?:const|let|function|class) (\w+)", script, re.MULTILINE))


def test_a_page_asks_for_all_of_the_first_picture_s_scripts_at_once() -> None:
    early = re.compile(r'<link rel="modulepreload" href="([^"]+)">')
    assert early.findall(page_with_scripts("../../")) == ["../../viewer.js"]
    packed = page_with_scripts(packed=True)
    assert sorted(early.findall(packed)) == ["pack.js", "ranged-file.js", "tiff.js", "viewer.js"]
    assert packed.index("modulepreload") < packed.index('<script type="module" src="rti-viewer.js">')


# --- packs -----------------------------------------------------------------------------------------------------------


def test_a_pack_takes_the_place_of_the_tiles_and_a_pack_is_exported_as_it_is(tmp_path: Path) -> None:
    what = relightable("ptm", 40, 300)
    save(what, tmp_path / "vase")
    assert main(["export", str(tmp_path / "vase"), "--to", "web", str(tmp_path / "site"), "--tiles"]) == 0
    (tmp_path / "site" / "mine.txt").write_text("kept")
    assert main(["export", str(tmp_path / "vase"), "--to", "web", str(tmp_path / "site"), "--pack"]) == 0
    names = {path.name for path in (tmp_path / "site").iterdir() if path.suffix not in (".js", ".ts")}
    assert names == {"index.html", "object.rti.tif", "mine.txt"}
    assert '<rti-viewer src="object.rti.tif" link>' in (tmp_path / "site" / "index.html").read_text()
    packed = load(tmp_path / "site" / "object.rti.tif")
    assert_equal(packed, replace(what, normals=packed.normals))
    assert packed.normals is not None
    source = str(tmp_path / "site" / "object.rti.tif")
    assert main(["export", source, "--to", "web", str(tmp_path / "copy")]) == 0
    assert (tmp_path / "copy" / "object.rti.tif").read_bytes() == Path(source).read_bytes()
    assert main(["export", source, "--to", "web", str(tmp_path / "copy"), "--tiles"]) == 0
    assert_equal(load(tmp_path / "copy" / "object"), packed)
    assert not (tmp_path / "copy" / "object.rti.tif").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--to", "web", "site", "--pack", "--tiles"], "expected --tiles or --pack, got both"),
        (["--to", "web", "site.html", "--pack", "--single-file"], "expected --single-file or --pack, got both"),
        (["--to", "openlime", "site", "--pack"], "expected --pack with --to web, got --to openlime"),
    ],
)
def test_an_export_has_one_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    save(relightable("ptm", 7, 9), tmp_path / "vase")
    assert main(["export", str(tmp_path / "vase"), *options[:2], str(tmp_path / options[2]), *options[3:]]) == 1
    assert sentence in capsys.readouterr().err


def test_a_pack_does_not_take_its_own_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "site" / "object.rti.tif"
    export_folder(relightable("ptm", 7, 9), tmp_path / "site", packed=True)
    before = source.read_bytes()
    assert main(["export", str(source), "--to", "web", str(tmp_path / "site")]) == 1
    assert "which would replace" in capsys.readouterr().err and source.read_bytes() == before
