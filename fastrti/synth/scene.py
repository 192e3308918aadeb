"""The scene of a capture: a tablet on a table with spheres and clutter, and its linear picture under any lamp."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.synth.camera import Ball, Camera
from fastrti.synth.clutter import Table, lay_table, scatter_clutter
from fastrti.synth.lamps import Lamp
from fastrti.synth.materials import Surface, make_surface
from fastrti.synth.relief import Field, height_field
from fastrti.synth.settings import MARGIN, Settings
from fastrti.synth.shading import shade_linear
from fastrti.synth.shadows import lit_from, lit_pixels
from fastrti.synth.spheres import SphereView, shadowed


@dataclass(frozen=True, eq=False)
class Scene:
    """All that the photographs of one capture have in common.

    Attributes:
        camera: the camera of the picture without the margin.
        heights: (H, W) in pixels, with the margin, as all that follows.
        surface: what the pixels are made of.
        points: (3, H, W) float32, the pixels in the object's plane, in picture widths.
        view: (3,) or (3, H, W), to the camera.
        spheres: the spheres.
    """

    camera: Camera
    heights: Field
    surface: Surface
    points: NDArray[np.float32]
    view: NDArray[np.float32]
    spheres: tuple[SphereView, ...]

    @classmethod
    def of(cls, settings: Settings) -> "Scene":
        """The scene of these settings."""
        camera = Camera(settings.width, settings.height, settings.focal_length)
        wide, high = settings.width + 2 * MARGIN, settings.height + 2 * MARGIN
        x, y = (np.arange(side) + 0.5 - MARGIN for side in (wide, high))
        points = camera.on_plane(x, y[:, None])
        view = np.moveaxis(camera.view(points), -1, 0).astype(np.float32)
        table = _laid(settings, wide, high)
        kinds = settings.sphere_kinds * len(settings.spheres)
        spheres = tuple(
            SphereView.of(Ball.seen_at(camera, *place), kind, camera, MARGIN)
            for place, kind in zip(settings.spheres, kinds)
        )
        return cls(
            camera,
            table.heights,
            table.surface(view),
            np.moveaxis(points, -1, 0).astype(np.float32),
            view[:, 0, 0] if settings.focal_length is None else view,
            spheres,
        )

    @property
    def normals(self) -> NDArray[np.float32]:
        """(H, W, 3) of the picture without the margin; of what lies on the table, without the spheres."""
        inner = slice(MARGIN, -MARGIN)
        return np.moveaxis(self.surface.normals, 0, 2)[inner, inner]

    def picture(self, lamp: Lamp, power: float = 1.0) -> NDArray[np.float32]:
        """The linear picture (H, W, 3) under a lamp, with the margin; white lit straight on reads 0.85.

        Args:
            lamp: where the light comes from.
            power: 0 where the flash did not fire: light from everywhere is left.
        """
        towards, strength = lamp.reaching(self.points)
        lit = power * self._lit(lamp).astype(np.float32)
        picture = shade_linear(self.surface, lit, towards, strength, self.view)
        balls = [sphere.ball for sphere in self.spheres]
        for sphere in self.spheres:
            sphere.draw(picture, lamp, power, balls)
        return picture

    def _lit(self, lamp: Lamp) -> NDArray[np.bool_]:
        if lamp.position is None:
            lit = lit_pixels(self.heights, lamp.direction)
        else:
            column, row = self.camera.width * lamp.position[:2] * (1, -1) - 0.5
            lit = lit_from(
                self.heights,
                column + self.camera.width / 2 + MARGIN,
                row + self.camera.height / 2 + MARGIN,
                self.camera.width * lamp.position[2],
            )
        for sphere in self.spheres:
            box = self._shadow_box(sphere.ball, lamp)
            points = np.moveaxis(self.points[:, box[0], box[1]], 0, -1).astype(np.float64)
            lit[box] &= ~shadowed(points, lamp, sphere.ball)
        return lit

    def _shadow_box(self, ball: Ball, lamp: Lamp) -> tuple[slice, slice]:
        """The rows and columns that the shadow of a sphere may cover."""
        centre = np.array(ball.centre)
        towards, _ = lamp.reaching(centre)
        ends = [centre]
        if towards[2] > 0.02:
            ends.append(centre - towards * centre[2] / towards[2])
        else:
            ends.append(centre - 100 * towards)
        reach = 1.5 * ball.radius / max(towards[2], 0.02)
        edges = np.array([[end[:2] - reach, end[:2] + reach] for end in ends])
        low, high = edges[:, 0].min(0), edges[:, 1].max(0)
        width, rows, columns = self.camera.width, *self.heights.shape
        first, last = (np.array([low[0], -high[1]]), np.array([high[0], -low[1]]))
        middle = np.array([self.camera.width / 2, self.camera.height / 2]) + MARGIN
        first, last = (
            np.clip(middle + width * first, 0, (columns, rows)),
            np.clip(middle + width * last, 0, (columns, rows)),
        )
        return slice(int(first[1]), int(np.ceil(last[1]))), slice(int(first[0]), int(np.ceil(last[0])))


def _laid(settings: Settings, wide: int, high: int) -> Table:
    """The table with the clutter, and the tablet in its middle."""
    rng = np.random.default_rng((settings.seed, 12))
    table = lay_table(wide, high, rng)
    side = min(settings.width, settings.height)
    scatter_clutter(table, settings.clutter, (0.027 * side, 0.11 * side), rng)
    width, height = (max(16, round(settings.tablet * side)) for side in (settings.width, settings.height))
    heights = height_field(width, height, settings.seed)
    surface = make_surface(heights, settings.seed)
    top, left = (high - height) // 2, (wide - width) // 2
    box = (slice(top, top + height), slice(left, left + width))
    table.heights[box] = heights * min(width, height)
    table.scattered[:, box[0], box[1]] = surface.scattered
    table.reflected[:, box[0], box[1]] = surface.reflected
    table.alpha2[box] = surface.alpha2
    return table
