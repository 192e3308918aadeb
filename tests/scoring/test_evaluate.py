"""Scores of an object against photographs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from objects import relightable

from fastrti import Mlic, Renderer
from fastrti.errors import ArgumentError, CollectionError
from fastrti.scoring.evaluate import evaluate

LIGHTS = np.array([[0.6, 0.0, 0.8], [0.0, -0.6, 0.8]])


def photographs(renderer: Renderer, mask: np.ndarray | None = None) -> Mlic:
    """What the renderer draws, as a collection."""
    return Mlic(np.stack([renderer.relight(light) for light in LIGHTS]), LIGHTS, ("a.png", "b.png"), mask)


@pytest.mark.parametrize("masked", ("object", "collection"))
def test_what_either_mask_hides_is_not_scored(masked: str) -> None:
    whole = relightable("ptm", 12, 13)
    mask = np.zeros((12, 13), bool)
    mask[2:10, 3:11] = True
    collection = photographs(Renderer(whole), mask if masked == "collection" else None)
    collection.photographs[:, ~mask] ^= 255
    if masked == "object":
        whole = replace(whole, mask=mask)
    evaluation = evaluate(Renderer(whole), collection)
    assert [score.psnr for score in evaluation.scores] == [float("inf")] * 2
    assert evaluation.mean.ciede2000 == 0


def test_rows_carry_names_and_lights_and_become_a_csv(tmp_path: Path) -> None:
    whole = relightable("ptm", 12, 13)
    collection = photographs(Renderer(whole))
    collection.photographs[0] ^= 3
    evaluation = evaluate(Renderer(whole), collection, ["psnr", "ssim"])
    assert [(row.name, row.light) for row in evaluation.rows] == list(zip(("a.png", "b.png"), map(tuple, LIGHTS)))
    first = evaluation.rows[0].score
    assert 30 < first.psnr < 50 and first.ssim < 1 and np.isnan(first.ciede2000)
    evaluation.to_csv(tmp_path / "scores.csv")
    assert (tmp_path / "scores.csv").read_text().splitlines() == [
        "name,x,y,z,psnr,ssim",
        f"a.png,0.6,0.0,0.8,{first.psnr},{first.ssim}",
        "b.png,0.0,-0.6,0.8,inf,1.0",
    ]


@pytest.mark.parametrize("measures", [(), ("psnr", "mse")])
def test_other_measures_are_refused(measures: tuple[str, ...]) -> None:
    whole = relightable("ptm", 12, 13)
    with pytest.raises(ArgumentError, match="expected measures of psnr, ssim, ciede2000, got"):
        evaluate(Renderer(whole), photographs(Renderer(whole)), measures)


def test_photographs_of_another_size_are_refused() -> None:
    collection = photographs(Renderer(relightable("ptm", 12, 13)))
    with pytest.raises(CollectionError, match=r"expected photographs of the object's size, 14×12, got 13×12"):
        evaluate(Renderer(relightable("ptm", 12, 14)), collection)
