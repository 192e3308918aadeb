"""Which circle is the outline of a sphere, and how exactly it is known."""

from pathlib import Path

import numpy as np
import pytest
from sphere_scene import lights_around, write_scene

from fastrti import find_lights
from fastrti.capture.spheres.candidates import Candidate, best_of
from fastrti.capture.spheres.circles import Circle
from fastrti.capture.spheres.highlights import Highlights
from fastrti.capture.spheres.horizon import mirroring
from fastrti.capture.spheres.outline import refined
from fastrti.capture.spheres.reconciled import Outlined, reconciled
from fastrti.capture.spheres.sphere_view import View
from fastrti.photographs.notes import Doubt

LIGHTS = lights_around(9)
SPHERE = (58.3, 90.7, 30.0)


def test_a_polished_ball_is_found_by_the_horizon_that_it_reflects(tmp_path: Path) -> None:
    """Its rim looks like the table: the outline hardly shows, and what is near it is half a pixel off."""
    found = find_lights(write_scene(tmp_path / "scene", [SPHERE], LIGHTS, polished=True))
    (sphere,) = found.spheres
    assert (sphere.x, sphere.y, sphere.radius) == pytest.approx(SPHERE, abs=0.12)
    assert found.lit.all()
    off = np.degrees(np.arccos(np.clip((found.lights * LIGHTS).sum(1), -1, 1)))
    assert off.mean() < 0.4
    assert any("the horizon that the sphere reflects" in note for note in found.notes if isinstance(note, Doubt))


@pytest.mark.parametrize("focal_length", [1.2, np.inf])
def test_the_horizon_tells_the_outline(focal_length: float) -> None:
    """The edge between pixels whose mirrored rays rise and those whose rays fall, found here by halving."""
    view = View(600, 400, focal_length)
    outline = view.circle_around(130, 95, 60)
    ball = view.ball(outline)
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    around = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    low, high = np.zeros(40), np.full(40, 55.0)
    for _ in range(30):
        middle = (low + high) / 2
        rises = ball.reflected(view, np.array([128.0, 94.0]) + middle[:, None] * around)[1][:, 2] > 0
        low, high = np.where(rises, middle, low), np.where(rises, high, middle)
    edge = view.unfolded(np.array([128.0, 94.0]) + low[:, None] * around)
    x, y, rest = np.linalg.lstsq(np.column_stack([2 * edge, np.ones(40)]), (edge**2).sum(1), rcond=None)[0]
    told = mirroring(view, Circle(x, y, np.sqrt(rest + x**2 + y**2)))
    assert (told.x, told.y, told.radius) == pytest.approx((outline.x, outline.y, outline.radius), abs=0.05)


@pytest.mark.parametrize("radius", np.linspace(18.0, 34.0, 9))
@pytest.mark.parametrize("inside, outside", [(1.0, 0.2), (0.1, 0.7)])
def test_a_rounding_error_moves_no_outline(radius: float, inside: float, outside: float) -> None:
    """Samples lie at multiples of a step from each edge: none may be inside or outside of a window by rounding."""

    def picture(points: np.ndarray) -> np.ndarray:
        edge = 1 / (1 + np.exp(4 * (np.hypot(*np.moveaxis(points, -1, 0)) - 1.01 * radius)))
        light = outside + (inside - outside) * edge
        return (light / light.mean(1, keepdims=True))[..., None]

    circles = [Circle(0.3, -0.2, radius * (1 + shift)) for shift in (0, 1e-15, -1e-15, 1e-13, -1e-13)]
    told = [refined(picture, circle, (0.96, 1.04), 0.04)[0] for circle in circles]
    first, *others = np.array([(circle.x, circle.y, circle.radius) for circle in told])
    assert first == pytest.approx([0, 0, 1.01 * radius], abs=0.06)
    np.testing.assert_allclose(others, np.broadcast_to(first, (4, 3)), atol=0.02)  # a step of the last grid


def test_a_variant_with_few_highlights_explains_nothing() -> None:
    """A wrong circle whose few highlights fit well hid the right one."""

    def candidate(radius: float, lit: int, outline: float, explained: float) -> Candidate:
        highlights = Highlights(np.zeros((25, 2)), np.arange(25) < lit)
        return Candidate(Circle(125, 134, radius, 0.9), outline, highlights, explained=explained)

    right, few = candidate(104, 24, 51.2, 0.43), candidate(134, 13, 9.6, 0.62)
    assert best_of([right, few]) is right


def test_shading_counts_less_beside_another_sphere() -> None:
    """Whose lights agree then. Large spheres shadow the picture that their lights shall explain."""
    highlights = Highlights(np.zeros((9, 2)), np.ones(9, bool))
    clear, broken = (Candidate(Circle(50, 50, 30, edge), 50.0, highlights, explained=0.4) for edge in (1.0, 0.8))
    assert clear.accepted(beside=True) and not clear.accepted(beside=False)
    assert not broken.accepted(beside=True)


def test_one_wrong_highlight_moves_no_outline() -> None:
    view = View(600, 400)
    circles = [Circle(100, 200, 60), Circle(500, 180, 50)]
    spheres = []
    for circle in circles:
        half = LIGHTS + np.array([0, 0, 1])
        normals = half / np.linalg.norm(half, axis=1, keepdims=True)
        points = np.array([circle.x, circle.y]) + circle.radius * normals[:, :2] * [1, -1]
        spheres.append(Outlined(circle, Highlights(points, np.ones(len(LIGHTS), bool)), 0.2))
    spheres[0].highlights.points[4] += 1.3  # 2.5 degrees of light
    for before, after in zip(spheres, reconciled(view, spheres)):
        moved = np.subtract([after.circle.x, after.circle.y, after.circle.radius], [*vars(before.circle).values()][:3])
        assert np.abs(moved).max() < 0.03
