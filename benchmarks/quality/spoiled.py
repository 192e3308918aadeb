"""Captures in which something went wrong, with the truth of what and where: what `fastrti check` is measured on."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fastrti.lights import light_from_angles
from fastrti.photographs.mlic import Mlic
from fastrti.srgb import srgb_decode, srgb_encode, to_bytes
from fastrti.synth.materials import Surface, make_surface, smith_factor
from fastrti.synth.relief import height_field
from fastrti.synth.rings import dome_lights
from fastrti.synth.shading import shade
from fastrti.synth.shadows import lit_pixels

_MARGIN = 8  # pixels around the picture, which come into it where the camera was moved
_LIGHT_ERROR = 0.3  # degrees; how far the lists of real domes are off
_BELOW_WHITE = 0.9  # what white highlights read: a careful photographer exposes for them
_FLICKER = 0.02  # of the lamps' strength
_READ_NOISE, _SHOT_NOISE = 0.001, 0.004  # of linear values: the first as it is, the second times their root


@dataclass(frozen=True)
class Planted:
    """What was spoiled.

    Attributes:
        kind: as `fastrti.capture.checks.findings` names it.
        photographs: those that were spoiled; none for a fault of the lights.
        size: how much, in the unit of the kind; 0 where it has no size.
    """

    kind: str
    photographs: frozenset[int]
    size: float = 0.0


@dataclass(eq=False)
class _Capture:
    """A capture in the making: linear pictures with a margin, and their lights."""

    pictures: NDArray[np.float32]  # (N, H + 2·margin, W + 2·margin, 3)
    lights: NDArray[np.float64]
    rng: np.random.Generator

    def choose(self, count: int = 1, allowed: NDArray[np.bool_] | None = None) -> list[int]:
        places = np.arange(len(self.lights)) if allowed is None else np.flatnonzero(allowed)
        return [int(index) for index in self.rng.choice(places, count, replace=False)]


def clean(seed: int) -> Mlic:
    """A capture in which nothing is wrong: what `spoiled` makes of the same seed before it spoils it."""
    return _photographed(_capture(seed, _lights(np.random.default_rng((seed, 7)))))


def spoiled(seed: int, kind: str) -> tuple[Mlic, Planted]:
    """A capture of 12 to 60 lights with one planted fault."""
    rng = np.random.default_rng((seed, 7))
    if kind in _OF_LIGHTS:
        return _photographed(_capture(seed, _OF_LIGHTS[kind](rng))), Planted(_NAMES.get(kind, kind), frozenset())
    capture = _capture(seed, _lights(rng))
    planted = _OF_PHOTOGRAPHS[kind](capture)
    return _photographed(capture), planted


def _capture(seed: int, lights: NDArray[np.float64]) -> _Capture:
    rng = np.random.default_rng((seed, 8))
    width, height = (int(side) + 2 * _MARGIN for side in rng.integers(96, 161, 2))
    heights = height_field(width, height, seed)
    surface = _of_one_look(make_surface(heights, seed), rng.choice(["stripes", "matt", "glossy"]))
    heights *= min(width, height)
    pictures = [srgb_decode(shade(surface, lit_pixels(heights, light), light) / np.float32(255)) for light in lights]
    flicker = (_BELOW_WHITE * np.exp(rng.normal(0, _FLICKER, len(lights)))).astype(np.float32)
    return _Capture(np.stack(pictures).astype(np.float32) * flicker[:, None, None, None], lights.copy(), rng)


def _of_one_look(surface: Surface, look: str) -> Surface:
    """All materials matt, or all of them glossier than they are."""
    if look == "stripes":
        return surface
    roughness = 0.9 if look == "matt" else 0.35
    alpha2 = np.full_like(surface.alpha2, roughness**2)
    scattered = np.maximum(surface.scattered, 0.3 * surface.reflected)
    return replace(
        surface,
        scattered=scattered,
        reflected=np.minimum(surface.reflected, 0.04 if look == "matt" else 0.5),
        alpha2=alpha2,
        masking=smith_factor(surface.normals[2], alpha2),
    )


def _lights(rng: np.random.Generator) -> NDArray[np.float64]:
    """A dome, or a flash held in the hand: 12 to 60 lights."""
    count = int(rng.integers(12, 61))
    return dome_lights(count) if rng.random() < 0.5 else _by_hand(rng, count)


def _by_hand(
    rng: np.random.Generator, count: int, low: float = 12.0, high: float = 80.0, arc: float = 360.0
) -> NDArray[np.float64]:
    """Lights spread unevenly between two elevations, around an arc of azimuth."""
    turns = (np.arange(count) * 0.618034 + rng.uniform(0, 0.25 / count**0.5, count)) % 1
    lowest, highest = float(np.sin(np.radians(low))), float(np.sin(np.radians(high)))
    heights = np.linspace(lowest, highest, count) + rng.normal(0, 0.02, count)
    elevations = np.degrees(np.arcsin(np.clip(heights, lowest, highest)))
    start = rng.uniform(0, 360)
    return np.array([light_from_angles(start + arc * turn, height) for turn, height in zip(turns, elevations)])


# --- faults of photographs -------------------------------------------------------------------------------------------


def _no_flash(capture: _Capture) -> Planted:
    """What is left is the room's light, from everywhere."""
    chosen = capture.choose(int(capture.rng.integers(1, 3)))
    ambient = capture.pictures.min(0) * capture.rng.uniform(0.2, 1.0)
    for index in chosen:
        capture.pictures[index] = ambient
    return Planted("no flash", frozenset(chosen))


def _exposure(capture: _Capture) -> Planted:
    """From half a stop to one stop and a half, up or down."""
    chosen = capture.choose(int(capture.rng.integers(1, 3)))
    stops = float(capture.rng.uniform(0.5, 1.5) * capture.rng.choice([-1, 1]))
    for index in chosen:
        capture.pictures[index] *= np.float32(2**stops)
    return Planted("exposure", frozenset(chosen), stops)


def _colour(capture: _Capture) -> Planted:
    """The camera chose another white balance."""
    (index,) = capture.choose()
    share = float(capture.rng.uniform(0.12, 0.4) * capture.rng.choice([-1, 1]))
    capture.pictures[index] *= np.exp(np.array([share, 0, -share], np.float32))
    return Planted("colour", frozenset([index]), share)


def _shift(capture: _Capture) -> Planted:
    """The camera or the object was bumped before one photograph and put back after it."""
    (index,) = capture.choose()
    length, turn = capture.rng.uniform(1.0, 5.0), capture.rng.uniform(0, 2 * np.pi)
    capture.pictures[index] = _moved(capture.pictures[index], length * np.cos(turn), length * np.sin(turn))
    return Planted("shift", frozenset([index]), float(length))


def _moved(picture: NDArray[np.float32], right: float, down: float) -> NDArray[np.float32]:
    """By parts of pixels, in the frequencies; what wraps around lies in the margin."""
    rows, columns = np.fft.fftfreq(picture.shape[0])[:, None], np.fft.rfftfreq(picture.shape[1])
    phase = np.exp(-2j * np.pi * (rows * down + columns * right))[..., None]
    moved = np.fft.irfft2(np.fft.rfft2(picture, axes=(0, 1)) * phase, picture.shape[:2], axes=(0, 1))
    return np.maximum(moved, 0).astype(np.float32)


def _wrong_light(capture: _Capture) -> Planted:
    """A row of the list has a direction of its own."""
    (index,) = capture.choose()
    degrees = 0.0
    while degrees < 25:
        wrong = light_from_angles(capture.rng.uniform(0, 360), capture.rng.uniform(10, 80))
        degrees = float(np.degrees(np.arccos(np.clip(wrong @ capture.lights[index], -1, 1))))
    capture.lights[index] = wrong
    return Planted("wrong light", frozenset([index]), degrees)


def _swapped(capture: _Capture) -> Planted:
    """Two rows of the list, 25° or more apart, have each other's names."""
    degrees = 0.0
    while degrees < 25:
        one, other = capture.choose(2)
        degrees = float(np.degrees(np.arccos(np.clip(capture.lights[one] @ capture.lights[other], -1, 1))))
    capture.lights[[one, other]] = capture.lights[[other, one]]
    return Planted("wrong light", frozenset([one, other]), degrees)


def _duplicate(capture: _Capture) -> Planted:
    """The lamp of before was lit again."""
    one = capture.choose()[0]
    apart = np.degrees(np.arccos(np.clip(capture.lights @ capture.lights[one], -1, 1)))
    (other,) = capture.choose(1, apart > 15)
    capture.pictures[other] = capture.pictures[one]
    return Planted("duplicate", frozenset([one, other]))


def _blur(capture: _Capture) -> Planted:
    """Out of focus: a disc of 1.5 to 3 pixels of radius."""
    chosen = capture.choose(int(capture.rng.integers(1, 3)))
    radius = float(capture.rng.uniform(1.5, 3))
    for index in chosen:
        capture.pictures[index] = _blurred(capture.pictures[index], radius)
    return Planted("blur", frozenset(chosen), radius)


def _blurred(picture: NDArray[np.float32], radius: float) -> NDArray[np.float32]:
    """By a disc whose edge is one pixel wide."""
    rows, columns = (np.fft.fftfreq(side) * side for side in picture.shape[:2])
    disc = np.clip(radius + 0.5 - np.hypot(rows[:, None], columns), 0, 1)
    spectrum = np.fft.rfft2(disc / disc.sum())[..., None]
    return np.fft.irfft2(np.fft.rfft2(picture, axes=(0, 1)) * spectrum, picture.shape[:2], axes=(0, 1)).astype(
        np.float32
    )


def _clipping(capture: _Capture) -> Planted:
    """Far too bright: a quarter of the picture or more is white."""
    (index,) = capture.choose(1, capture.lights[:, 2] > 0.4)
    gain = 1 / max(float(np.quantile(capture.pictures[index].max(-1), capture.rng.uniform(0.4, 0.75))), 1e-3)
    capture.pictures[index] *= np.float32(gain)
    return Planted("clipping", frozenset([index]), gain)


_OF_PHOTOGRAPHS: dict[str, Callable[[_Capture], Planted]] = {
    "no flash": _no_flash,
    "exposure": _exposure,
    "colour": _colour,
    "shift": _shift,
    "wrong light": _wrong_light,
    "swapped lights": _swapped,
    "duplicate": _duplicate,
    "blur": _blur,
    "clipping": _clipping,
}

_OF_LIGHTS: dict[str, Callable[[np.random.Generator], NDArray[np.float64]]] = {
    "one ring": lambda rng: _by_hand(rng, int(rng.integers(12, 30)), *(2 * [float(rng.uniform(25, 60))])),
    "gap in azimuth": lambda rng: _by_hand(rng, int(rng.integers(20, 61)), arc=float(rng.uniform(120, 230))),
    "too few": lambda rng: _by_hand(rng, int(rng.integers(5, 9))),
}

_NAMES = {"too few": "few lights"}
"""What a check calls a fault of the lights, where that is another name."""

KINDS = (*_OF_PHOTOGRAPHS, *_OF_LIGHTS)
"""All that can be spoiled."""


def _photographed(capture: _Capture) -> Mlic:
    """As a camera writes it: noise, white clipped, 8 bits, JPEG; the list of lights slightly off."""
    rng = capture.rng
    inner = capture.pictures[:, _MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    photographs = []
    for picture in inner:
        noise = rng.normal(0, 1, picture.shape) * np.sqrt(_READ_NOISE**2 + _SHOT_NOISE**2 * np.maximum(picture, 0))
        photographs.append(_jpeg(to_bytes(srgb_encode(np.clip(picture + noise, 0, 1)))))
    lights = capture.lights + rng.normal(0, np.radians(_LIGHT_ERROR), capture.lights.shape)
    lights[:, 2] = np.maximum(lights[:, 2], 0.01)
    names = tuple(f"IMG_{2000 + index}.jpg" for index in range(len(lights)))
    return Mlic(np.stack(photographs), lights / np.linalg.norm(lights, axis=1, keepdims=True), names)


def _jpeg(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=92, subsampling=0)
    return np.asarray(Image.open(file))
