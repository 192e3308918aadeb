"""The OpenLIME export, judged by OpenLIME's contract, written out here without the exporter's code."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from objects import DECODERS, LIGHTS, OPENLIME_DECODERS, mlp, relightable
from openlime import CONDITIONED, SIZE, assert_equal, exported, make, shown_by_neural_layer, shown_by_rti_layer
from PIL import Image

from fastrti import ArgumentError, ObjectError, Renderer, load, save
from fastrti.cli import main
from fastrti.lights import unit_light
from fastrti.sharing import site
from fastrti.sharing.openlime import export_openlime

PLAIN = OPENLIME_DECODERS | {"disk20": mlp(9, (20, 20), "elu")}


# --- the contract of the neural layer --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PLAIN)
def test_plain_networks_are_drawn_exactly(name: str, tmp_path: Path) -> None:
    what = make(PLAIN[name])
    folder = exported(tmp_path, what)
    for light in LIGHTS:
        assert_equal(shown_by_neural_layer(folder, light), what, light)


def uniforms_by_page_script(folder: Path, lights: list[list[float]]) -> list[dict[str, list[float]]]:
    """What the page's script sets under these lights (x, y), computed by node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node to run the page's script")
    (folder.parent / "package.json").write_text('{"type": "module"}')
    script = """
        import { readFileSync } from 'node:fs';
        import { conditionOnLight } from './uniforms.js';
        const set = {};
        const shader = { setLight() {}, setUniform(name, value) { set[name] = Array.from(value); } };
        conditionOnLight(shader, JSON.parse(readFileSync('object/info.json', 'utf8')));
        const all = JSON.parse(process.argv[1]).map((light) => { shader.setLight(light); return { ...set }; });
        console.log(JSON.stringify(all));
    """
    command = [node, "--input-type=module", "--eval", script, json.dumps(lights)]
    return json.loads(subprocess.run(command, cwd=folder.parent, check=True, capture_output=True, text=True).stdout)


@pytest.mark.parametrize("name", CONDITIONED)
def test_light_conditioned_networks_are_drawn_exactly_by_the_page_script(name: str, tmp_path: Path) -> None:
    what = make(CONDITIONED[name])
    folder = exported(tmp_path, what)
    assert_equal(shown_by_neural_layer(folder, (0, 0)), what, (0, 0))  # before the script has set anything
    lights = [unit_light(light)[:2].tolist() for light in LIGHTS]
    for light, uniforms in zip(lights, uniforms_by_page_script(folder, lights)):
        assert_equal(shown_by_neural_layer(folder, light, uniforms), what, light)


def test_the_script_takes_lights_beyond_the_circle(tmp_path: Path) -> None:
    folder = exported(tmp_path, make(CONDITIONED["six-planes"]))
    beyond, on = uniforms_by_page_script(folder, [[1.2, -1.6], [0.6, -0.8]])
    for name in on:
        assert np.allclose(beyond[name], on[name], rtol=1e-6), name


@pytest.mark.parametrize("decoder", [PLAIN["openlime-wide"], CONDITIONED["six-planes"]])
@pytest.mark.parametrize("tiles", [False, True])
def test_the_exported_object_is_still_one_of_fastrti(decoder, tiles: bool, tmp_path: Path) -> None:
    what = make(decoder, (259, 301))
    what = replace(what, mask=what.planes[0] > 60)
    folder = exported(tmp_path, what, tiles=tiles)
    assert (folder / "plane_1.dzi").exists() == tiles
    again = load(folder)
    assert np.array_equal(Renderer(again).relight(LIGHTS[1]), Renderer(what).relight(LIGHTS[1]))


# --- the contract of the RTI layer -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ptm", "ptm-base", "hsh9", "hsh9-base", "rbf"])
def test_bases_are_drawn_from_relight_folders(name: str, tmp_path: Path) -> None:
    what = relightable(name, *SIZE)
    folder = exported(tmp_path, what)
    for light in LIGHTS[:3]:
        if name == "rbf":  # its table is rounded to bytes
            difference = shown_by_rti_layer(folder, light).astype(int) - Renderer(what).relight(light)
            assert np.sqrt((difference**2).mean()) < 1.5
        else:
            assert_equal(shown_by_rti_layer(folder, light), what, light)


# --- tiles and masks -------------------------------------------------------------------------------------------------


def test_tiles_hold_the_same_picture(tmp_path: Path) -> None:
    what = make(PLAIN["openlime"], (300, 530))
    folder = exported(tmp_path, what, tiles=True)
    assert not list(folder.glob("*.jpg"))
    assert settings(folder)["layout"] == "deepzoom"
    assert_equal(shown_by_neural_layer(folder, LIGHTS[1]), what, LIGHTS[1])


def test_bases_become_tiles_sooner_than_networks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(site, "MAX_WHOLE_PIXELS", 299)
    for name, layout in (("ptm", "deepzoom"), ("openlime", "image")):
        folder = exported(tmp_path / name, relightable(name, 1, 300))
        assert settings(folder)["layout"] == layout
    monkeypatch.setattr(site, "MAX_SIDE", 299)
    assert settings(exported(tmp_path / "large", relightable("openlime", 1, 300)))["layout"] == "deepzoom"


def test_tiles_of_bases_say_that_they_are_png(tmp_path: Path) -> None:
    what = relightable("ptm", 260, 20)
    folder = exported(tmp_path, what, tiles=True)
    assert json.loads((folder / "info.json").read_text())["format"] == "png"
    assert_equal(shown_by_rti_layer(folder, LIGHTS[1]), what, LIGHTS[1])


def test_a_picture_of_one_tile_is_whole(tmp_path: Path) -> None:
    folder = exported(tmp_path, make(PLAIN["openlime"], (100, 256)), tiles=True)
    assert settings(folder)["layout"] == "image" and not list(folder.glob("*.dzi"))


@pytest.mark.parametrize(("size", "name"), [((23, 37), "cover.png"), ((23, 300), "cover.dzi")])
def test_what_the_mask_hides_is_covered(size: tuple[int, int], name: str, tmp_path: Path) -> None:
    what = relightable("openlime", *size, masked=True)
    folder = exported(tmp_path, what, tiles=True)
    assert settings(folder)["cover"] == f"object/{name}" and (folder / name).exists()
    first = folder / name if name == "cover.png" else folder / "cover_files" / "1" / "0_0.png"
    cover = np.asarray(Image.open(first))
    assert not cover[..., :3].any()
    assert np.array_equal(cover[..., 3] == 0, what.mask[:, : cover.shape[1]])


def settings(folder: Path) -> dict:
    page = (folder.parent / "index.html").read_text()
    return json.loads(re.search(r'id="settings">(.*?)</script>', page)[1])


# --- refusals and notes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["light-mlp-relu-skip", "mlp-9-16-3-elu-skip", "mlp-10-8-8-3-elu", "hsh16"])
def test_what_openlime_cannot_draw_is_refused_with_the_command_that_helps(name: str, tmp_path: Path, capsys) -> None:
    what = relightable(name)
    save(what, tmp_path / "vase")
    assert main(["export", str(tmp_path / "vase"), "--to", "openlime", str(tmp_path / "site")]) == 1
    said = capsys.readouterr().err
    assert f"`fastrti convert {tmp_path / 'vase'} -o NEW --student lc16x16-elu`" in said
    assert said.count("\n") == 1 and not (tmp_path / "site").exists()
    with pytest.raises(ObjectError):
        export_openlime(what, tmp_path / "site")


@pytest.mark.parametrize(("width", "vectors"), [(20, 193), (50, 905)])
def test_networks_for_large_devices_are_named(width: int, vectors: int, tmp_path: Path) -> None:
    notes = export_openlime(make(mlp(9, (width, width), "elu")), tmp_path / "site")
    assert [f"takes {vectors} uniform vectors" in note for note in notes] == [True] * (vectors > 224)


@pytest.mark.parametrize(
    ("decoder", "size", "tiles", "said"),
    [
        (PLAIN["disk20"], SIZE, False, []),
        (PLAIN["disk20"], (256, 512), True, []),
        (PLAIN["disk20"], (256, 513), True, ["the last column and row of tiles are a little blurred"]),
        (CONDITIONED["six-planes"], SIZE, False, ["uniforms.js of this export to move the light"]),
        (DECODERS["ptm"], (300, 20), True, ["dark ones are up to 15 levels off"]),
        (DECODERS["rbf"], SIZE, False, ["dark ones are up to 15 levels off", "a formula of its own"]),
    ],
)
def test_readme_and_command_say_what_openlime_shows_otherwise(
    decoder, size: tuple[int, int], tiles: bool, said: list[str], tmp_path: Path
) -> None:
    notes = export_openlime(make(decoder, size), tmp_path / "site", tiles)
    assert len(notes) == len(said) and all(words in note for words, note in zip(said, notes))
    readme = (tmp_path / "site" / "README.txt").read_text()
    kind = "rti" if decoder in (DECODERS["ptm"], DECODERS["rbf"]) else "neural"
    assert f"type: '{kind}', layout: '{'deepzoom' if tiles else 'image'}', url: 'object/info.json'" in readme
    assert all(note[1:] in readme for note in notes) and "\nOpenLIME is a program of its own" in readme


def test_an_export_is_replaced_and_openlime_in_it_kept(tmp_path: Path, capsys) -> None:
    save(relightable("ptm", *SIZE), tmp_path / "vase")
    command = ["export", str(tmp_path / "vase"), "--to", "openlime", str(tmp_path / "site")]
    assert main(command) == 0
    (tmp_path / "site" / "openlime.min.js").write_text("mine")
    assert main(command) == 0
    assert (tmp_path / "site" / "openlime.min.js").read_text() == "mine"
    assert capsys.readouterr().out == f"{tmp_path / 'site'}\n" * 2
    (tmp_path / "photographs").mkdir()
    (tmp_path / "photographs" / "1.jpg").touch()
    with pytest.raises(ArgumentError, match="choose another name"):
        export_openlime(relightable("ptm"), tmp_path / "photographs")


def test_the_page_carries_the_title_and_nothing_of_openlime(tmp_path: Path) -> None:
    folder = exported(tmp_path, replace(relightable("ptm"), title="A & B"))
    assert "<title>A &amp; B</title>" in (folder.parent / "index.html").read_text()
    assert not (folder.parent / "openlime.min.js").exists()


def test_every_decoder_kind_is_drawn_or_refused(tmp_path: Path) -> None:
    drawn = set()
    for name in DECODERS:
        try:
            export_openlime(relightable(name), tmp_path / name)
        except ObjectError:
            continue
        drawn.add(name)
    assert drawn == set(OPENLIME_DECODERS) | {
        "light-mlp-elu", "ptm", "ptm-base", "hsh4", "hsh9", "hsh9-base", "rbf", "bilinear"
    }  # fmt: skip
