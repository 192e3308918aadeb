"""`correct` composes the corrections; every command that reads photographs applies it."""

import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from fastrti import Corrections, Mlic, correct
from fastrti.photographs.frame import Frame, framed

LIGHTS = np.array([[0.6, 0, 0.8], [-0.6, 0, 0.8], [0, 0.6, 0.8]])


def grey(**parts: object) -> Mlic:
    return Mlic(np.full((3, 20, 30, 3), 100, np.uint8), LIGHTS, ["a.png", "b.png", "c.png"], **parts)  # type: ignore[arg-type]


def test_nothing_to_correct() -> None:
    mlic = grey()
    assert correct(mlic) is mlic


def test_near_lights_can_be_left() -> None:
    mlic = grey(positions=2 * LIGHTS)
    assert correct(mlic, Corrections(near_lights=False)) is mlic
    assert correct(mlic).positions is None


def test_only_what_may_be_overwritten_is(tmp_path: Path) -> None:
    Image.fromarray(np.tile(np.linspace(100, 200, 30).astype(np.uint8)[None, :, None], (20, 1, 3))).save(
        tmp_path / "card.png"
    )
    mlic = grey(positions=2 * LIGHTS)
    corrections = Corrections(flat_field=tmp_path / "card.png")
    corrected = correct(mlic, corrections)
    assert (mlic.photographs == 100).all() and not np.shares_memory(mlic.photographs, corrected.photographs)
    in_place = correct(mlic, corrections, out=mlic.photographs)
    assert in_place.photographs is mlic.photographs
    np.testing.assert_array_equal(in_place.photographs, corrected.photographs)


def test_a_flat_field_counts_for_whole_photographs_and_a_frame_comes_after_it(tmp_path: Path) -> None:
    card = np.tile(np.linspace(100, 200, 30).astype(np.uint8)[None, :, None], (20, 1, 3))
    Image.fromarray(card).save(tmp_path / "card.png")
    frame = Frame(crop=(12, 3, 9, 8), rotate=90)
    wanted = framed(correct(grey(), Corrections(flat_field=tmp_path / "card.png")), frame)
    mlic = grey(positions=2 * LIGHTS)
    both = Corrections(flat_field=tmp_path / "card.png", frame=frame, near_lights=False)
    made = correct(mlic, both, out=mlic.photographs)
    np.testing.assert_array_equal(made.photographs, wanted.photographs)
    assert [step.name for step in made.corrections] == ["flat field", "crop", "rotation"]
    (source,) = made.sources
    digest = hashlib.sha256((tmp_path / "card.png").read_bytes()).hexdigest()
    assert (source.name, source.role, source.sha256) == ("card.png", "flat field", digest)
    assert correct(made).positions is None
