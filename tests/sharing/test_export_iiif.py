"""The export to IIIF: addresses, tiles, manifests, and what hostile texts become in them."""

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pytest
from objects import relightable
from PIL import Image

from fastrti import ArgumentError, Relightable, Renderer, save
from fastrti.cli import main
from fastrti.objects.annotations import Annotation
from fastrti.sharing.iiif import image
from fastrti.sharing.iiif.export import checked_base_url, export_iiif
from fastrti.sharing.iiif.image import TILE, image_info, write_image
from fastrti.sharing.iiif.labels import default_lights, light_labels
from fastrti.sharing.iiif.manifest import rights_uri

BASE = "https://example.org/rti/"
HOSTILE = '"><img src=x onerror=alert(1)> & </script><!-- cards --> \x00'
NOTES = (
    Annotation("a <b>chip</b> & more", "rectangle", ((1, 2), (4, 5)), "light=0.6,0.2"),
    Annotation("here", "point", ((3, 3),)),
)


def small(**changes: object) -> Relightable:
    return replace(relightable("ptm", 7, 9), **changes)


def addresses(value: object) -> list[str]:
    """All addresses in a JSON document."""
    if isinstance(value, dict):
        return [each for part in value.values() for each in addresses(part)]
    if isinstance(value, list):
        return [each for part in value for each in addresses(part)]
    return [value] if isinstance(value, str) and value.startswith(BASE) else []


def tile_addresses(info: dict) -> set[str]:
    """What a client asks for, by the Image API's own rules: canonical sizes of regions, and the listed sizes."""
    width, height = info["width"], info["height"]
    asked = {f"full/{size['width']},{size['height']}" for size in info["sizes"]} | {"full/max"}
    (tiles,) = info["tiles"]
    for factor in tiles["scaleFactors"]:
        step = tiles["width"] * factor
        for y in range(0, height, step):
            for x in range(0, width, step):
                w, h = min(step, width - x), min(step, height - y)
                region = "full" if (w, h) == (width, height) else f"{x},{y},{w},{h}"
                size = "max" if (region, factor) == ("full", 1) else f"{-(-w // factor)},{-(-h // factor)}"
                asked.add(f"{region}/{size}")
    return {f"{each}/0/default.jpg" for each in asked}


# --- pictures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(1, 1), (129, 3), (512, 512), (513, 40), (40, 1025), (1030, 530)])
def test_a_picture_answers_what_its_info_lists(tmp_path: Path, width: int, height: int) -> None:
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    picture = np.stack([x, y, 255 - x], axis=2).astype(np.uint8)
    info = write_image(tmp_path / "p", f"{BASE}p", width, height, lambda top, count: picture[top : top + count])
    files = {path.relative_to(tmp_path / "p").as_posix() for path in (tmp_path / "p").rglob("*.jpg")}
    assert tile_addresses(info) <= files
    assert info == json.loads((tmp_path / "p" / "info.json").read_text())
    for file in files:  # each shows its region, at its size
        region, size = file.split("/")[:2]
        left, top, w, h = (0, 0, width, height) if region == "full" else map(int, region.split(","))
        wanted = Image.fromarray(picture[top : top + h, left : left + w])
        with Image.open(tmp_path / "p" / file) as found:
            assert size == "max" or size == f"{found.width},{found.height}"
            if min(found.size) < 8:  # edges that are repeated weigh too much
                continue
            error = np.asarray(found, float) - np.asarray(wanted.resize(found.size, Image.Resampling.BOX), float)
            assert np.abs(error).mean() < 8, file


def test_no_file_is_written_that_no_client_asks_for(tmp_path: Path) -> None:
    info = write_image(tmp_path / "p", "p", 700, 1030, lambda top, count: np.zeros((count, 700), np.uint8))
    files = {path.relative_to(tmp_path / "p").as_posix() for path in (tmp_path / "p").rglob("*.jpg")}
    assert files == tile_addresses(info)


def test_a_large_picture_is_whole_only_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "MAX_WHOLE", 600)
    asked: list[tuple[int, int]] = []

    def rows(top: int, count: int) -> np.ndarray:
        asked.append((top, count))
        return np.zeros((count, 1100), np.uint8)

    info = write_image(tmp_path / "p", "p", 1100, 1000, rows)
    assert asked == [(0, TILE), (TILE, 1000 - TILE)]  # never the whole
    assert (info["maxWidth"], info["maxHeight"]) == (550, 500) == tuple(info["sizes"][-1].values())
    with Image.open(tmp_path / "p/full/max/0/default.jpg") as whole:
        assert whole.size == (550, 500)
    assert tile_addresses(info) <= {
        path.relative_to(tmp_path / "p").as_posix() for path in (tmp_path / "p").rglob("*.jpg")
    }
    assert "maxWidth" not in image_info("p", 600, 600)


# --- manifests -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("iiif") / "site"
    first = small(title=HOSTILE, creator=HOSTILE, rights="https://creativecommons.org/licenses/by-sa/4.0/deed.fr")
    second = small(title="Coin", rights="All rights reserved", mm_per_pixel=0.05)
    objects = [("vase", replace(first, annotations=NOTES)), ("coin", second)]
    export_iiif(objects, folder, BASE.rstrip("/"), lights=[(0.5, 0), (-0.9, 0)])
    return folder


def test_every_address_of_every_document_is_a_file(site: Path) -> None:
    documents = sorted(site.rglob("*.json"))
    found = {address.partition("#")[0] for path in documents for address in addresses(json.loads(path.read_text()))}
    # An image service is an address to which a client adds: its document is info.json.
    assert len(found) > 30
    for address in found:
        place = site / urlparse(address.removeprefix(BASE)).path
        assert place.is_file() or (place / "info.json").is_file() or place == site / ".", address


def test_a_manifest_has_what_a_library_expects(site: Path) -> None:
    manifest = json.loads((site / "objects/vase/manifest.json").read_text())
    assert manifest["rights"] == "http://creativecommons.org/licenses/by-sa/4.0/"
    assert manifest["rendering"][0]["id"] == f"{BASE}objects/vase/index.html"
    assert manifest["seeAlso"][0]["id"] == f"{BASE}objects/vase/object/info.json"
    (canvas,) = manifest["items"]
    assert (canvas["width"], canvas["height"]) == (9, 7)
    choice = canvas["items"][0]["items"][0]["body"]
    labels = [each["label"]["en"][0] for each in choice["items"]]
    assert labels.pop().startswith("Height map, 0–")
    assert labels == ["Light from the right, 60°", "Raking light from the left, 26°", "Albedo", "Normal map"]
    assert set(choice["items"][0]["label"]) == {"en", "de", "fr", "it", "es"}
    maps = [each["service"][1]["mapType"] for each in choice["items"] if len(each["service"]) == 2]
    assert maps == ["albedo", "normal", "height"]
    services = choice["items"][-2]["service"]
    assert services[0]["type"] == "ImageService3" and services[0]["profile"] == "level0"
    assert services[1]["profile"] == "http://iiif.io/api/extension/lightingmap" and services[1]["mapType"] == "normal"
    coin = json.loads((site / "objects/coin/manifest.json").read_text())
    assert "rights" not in coin and coin["requiredStatement"]["value"] == {"none": ["All rights reserved"]}
    assert {"none": ["0.05"]} in [pair["value"] for pair in coin["metadata"]]
    listed = json.loads((site / "collection.json").read_text())
    assert [item["id"] for item in listed["items"]] == [
        f"{BASE}objects/{name}/manifest.json" for name in ("vase", "coin")
    ]


def test_the_pictures_are_the_renderer_s(site: Path) -> None:
    what = small()
    with Image.open(site / "objects/coin/light-1/full/max/0/default.jpg") as found:
        assert np.abs(np.asarray(found, int) - Renderer(what).relight((0.5, 0))).mean() < 12  # noise, as a JPEG


def test_notes_are_annotations_of_the_canvas(site: Path) -> None:
    page = json.loads((site / "objects/vase/annotations.json").read_text())
    chip, point = page["items"]
    assert chip["target"]["source"]["id"] == f"{BASE}objects/vase/canvas.json"
    assert chip["target"]["selector"]["value"] == "xywh=pixel:1,2,3,3"
    assert chip["target"]["state"] == {"type": "RtiState", "value": "light=0.6,0.2"}
    assert chip["body"][0] == {
        "type": "TextualBody",
        "value": "<span>a &lt;b&gt;chip&lt;/b&gt; &amp; more</span>",
        "format": "text/html",
    }
    assert point["body"][0]["format"] == "text/plain"


def test_hostile_texts_stay_texts(site: Path) -> None:
    manifest = json.loads((site / "objects/vase/manifest.json").read_text())
    values = [text for pair in manifest["metadata"] for text in pair["value"]["none"]]
    assert not any("<img" in value or "\x00" in value for value in values)
    assert any("&lt;img src=x" in value for value in values)


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("http://creativecommons.org/licenses/by/4.0/", "http://creativecommons.org/licenses/by/4.0/"),
        ("https://creativecommons.org/licenses/by-nc-nd/3.0/de/legalcode", "http://creativecommons.org/licenses/by-nc-nd/3.0/de/"),
        ("https://www.creativecommons.org/publicdomain/zero/1.0", "http://creativecommons.org/publicdomain/zero/1.0/"),
        (" https://rightsstatements.org/page/InC/1.0/ ", "http://rightsstatements.org/vocab/InC/1.0/"),
        ("CC BY 4.0", ""),
        ("not https://creativecommons.org/licenses/by/4.0/", ""),
        ("https://creativecommons.org.evil.example/licenses/by/4.0/", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_only_known_rights_are_an_address(text: str, uri: str) -> None:
    assert rights_uri(text) == uri


def test_lights_have_names() -> None:
    names = [label["en"][0] for label in light_labels([(0, 0), (0, 0.98), (-0.5, -0.5), (0, 0), (0.05, 0)])]
    assert names == [
        "Light from the front", "Raking light from above, 11°", "Light from lower left, 45°",
        "Light from the front (2)", "Light from the front (3)",
    ]  # fmt: skip
    assert min(light[2] for light in default_lights(None)) == pytest.approx(np.sin(np.deg2rad(15)))
    assert min(light[2] for light in default_lights(np.array([[0.6, 0, 0.8], [0, 0, 1]]))) == pytest.approx(0.8)


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["", "example.org", "ftp://example.org/", "https://example.org/?a", "https://example.org/#a", "https://a b/",
     "https://example.org/é", "https://user@example.org/", "https://example.org/%zz", "javascript:alert(1)", "https://"],
)  # fmt: skip
def test_the_base_is_an_address(url: str) -> None:
    with pytest.raises(ArgumentError, match="expected the address of a folder on the web"):
        checked_base_url(url)
    assert checked_base_url("http://[::1]:80/a%20b") == "http://[::1]:80/a%20b/"


def test_the_command_exports_several_objects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("Vase é", "vase-e"):
        save(small(title=name), tmp_path / name)
    command = ["export", str(tmp_path / "Vase é"), str(tmp_path / "vase-e"), "--to", "iiif", str(tmp_path / "site")]
    assert main(command) == 1
    assert "expected --base-url with --to iiif, got none" in capsys.readouterr().err
    assert main([*command, "--base-url", BASE, "--light", "-0.3,0.5"]) == 0
    assert sorted(path.name for path in (tmp_path / "site" / "objects").iterdir()) == ["Vase-e", "vase-e-2"]
    assert (tmp_path / "Vase é" / "normals.png").exists()  # kept for the next time
    (tmp_path / "site" / "notes.txt").write_text("mine")
    assert main([*command[:2], *command[3:], "--base-url", BASE]) == 0  # replaces the earlier export, and that alone
    assert [path.name for path in (tmp_path / "site" / "objects").iterdir()] == ["Vase-e"]
    assert (tmp_path / "site" / "notes.txt").exists()
    assert main(["export", str(tmp_path / "vase-e"), "--to", "web", str(tmp_path / "site")]) == 1
    assert "got a folder of other files" in capsys.readouterr().err


def test_a_failed_export_leaves_the_last_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(small(title="Vase"), tmp_path / "vase")
    command = ["export", str(tmp_path / "vase"), "--to", "iiif", str(tmp_path / "site"), "--base-url", BASE]
    assert main(command) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "site").rglob("*") if path.is_file()}
    assert main([*command[:2], str(tmp_path / "missing"), *command[2:]]) == 1
    assert "missing" in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in (tmp_path / "site").rglob("*") if path.is_file()}
    assert not list(tmp_path.glob(".fastrti-*"))


def test_a_source_inside_the_export_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(small(), tmp_path / "vase")
    command = ["export", str(tmp_path / "vase"), "--to", "iiif", str(tmp_path / "site"), "--base-url", BASE]
    assert main(command) == 0
    command[1] = str(tmp_path / "site/objects/vase/object")
    assert main(command) == 1
    assert "which would replace" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--to", "openlime", "site", "--base-url", BASE], "expected --base-url with --to web or iiif"),
        (["--to", "web", "site", "--light", "0,0"], "expected --light with --to iiif, got --to web"),
        (["--to", "iiif", "site", "--single-file"], "expected --single-file with --to web, got --to iiif"),
        (["--to", "iiif", "site", "--base-url", "nowhere"], "expected the address of a folder on the web"),
        (["vase", "--to", "openlime", "site"], "expected one object for --to openlime, got 2"),
        (["vase", "--to", "web", "a.html", "--single-file"], "expected one object for --single-file, got 2"),
    ],
)
def test_options_that_do_not_fit_are_a_sentence(
    options: list[str],
    sentence: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save(small(), tmp_path / "vase")
    monkeypatch.chdir(tmp_path)
    assert main(["export", "vase", *options]) == 1
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["vase"]


def test_an_unknown_target_is_a_wrong_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["export", "vase", "--to", "pdf", "site"])
    assert "argument --to: expected one of web, iiif, openlime, archive, got 'pdf'" in capsys.readouterr().err
