"""`fit` and `evaluate` correct what they load, and say so."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fastrti import Corrections, Mlic, correct, fit_classical, load
from fastrti.cli import main
from fastrti.synth import render_collection


@pytest.fixture(scope="module")
def dome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    render_collection(folder, 32, 24, lights=12, seed=1)
    card = np.linspace(120, 200, 32).astype(np.uint8)
    Image.fromarray(np.tile(card[None, :, None], (24, 1, 3))).save(folder / "card.png")
    return folder / "Dome"


def test_fit_and_evaluate_take_a_flat_field(dome: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card, made = str(dome.parent / "card.png"), str(tmp_path / "vase")
    assert main(["fit", str(dome), "-o", made, "--basis", "ptm", "--flat-field", card]) == 0
    said = capsys.readouterr().err
    assert "corrected:   flat field: light that differs by up to 1:" in said and "on card.png was made even" in said
    corrected = correct(Mlic.load(dome), Corrections(flat_field=card))
    np.testing.assert_array_equal(load(made).planes, fit_classical(corrected, "ptm").planes)
    scores = []
    for more in ([], ["--flat-field", card]):
        assert main(["evaluate", made, str(dome), "--measures", "psnr", "--json", *more]) == 0
        answer = json.loads(capsys.readouterr().out)
        scores.append(answer["psnr"])
        assert [step["name"] for step in answer["collection"]["corrections"]] == ["flat field"] * bool(more)
    assert scores[1] > scores[0] + 2


def test_a_card_that_cannot_be_used(dome: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = str(tmp_path / "card.png")
    Image.new("RGB", (32, 20), (150, 150, 150)).save(card)
    assert main(["fit", str(dome), "-o", str(tmp_path / "vase"), "--basis", "ptm", "--flat-field", card]) == 1
    assert "card.png: expected a card of the photographs' size, 32×24, found 32×20" in capsys.readouterr().err
    assert not (tmp_path / "vase").exists()


def test_something_on_the_card_stops_a_strict_fit(
    dome: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pixels = np.full((24, 32, 3), 200, np.uint8)
    pixels[8:16, 8:16] = 90
    Image.fromarray(pixels).save(tmp_path / "card.png")
    command = ["fit", str(dome), "-o", str(tmp_path / "vase"), "--basis", "ptm", "--strict"]
    assert main([*command, "--flat-field", str(tmp_path / "card.png")]) == 1
    assert "is there something on it" in capsys.readouterr().err
