"""Archives: bags that another program validates, that draw without fastrti, and that are whole or not there."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import bagit
import numpy as np
import pytest
from archive_reader import ArchiveReader, to_byte
from objects import DECODERS, assert_equal, experts, relightable

from fastrti import ArgumentError, ObjectError, load, save
from fastrti.cli import main
from fastrti.kernels.reference import relight_reference
from fastrti.objects.decoders import KINDS
from fastrti.sharing import archive
from fastrti.sharing.archive import export_archive

GRAPH = {
    "@context": {},
    "@graph": [
        {"@id": "_:p", "@type": "prov:Entity", "schema:name": "a\n.jpg", "schema:sha256": "0" * 64},
        {"@id": "_:q", "@type": "prov:Entity", "schema:name": "dome.lp", "schema:sha256": "f" * 64},
        {"@id": "_:r", "@type": "prov:Entity", "schema:name": "no digest", "schema:sha256": "f" * 63},
        {"@id": "_:s", "schema:name": 7, "schema:sha256": [1]},
    ],
}


@pytest.mark.parametrize("name", DECODERS)
def test_the_readme_is_enough_to_draw(tmp_path: Path, name: str) -> None:
    what = relightable(name, masked=True)
    export_archive(what, tmp_path / "bag")
    reader = ArchiveReader(tmp_path / "bag")
    example = reader.example()
    (row, column), (x, y, _) = example["pixel"], example["light"]
    v = reader.bytes_of(row, column)
    assert v == example["v"] and what.mask[row, column]
    assert reader.values(v) == pytest.approx(example["z"], abs=1e-6)
    assert reader.colour(v, x, y) == pytest.approx(example["y"], abs=2e-5)
    assert [to_byte(value) for value in example["y"]] == example["byte"]
    light = (-0.35, 0.25)
    expected = relight_reference(replace(what, mask=None), light)
    for row, column in ((0, 0), (4, 3), (2, 1)):
        drawn = [to_byte(value) for value in reader.colour(reader.bytes_of(row, column), *light)]
        assert np.abs(np.array(drawn) - expected[row, column]).max() <= 1


@pytest.mark.parametrize("means", [False, True])
def test_the_readme_is_enough_to_draw_several_networks(tmp_path: Path, means: bool) -> None:
    several = experts("light-mlp-relu-skip", 3)
    if means:  # all pixels are theirs, that of the example too
        shares, labels = np.array([[0.5, 0.25, 0.25], [0, 0.75, 0.25]]), np.uint8(3) + several.labels % 2
        several = replace(several, decoder=replace(several.decoder, shares=shares), labels=labels)
    export_archive(several, tmp_path / "bag")
    reader = ArchiveReader(tmp_path / "bag")
    assert ('entry n - 3 of "means"' in reader.readme) == means
    example = reader.example()
    (row, column), (x, y, _) = example["pixel"], example["light"]
    assert reader.colour(example["v"], x, y, reader.entries(row, column)) == pytest.approx(example["y"], abs=2e-5)
    expected = relight_reference(several, (-0.35, 0.25))
    for row, column in ((0, 0), (4, 3), (2, 1)):
        colour = reader.colour(reader.bytes_of(row, column), -0.35, 0.25, reader.entries(row, column))
        assert np.abs(np.array([to_byte(value) for value in colour]) - expected[row, column]).max() <= 1


def test_every_kind_of_the_object_format_has_formulas(tmp_path: Path) -> None:
    assert {decoder.kind for decoder in DECODERS.values()} == KINDS.keys()


def test_a_bag_is_what_bagit_says(tmp_path: Path) -> None:
    what = replace(
        relightable("light-mlp-relu-skip", masked=True),
        title="Ein Täfelchen\nBagging-Date: never",
        creator="A. Person",
        rights="CC BY 4.0",
        mm_per_pixel=0.05,
        provenance=GRAPH,
        extra={"somebody": [1, 2]},
    )
    assert main(["export", saved(what, tmp_path), "--to", "archive", str(tmp_path / "bag")]) == 0
    bag = bagit.Bag(str(tmp_path / "bag"))
    bag.validate()
    assert (bag.version_info, bag.encoding, bag.algorithms) == ((1, 0), "UTF-8", ["sha256"])
    assert bag.info["External-Description"] == "Ein Täfelchen Bagging-Date: never" and "Bagging-Date" not in bag.info
    assert bag.info["Rights"] == "CC BY 4.0" and bag.info["Creator"] == "A. Person"
    assert set(bag.payload_entries()) == {
        *("data/object/info.json", "data/object/mask.png", "data/provenance.json", "data/photographs-sha256.txt"),
        *(f"data/object/plane_{number}.jpg" for number in (1, 2, 3)),
    }
    assert set(bag.tagfile_entries()) == {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "README.txt"}
    readme = (tmp_path / "bag/README.txt").read_text(encoding="utf-8")
    assert "title: Ein Täfelchen Bagging-Date: never\n" in readme and "scale: 0.05 mm per pixel\n" in readme
    assert max(map(len, readme.splitlines())) <= 100
    sums = (tmp_path / "bag/data/photographs-sha256.txt").read_text()
    assert sums == f"{'0' * 64}  a\\n.jpg\n{'f' * 64}  dome.lp\n"
    assert json.loads((tmp_path / "bag/data/provenance.json").read_text())["@graph"][1]["schema:name"] == "dome.lp"
    again = load(tmp_path / "bag/data/object")
    assert_equal(again.planes, what.planes)
    assert again.extra["somebody"] == [1, 2] and again.provenance == what.provenance
    (tmp_path / "bag/data/object/mask.png").write_bytes(b"")
    with pytest.raises(bagit.BagValidationError):
        bag.validate()


def saved(what: object, folder: Path) -> str:
    save(what, folder / "object")
    return str(folder / "object")


def test_equal_objects_make_equal_files(tmp_path: Path) -> None:
    what = relightable("ptm", masked=True)
    for folder in ("one", "two"):
        export_archive(what, tmp_path / folder / "Vase 1.ZIP")
    one, two = ((tmp_path / folder / "Vase 1.ZIP").read_bytes() for folder in ("one", "two"))
    assert one == two
    with zipfile.ZipFile(tmp_path / "one/Vase 1.ZIP") as packed:
        assert packed.testzip() is None
        names = packed.namelist()
        assert names == sorted(names) and {name.partition("/")[0] for name in names} == {"Vase_1"}
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        packed.extractall(tmp_path)
    bagit.Bag(str(tmp_path / "Vase_1")).validate()
    export_archive(what, tmp_path / "folder")
    assert tree(tmp_path / "folder") == tree(tmp_path / "Vase_1")


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_who_opens_an_archive_is_told_where_the_object_is(tmp_path: Path) -> None:
    export_archive(relightable("ptm"), tmp_path / "vase")
    export_archive(relightable("ptm"), tmp_path / "vase.zip")
    with pytest.raises(ObjectError, match="got an archive with an object in its folder data/object: name that folder"):
        load(tmp_path / "vase")
    with pytest.raises(ObjectError, match=r"got a ZIP file: unpack it and name the folder with info.json in it"):
        load(tmp_path / "vase.zip")


@pytest.mark.parametrize("name", ["bag", "bag.zip"])
def test_an_export_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    first, second = relightable("ptm"), relightable("hsh9")
    export_archive(first, tmp_path / name)
    before = tree(tmp_path) if name == "bag" else (tmp_path / name).read_bytes()

    def fails(*arguments: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "_manifest", fails)
    with pytest.raises(ArgumentError, match="No space left on device"):
        export_archive(second, tmp_path / name)
    assert (tree(tmp_path) if name == "bag" else (tmp_path / name).read_bytes()) == before
    assert [path.name for path in tmp_path.iterdir()] == [name]
    monkeypatch.undo()
    export_archive(second, tmp_path / name)
    assert (tree(tmp_path) if name == "bag" else (tmp_path / name).read_bytes()) != before


def test_other_people_s_files_are_left_alone(tmp_path: Path) -> None:
    bag = tmp_path / "bag"
    export_archive(relightable("hsh9", masked=True), bag)
    (bag / "letter.txt").write_text("a tag file of a person")
    export_archive(relightable("ptm"), bag)
    assert (bag / "letter.txt").exists() and not (bag / "data/object/mask.png").exists()
    bagit.Bag(str(bag)).validate()
    foreign = tmp_path / "foreign"
    (foreign / "data").mkdir(parents=True)
    (foreign / "bagit.txt").write_text("BagIt-Version: 1.0\n")
    with pytest.raises(ArgumentError, match=r"expected .* to be new, empty or an earlier export of the same kind"):
        export_archive(relightable("ptm"), foreign)
    assert [path.name for path in foreign.rglob("*.*")] == ["bagit.txt"]


@pytest.mark.parametrize(
    ("option", "targets"), [("--tiles", "web or iiif or openlime"), ("--single-file", "web"), ("--pack", "web")]
)
def test_options_of_other_exports_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, targets: str
) -> None:
    made, output = saved(relightable("ptm"), tmp_path), str(tmp_path / "a.zip")
    assert main(["export", made, "--to", "archive", output, option]) == 1
    assert f"expected {option} with --to {targets}, got --to archive: leave {option} out" in capsys.readouterr().err
    assert not (tmp_path / "a.zip").exists()
