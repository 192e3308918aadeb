"""Arrays that are no collection are refused where the collection is made."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from field_sets import documented, dome

from fastrti import Mlic, fit_classical
from fastrti.errors import ArgumentError, TrainingError

PHOTOGRAPHS = np.random.default_rng(0).integers(0, 256, (8, 4, 6, 3), dtype=np.uint8)
LIGHTS = dome(8)
NAMES = tuple("abcdefgh")
ALONE = np.ma.masked_array(LIGHTS, mask=False)


def made(**changed: Any) -> Mlic:
    return Mlic(**{"photographs": PHOTOGRAPHS, "lights": LIGHTS, "names": NAMES, **changed})


WRONG = {
    "photographs in a list": ({"photographs": PHOTOGRAPHS.tolist()}, "expected photographs as a numpy array, got list"),
    "masked photographs": ({"photographs": np.ma.masked_array(PHOTOGRAPHS)}, "as a numpy array, got MaskedArray"),
    "grey photographs": ({"photographs": PHOTOGRAPHS[..., 0]}, "expected photographs of shape (N, H, W, 3)"),
    "four channels": (
        {"photographs": np.repeat(PHOTOGRAPHS, 2, 3)[..., :4]},
        "expected photographs of shape (N, H, W, 3)",
    ),
    "no photographs": ({"photographs": PHOTOGRAPHS[:0]}, "expected photographs of shape (N, H, W, 3)"),
    "no pixels": ({"photographs": PHOTOGRAPHS[:, :0]}, "expected photographs of shape (N, H, W, 3)"),
    "fractions": ({"photographs": PHOTOGRAPHS / 255}, "expected photographs of uint8 or uint16"),
    "signed samples": ({"photographs": PHOTOGRAPHS.astype(np.int16)}, "expected photographs of uint8 or uint16"),
    "three lights for eight": ({"lights": LIGHTS[:3]}, "one for each photograph"),
    "x and y alone": ({"lights": LIGHTS[:, :2]}, "one for each photograph"),
    "lights of one row": ({"lights": LIGHTS.ravel()}, "one for each photograph"),
    "complex lights": ({"lights": LIGHTS + 0j}, "one for each photograph"),
    "masked lights": ({"lights": ALONE}, "one for each photograph"),
    "lights in words": ({"lights": LIGHTS.astype(str)}, "one for each photograph"),
    "lights of length 2": ({"lights": 2 * LIGHTS}, "expected lights of length 1"),
    "lights of length 0": ({"lights": 0 * LIGHTS}, "expected lights of length 1"),
    "lights that are NaN": ({"lights": LIGHTS * [1, 1, np.nan]}, "expected lights of finite numbers"),
    "lights from below": ({"lights": LIGHTS * [1, 1, -1]}, "expected lights above the object's plane"),
    "seven names": ({"names": NAMES[:7]}, "expected 8 names, one for each photograph"),
    "one name": ({"names": "abcdefgh"}, "expected 8 names, one for each photograph"),
    "names that are numbers": ({"names": range(8)}, "expected 8 names, one for each photograph"),
    "a mask of numbers": ({"mask": np.full((4, 6), 255, np.uint8)}, "expected a mask of bool and shape"),
    "a mask on its side": ({"mask": np.ones((6, 4), bool)}, "expected a mask of bool and shape"),
    "a mask of nothing": ({"mask": np.zeros((4, 6), bool)}, "expected a mask with object pixels"),
    "positions of x and y alone": ({"positions": LIGHTS[:, :2]}, "expected positions of shape"),
    "a position that is infinite": ({"positions": LIGHTS * [np.inf, 1, 1]}, "expected positions of finite numbers"),
    "a position below the table": ({"positions": LIGHTS * [1, 1, -1]}, "expected lights above the object's plane"),
    "a scale of nothing": ({"mm_per_pixel": 0.0}, "expected a positive number of millimetres per pixel"),
    "another transfer": ({"transfer": "gamma"}, "expected transfer 'srgb' or 'linear'"),
}


@pytest.mark.parametrize(("changed", "sentence"), WRONG.values(), ids=WRONG)
def test_arrays_that_do_not_fit_together(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        made(**changed)
    assert sentence in str(caught.value)
    assert documented(sentence) or "numpy array" in sentence


def test_what_can_be_meant_is_taken(tmp_path: Any) -> None:
    mlic = made(lights=LIGHTS.astype(np.float32), names=list(NAMES), mask=np.eye(4, 6, dtype=bool))
    assert mlic.lights.dtype == np.float64 and mlic.names == NAMES
    assert made(lights=LIGHTS.tolist()).lights.shape == (8, 3)
    stored = np.memmap(tmp_path / "samples", np.uint8, "w+", shape=PHOTOGRAPHS.shape)
    assert made(photographs=stored).photographs is stored  # not copied


def test_a_collection_is_short_in_words() -> None:
    assert repr(made()) == "<Mlic: 8 photographs of 6×4 pixels, uint8, srgb>"
    assert repr(made(mask=np.eye(4, 6, dtype=bool))).endswith(", with a mask>")


def test_a_part_of_a_collection_keeps_what_belongs_to_it() -> None:
    mask, positions = np.eye(4, 6, dtype=bool), 2 * LIGHTS
    whole = replace(made(mask=mask, positions=positions), notes=("odd",), lp="dome.lp", matched_by="order")
    part = whole.subset([5, 1, 1])
    assert np.array_equal(part.positions, positions[[5, 1, 1]])
    assert np.array_equal(part.photographs, PHOTOGRAPHS[[5, 1, 1]]) and np.array_equal(part.lights, LIGHTS[[5, 1, 1]])
    assert part.names == ("f", "b", "b") and part.mask is whole.mask
    assert (part.notes, part.lp, part.matched_by) == (("odd",), "dome.lp", "order")


def test_one_photograph_cannot_be_fitted() -> None:
    with pytest.raises(TrainingError) as caught:
        fit_classical(made().subset([0]), "ptm")
    assert "expected photographs under two lights or more" in str(caught.value)
    assert documented("expected photographs under two lights or more")
