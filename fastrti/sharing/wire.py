"""Objects that travel light: latents mixed and rounded for JPEG, at a loss of PSNR that is measured and bounded.

A mixing of the latents changes nothing, because the first matrix of the decoder undoes it. So the latents are scaled
until an error of one costs as much as an error of any other, and turned until the differences of neighbouring pixels
are independent (Karhunen–Loève). Then one quantiser step for all of them is the best for a mean squared error, and few
latents hold most of the bits. Planes of other decoders are not mixed. Each gets the step that costs as much as any
other's.

The loss: relit pictures differ from those of the object as it was by a mean squared error m, and the object's pictures
differ from photographs by the m₀ that its fit recorded as PSNR. If the two errors have nothing to do with each other,
the PSNR falls by 10·log₁₀(1 + m/m₀). The error m counts one and a half times, because m₀ under other lights can be
smaller than under those that the fit was scored on.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.formats.info_json import WIRE
from fastrti.formats.reading.plane_files import decode_picture
from fastrti.formats.wire import MAX_STEP, Wire
from fastrti.kernels.reference import evaluate_by_label
from fastrti.objects.float32_error import check_float32
from fastrti.objects.mixed import can_mix, mixed
from fastrti.objects.planes import fill_outside
from fastrti.objects.relightable import Relightable
from fastrti.progress import Progress
from fastrti.rendering.bands import many_lights

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

MAX_LOSS_DB = 10.0

LIGHTS = 16
"""How many of the photographed lights the loss is measured under."""

_TILE = 256  # pixels a side; blocks of a JPEG do not know of each other, so a part has the bytes of the whole
_TILES = 16
_PIXELS = 1 << 15  # whose colours are compared
_PROBED = 1 << 11  # whose colours say what an error of a plane costs
_PROBE = 2.0  # levels
_WEAKEST = 1e-6  # of the strongest direction: weaker ones are taken for as strong, so that the mixing has an inverse
_HALVINGS = 8

_CAUTION = 1.5
"""How much smaller the error of the fit may be under other lights. Without it the true loss on test lights was up to
1.3 times the wanted one (benchmarks/quality/wire.py)."""


def for_the_wire(relightable: Relightable, loss_db: float) -> tuple[Relightable, Wire]:
    """The object with planes that JPEG holds in few bytes, and the steps at which it costs at most so many dB.

        >>> light, wire = fastrti.for_the_wire(vase, 0.2)            # doctest: +SKIP
        >>> fastrti.save(light, "vase_web", wire=wire)               # doctest: +SKIP

    Args:
        relightable: with lossless planes. Its fit recorded the PSNR of its pictures in `training`.
        loss_db: at most so many dB of PSNR, above 0 and up to `MAX_LOSS_DB`.

    Returns:
        The object, whose planes are not rounded to the steps yet, and how to write them. Normals stay those of the
        object as it was.

    Raises:
        ArgumentError: a loss out of its range, an object without a PSNR or with planes that were JPEG already, or a
            loss that no JPEG stays below.
    """
    error = _recorded_error(relightable, loss_db)
    with Progress("choosing the steps of the JPEGs"):
        lights = _some(many_lights(relightable.lights), LIGHTS)
        costs = _costs(relightable, lights)
        if can_mix(relightable):
            coded = mixed(relightable, _mixing(relightable, costs))
            units = coded.maximum - coded.minimum  # of one plane, in colours from 0 to 1
        else:
            coded = replace(relightable, planes=relightable.planes.copy())
            units = 255 * np.sqrt(np.diag(costs))
        fill_outside(coded.planes, coded.mask)
        check_float32(coded)
        wire = _cheapest(relightable, coded, units, lights, error, loss_db)
    return coded, wire


def _recorded_error(relightable: Relightable, loss_db: float) -> float:
    """The mean squared error of the object's pictures, of colours from 0 to 1."""
    if not 0 < loss_db <= MAX_LOSS_DB:
        raise ArgumentError(
            f"expected loss_db above 0 and up to {MAX_LOSS_DB:g}, got {loss_db:g}: leave it out for lossless planes"
        )
    if WIRE in relightable.extra:
        raise ArgumentError(
            "expected an object with lossless planes, got one whose planes were JPEG: take the object that it was made "
            "from, or leave out loss_db"
        )
    decibels = relightable.training.get("psnr")
    if not isinstance(decibels, int | float) or not 0 < decibels < 100:
        raise ArgumentError(
            "expected an object whose fit recorded its PSNR, got none, so a loss cannot be measured: leave out loss_db"
        )
    return float(10 ** (-decibels / 10))


def _some(values: Floats, count: int) -> Floats:
    """At most so many rows, spread over all."""
    chosen: Floats = values[np.linspace(0, len(values) - 1, min(len(values), count)).round().astype(int)]
    return chosen


def _places(mask: NDArray[np.bool_] | None, size: tuple[int, ...], at_most: int) -> NDArray[np.intp]:
    """Indices of random pixels of the object, in order."""
    places = np.arange(int(np.prod(size))) if mask is None else np.flatnonzero(mask)
    if len(places) > at_most:
        places = np.sort(np.random.default_rng(0).choice(places, at_most, replace=False))
    return places


def _at(layer: Bytes, places: NDArray[np.intp]) -> Bytes:
    """(…, H, W) → (…, P)."""
    return layer.reshape(*layer.shape[:-2], -1)[..., places]


def _colours(relightable: Relightable, light: Floats, pixels: Bytes | Floats, labels: Bytes | None) -> Floats:
    """(3, P) from 0 to 1, not rounded."""
    return np.clip(evaluate_by_label(relightable.frame_networks(light), pixels, labels), 0, 1)


def _costs(relightable: Relightable, lights: Floats) -> Floats:
    """(K, K): errors e of a pixel's bytes change its colours by the mean square eᵀ·costs·e, over channels, lights."""
    places = _places(relightable.mask, relightable.planes.shape[1:], _PROBED)
    pixels = _at(relightable.planes, places).astype(np.float64)
    labels = None if relightable.labels is None else _at(relightable.labels, places)
    count = len(pixels)
    costs = np.zeros((count, count))
    for light in lights:
        slopes = []
        for number in range(count):
            up, down = pixels.copy(), pixels.copy()
            up[number] += _PROBE
            down[number] -= _PROBE
            higher, lower = (_colours(relightable, light, moved, labels) for moved in (up, down))
            slopes.append((higher - lower).ravel())
        slope = np.array(slopes) / (2 * _PROBE)
        costs += slope @ slope.T / (max(slope.shape[1], 1) * len(lights))
    return costs


def _mixing(relightable: Relightable, costs: Floats) -> Floats:
    """(K, K): scales bytes so that all errors cost alike, then turns them so that neighbours differ independently."""
    strengths, directions = np.linalg.eigh(costs)
    strengths = np.maximum(strengths, max(strengths[-1], 1e-12) * _WEAKEST)
    scaled = np.sqrt(strengths)[:, None] * directions.T
    spread = scaled @ _differences(relightable) @ scaled.T
    turned = np.linalg.eigh(spread)[1].T[::-1]  # the plane of most bits first
    return np.asarray(turned @ scaled)


def _differences(relightable: Relightable) -> Floats:
    """(K, K): the mean products of the differences of neighbours on the object."""
    planes, mask = relightable.planes, relightable.mask
    total = np.zeros((len(planes), len(planes)))
    for top in range(0, relightable.height, _TILE):
        rows = slice(top, top + _TILE)
        part = planes[:, rows].astype(np.float32)
        inside = np.ones(part.shape[1:], bool) if mask is None else mask[rows]
        for axis in (0, 1):
            length = inside.shape[axis]
            both = inside.take(range(1, length), axis) & inside.take(range(length - 1), axis)
            steps = np.diff(part, axis=axis + 1)[:, both]
            total += (steps @ steps.T).astype(np.float64)
    return total / (relightable.width * relightable.height)


def _cheapest(
    original: Relightable, coded: Relightable, units: Floats, lights: Floats, error: float, loss_db: float
) -> Wire:
    """The largest steps whose loss stays below the limit, by halving an interval of their logarithm.

    Args:
        original: what the pictures are compared with.
        coded: with the planes to write.
        units: (K,) how much a plane changes the colours, over its 255 levels.
        lights: (L, 3).
        error: see `_recorded_error`.
        loss_db: the limit.
    """
    compared = _Compared(original, coded, lights, error)
    levels = 255 / np.maximum(units, 1e-9)

    def wire(size: float) -> Wire:
        steps = np.clip(np.rint(2.0**size / 255 * levels), 1, MAX_STEP)
        return compared.measured(tuple(int(step) for step in steps))

    finest, coarsest = -6.0, 8.0  # log₂ of the step, in 1/255 of a colour
    best = wire(finest)
    if best.loss_db > loss_db:
        raise ArgumentError(
            f"expected a JPEG that costs at most {loss_db:g} dB, got {best.loss_db:.3f} dB from the finest: allow "
            "more, or leave out loss_db for lossless planes"
        )
    for _ in range(_HALVINGS):
        middle = (finest + coarsest) / 2
        tried = wire(middle)
        if tried.loss_db <= loss_db:
            finest, best = middle, tried
        else:
            coarsest = middle
    return best


class _Compared:
    """Some tiles of an object, whose colours are compared before and after JPEG."""

    def __init__(self, original: Relightable, coded: Relightable, lights: Floats, error: float) -> None:
        mask = coded.mask
        boxes = [
            (slice(top, top + _TILE), slice(left, left + _TILE))
            for top in range(0, coded.height, _TILE)
            for left in range(0, coded.width, _TILE)
            if mask is None or not mask.any() or mask[top : top + _TILE, left : left + _TILE].any()
        ]
        if len(boxes) > _TILES:
            boxes = [boxes[i] for i in np.random.default_rng(0).choice(len(boxes), _TILES, replace=False)]
        self._coded, self._lights, self._error = coded, lights, error
        self._tiles = [np.ascontiguousarray(coded.planes[:, rows, columns]) for rows, columns in boxes]
        at_most = max(1, _PIXELS // len(boxes))
        self._places = [
            _places(None if mask is None else mask[box], tile.shape[1:], at_most)
            for box, tile in zip(boxes, self._tiles)
        ]
        self._labels = None
        if coded.labels is not None:
            self._labels = self._chosen([coded.labels[box] for box in boxes])
        pixels = self._chosen([original.planes[:, rows, columns] for rows, columns in boxes])
        self._wanted = [_colours(original, light, pixels, self._labels) for light in lights]

    def _chosen(self, tiles: list[Bytes]) -> Bytes:
        return np.concatenate([_at(tile, places) for tile, places in zip(tiles, self._places)], -1)

    def measured(self, steps: tuple[int, ...]) -> Wire:
        """What these steps cost."""
        wire = Wire(steps, 0.0)
        pixels = self._chosen([_decoded(tile, wire) for tile in self._tiles])
        losses = []
        for light, wanted in zip(self._lights, self._wanted):
            difference = _colours(self._coded, light, pixels, self._labels) - wanted
            added = float(np.square(difference).mean()) if difference.size else 0.0
            losses.append(10 * np.log10(1 + _CAUTION * added / self._error))
        return replace(wire, loss_db=round(float(np.mean(losses)), 4))


def _decoded(planes: Bytes, wire: Wire) -> Bytes:
    """(K, H, W) after JPEG, as a reader gets them."""
    count, height, width = planes.shape
    padded = np.pad(planes, ((0, -count % 3), (0, 0), (0, 0)))
    out = np.empty_like(padded)
    for number in range(len(padded) // 3):
        part = slice(3 * number, 3 * number + 3)
        jpeg = wire.encode(np.ascontiguousarray(padded[part].transpose(1, 2, 0)), number)
        out[part] = decode_picture(jpeg, "JPEG", "RGB", width, height).transpose(2, 0, 1)
    return out[:count]
