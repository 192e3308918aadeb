"""Rings, arcs, doubled and few lights: fits are as good as the lights allow, and say what they do not show."""

from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image

from fastrti import ArgumentError, Mlic, Renderer, TrainingError, estimate_normals, fit, fit_classical, load
from fastrti.cli import main
from fastrti.least_squares import determined_terms, term_solver
from fastrti.lights import light_from_angles
from fastrti.objects.light_terms import hsh_terms, monomial_terms, monomials, ptm_terms
from fastrti.photographs.coverage import different_lights, light_notes
from fastrti.photographs.lp_file import write_lp
from fastrti.scoring.sampled import mean_psnr
from fastrti.srgb import srgb_encode
from fastrti.synth import TEST_LIGHTS, dome_lights
from fastrti.training.interpolator import Interpolator
from fastrti.training.linear_interpolators import LinearInterpolators
from fastrti.training.samples import Photographs
from fastrti.training.settings import InterpolatorSettings

SIDE = 12
TERMS = {"ptm": ptm_terms, "hsh9": lambda lights: hsh_terms(lights)[:, :9], "hsh16": hsh_terms}


def rings(*heights_and_counts, first=7.0):
    return np.array(
        [
            light_from_angles(first + 360 * i / count, height)
            for height, count in heights_and_counts
            for i in range(count)
        ]
    )


def listed(lights, decimals=3):
    """The directions as a list of so many decimals has them."""
    rounded = lights.round(decimals)
    return rounded / np.linalg.norm(rounded, axis=1, keepdims=True)


def measured(lights, degrees=0.5):
    off = lights + np.random.default_rng(0).normal(0, np.radians(degrees), lights.shape)
    return off / np.linalg.norm(off, axis=1, keepdims=True)


ONE, TWO, THREE = rings((45, 8)), rings((30, 12), (60, 8)), rings((20, 20), (45, 12), (70, 8))
DOME = dome_lights(16)
LITTLE = {
    "one ring": ONE,
    "two rings": TWO,
    "three rings": THREE,
    "an arc": np.array([light_from_angles(a, h) for a in range(0, 101, 20) for h in (30, 60)]),
    "a plane through the camera's axis": np.array([light_from_angles(0, h) for h in (20, 40, 60, 80)] * 2),
    "one light photographed twice": np.concatenate([DOME, DOME[:1]]),
    "all lights photographed twice": np.concatenate([DOME, DOME]),
    "fewer lights than terms": dome_lights(5),
    "one light": np.repeat(ONE[:1], 6, axis=0),
    "two photographs": ONE[:2],
}
kinds = pytest.mark.parametrize("lights", LITTLE.values(), ids=LITTLE)


def photographs(lights):
    """Bumps of a material with a soft highlight, (N, H, W, 3) uint8."""
    slopes = np.random.default_rng(0).normal(0, 0.25, (2, SIDE, SIDE))
    normals = np.stack([-slopes[0], -slopes[1], np.ones((SIDE, SIDE))])
    normals /= np.linalg.norm(normals, axis=0)
    half = lights + np.array([0, 0, 1])
    half /= np.linalg.norm(half, axis=1, keepdims=True)
    diffuse, gloss = (np.clip(np.einsum("li,ihw->lhw", v, normals), 0, 1) for v in (lights, half))
    return np.rint(
        255 * np.stack([0.6 * diffuse, 0.5 * diffuse, 0.4 * diffuse], -1) + 60 * gloss[..., None] ** 10
    ).astype(np.uint8)


def collection(truth, known=None):
    """Photographs under the true lights, with the lights as they are known."""
    known = truth if known is None else known
    return Mlic(photographs(truth), known, tuple(f"{i:02}.png" for i in range(len(truth))))


def score(relightable, mlic):
    return mean_psnr(relightable, mlic, np.arange(len(mlic)))


def best_of_the_family(mlic, basis, scored):
    """The highest PSNR of plain least squares in float64, of any number of directions of the terms."""
    left, scales, right = np.linalg.svd(TERMS[basis](mlic.lights), full_matrices=False)
    values = mlic.photographs.reshape(len(mlic), -1) / 255
    found = []
    for rank in range(1, int((scales > 1e-9).sum()) + 1):
        coefficients = right[:rank].T / scales[:rank] @ (left[:, :rank].T @ values)
        pictures = np.rint(255 * (TERMS[basis](scored.lights) @ coefficients).clip(0, 1))
        errors = np.square(pictures - scored.photographs.reshape(len(scored), -1)).mean(1)
        found.append(np.mean(10 * np.log10(255**2 / errors.clip(1))))
    return max(found)


# --- fits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("basis", TERMS)
@pytest.mark.parametrize("known", [partial(listed, decimals=3), partial(listed, decimals=8), measured])
@pytest.mark.parametrize("heights", [((45, 8),), ((30, 12), (60, 8)), ((20, 20), (45, 12), (70, 8))])
def test_a_dome_of_rings_is_fitted_as_well_as_its_lights_allow(heights, known, basis):
    truth = rings(*heights)
    mlic = collection(truth, known(truth))
    between = collection(np.concatenate([rings((h, n), first=7 + 180 / n) for h, n in heights]))
    relightable = fit_classical(mlic, basis)
    for scored in (collection(truth), between):
        # planes of 8 bits cost what is above 45 dB
        assert score(relightable, scored) > min(best_of_the_family(mlic, basis, scored) - 1, 44)


@kinds
@pytest.mark.parametrize("basis", [*TERMS, "rbf"])
def test_the_photographs_are_met_and_no_picture_is_wild(lights, basis):
    relightable = fit_classical(collection(lights), basis)
    assert score(relightable, collection(lights)) > 28
    assert score(relightable, collection(rings((20, 12), (70, 8)))) > 10  # noise has 5 dB


@pytest.mark.parametrize("degree", [1, 2, 3])
@kinds
def test_weights_of_photographs_stay_small(lights, degree):
    terms = partial(monomial_terms, exponents=monomials(degree))
    for decimals in (3, 6, 8):
        weights = terms(dome_lights(49)) @ term_solver(terms, listed(lights, decimals))
        assert np.abs(weights).sum(1).max() < 100  # plain least squares: up to 1e9


def test_an_ordinary_dome_is_fitted_as_by_plain_least_squares():
    lights = dome_lights(49)
    mlic, new = collection(lights), collection(TEST_LIGHTS)
    for basis, terms in TERMS.items():
        plain = np.linalg.lstsq(terms(lights), mlic.photographs.reshape(49, -1) / 255, rcond=None)[0]
        pictures = np.rint(255 * (terms(TEST_LIGHTS) @ plain).clip(0, 1))
        errors = np.square(pictures - new.photographs.reshape(20, -1)).mean(1)
        assert score(fit_classical(mlic, basis), new) == pytest.approx(np.mean(10 * np.log10(255**2 / errors)), abs=0.3)


def test_a_single_photograph_is_refused():
    with pytest.raises(TrainingError, match="expected photographs under two lights or more"):
        fit_classical(collection(ONE[:1]), "ptm")


# --- the interpolator and students -----------------------------------------------------------------------------------


@kinds
def test_leaving_lights_out_is_finite_and_small(lights):
    residuals = LinearInterpolators(listed(lights), InterpolatorSettings()).leave_one_out()[0]
    assert np.abs(residuals).max() < 100


def test_photographs_of_one_light_are_left_out_together():
    lights, values = LITTLE["one light photographed twice"], np.random.default_rng(0).random(17)
    residuals = LinearInterpolators(lights, InterpolatorSettings()).leave_one_out()[0] @ values
    for left_out, others in ((0, np.arange(1, 16)), (16, np.arange(1, 16)), (3, np.delete(np.arange(17), 3))):
        alone = LinearInterpolators(lights[others], InterpolatorSettings())
        predicted = alone.at(lights[[left_out]])[0][:, 0] @ values[others]
        assert residuals[-4:, left_out] == pytest.approx(values[left_out] - predicted[-4:], abs=1e-6)


def test_polynomials_alone_interpolate_few_lights():
    settings = InterpolatorSettings(processes=())
    assert LinearInterpolators(ONE[:3], settings).at(ONE)[0].shape == (1, 8, 3)


@pytest.mark.parametrize("process", [(0.4, 0.0), (0.4, 1e-9), (0.0, 0.03)])
def test_a_process_without_the_errors_of_lights_is_refused(process):
    with pytest.raises(
        ArgumentError, match=r"expected processes with a length above 0 and a noise of 2\.7e-05 or more"
    ):
        InterpolatorSettings(processes=(process,))


@kinds
def test_the_teacher_meets_the_photographs(lights):
    mlic = collection(lights)
    read = Photographs(mlic, np.arange(len(mlic)), torch.device("cpu"))
    rows, columns = (index.ravel() for index in np.indices((SIDE, SIDE)))
    teacher = Interpolator(read, most_steps=5)
    shares = teacher.shares_of(torch.from_numpy(rows), torch.from_numpy(columns))
    samples = read.read(rows, columns)
    drawn = teacher(samples, shares, torch.from_numpy(np.concatenate([lights, dome_lights(49)])))
    assert (drawn[: len(lights)] - samples).abs().mean() < 0.03
    assert drawn.isfinite().all() and drawn.abs().max() < 4


def test_a_student_of_doubled_lights_is_trained():
    lights = LITTLE["one light photographed twice"]
    fitted = fit(collection(lights), preset="quick", steps=15, progress=False)
    assert fitted.training["psnr"] > 15  # nan compares as False


def test_a_teacher_that_answers_nan_is_named_with_the_light():
    def broken(samples, pixels, lights):
        answer = torch.zeros(len(lights), 3, len(pixels))
        answer[1, 2, 5] = torch.nan
        return answer

    with pytest.raises(TrainingError, match=r"expected finite colours from the teacher, got NaN .* under the light \("):
        fit(collection(DOME), teacher=broken, steps=2, progress=False)


# --- normals ---------------------------------------------------------------------------------------------------------


def matt(lights):
    slopes = np.random.default_rng(0).normal(0, 0.3, (2, SIDE, SIDE))
    normals = np.stack([-slopes[0], -slopes[1], np.ones((SIDE, SIDE))], axis=-1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    linear = 0.8 * np.clip(np.einsum("li,hwi->lhw", lights, normals), 0, 1)
    encoded = np.rint(255 * srgb_encode(linear)).astype(np.uint8)
    return normals, Mlic(np.repeat(encoded[..., None], 3, axis=3), lights, tuple(map(str, range(len(lights)))))


def mean_angle(normals, truth):
    return np.degrees(np.arccos(np.clip((normals * truth).sum(-1), -1, 1))).mean()


@pytest.mark.parametrize("count", [4, 6, 8, 20])
def test_normals_of_one_ring_come_from_its_lights(count):
    truth, mlic = matt(rings((45, count)))
    normals = estimate_normals(Renderer(fit_classical(mlic, "ptm"), backend="cpu"))
    assert mean_angle(normals, truth) < 3


def test_normals_of_lights_in_one_plane_are_not_made_up_from_the_errors_of_the_list():
    truth, mlic = matt(measured(LITTLE["a plane through the camera's axis"]))
    normals = estimate_normals(Renderer(fit_classical(mlic, "ptm"), backend="cpu"))
    assert mean_angle(normals * [1, 0, 1], truth * [1, 0, 1]) < 25
    assert np.abs(normals[..., 1]).mean() < 0.3


def test_normals_of_two_lights_face_the_camera():
    _, mlic = matt(np.repeat(ONE[:2], 3, axis=0))
    assert (estimate_normals(Renderer(fit_classical(mlic, "ptm"), backend="cpu")) == (0, 0, 1)).all()


# --- what is said ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lights",
    [dome_lights(49), dome_lights(24), measured(dome_lights(49), 3), np.concatenate([dome_lights(30)] * 2)],
    ids=["49", "24", "measured", "doubled"],
)
def test_an_ordinary_dome_has_no_notes(lights):
    assert light_notes(lights) == []


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("one ring", ["8 different lights", "within 2° of one elevation, 45°: pictures under higher and lower lights"]),
        ("two rings", ["between 30° and 60° high"]),
        ("three rings", []),
        ("an arc", ["leave out 260° of azimuth, from 100° to 0°, counted"]),
        ("a plane through the camera's axis", ["4 different lights", "360° of azimuth, from 0° to 0°"]),
        ("fewer lights than terms", ["5 different lights"]),
        ("one light", ["all 6 photographs have one light"]),
        ("two photographs", ["only 2 different lights: pictures under other lights are guesses, which the PSNR"]),
    ],
)
def test_notes_say_what_the_lights_do_not_show(kind, said):
    notes = light_notes(measured(LITTLE[kind], 0.1))
    for words in said:
        assert any(words in note for note in notes), notes
    assert said or not notes


def test_lights_high_up_or_low_down_are_said():
    assert any("lower than 50°" in note for note in light_notes(rings((50, 8), (70, 8))))
    assert any("higher than 40°" in note for note in light_notes(rings((20, 8), (40, 8))))


def test_doubled_lights_count_once():
    assert len(different_lights(LITTLE["all lights photographed twice"])) == len(DOME)
    assert list(different_lights(LITTLE["one light"])) == [0]


@pytest.mark.parametrize(
    ("lights", "determined"),
    [(ONE, (5, 5, 7)), (TWO, (6, 8, 12)), (THREE, (6, 9, 15)), (dome_lights(49), (6, 9, 16)), (ONE[:2], (2, 2, 2))],
)
def test_the_terms_that_lights_determine_are_counted(lights, determined):
    for known in (lights, listed(lights), measured(lights, 0.1)):
        assert tuple(determined_terms(terms, known) for terms in TERMS.values()) == determined


def test_the_command_line_says_what_the_lights_do_not_show(tmp_path, capsys):
    mlic = collection(ONE)
    for name, photograph in zip(mlic.names, mlic.photographs):
        Image.fromarray(photograph).save(tmp_path / name)
    write_lp(tmp_path / "ring.lp", mlic.names, mlic.lights)
    assert main(["fit", str(tmp_path), "-o", str(tmp_path / "made"), "--basis", "hsh9"]) == 0
    said = capsys.readouterr().err
    notes = load(tmp_path / "made").training["notes"]
    assert len(notes) == 3 and all(f"note:        {note}\n" in said for note in notes)
    assert "the lights determine 5 of the 9 terms of hsh9" in said
    assert fit(mlic, steps=1, progress=False).training["notes"] == notes[:2]
