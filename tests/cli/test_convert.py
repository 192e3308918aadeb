"""`fastrti convert`, run through `main`: between the formats, and the repair of published neural folders."""

import json

import numpy as np
import pytest
from foreign_files import ptm_lrgb, relight_folder, rti
from objects import relightable

from fastrti import load, save
from fastrti.cli import main
from fastrti.kernels.reference import relight_reference

LIGHT = (0.3, -0.4)


def same_picture(first, second):
    pictures = [relight_reference(load(path), LIGHT).astype(int) for path in (first, second)]
    return np.abs(pictures[0] - pictures[1]).max() <= 1


@pytest.mark.parametrize("name", ["coin.ptm", "coin.rti"])
def test_files_become_objects_and_files_again(tmp_path, name, capsys):
    (tmp_path / name).write_bytes({"coin.ptm": ptm_lrgb()[0], "coin.rti": rti()[0]}[name])
    assert main(["convert", str(tmp_path / name), "-o", str(tmp_path / "object")]) == 0
    assert main(["convert", str(tmp_path / "object"), "-o", str(tmp_path / f"again_{name}")]) == 0
    assert same_picture(tmp_path / name, tmp_path / "object")
    assert same_picture(tmp_path / name, tmp_path / f"again_{name}")
    assert "5×4 pixels" in capsys.readouterr().out


def test_a_relight_folder_is_asked_for_by_name(tmp_path):
    folder = relight_folder(tmp_path / "folder", "rbf", "mycc")
    assert main(["convert", str(folder), "-o", str(tmp_path / "again"), "--to", "relight"]) == 0
    assert json.loads((tmp_path / "again/info.json").read_text())["colorspace"] == "mrgb"
    assert same_picture(folder, tmp_path / "again")


def test_a_decoder_that_does_not_fit_is_refused_in_a_sentence(tmp_path, capsys):
    save(relightable("light-mlp-relu-skip"), tmp_path / "object")
    assert main(["convert", str(tmp_path / "object"), "-o", str(tmp_path / "file.ptm")]) == 1
    assert capsys.readouterr().err.startswith("fastrti convert: ")


def test_a_mask_that_gets_lost_is_said(tmp_path, capsys):
    save(relightable("ptm", masked=True), tmp_path / "object")
    assert main(["convert", str(tmp_path / "object"), "-o", str(tmp_path / "file.ptm")]) == 0
    assert "the mask is not written" in capsys.readouterr().err


@pytest.mark.parametrize("network", ["Teacher", "Student"])
def test_published_neural_folders_are_repaired_for_openlime(shared_data, tmp_path, network):
    published = shared_data / "formats/neural_disk_release" / network
    assert main(["convert", str(published), "-o", str(tmp_path / "object")]) == 0
    info = json.loads((tmp_path / "object/info.json").read_text())
    assert info["samples"] == {"Teacher": 50, "Student": 20}[network]  # the hidden width, not the photographs
    assert info["colorspace"] == "rgb" and len(info["weights"][0]) == 12 * -(-info["samples"] // 4) * 4
    assert sorted(path.name for path in (tmp_path / "object").glob("plane_*")) == [f"plane_{n}.jpg" for n in (1, 2, 3)]
    assert same_picture(published, tmp_path / "object")
