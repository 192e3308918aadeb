"""Glossy spheres in a rendered photograph: highlight by the mirror law, reflections of table and room, shadow."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.synth.camera import Ball, Camera, Floats, dot
from fastrti.synth.lamps import Lamp
from fastrti.synth.relief import Field
from fastrti.synth.shading import AMBIENT, EXPOSURE


@dataclass(frozen=True)
class Gloss:
    """What a sphere is made of.

    Attributes:
        scattered: linear RGB beneath the surface.
        reflected: linear RGB of what is reflected straight on (Schlick's F₀).
        spread: how wide a lamp is seen in it, in radians: the lamp's own size and the roughness, one deviation.
    """

    scattered: tuple[float, float, float]
    reflected: tuple[float, float, float]
    spread: float


GLOSSES = {
    "black": Gloss((0.004, 0.004, 0.004), (0.045, 0.045, 0.045), 0.030),
    "red": Gloss((0.35, 0.02, 0.015), (0.045, 0.045, 0.045), 0.035),
    "blue": Gloss((0.015, 0.05, 0.30), (0.045, 0.045, 0.045), 0.035),
    "steel": Gloss((0.0, 0.0, 0.0), (0.56, 0.57, 0.58), 0.050),
}

_WINDOW = np.array([-0.5, 0.6, 0.6245])  # where the room has a window, seen in every photograph
_WINDOW_WIDTH = 0.14  # radians
_WINDOW_LIGHT, _ROOM_LIGHT = 25 * AMBIENT, 1.5 * AMBIENT
_HALO = 2e-3  # a sphere is never quite clean: a wide, faint lobe around the lamp's image


@dataclass(frozen=True, eq=False)
class SphereView:
    """A sphere as the camera sees it, all that does not depend on the lamp.

    Attributes:
        ball: where it is.
        gloss: what it is made of.
        box: the rows and columns that it may cover.
        cover: (h, w) the share of each pixel that it covers.
        points: (h, w, 3) where the pixels' middles meet it.
        normals: (h, w, 3) of it there.
        fine_points: (h, w, s, 3) the same at s samples per pixel.
        mirrored: (h, w, s, 3) where each sample's ray goes on to.
        met: (h, w, s) which samples lie on the sphere.
        fresnel: (h, w, s) Schlick's (1 − cos)⁵, 0 beside the sphere.
        room: (h, w, 3) linear light of the room and beneath the surface, without the lamp.
        below: (h, w, s) where the reflected ray meets the table, as an index of the flattened picture; −1 nowhere.
    """

    ball: Ball
    gloss: Gloss
    box: tuple[slice, slice]
    cover: Field
    points: Floats
    normals: Floats
    fine_points: Floats
    mirrored: Floats
    met: NDArray[np.bool_]
    fresnel: Floats
    room: Floats
    below: NDArray[np.intp]

    @classmethod
    def of(cls, ball: Ball, kind: str, camera: Camera, margin: int) -> "SphereView":
        """How the camera sees a sphere, in pictures with `margin` more pixels on each side."""
        gloss, outline = GLOSSES[kind], ball.outline(camera)
        size = (camera.height + 2 * margin, camera.width + 2 * margin)
        box = (_around(outline.y + margin, outline.long, size[0]), _around(outline.x + margin, outline.long, size[1]))
        # A lamp of this spread is seen half as wide on the sphere: samples lie closer than its deviation.
        samples = int(np.clip(np.ceil(2.4 / (gloss.spread * outline.short)), 2, 6))
        inner = (np.arange(samples) + 0.5) / samples
        rows, columns = (np.arange(part.start, part.stop)[:, None] + inner - margin for part in box)
        grid_y, grid_x = np.broadcast_arrays(rows[:, None, :, None], columns[None, :, None, :])
        flat = (*grid_y.shape[:2], samples * samples)
        met, points = ball.hits(camera, grid_x.reshape(flat), grid_y.reshape(flat))
        mirrored, fresnel, _ = _reflect(ball, camera, points)
        fresnel = np.where(met, fresnel, 0)
        middles = np.meshgrid(columns.mean(1), rows.mean(1))
        _, middle_points = ball.hits(camera, middles[0], middles[1])
        _, _, normals = _reflect(ball, camera, middle_points)
        return cls(
            ball, gloss, box, met.mean(2).astype(np.float32), middle_points, normals, points,
            np.where(met[..., None], mirrored, 0), met, fresnel,
            _room(gloss, mirrored, fresnel, met),
            np.where(met, _on_table(points, mirrored, camera, margin, size), -1),
        )  # fmt: skip

    def draw(self, picture: NDArray[np.float32], lamp: Lamp, power: float, others: list[Ball]) -> None:
        """Draws the sphere over a linear picture (H, W, 3) of what lies around it.

        Args:
            picture: of the same lamp; is changed.
            lamp: what lights it.
            power: 1, or 0 where the flash did not fire.
            others: spheres that may stand before the lamp.
        """
        reflected = np.array(self.gloss.reflected)
        to_lamp, strength = _reaching(lamp, self.points)
        facing = np.maximum(dot(self.normals, to_lamp), 0) * strength * self._seen(self.points, lamp, others)
        colour = self.room + power * EXPOSURE * facing[..., None] * np.array(self.gloss.scattered)
        inside = np.maximum(self.met.sum(2), 1)[..., None]
        share = reflected + (1 - reflected) * self.fresnel.sum(2)[..., None] / inside
        table = np.concatenate([picture.reshape(-1, 3), np.zeros((1, 3), np.float32)])  # the last is the sky
        colour += share * table[self.below].sum(2) / inside
        colour += power * self._highlight(lamp, others)
        part = picture[self.box]
        cover = self.cover[..., None]
        part[...] = (1 - cover) * part + cover * colour

    def _highlight(self, lamp: Lamp, others: list[Ball]) -> Floats:
        """The lamp's mirror image, (h, w, 3), averaged over the covered samples of each pixel."""
        spread, reflected = self.gloss.spread, np.array(self.gloss.reflected)
        near = self._near_highlight(lamp)
        points, mirrored = self.fine_points[near], self.mirrored[near]
        to_lamp, strength = _reaching(lamp, points)
        beside = 1 - dot(mirrored, to_lamp)  # half the squared angle to the lamp
        lobe = np.exp(-beside / spread**2) + _HALO * np.exp(-beside / (4 * spread) ** 2)
        lobe *= EXPOSURE / (2 * spread**2) * strength * self._seen(points, lamp, others) * self.met[near]
        share = reflected + (1 - reflected) * self.fresnel[near][..., None]
        light = np.zeros((*self.cover.shape, 3))
        light[near] = (lobe[..., None] * share).sum(1) / self.met[near].sum(1)[:, None]
        return light

    def _near_highlight(self, lamp: Lamp) -> NDArray[np.bool_]:
        """The pixels (h, w) that may see something of the lamp: the others need no samples."""
        middle = self.mirrored.sum(2)
        middle /= np.sqrt(np.maximum(dot(middle, middle), 1e-18))[..., None]
        size = 2 * self.ball.radius / (self.box[0].stop - self.box[0].start)  # about a pixel's, in picture widths
        reach = 14 * self.gloss.spread + 3 * np.sqrt(2 * size / self.ball.radius)
        to_lamp, _ = _reaching(lamp, self.points)
        near: NDArray[np.bool_] = (dot(middle, to_lamp) > np.cos(min(reach, np.pi))) & self.met.any(2)
        return near

    def _seen(self, points: Floats, lamp: Lamp, others: list[Ball]) -> NDArray[np.bool_]:
        """Where no other sphere stands before the lamp."""
        seen = np.ones(points.shape[:-1], bool)
        for other in others:
            if other is not self.ball:
                seen &= ~shadowed(points, lamp, other)
        return seen


def shadowed(points: Floats, lamp: Lamp, ball: Ball) -> NDArray[np.bool_]:
    """From which points (…, 3) a sphere hides the lamp, (…)."""
    to_lamp, _ = _reaching(lamp, points)
    to_ball = np.array(ball.centre) - points
    along = dot(to_ball, to_lamp)
    aside = dot(to_ball, to_ball) - along**2
    hidden: NDArray[np.bool_] = (along > 0) & (aside < ball.radius**2)
    return hidden


def _reaching(lamp: Lamp, points: Floats) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    towards, strength = lamp.reaching(np.moveaxis(points, -1, 0))
    return np.moveaxis(towards, 0, -1), strength


def _around(middle: float, radius: float, side: int) -> slice:
    return slice(max(0, int(middle - radius - 2)), min(side, int(middle + radius + 3)))


def _reflect(ball: Ball, camera: Camera, points: Floats) -> tuple[Floats, Floats, Floats]:
    """Where the rays of the camera go on to from points of the sphere, (1 − cos)⁵, and the normals."""
    normals = (points - np.array(ball.centre)) / ball.radius
    view = camera.view(points)
    facing = dot(view, normals)[..., None]
    return 2 * facing * normals - view, (1 - np.clip(facing[..., 0], 0, 1)) ** 5, normals


def _room(gloss: Gloss, mirrored: Floats, fresnel: Floats, met: NDArray[np.bool_]) -> Floats:
    """What the room adds, averaged over the covered samples: ceiling, a window, and light beneath the surface."""
    reflected = np.array(gloss.reflected)
    share = reflected + (1 - reflected) * fresnel[..., None]
    beside = 1 - mirrored @ (_WINDOW / np.linalg.norm(_WINDOW))
    light = _ROOM_LIGHT * np.clip(0.5 + mirrored[..., 2], 0, 1) + _WINDOW_LIGHT * (beside < _WINDOW_WIDTH**2 / 2)
    total = np.where(met[..., None], share * light[..., None] + AMBIENT * np.array(gloss.scattered), 0).sum(2)
    mean: Floats = total / np.maximum(met.sum(2), 1)[..., None]
    return mean


def _on_table(points: Floats, mirrored: Floats, camera: Camera, margin: int, size: tuple[int, int]) -> NDArray[np.intp]:
    """The pixel of the table that each reflected ray meets; beyond the picture that at its edge; −1 for the sky."""
    down = mirrored[..., 2] < -1e-3
    reach = np.where(down, -points[..., 2] / np.where(down, mirrored[..., 2], -1), 0)
    met = points + reach[..., None] * mirrored
    columns = np.clip(met[..., 0] * camera.width + camera.width / 2 + margin, 0, size[1] - 1).astype(np.intp)
    rows = np.clip(camera.height / 2 - met[..., 1] * camera.width + margin, 0, size[0] - 1).astype(np.intp)
    return np.where(down, rows * size[1] + columns, -1)
