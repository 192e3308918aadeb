from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fastrti.capture.corrections.exposures import LEAST_LIGHTS, UNEVEN, estimate_gains, even_exposures, smooth_terms
from fastrti.cli import main
from fastrti.photographs.lp_file import write_lp
from fastrti.photographs.mlic import Mlic
from fastrti.srgb import srgb_decode, srgb_encode
from fastrti.synth import dome_lights
from tests.support.small_relief import relief_under

LIGHTS = dome_lights(40)
STOPS = np.random.default_rng(3).uniform(-1 / 3, 1 / 3, 40)


def uneven() -> Mlic:
    return relief_under(LIGHTS, gains=2**STOPS)


def rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.square(values).mean()))


def test_gains_are_found() -> None:
    gains = estimate_gains(uneven())
    assert gains is not None
    assert rms(gains.stops - (STOPS - STOPS.mean())) < 0.06 < rms(STOPS) / 3
    assert gains.logarithms.mean() == pytest.approx(0, abs=1e-6)


def test_even_photographs_stay_as_they_are() -> None:
    clean = relief_under(LIGHTS)
    gains = estimate_gains(clean)
    assert gains is not None
    assert gains.uneven.std() < UNEVEN / 2
    assert even_exposures(clean) is clean


@pytest.mark.parametrize("smooth", [lambda light: 0.5 * light[:, 2], lambda light: 0.2 * light[:, 0]])
def test_what_is_smooth_over_the_lights_is_light(smooth) -> None:
    clean = relief_under(LIGHTS, gains=2 ** smooth(LIGHTS))
    assert even_exposures(clean) is clean


def test_corrected_photographs_have_one_exposure_also_in_place() -> None:
    bad, clean = uneven(), relief_under(LIGHTS)

    def error(mlic: Mlic) -> float:
        return rms(mlic.photographs.astype(float) - clean.photographs)

    before = error(bad)
    even = even_exposures(bad, bad.photographs)
    assert even.photographs is bad.photographs
    assert error(even) < 0.35 * before
    (correction,) = even.corrections
    assert correction.name == "exposures"
    assert correction.numbers["stops"].keys() == set(bad.names)
    assert "brought to one exposure" in correction.sentence


def test_clipped_samples_stay_clipped() -> None:
    bad = relief_under(LIGHTS, highlights=3, gains=2**STOPS)
    even = even_exposures(bad)
    assert (bad.photographs == 255).any()
    assert (even.photographs[bad.photographs == 255] == 255).all()


def test_sixteen_bits_and_linear_samples() -> None:
    bad = uneven()
    linear = np.rint(65535 * srgb_decode(bad.photographs / 255)).astype(np.uint16)
    gains, same = estimate_gains(bad), estimate_gains(Mlic(linear, LIGHTS, bad.names, transfer="linear"))
    assert gains is not None
    assert same is not None
    np.testing.assert_allclose(same.logarithms, gains.logarithms, atol=0.01)


def test_few_lights_tell_no_gains() -> None:
    few = uneven().subset(range(LEAST_LIGHTS - 1))
    assert estimate_gains(few) is None
    assert even_exposures(few) is few


def test_fit_says_what_it_evened_and_can_be_told_not_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = uneven()
    for name, photograph in zip(bad.names, bad.photographs):
        Image.fromarray(photograph).save(tmp_path / name)
    write_lp(tmp_path / "lights.lp", bad.names, bad.lights)
    for options, corrected in ((), True), (("--exposures", "off"), False):
        output = str(tmp_path.parent / f"{tmp_path.name}{corrected}")
        assert main(["fit", str(tmp_path), "-o", output, "--basis", "ptm", *options]) == 0
        assert ("corrected:   exposures: photographs differ by" in capsys.readouterr().err) == corrected


def test_high_lights_over_a_flat_object_have_gains_too() -> None:
    """Each of its pixels is a highlight under them, so that only predictions tell."""
    rng = np.random.default_rng(5)
    slopes = rng.normal(0, 0.04, (2, 400))
    normals = np.stack([*slopes, np.ones(400)], axis=1)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    halves = LIGHTS + np.array([0, 0, 1])
    halves /= np.linalg.norm(halves, axis=1, keepdims=True)
    light = rng.uniform(0.2, 0.5, 400) * (LIGHTS @ normals.T).clip(0) + 0.2 * (halves @ normals.T) ** 8
    seen = srgb_encode((light * 2 ** STOPS[:, None]).clip(0, 1))
    photographs = np.repeat(np.rint(255 * seen).astype(np.uint8).reshape(40, 20, 20, 1), 3, axis=3)
    gains = estimate_gains(Mlic(photographs, LIGHTS, tuple(f"{number}.png" for number in range(40))))
    assert gains is not None
    smooth, _ = np.linalg.qr(smooth_terms(LIGHTS))
    off = gains.stops - STOPS
    off -= smooth @ (smooth.T @ off)
    high = LIGHTS[:, 2] > 0.9
    assert high.sum() >= 4 and rms(off[high]) < 0.04 < rms(STOPS[high]) / 3
