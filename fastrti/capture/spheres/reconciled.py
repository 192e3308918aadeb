"""Spheres that see the same lights correct each other's outlines: a polished ball is hard to tell from its table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.spheres.circles import CLEAR_EDGES, Circle
from fastrti.capture.spheres.highlights import Highlights
from fastrti.capture.spheres.sphere_lights import Lights, Rays, solve
from fastrti.capture.spheres.sphere_view import Floats, View

_CLEAR, _EDGED, _FAINT = 0.2, 0.5, 1.5  # pixels: how well an outline is known, see `Outlined.error`
_FAINT_BELOW, _CLEAR_ABOVE = 7.0, 14.0  # of `outline.refined`
_HIGHLIGHT = 0.12  # pixels: how well a highlight is known
_STEP = 0.05  # pixels, for differences
_ROUNDS = 8
_OUTLIER = np.radians(1)  # a highlight that is farther off is wrong, unless most are


@dataclass(frozen=True, eq=False)
class Outlined:
    """A sphere with what is known of it.

    Attributes:
        circle: its outline in the unfolded picture, in pixels of the photographs.
        highlights: in pixels of the photographs.
        error: how well the outline is known, in pixels; 0 where somebody said where it is.
        mirroring: the outline was told by the horizon that the sphere reflects.
    """

    circle: Circle
    highlights: Highlights
    error: float
    mirroring: bool = False


def outline_error(circle: Circle, clear: float) -> float:
    """How well an outline is known, in pixels, by its edge points and by how clearly it shows."""
    faint = _EDGED if circle.edge >= CLEAR_EDGES else _FAINT
    return float(np.interp(clear, [_FAINT_BELOW, _CLEAR_ABOVE], [faint, _CLEAR]))


def rays_of(view: View, spheres: Sequence[Outlined]) -> Rays:
    """The rays of spheres."""
    read = [view.ball(sphere.circle).reflected(view, sphere.highlights.points) for sphere in spheres]
    errors = [2 * np.hypot(_HIGHLIGHT, sphere.error) / sphere.circle.radius for sphere in spheres]
    return Rays(
        np.array([start for start, _ in read]),
        np.array([direction for _, direction in read]),
        np.array([sphere.highlights.found for sphere in spheres]),
        np.array(errors),
    )


def reconciled(view: View, spheres: Sequence[Outlined], distance: float | None = None) -> list[Outlined]:
    """The spheres with the outlines that explain both the picture and each other's highlights best.

    Args:
        view: the camera, at the size of the photographs.
        spheres: two or more change; one stays as it is.
        distance: see `sphere_lights.solve`.
    """
    current = list(spheres)
    for _ in range(_ROUNDS if len(spheres) > 1 else 0):
        rays = rays_of(view, current)
        lights = solve(rays, distance)
        current = [_moved(view, now, first.circle, lights) for now, first in zip(current, spheres)]
    return current


def _moved(view: View, sphere: Outlined, first: Circle, lights: Lights) -> Outlined:
    """The sphere after one step of least squares towards the lights; `first` is what the picture says."""
    known = sphere.highlights.found & np.isfinite(lights.directions[:, 0])
    if sphere.error == 0 or known.sum() < 4:
        return sphere
    place = np.array([sphere.circle.x, sphere.circle.y, sphere.circle.radius])

    def residual(x: float, y: float, radius: float) -> Floats:
        starts, seen = view.ball(Circle(x, y, radius)).reflected(view, sphere.highlights.points[known])
        towards = lights.directions[known] - lights.nearness[known, None] * starts
        off: Floats = seen - towards / np.linalg.norm(towards, axis=1, keepdims=True)
        return off

    now = residual(*place)
    jacobian = np.stack([(residual(*(place + step)) - now) / _STEP for step in _STEP * np.eye(3)], axis=-1)
    off: NDArray[np.float64] = np.linalg.norm(now, axis=1)
    limit = max(_OUTLIER, 2.5 * float(np.median(off)))
    weight = (off < limit) * (sphere.circle.radius / (2 * _HIGHLIGHT)) ** 2 / np.maximum(len(off) / 12, 1)
    normal = np.einsum("nki,n,nkj->ij", jacobian, weight, jacobian) + np.eye(3) / sphere.error**2
    right = -np.einsum("nki,n,nk->i", jacobian, weight, now)
    right -= (place - [first.x, first.y, first.radius]) / sphere.error**2
    x, y, radius = place + np.linalg.solve(normal, right)
    return replace(sphere, circle=replace(sphere.circle, x=float(x), y=float(y), radius=float(radius)))
