"""Photographs under near lamps become those under distant lights."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

import fastrti.capture.corrections.near_lights as near_lights
from fastrti import Mlic, Renderer, estimate_normals, fit_classical
from fastrti.capture.corrections.near_lights import distant
from fastrti.lights import on_spiral
from fastrti.scoring.evaluate import evaluate
from fastrti.srgb import srgb_encode

LIGHTS = on_spiral(np.linspace(0.25, 0.95, 30))
NEW_LIGHTS = on_spiral(np.linspace(0.35, 0.9, 7))
SIZE = (48, 64)  # height, width


def normals_of(kind: str) -> NDArray[np.float64]:
    """A matt relief of waves, or a card, (H, W, 3)."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] / 8.0
    waves = 0.35 * np.stack([np.sin(x + 0.5 * y), np.cos(y - 0.3 * x)], axis=-1)
    slopes = waves if kind == "waves" else np.zeros_like(waves)
    raised = np.concatenate([slopes, np.ones((*SIZE, 1))], axis=-1)
    return raised / np.linalg.norm(raised, axis=-1, keepdims=True)


def matt(
    positions: NDArray[np.float64],
    kind: str = "waves",
    near: bool = True,
    dtype: type = np.uint8,
    transfer: str = "srgb",
    strength: float = 0.8,
) -> Mlic:
    """Photographs of it under lamps of one strength, near or far in the same directions from the middle."""
    height, width = SIZE
    x, y = (np.arange(width) + 0.5) / width - 0.5, (height / 2 - np.arange(height) - 0.5) / width
    points = np.stack([*np.meshgrid(x, y), np.zeros(SIZE)], axis=-1)
    middle = positions / np.linalg.norm(positions, axis=1, keepdims=True)
    towards = positions[:, None, None] - points * near
    distances = np.linalg.norm(towards, axis=-1, keepdims=True)
    usual = np.median(np.linalg.norm(positions, axis=1))
    power = (usual / distances) ** 2 if near else 1.0
    facing = np.maximum((normals_of(kind) * towards / distances).sum(-1, keepdims=True), 0)
    light = (strength * power * facing * np.array([1, 0.8, 0.5])).clip(0, 1)
    white = np.iinfo(dtype).max
    samples = np.rint(white * (srgb_encode(light) if transfer == "srgb" else light)).astype(dtype)
    names = [f"{index}.png" for index in range(len(middle))]
    return Mlic(samples, middle, names, transfer=transfer, positions=positions if near else None)


def apart(a: Mlic, b: Mlic) -> float:
    """The root-mean-square difference of two collections in levels of 255."""
    return 255 * float(np.sqrt(((a.encoded(a.photographs) - b.encoded(b.photographs)) ** 2).mean()))


def degrees(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    return float(np.degrees(np.arccos((a * b).sum(-1).clip(-1, 1))).mean())


@pytest.mark.parametrize(("dtype", "transfer"), [(np.uint8, "srgb"), (np.uint16, "srgb"), (np.uint16, "linear")])
def test_near_lamps_of_a_matt_relief(dtype: type, transfer: str) -> None:
    near, far = (matt(2 * LIGHTS, near=near, dtype=dtype, transfer=transfer) for near in (True, False))
    corrected = distant(near)
    assert apart(near, far) > 15
    assert apart(corrected, far) < 5
    assert corrected.photographs.dtype == dtype and corrected.transfer == transfer


@pytest.mark.parametrize("distance", [2.0, 4.0])
def test_fits_are_nearly_those_of_distant_lights(distance: float) -> None:
    near, far = (matt(distance * LIGHTS, near=near) for near in (True, False))
    new = matt(NEW_LIGHTS, near=False)
    scores, angles = [], []
    for mlic in (far, distant(near), near):
        renderer = Renderer(fit_classical(mlic, "hsh9"))
        scores.append(evaluate(renderer, new, ["psnr"]).mean.psnr)
        angles.append(degrees(estimate_normals(renderer), normals_of("waves")))
    assert scores[1] > scores[0] - 1.5 and scores[1] > scores[2] + 2
    assert angles[1] < angles[0] + 1 and angles[1] < angles[2]


def test_a_card_becomes_even() -> None:
    card = distant(matt(2 * LIGHTS, "card"))
    assert np.ptp(matt(2 * LIGHTS, "card").photographs[0, ..., 0].astype(int)) > 60
    assert np.abs(card.photographs - matt(2 * LIGHTS, "card", near=False).photographs.astype(int)).mean() < 1


def test_lamps_at_several_distances_have_one_strength() -> None:
    positions = LIGHTS * np.linspace(1.6, 2.6, len(LIGHTS))[:, None]
    near, far = (matt(positions, near=near, strength=0.4) for near in (True, False))
    assert apart(distant(near), far) < 5
    one_distance = matt(LIGHTS, near=False, strength=0.4)
    assert apart(near, far) > 15 and apart(far, one_distance) == 0


def test_lamps_far_away_change_nothing() -> None:
    far = matt(1000 * LIGHTS)
    assert np.abs(distant(far).photographs - far.photographs.astype(int)).max() <= 1


def test_what_a_corrected_collection_says() -> None:
    near = matt(2 * LIGHTS, strength=1.6)
    corrected = distant(near)
    (correction,) = corrected.corrections
    assert corrected.positions is None and not corrected.notes
    np.testing.assert_allclose(corrected.lights, LIGHTS, atol=1e-12)
    assert correction.name == "near lights"
    assert correction.numbers["positions"] == near.positions.tolist()  # type: ignore[union-attr]
    assert correction.numbers["distance"] == pytest.approx(2)
    assert 15 < correction.numbers["turn_deg"] < 25 and 1.5 < correction.numbers["falloff"] < 6
    white = near.photographs == 255
    assert correction.numbers["white"] == pytest.approx(white.mean()) and white.mean() > 0.01
    assert f"{white.mean():.1%} of the samples are white and stayed white" in correction.sentence
    assert (corrected.photographs[white] == 255).all()


def test_a_lamp_close_to_the_object_is_said() -> None:
    positions = 2 * LIGHTS
    positions[3] *= 0.5
    assert distant(matt(positions)).notes == (
        "the nearest lamp stands 1.00 picture widths from the middle of the picture: "
        "nearer than 1.50, shadows and highlights are corrected coarsely",
    )


def test_without_positions_nothing_is_done() -> None:
    far = matt(LIGHTS, near=False)
    assert distant(far) is far


def test_photographs_are_kept_or_overwritten() -> None:
    near = matt(2 * LIGHTS)
    before = near.photographs.copy()
    corrected = distant(near)
    np.testing.assert_array_equal(near.photographs, before)
    in_place = distant(near, out=near.photographs)
    assert in_place.photographs is near.photographs
    np.testing.assert_array_equal(in_place.photographs, corrected.photographs)


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = distant(matt(2 * LIGHTS))
    monkeypatch.setattr(near_lights, "_BLOCK_VALUES", 3 * 30 * 20)
    in_rows = distant(matt(2 * LIGHTS))
    assert np.abs(whole.photographs - in_rows.photographs.astype(int)).max() <= 1


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_lamps(count: int) -> None:
    near, far = (matt(2 * LIGHTS[:count], near=near) for near in (True, False))
    assert apart(distant(near), far) < apart(near, far)


def test_one_column() -> None:
    near = matt(2 * LIGHTS)
    assert distant(replace(near, photographs=near.photographs[:, :, :1])).photographs.shape == (30, 48, 1, 3)
