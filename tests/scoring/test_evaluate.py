"""Scores of an object against photographs."""

from dataclasses import replace

import numpy as np
import pytest
from objects import relightable

from fastrti import Mlic, Renderer
from fastrti.errors import CollectionError
from fastrti.scoring.evaluate import evaluate, mean_score

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
    scores = evaluate(Renderer(whole), collection)
    assert [score.psnr for score in scores] == [float("inf")] * 2
    assert mean_score(scores).ciede2000 == 0


def test_photographs_of_another_size_are_refused() -> None:
    collection = photographs(Renderer(relightable("ptm", 12, 13)))
    with pytest.raises(CollectionError, match=r"expected photographs of the object's size, 14×12, got 13×12"):
        evaluate(Renderer(relightable("ptm", 12, 14)), collection)
