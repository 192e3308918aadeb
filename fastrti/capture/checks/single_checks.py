"""What photographs tell without a light: no flash, duplicates, blur and white pixels. All of it is cheap."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.checks.findings import BLUR, CLIPPING, DUPLICATE, NO_FLASH, Finding, finding
from fastrti.capture.checks.overview import Overview, Pictures
from fastrti.photographs.coverage import same_light
from fastrti.srgb import srgb_decode

_DARKEST = 0.85  # share of the pixels at which a photograph without a flash is the darkest of all
_NEARLY, _NOISE = 1.15, 0.002  # a factor and a linear value: what still counts as the darkest
_DARK = 0.25  # of the median brightness
_GAP = 4.0  # two stops between the photographs without a flash and the darkest with one
_RARE = 0.15  # share of a set that has no flash, where no light is known
_SMALL = 24  # pixels along the shorter side that pairs are compared at
_DISTINCT = 10.0  # degrees; photographs of lights that are closer may be alike
_CLEARLY = 0.6  # of the difference to a third photograph
_TOO_DARK = 0.3  # of the median of encoded values: a twentieth of the light
_SPREADS = 4.5  # of the detail of a set, beyond which a photograph is blurred; good ones stay below 3.3
_OCTAVES = ((0, 1), (0, 2), (1, 3))  # finer and coarser, whose detail is compared


def without_flash(overview: Overview, expected: NDArray[np.float64] | None = None) -> dict[int, float]:
    """The photographs that only the room's light is in, and the share of the expected light that they have.

    Such a photograph is the darkest one at nearly every pixel. One under a grazing light is not: it lights some slopes.

    Args:
        overview: the capture.
        expected: (N,) mean linear values that the other photographs predict. None where no light is known: then the
            photographs must also be rare, and two stops darker than all others.
    """
    linear = srgb_decode(overview.on_object.mean(2))
    brightness = linear.mean(1).astype(np.float64)
    darkest = (linear <= _NEARLY * linear.min(0) + _NOISE).mean(1) > _DARKEST
    dark = darkest & (brightness < _DARK * np.median(brightness))
    if expected is None:
        lit = brightness[~dark].min(initial=np.inf)
        shares = brightness / lit
        dark &= (brightness * _GAP < lit) & (dark.sum() <= _RARE * len(dark))
    else:
        shares = brightness / np.maximum(expected, 1e-6)
        dark &= shares < NO_FLASH.threshold
    return {int(index): float(shares[index]) for index in np.flatnonzero(dark)}


def no_flash_findings(overview: Overview, shares: dict[int, float]) -> Iterator[Finding]:
    """A finding for each of `without_flash`."""
    than = "the darkest other photograph has" if overview.lights is None else "the other photographs predict"
    for index, share in shares.items():
        yield finding(NO_FLASH, (overview.names[index],), share, f"it has {share:.1%} of the light that {than}")


def alike(overview: Overview) -> dict[tuple[int, int], float]:
    """Pairs of photographs that differ by noise alone, though their lights are not the same.

    Returns:
        How much each pair differs, relative to how much a photograph of this set differs from the one next to it. Where
        lights are known, both are divided by the distance of the lights.
    """
    small = _small(overview.pictures)
    norms = np.linalg.norm(small, axis=1)
    cosines = small @ small.T / np.maximum(np.outer(norms, norms), 1e-12)
    differences = np.sqrt(np.maximum(1 - cosines**2, 0))
    np.fill_diagonal(differences, np.inf)
    suspects = _only_each_other(differences)
    if overview.lights is not None:
        apart = np.linalg.norm(overview.lights[:, None] - overview.lights, axis=2)
        distinct = apart > 2 * np.sin(np.radians(_DISTINCT) / 2)
        differences = np.where(distinct, differences / np.maximum(apart, 1e-9), np.inf)
    np.fill_diagonal(differences, np.inf)
    nearest = differences.min(1)
    typical = max(float(np.median(nearest[np.isfinite(nearest)])), 1e-9) if np.isfinite(nearest).any() else 1.0
    suspects &= differences < DUPLICATE.threshold * typical
    digests = np.array([int.from_bytes(digest[:8], "big") for digest in overview.digests], np.uint64)
    suspects |= (digests[:, None] == digests) & ~np.eye(len(digests), dtype=bool)
    return {
        (int(one), int(other)): float(min(differences[one, other] / typical, DUPLICATE.threshold))
        for one, other in zip(*np.nonzero(np.triu(suspects)))
    }


def _only_each_other(differences: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Pairs, (N, N), that are clearly more alike than one of the two and any third photograph.

    A photograph whose row of the list is wrong is as much like several that lie around its true light.
    """
    ordered = np.sort(differences, axis=1)
    second = ordered[:, min(1, len(ordered) - 1)]
    only: NDArray[np.bool_] = differences < _CLEARLY * np.minimum(second[:, None], second)
    return only


def duplicate_findings(overview: Overview, pairs: dict[tuple[int, int], float]) -> Iterator[Finding]:
    """A finding for each of `alike`."""
    for (one, other), number in pairs.items():
        sentence = (
            "they hold the same samples"
            if overview.digests[one] == overview.digests[other]
            else f"they are {1 / max(number, 0.01):.0f} times as much alike as two neighbours of this set"
        )
        if overview.lights is not None and not same_light(overview.lights[[one, other]])[0, 1]:
            angle = np.degrees(np.arccos(np.clip(overview.lights[one] @ overview.lights[other], -1, 1)))
            sentence += f", but the list has lights {angle:.0f}° apart"
        yield finding(DUPLICATE, (overview.names[one], overview.names[other]), number, sentence)


def clipping_findings(overview: Overview) -> Iterator[Finding]:
    """A finding for each photograph with many white pixels."""
    for index in np.flatnonzero(overview.white > CLIPPING.threshold):
        share = float(overview.white[index])
        yield finding(CLIPPING, (overview.names[index],), share, f"{share:.0%} of the object's pixels are white")


def blur_findings(overview: Overview, left_out: set[int]) -> Iterator[Finding]:
    """A finding for each photograph whose finest detail is weaker than in the others, by what its coarser detail is.

    Args:
        overview: the capture.
        left_out: photographs that are not judged, such as those without a flash. Very dark ones are not either: the
            steps of their samples are coarser than their detail.
    """
    brightness = overview.on_object.mean((1, 2))
    left_out = left_out | set(np.flatnonzero(brightness < _TOO_DARK * np.median(brightness)).tolist())
    judged = np.array([index for index in range(len(overview)) if index not in left_out], np.intp)
    if len(judged) < 3:
        return
    octaves = np.log(overview.detail[judged] + 0.05)  # levels of 255: the noise of a reduced picture
    sharpness = np.stack([octaves[:, finer] - octaves[:, coarser] for finer, coarser in _OCTAVES])
    weaker = np.median(sharpness, axis=1, keepdims=True) - sharpness
    spreads = 1.48 * np.median(abs(weaker), axis=1, keepdims=True)
    allowed = np.maximum(np.log(BLUR.threshold), _SPREADS * spreads)
    excess = weaker - allowed
    for index in np.flatnonzero((excess > 0).any(0)):
        times = float(np.exp(weaker[excess[:, index].argmax(), index]))
        sentence = f"its finest detail is {times:.1f} times weaker than in the others, compared with coarser detail"
        yield finding(BLUR, (overview.names[judged[index]],), times, sentence)


def _small(pictures: Pictures) -> NDArray[np.float64]:
    """The pictures at some 24 pixels along the shorter side, (N, …)."""
    step = max(1, min(pictures.shape[1:3]) // _SMALL)
    height, width = (side // step * step for side in pictures.shape[1:3])
    cells = pictures[:, :height, :width].reshape(len(pictures), height // step, step, width // step, step, 3)
    small: NDArray[np.float64] = cells.mean((2, 4)).reshape(len(pictures), -1).astype(np.float64)
    return small
