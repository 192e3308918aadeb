"""A photograph of a card takes vignetting and the lamps' patterns out of the photographs."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from field_sets import documented
from numpy.typing import NDArray
from PIL import Image

from fastrti import CollectionError, Corrections, Mlic, correct
from fastrti.capture.corrections.flat_field import flattened
from fastrti.capture.corrections.near_lights import distant
from fastrti.photographs.notes import Doubt
from fastrti.srgb import srgb_encode

SIZE = (72, 96)  # height, width
LIGHTS = np.array([[0.6, 0, 0.8], [-0.6, 0, 0.8], [0, 0.6, 0.8], [0, 0, 1.0]])
Y, X = np.mgrid[: SIZE[0], : SIZE[1]]
FAR_OUT = np.hypot(X - 47.5, Y - 35.5) / 60
VIGNETTING = 1 - 0.4 * FAR_OUT**2


def encoded(light: NDArray[np.floating]) -> NDArray[np.uint8]:
    return np.rint(255 * srgb_encode(np.clip(light, 0, 1))).astype(np.uint8)


def scene(pattern: NDArray[np.floating] | float = 1.0, brightness: float = 0.5) -> Mlic:
    """Four photographs of a chequered print, each multiplied by its pattern, (4, H, W, 1) or less."""
    print_ = 0.3 + 0.7 * ((X // 12 + Y // 12) % 2)
    light = brightness * print_[..., None] * np.array([1, 0.7, 0.5]) * LIGHTS[:, 2, None, None, None]
    return Mlic(encoded(light * pattern), LIGHTS, [f"image{number}.jpg" for number in range(4)])


def save_card(path: Path, light: NDArray[np.floating], noise: float = 0.0) -> Path:
    """A PNG of a card, grainy if need be."""
    grain = 1 + noise * np.random.default_rng(0).standard_normal(light.shape)
    Image.fromarray(encoded(np.repeat((light * grain)[..., None], 3, axis=2))).save(path)
    return path


def worst(a: Mlic, b: Mlic) -> int:
    return int(np.abs(a.photographs - b.photographs.astype(int)).max())


def test_one_card_takes_vignetting_out(tmp_path: Path) -> None:
    card = save_card(tmp_path / "card.png", 0.7 * VIGNETTING, noise=0.01)
    spoilt = scene(VIGNETTING[..., None] / VIGNETTING.mean())
    corrected = flattened(spoilt, flat_field=card)
    assert worst(spoilt, scene()) > 20 and worst(corrected, scene()) <= 2
    (correction,) = corrected.corrections
    assert correction.sentence == "light that differs by up to 1:1.59 on card.png was made even"
    assert list(correction.numbers["sha256"]) == ["card.png"] and not corrected.notes


def test_the_colour_of_the_card_does_not_count(tmp_path: Path) -> None:
    tinted = 0.6 * VIGNETTING[..., None] * np.array([1, 0.8, 0.6])
    Image.fromarray(encoded(tinted)).save(tmp_path / "card.png")
    corrected = flattened(scene(VIGNETTING[..., None] / VIGNETTING.mean()), flat_field=tmp_path / "card.png")
    assert worst(corrected, scene()) <= 2


@pytest.mark.parametrize("names", ["image{}.png", "card_{}.png"])
def test_a_card_under_each_light(tmp_path: Path, names: str) -> None:
    beams = [1 / (1 + (np.hypot(X - x, Y - y) / 70) ** 2) for x, y in ((0, 0), (96, 0), (0, 72), (48, 36))]
    for number, beam in enumerate(beams):
        save_card(tmp_path / names.format(number), 0.8 * beam)
    pattern = np.stack([beam / beam.mean() for beam in beams])[..., None]
    corrected = flattened(scene(pattern), flat_field=tmp_path)
    assert worst(scene(pattern), scene()) > 20 and worst(corrected, scene()) <= 3
    assert "4 cards in" in corrected.corrections[0].sentence
    guessed = [note for note in corrected.notes if isinstance(note, Doubt)]
    assert len(guessed) == names.startswith("card")


def test_white_stays_white(tmp_path: Path) -> None:
    spoilt = scene(brightness=1.5)
    corrected = flattened(spoilt, flat_field=save_card(tmp_path / "card.png", 0.7 * VIGNETTING))
    assert (corrected.photographs[spoilt.photographs == 255] == 255).all()
    assert "of the samples are white and stayed white" in corrected.corrections[0].sentence


def test_cards_under_near_lamps_leave_the_fall_off(tmp_path: Path) -> None:
    positions = 2 * LIGHTS
    points = np.stack([(X + 0.5) / 96 - 0.5, (36 - Y - 0.5) / 96, np.zeros(SIZE)], axis=-1)
    distance = np.linalg.norm(positions[:, None, None] - points, axis=-1)
    beam = 1 - 0.3 * (X / 96)  # of a lamp that does not light alike in all directions
    matt = positions[:, 2, None, None] / distance**3  # what a card shows under a lamp that is a point
    for number, light in enumerate(matt * beam):
        save_card(tmp_path / f"image{number}.png", 0.7 * light / light.max())
    near = scene((4 / distance**2)[..., None])
    spoilt = scene((4 / distance**2 * beam / beam.mean())[..., None])
    near, spoilt = replace(near, positions=positions), replace(spoilt, positions=positions)
    assert worst(flattened(spoilt, flat_field=tmp_path), near) <= 3
    corrected = correct(spoilt, Corrections(flat_field=tmp_path))
    assert [step.name for step in corrected.corrections] == ["flat field", "near lights"]
    assert np.abs(corrected.photographs - distant(near).photographs.astype(int)).mean() < 1


SIZES = "expected a card of the photographs' size"
WHITE = "expected a card without white pixels"
DARK = "expected a card that fills the picture"
LACKS = "expected a card for each photograph, found none for"


@pytest.mark.parametrize(
    ("light", "sentence", "more"),
    [
        (np.full((30, 40), 0.5), SIZES, ", 96×72, found 40×30: photograph the card with the same camera and lens"),
        (1.3 * VIGNETTING, WHITE, ", found"),
        (0.5 * (X > 30), DARK, ", found a part with 0."),
    ],
)
def test_cards_that_cannot_be_used(tmp_path: Path, light: NDArray[np.floating], sentence: str, more: str) -> None:
    card = save_card(tmp_path / "card.png", light)
    with pytest.raises(CollectionError, match=re.escape(f"card.png: {sentence}{more}")):
        flattened(scene(), flat_field=card)
    assert documented(sentence)


def test_a_card_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match=re.escape("card.png")):
        flattened(scene(), flat_field=tmp_path / "card.png")


def test_a_folder_without_a_card_for_each_photograph(tmp_path: Path) -> None:
    for number in (0, 2):
        save_card(tmp_path / f"image{number}.png", 0.7 * VIGNETTING)
    with pytest.raises(CollectionError, match=re.escape(f"{LACKS} image1.jpg, image3.jpg")):
        flattened(scene(), flat_field=tmp_path)
    assert documented(LACKS)


def test_something_on_the_card_is_in_doubt(tmp_path: Path) -> None:
    card = 0.7 * VIGNETTING
    card[30:40, 30:40] *= 0.5
    (note,) = flattened(scene(), flat_field=save_card(tmp_path / "card.png", card)).notes
    assert isinstance(note, Doubt) and "is there something on it" in note


@pytest.mark.parametrize("size", [(3, 3), (1, 40), (5, 200)])
def test_small_pictures(tmp_path: Path, size: tuple[int, int]) -> None:
    grey = Mlic(np.full((2, *size, 3), 100, np.uint8), LIGHTS[:2], ["a.png", "b.png"])
    corrected = flattened(grey, flat_field=save_card(tmp_path / "card.png", np.full(size, 0.5)))
    assert (corrected.photographs == 100).all()
