"""Heights of normals: exact on smooth surfaces, within the mask, and better than least squares at edges."""

import numpy as np
import pytest
from numpy.typing import NDArray

from fastrti import ArgumentError
from fastrti.surface.height import integrate_normals
from fastrti.surface.multigrid import Grid, outflow, solve_poisson

Floats = NDArray[np.floating]


def normals_of(heights: Floats) -> NDArray[np.float32]:
    down, right = np.gradient(heights)
    normals = np.stack([-right, down, np.ones_like(heights)], axis=-1)
    return (normals / np.linalg.norm(normals, axis=-1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("size", [(40, 61), (64, 64), (1, 50), (50, 1), (2, 3), (1, 1)])
def test_a_smooth_surface_comes_back(size: tuple[int, int]) -> None:
    down, right = np.mgrid[: size[0], : size[1]] / 10
    heights = 8 * np.sin(right / 2) * np.cos(down / 3)
    if 1 in size:  # np.gradient wants two pixels
        slope = np.gradient(heights.ravel()) if heights.size > 1 else np.zeros(1)
        across, along = (slope, 0 * slope) if size[0] == 1 else (0 * slope, slope)
        normals = np.stack([-across, along, np.ones_like(slope)], -1).reshape(*size, 3)
        normals = (normals / np.linalg.norm(normals, axis=-1, keepdims=True)).astype(np.float32)
    else:
        normals = normals_of(heights)
    found = integrate_normals(normals)
    assert found.dtype == np.float32 and found.min() == 0
    assert np.abs(found - found.mean() - heights + heights.mean()).max() < 0.02 * max(np.ptp(heights), 1)


def test_x_is_right_and_y_is_up() -> None:
    up_right = np.tile(np.array([0.6, 0, 0.8], np.float32), (5, 6, 1))  # faces right: falls to the right
    assert np.allclose(np.diff(integrate_normals(up_right), axis=1), -0.75, atol=1e-3)
    up = np.tile(np.array([0, 0.6, 0.8], np.float32), (5, 6, 1))  # faces the top: falls upwards
    assert np.allclose(np.diff(integrate_normals(up), axis=0), 0.75, atol=1e-3)


def test_what_is_outside_the_mask_does_not_count() -> None:
    down, right = np.mgrid[:40, :50] / 10
    heights = 8 * np.sin(right / 2) * np.cos(down / 3)
    normals, mask = normals_of(heights), np.zeros((40, 50), bool)
    mask[5:35, 4:44] = True
    inner = mask & (np.roll(mask, 2, 0) & np.roll(mask, -2, 0) & np.roll(mask, 2, 1) & np.roll(mask, -2, 1))
    spoilt = normals.copy()
    spoilt[~mask] = (0.99, 0, 0.14)
    found = integrate_normals(spoilt, mask)
    assert (found[~mask] == 0).all() and found[mask].min() == 0
    assert np.array_equal(found, integrate_normals(normals, mask))
    error = (found - heights)[inner]
    assert np.ptp(error) < 0.1


def test_an_edge_is_kept_better_than_by_least_squares() -> None:
    """Half-spheres whose rims fall to the ground at once: normals do not show the fall."""
    down, right = np.mgrid[:96, :96] + 0.5
    heights = np.sqrt(np.maximum(30.2**2 - (right - 48) ** 2 - (down - 48) ** 2, 0))
    normals = np.stack([right - 48, 48 - down, heights], -1) / 30.2
    normals = np.where((heights > 0)[..., None], normals, (0, 0, 1)).astype(np.float32)
    plain, kept = (integrate_normals(normals, rounds=rounds) for rounds in (1, 5))
    errors = [np.sqrt(((z - z.mean() - heights + heights.mean()) ** 2).mean()) for z in (plain, kept)]
    assert errors[1] < 0.95 * errors[0] < 3


def test_parts_that_do_not_touch_and_empty_masks_end() -> None:
    normals = np.tile(np.array([0.6, 0, 0.8], np.float32), (9, 9, 1))
    mask = np.ones((9, 9), bool)
    mask[:, 4] = False
    parts = integrate_normals(normals, mask)
    for part in (parts[:, :4], parts[:, 5:]):
        assert np.allclose(np.diff(part, axis=1), -0.75, atol=0.01)
    assert not integrate_normals(normals, np.zeros((9, 9), bool)).any()


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"normals \(H, W, 3\) and a mask \(H, W\), got \(4, 5, 3\) and a mask of"):
        integrate_normals(np.zeros((4, 5, 3), np.float32), np.ones((5, 4), bool))
    with pytest.raises(ArgumentError, match="no mask"):
        integrate_normals(np.zeros((4, 5), np.float32))


@pytest.mark.parametrize("size", [(33, 47), (64, 16), (5, 1)])
def test_multigrid_solves_equations_of_very_different_weights(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    right = (10 ** rng.uniform(-4, 0, (size[0], size[1] - 1))).astype(np.float32)
    down = (10 ** rng.uniform(-4, 0, (size[0] - 1, size[1]))).astype(np.float32)
    z = rng.normal(size=size).astype(np.float32)
    source = outflow(right * np.diff(z, axis=1), down * np.diff(z, axis=0))
    found = solve_poisson(right, down, source, np.zeros_like(z), 300, 1e-4)
    left = source - Grid.of(right, down).laplacian(found)
    assert np.linalg.norm(left) < 2e-4 * np.linalg.norm(source)
