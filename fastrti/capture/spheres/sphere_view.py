"""How a camera above the object's plane sees a sphere that stands on it, and where a highlight says that the light is.

The picture is unfolded by the stereographic projection, which draws the outline of every sphere as a circle, however
far from the middle it is seen. Without a focal length the camera is far away, and unfolding changes nothing.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.spheres.circles import Circle

Floats = NDArray[np.float64]

_POINTS = 64  # of a drawn outline


@dataclass(frozen=True)
class View:
    """The camera: above the middle of the picture, it looks straight down.

    Lengths are in picture widths on the axes of `fastrti.lights`; z = 0 is the object's plane.

    Attributes:
        width: of the picture, in pixels; a fraction where the picture was made smaller.
        height: of the picture, in pixels.
        focal_length: in picture widths; infinite where the camera is far away.
    """

    width: float
    height: float
    focal_length: float = math.inf

    def unfolded(self, points: Floats) -> Floats:
        """Where pixels (…, 2) of the photograph are in the unfolded picture."""
        across = points - self._middle
        ratio = np.hypot(across[..., 0], across[..., 1]) / (self.focal_length * self.width)
        result: Floats = self._middle + across * (2 / (1 + np.sqrt(1 + ratio**2)))[..., None]
        return result

    def folded(self, points: Floats) -> Floats:
        """The pixels (…, 2) of the photograph that are at points of the unfolded picture."""
        across = points - self._middle
        ratio = np.hypot(across[..., 0], across[..., 1]) / (2 * self.focal_length * self.width)
        result: Floats = self._middle + across / (1 - np.minimum(ratio, 0.99) ** 2)[..., None]
        return result

    def unfolded_picture(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """A picture of this view, (H, W, C), unfolded: the nearest samples."""
        if math.isinf(self.focal_length):
            return picture
        h, w = picture.shape[:2]
        x, y = np.meshgrid(np.arange(w) + 0.5, np.arange(h) + 0.5)
        places = self.folded(np.stack([x, y], axis=-1))
        columns, rows = (np.clip(places[..., axis].astype(np.intp), 0, side - 1) for axis, side in ((0, w), (1, h)))
        unfolded: NDArray[np.float32] = picture[rows, columns]
        return unfolded

    def scaled(self, factor: float) -> "View":
        """The same camera with pictures of another size."""
        return View(self.width * factor, self.height * factor, self.focal_length)

    def ball(self, circle: Circle) -> "Ball":
        """The sphere that stands on the object's plane, from its outline in the unfolded picture."""
        x, y = circle.x - self.width / 2, self.height / 2 - circle.y
        if math.isinf(self.focal_length):
            return Ball((x / self.width, y / self.width, circle.radius / self.width), circle.radius / self.width)
        away, focal = math.hypot(x, y), 2 * self.focal_length * self.width
        far, near = (2 * math.atan((away + side * circle.radius) / focal) for side in (1, -1))
        off_axis, half_angle = (far + near) / 2, (far - near) / 2
        radius = self.focal_length * math.sin(half_angle) / (math.cos(off_axis) + math.sin(half_angle))
        out = (self.focal_length - radius) * math.tan(off_axis) / max(away, 1e-9)
        return Ball((x * out, y * out, radius), radius)

    def circle_around(self, x: float, y: float, radius: float) -> Circle:
        """The outline in the unfolded picture of a sphere that is seen with this middle and mean radius."""
        angles = np.arange(_POINTS) * (2 * np.pi / _POINTS)
        ring = np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=-1)
        unfolded = self.unfolded(ring)
        circle = Circle(float(unfolded[:, 0].mean()), float(unfolded[:, 1].mean()), radius)
        for _ in range(6):  # until its ellipse has this middle and radius
            seen_x, seen_y, seen_radius = self.seen(circle)
            circle = Circle(
                circle.x + x - seen_x, circle.y + y - seen_y, circle.radius * radius / max(seen_radius, 1e-9)
            )
        return circle

    def seen(self, circle: Circle) -> tuple[float, float, float]:
        """The middle of the ellipse that the photograph shows of a circle, and the radius of a circle of its area."""
        outline = self.outline(circle)
        x, y = outline[:: _POINTS // 2].mean(0)  # the ends of the axis that points away from the middle
        before = np.roll(outline, 1, axis=0)
        area = abs(np.sum(before[:, 0] * outline[:, 1] - outline[:, 0] * before[:, 1])) / 2
        return float(x), float(y), math.sqrt(area / (_POINTS / 2 * math.sin(2 * math.pi / _POINTS)))

    def outline(self, circle: Circle) -> Floats:
        """Points of the photograph on the outline, (64, 2); the first is the farthest from the middle."""
        start = math.atan2(circle.y - self.height / 2, circle.x - self.width / 2)
        angles = start + np.arange(_POINTS) * (2 * np.pi / _POINTS)
        around = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        return self.folded(np.array([circle.x, circle.y]) + circle.radius * around)

    def rays(self, points: Floats) -> tuple[Floats, Floats]:
        """What pixels (…, 2) look at: points of the object's plane, (…, 3), and unit vectors to the camera, (…, 3)."""
        x, y = points[..., 0] - self.width / 2, self.height / 2 - points[..., 1]
        plane = np.stack([x, y, np.zeros_like(x)], axis=-1) / self.width
        if math.isinf(self.focal_length):
            return plane, np.broadcast_to([0.0, 0.0, 1.0], plane.shape)
        towards = np.array([0, 0, self.focal_length]) - plane
        return plane, towards / np.linalg.norm(towards, axis=-1, keepdims=True)

    def pixels(self, points: Floats) -> Floats:
        """Where points (…, 3) of the scene are seen, (…, 2)."""
        grown = self.width / (1 - points[..., 2:] / self.focal_length)
        seen: Floats = self._middle + points[..., :2] * grown * np.array([1, -1])
        return seen

    @property
    def _middle(self) -> Floats:
        return np.array([self.width / 2, self.height / 2])


@dataclass(frozen=True)
class Ball:
    """A sphere in the scene.

    Attributes:
        centre: (x, y, z) in picture widths.
        radius: in picture widths.
    """

    centre: tuple[float, float, float]
    radius: float

    def reflected(self, view: View, points: Floats) -> tuple[Floats, Floats]:
        """Where the rays of pixels meet the sphere, (…, 3), and the unit vectors in which they go on, (…, 3).

        A ray that passes the sphere is taken at the point where it comes closest.
        """
        plane, towards = view.rays(points)
        offset = plane - np.array(self.centre)
        along = (towards * offset).sum(-1)
        square = along**2 - (offset**2).sum(-1) + self.radius**2
        met = plane + (np.sqrt(np.maximum(square, 0)) - along)[..., None] * towards
        normals = met - np.array(self.centre)
        normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
        facing = (towards * normals).sum(-1, keepdims=True)
        return met, 2 * facing * normals - towards
