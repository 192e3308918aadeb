"""The camera of a capture: above the middle of the object's plane, looking straight down, with or without perspective.

Lengths are in picture widths on the axes of `fastrti.lights`: the origin is the middle of the picture, and z = 0 is the
object's plane. A camera of focal length f stands at (0, 0, f), so that the object's plane fills the picture at any f.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.synth.relief import Field

Floats = NDArray[np.float64]

_STEPS = 500  # at most, to where the mirror law holds; some thirty are enough for most spheres


def dot(first: NDArray[np.floating], second: NDArray[np.floating]) -> Floats:
    """The scalar products, (…), of vectors (…, 3)."""
    products: Floats = np.einsum("...i,...i->...", first, second)
    return products


@dataclass(frozen=True)
class Camera:
    """How points become pixels. Pixels are counted from the upper left corner: the first pixel's middle is (½, ½).

    Attributes:
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        focal_length: in picture widths; None looks at everything straight down.
    """

    width: int
    height: int
    focal_length: float | None = None

    def on_plane(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> Floats:
        """The point of the object's plane that a pixel shows, (…, 3)."""
        x, y = np.broadcast_arrays(x, y)
        return np.stack([x - self.width / 2, self.height / 2 - y, np.zeros(x.shape)], axis=-1) / self.width

    def pixel_of(self, points: Floats) -> Floats:
        """Where points (…, 3) in front of the camera are seen, (…, 2)."""
        grown = 1.0 if self.focal_length is None else self.focal_length / (self.focal_length - points[..., 2:])
        seen: Floats = points[..., :2] * grown * self.width * (1, -1) + (self.width / 2, self.height / 2)
        return seen

    def view(self, points: Floats) -> Floats:
        """The unit vectors from points (…, 3) to the camera."""
        if self.focal_length is None:
            return np.broadcast_to(np.array([0.0, 0.0, 1.0]), points.shape)
        towards = np.array([0.0, 0.0, self.focal_length]) - points
        unit: Floats = towards / np.sqrt(dot(towards, towards))[..., None]
        return unit


@dataclass(frozen=True)
class Ball:
    """A sphere in the scene.

    Attributes:
        centre: (x, y, z) in picture widths.
        radius: in picture widths.
    """

    centre: tuple[float, float, float]
    radius: float

    @classmethod
    def seen_at(cls, camera: Camera, x: float, y: float, radius: float) -> "Ball":
        """The sphere on the object's plane whose centre is seen at pixel (x, y), about `radius` pixels in size."""
        wide = radius / camera.width
        if camera.focal_length is None:
            closer, true = 1.0, wide
        else:
            true = wide * camera.focal_length / (camera.focal_length + wide)
            closer = 1 - true / camera.focal_length
        across, up = ((x - camera.width / 2) / camera.width, (camera.height / 2 - y) / camera.width)
        return cls((across * closer, up * closer, true), true)

    def outline(self, camera: Camera) -> "Outline":
        """The ellipse that the camera sees: the cone of rays that touch the sphere, cut by the picture."""
        x, y, z = self.centre
        if camera.focal_length is None:
            middle = camera.pixel_of(np.array(self.centre))
            return Outline(
                float(middle[0]), float(middle[1]), self.radius * camera.width, self.radius * camera.width, 0.0
            )
        f, below, away = camera.focal_length, camera.focal_length - z, np.hypot(x, y)
        off_axis, half_angle = np.arctan2(away, below), np.arcsin(self.radius / np.hypot(away, below))
        far, near = f * np.tan(off_axis + half_angle), f * np.tan(off_axis - half_angle)
        across = f * np.sin(half_angle) / np.sqrt(np.cos(off_axis) ** 2 - np.sin(half_angle) ** 2)
        direction = np.array([x, -y]) / away if away else np.array([1.0, 0.0])  # in pixels, y downwards
        middle = direction * (far + near) / 2 * camera.width + (camera.width / 2, camera.height / 2)
        angle = float(np.degrees(np.arctan2(-direction[1], direction[0])))
        long, short = (far - near) / 2 * camera.width, across * camera.width
        return Outline(float(middle[0]), float(middle[1]), float(long), float(short), angle)

    def hits(self, camera: Camera, x: Field, y: Field) -> tuple[NDArray[np.bool_], Floats]:
        """Which pixels' rays meet the sphere, (…), and the points where they do first, (…, 3)."""
        start = camera.on_plane(x, y)
        view = camera.view(start)
        offset = start - np.array(self.centre)
        along = dot(view, offset)
        square = along**2 - dot(offset, offset) + self.radius**2
        nearer = np.sqrt(np.maximum(square, 0)) - along  # the root towards the camera
        return square > 0, start + nearer[..., None] * view

    def highlight(self, camera: Camera, light: Floats, near: bool) -> Floats:
        """The pixel (2,) at which the mirror law puts a light: the normal lies half-way between camera and light.

        Args:
            camera: the one that sees it.
            light: (3,), a position in picture widths if `near`, otherwise the direction of a light far away.
            near: which of the two.
        """
        normal = np.array([0.0, 0.0, 1.0])
        for _ in range(_STEPS):
            point = np.array(self.centre) + self.radius * normal
            towards = (light - point) / np.linalg.norm(light - point) if near else light / np.linalg.norm(light)
            half = camera.view(point) + towards
            better = normal + half / np.linalg.norm(half)  # half of the step: large spheres would overshoot
            better /= np.linalg.norm(better)
            moved, normal = np.abs(better - normal).max(), better
            if moved < 1e-12:
                break
        return camera.pixel_of(np.array(self.centre) + self.radius * normal)


@dataclass(frozen=True)
class Outline:
    """The ellipse that a sphere is seen as, in pixels.

    Attributes:
        x: of its middle, from the left edge of the picture.
        y: of its middle, from the top edge of the picture.
        long: half of its longer axis, which points away from the middle of the picture.
        short: half of its shorter axis.
        angle: of the long axis, in degrees from the right towards the top.
    """

    x: float
    y: float
    long: float
    short: float
    angle: float
