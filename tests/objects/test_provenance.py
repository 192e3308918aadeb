"""Where an object comes from: the graph that a fit writes, what it means to others, and graphs of anybody."""

import hashlib
import json
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from docs_pages import ROOT
from objects import relightable
from pictures import exif
from PIL import ExifTags, Image

from fastrti import Mlic, json_fields, load, save
from fastrti.cli import main
from fastrti.errors import ArgumentError, ObjectError
from fastrti.lights import light_from_angles
from fastrti.objects.provenance import CONTEXT, check_provenance, credited, steps, with_step
from fastrti.photographs.corrections import Correction
from fastrti.photographs.lp_file import write_lp
from fastrti.photographs.sources import Circumstances
from fastrti.training.classical import fit_classical

PROV = "http://www.w3.org/ns/prov#"
NAMES = [f"IMG_{number}.jpg" for number in range(4)]
SECRETS = {
    ExifTags.Base.Artist: "Olga Owner",
    ExifTags.Base.CameraOwnerName: "Olga Owner",
    ExifTags.Base.BodySerialNumber: "SN-271828",
    ExifTags.Base.LensSerialNumber: "SN-314159",
}


def camera_exif(number: int, seconds: float) -> Image.Exif:
    """The EXIF data of a camera, with where and by whom a photograph was taken."""
    data = exif(exposure=(seconds, 8, 100))
    data[ExifTags.Base.Make], data[ExifTags.Base.Model] = "NIKON CORPORATION\0", "NIKON D850"
    data[ExifTags.Base.Artist] = SECRETS[ExifTags.Base.Artist]
    data[ExifTags.IFD.Exif].update(
        {
            ExifTags.Base.LensModel: "105.0 mm f/2.8",
            ExifTags.Base.FocalLength: 105.0,
            ExifTags.Base.FocalLengthIn35mmFilm: 105,
            ExifTags.Base.DateTimeOriginal: f"2026:03:01 10:1{number}:00",
            ExifTags.Base.OffsetTimeOriginal: "+01:00",
            **SECRETS,
        }
    )
    data[ExifTags.IFD.GPSInfo] = {1: "N", 2: (41.0, 54.0, 7.7), 3: "E", 4: (12.0, 27.0, 59.3)}
    return data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("capture")
    pixels = np.random.default_rng(1).integers(0, 256, (len(NAMES), 12, 16, 3), np.uint8)
    for number, name in enumerate(NAMES):
        Image.fromarray(pixels[number]).save(made / name, exif=camera_exif(number, 0.5 if number == 3 else 0.25))
    Image.new("L", (16, 12), 255).save(made / "mask.png")
    write_lp(made / "dome.lp", NAMES, np.array([light_from_angles(90 * number, 40) for number in range(4)]))
    return made


@pytest.fixture(scope="module")
def vase(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An object of the command line, with every fact that can be told."""
    made = tmp_path_factory.mktemp("made") / "vase"
    facts = ["--title", "Vase", "--creator", "Jane", "--rights", "CC0", "--photographer", "Ann", "--place", "Rome"]
    options = ["--basis", "ptm", "--crop", "0,0,8x12", "--equipment", "dome of 4 lamps", *facts]
    assert main(["fit", str(folder), "-o", str(made), *options]) == 0
    return made


def nodes_of(provenance: dict, kind: str) -> list[dict]:
    return [node for node in provenance["@graph"] if node["@type"] == f"prov:{kind}"]


def test_every_file_is_named_with_its_digest(folder: Path, vase: Path) -> None:
    provenance = load(vase).provenance
    (photographs,) = nodes_of(provenance, "Collection")
    files = [
        *photographs["prov:hadMember"],
        *(node for node in nodes_of(provenance, "Entity") if "schema:name" in node),
    ]
    digests = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (*NAMES, "dome.lp", "mask.png")
    }
    assert {node["schema:name"]: node["schema:sha256"] for node in files} == digests
    assert {node.get("fastrti:role") for node in files} == {None, "lights", "mask"}


def test_the_capture_has_its_camera_people_place_and_dates(vase: Path) -> None:
    capture = nodes_of(load(vase).provenance, "Activity")[0]
    assert capture["fastrti:camera"] == "NIKON D850" and capture["fastrti:lens"] == "105.0 mm f/2.8"
    assert (capture["exif:focalLength"], capture["exif:fNumber"], capture["exif:isoSpeedRatings"]) == (105, 8, 100)
    assert capture["prov:startedAtTime"] == "2026-03-01T10:10:00+01:00"
    assert capture["prov:endedAtTime"] == "2026-03-01T10:13:00+01:00"
    assert (capture["schema:location"], capture["fastrti:equipment"]) == ("Rome", "dome of 4 lamps")
    members = nodes_of(load(vase).provenance, "Collection")[0]["prov:hadMember"]
    assert "exif:exposureTime" not in capture and [node["exif:exposureTime"] for node in members] == [0.25] * 3 + [0.5]


def test_places_owners_and_serial_numbers_are_not_copied(folder: Path, vase: Path) -> None:
    written = (folder / NAMES[0]).read_bytes()
    assert b"Olga Owner" in written and b"SN-271828" in written
    text = (vase / "info.json").read_text()
    assert not any(secret in text for secret in ("Olga", "SN-", "GPS", "41.0", "27.0"))


def test_every_step_is_kept_with_its_numbers(vase: Path) -> None:
    made = load(vase)
    activities = nodes_of(made.provenance, "Activity")
    assert [node["schema:name"] for node in activities] == ["capture", "crop", "fit"]
    assert activities[1]["fastrti:numbers"] == {"x": 0, "y": 0, "width": 8, "height": 12, "of": [16, 12]}
    settings = {key: value for key, value in made.training.items() if key not in ("seconds", "notes")}
    assert activities[2]["fastrti:settings"] == settings
    informed = [node.get("prov:wasInformedBy") for node in activities]
    assert informed == [None, *(node["@id"] for node in activities[:2])]
    (program,) = nodes_of(made.provenance, "SoftwareAgent")
    assert program["schema:softwareVersion"] and program["@id"] == activities[2]["prov:wasAssociatedWith"]


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # rdflib's own
def test_the_graph_means_the_same_to_a_reader_of_json_ld(vase: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rdflib = pytest.importorskip("rdflib")
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a context was fetched"))
    graph = rdflib.Graph().parse(data=json.dumps(load(vase).provenance), format="json-ld")
    asked = graph.query(
        f"""PREFIX prov: <{PROV}> PREFIX schema: <https://schema.org/> PREFIX dcterms: <http://purl.org/dc/terms/>
        SELECT ?photograph ?who ?maker ?start WHERE {{
          ?object dcterms:title "Vase" ; dcterms:rights "CC0" ; prov:wasAttributedTo [schema:name ?maker] ;
            prov:wasGeneratedBy ?fit .
          ?fit prov:used [prov:hadMember [schema:name ?photograph] ; prov:wasGeneratedBy ?capture] .
          ?fit prov:wasInformedBy+ ?capture .
          ?capture prov:wasAssociatedWith [schema:name ?who] ; prov:startedAtTime ?start
        }}"""
    )
    rows = [tuple(map(str, row)) for row in asked]
    assert sorted(row[0] for row in rows) == NAMES
    assert {row[1:3] for row in rows} == {("Ann", "Jane")}
    (date,) = {row.start for row in asked}
    assert date.datatype == rdflib.XSD.dateTime and date.toPython().isoformat() == "2026-03-01T10:10:00+01:00"
    numbers = list(graph.objects(None, rdflib.URIRef("urn:fastrti:numbers")))
    assert [json.loads(value)["of"] for value in numbers] == [[16, 12]]


def test_a_seed_repeats_all_but_the_end_of_the_fit(folder: Path) -> None:
    first, second = (fit_classical(Mlic.load(folder), "ptm").provenance for _ in range(2))
    for graph in (first, second):
        ended = nodes_of(graph, "Activity")[-1].pop("prov:endedAtTime")
        assert ended.endswith("+00:00") and len(ended) == len("2026-01-31T12:00:00+00:00")
    assert first == second


def test_info_shows_the_steps_and_json_has_all(vase: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(vase)]) == 0
    shown = capsys.readouterr().out
    camera = "4 photographs, NIKON D850, 105.0 mm f/2.8 at 105 mm, 1/4 s f/8 ISO 100, 0.5 s f/8 ISO 100"
    dates = "2026-03-01 10:10:00+01:00 to 2026-03-01 10:13:00+01:00"
    assert f"capture:           {camera}, {dates}, Rome, by Ann, dome of 4 lamps\n" in shown
    assert "crop:              8×12 of 16×12 pixels, from 0, 0\n" in shown
    assert "fit:               least squares, ptm by fastrti" in shown
    assert main(["info", str(vase), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["provenance"] == load(vase).provenance and facts["width"] == 8 and facts["creator"] == "Jane"


# --- objects that change ---------------------------------------------------------------------------------------------


def test_a_later_step_comes_after_the_others(vase: Path, tmp_path: Path) -> None:
    before = load(vase)
    after = with_step(before.provenance, "distillation", "disk20", {"steps": 3})
    assert [name for name, _ in steps(after)] == ["capture", "crop", "fit", "distillation"]
    save(replace(before, provenance=after, title="Copy", creator=""), tmp_path / "copy")
    kept = load(tmp_path / "copy").provenance["@graph"]
    objects = [node for node in kept if node["@id"].startswith("_:object")]
    assert [node.get("dcterms:title") for node in objects] == ["Vase", "Copy"]
    assert objects[1]["prov:wasDerivedFrom"] == objects[0]["@id"] and "prov:wasAttributedTo" not in objects[1]
    assert len({node["@id"] for node in kept}) == len(kept)


def test_names_and_rights_follow_the_object(vase: Path) -> None:
    graph = load(vase).provenance
    assert credited(graph, "Vase", "Jane", "CC0") == graph
    assert credited({}, "Vase", "Jane", "") == {}


def test_a_conversion_says_what_is_lost(vase: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(vase), "-o", str(tmp_path / "vase.ptm")]) == 0
    lost = "title and the creator and the rights and the provenance of the object: not written"
    assert lost in capsys.readouterr().err
    assert main(["convert", str(vase), "-o", str(tmp_path / "copy")]) == 0
    assert load(tmp_path / "copy").provenance == load(vase).provenance


def test_arrays_have_no_files_but_a_history() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (4, 5, 6, 3), np.uint8)
    lights = np.array([light_from_angles(90 * number, 40) for number in range(4)])
    told = Circumstances(photographer="A\udce9")
    mlic = Mlic(pixels, lights, NAMES, circumstances=told, corrections=(Correction("own", "by hand", {"k": 1}),))
    graph = fit_classical(mlic, "ptm").provenance
    assert [node["schema:name"] for node in nodes_of(graph, "Collection")[0]["prov:hadMember"]] == NAMES
    assert nodes_of(graph, "Agent")[0]["schema:name"] == "A\N{REPLACEMENT CHARACTER}"
    assert steps(graph)[1] == ("own", "by hand")
    with pytest.raises(ArgumentError, match=r"^expected numbers that JSON can hold for the correction 'own'"):
        Correction("own", "by hand", {"shifts": np.zeros(3)})


# --- anybody's graphs ------------------------------------------------------------------------------------------------


def nested(levels: int) -> list:
    value: list = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("provenance", "sentence"),
    (
        ("text", "expected 'provenance' to be an object, got 'text'"),
        ([], "expected 'provenance' to be an object"),
        (None, "expected 'provenance' to be an object, got None"),
        ({"@graph": {}}, "expected provenance as JSON-LD with a list '@graph' of objects"),
        ({"@graph": [3]}, "expected provenance as JSON-LD with a list '@graph' of objects"),
        ({"@context": {}}, "expected provenance as JSON-LD with a list '@graph' of objects"),
        ({"@graph": [{"deep": nested(40)}]}, "expected provenance of at most 32 levels, got more"),
        ({"@graph": [{"wide": [0] * 600_000}]}, "expected at most 524288 values of JSON, got more"),
        ({"@graph": [{"long": "a" * (25 << 20)}]}, "expected a readable info.json of at most 25,165,824 bytes"),
    ),
)
def test_a_hostile_graph_is_one_sentence(
    tmp_path: Path, provenance: object, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    save(relightable("ptm", 4, 5), tmp_path / "vase")
    info = json.loads((tmp_path / "vase/info.json").read_text())
    (tmp_path / "vase/info.json").write_text(json.dumps(info | {"provenance": provenance}))
    assert main(["info", str(tmp_path / "vase")]) == 1
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1


@pytest.mark.parametrize("value", (float("nan"), {3: 4}, {1, 2}, np.float32(1), (1, 2)))
def test_what_json_cannot_hold_is_refused_at_once(value: object) -> None:
    with pytest.raises(ArgumentError, match=r"^expected provenance of texts, finite numbers, lists and objects"):
        check_provenance({"@graph": [{"value": value}]})


def test_an_object_that_could_not_be_read_again_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_fields, "MAX_JSON_VALUES", 2_000)
    graph = {"@graph": [{"wide": [0] * 2_000}]}
    with pytest.raises(ObjectError, match="of an object that can be read again"):
        save(replace(relightable("ptm", 4, 5), provenance=graph), tmp_path / "vase")
    assert not (tmp_path / "vase").exists()


def test_odd_nodes_are_shown_as_little_as_they_say() -> None:
    odd = [{}, {"@type": {}}, {"@type": ["prov:Activity"], "@id": 5}, {"@type": "prov:Activity", "schema:name": ["x"]}]
    long = {"@type": "prov:Activity", "schema:name": "n" * 9_000, "schema:description": "\x1b[2J" + "d" * 9_000}
    graph = {"@context": "https://example.org/other", "@graph": [*odd, *[long] * 900]}
    shown = steps(graph)
    assert shown[:2] == [("step", ""), ("step", "")] and len(shown) == 100 and max(map(len, shown[-1])) < 310
    extended = with_step(graph, "distillation", "disk20", {})
    assert extended["@context"] == graph["@context"] and extended["@graph"][-1]["@context"] == CONTEXT


def test_the_document_has_every_name_of_the_vocabulary(vase: Path) -> None:
    page = (ROOT / "docs" / "object_format.md").read_text(encoding="utf-8")
    graph = with_step(load(vase).provenance, "distillation", "disk20", {})
    members = nodes_of(graph, "Collection")[0]["prov:hadMember"]
    used = {key for node in [*graph["@graph"], *members] for key in node if ":" in key}
    assert len(used) > 15 and not {key for key in used if f"`{key}`" not in page}
