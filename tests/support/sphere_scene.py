"""A table with glossy spheres, drawn in numpy without any code of fastrti: the right answer is known."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

Place = tuple[float, float, float]


def lights_around(count: int) -> np.ndarray:
    """(count, 3) unit vectors, 25° to 75° high, no two alike."""
    turn = np.arange(count) * 2.4
    height = np.radians(25 + 50 * np.arange(count) / max(count - 1, 1))
    return np.stack([np.cos(height) * np.cos(turn), np.cos(height) * np.sin(turn), np.sin(height)], axis=1)


def photograph(
    size: tuple[int, int],
    spheres: Sequence[Place],
    light: np.ndarray,
    seed: int = 0,
    shine: bool = True,
    polished: bool = False,
) -> np.ndarray:
    """(H, W, 3) uint8: a matt rough table, and black spheres with a shadow and a highlight, in parallel projection.

    Polished ones mirror the table, which goes on at the edges of the picture.
    """
    width, height = size
    rng = np.random.default_rng(seed)
    bumps = rng.normal(0, 0.15, (2, height // 8 + 1, width // 8 + 1)).repeat(8, 1).repeat(8, 2)[:, :height, :width]
    grain = 0.3 + 0.1 * rng.random((height, width))
    normal = np.stack([bumps[0], bumps[1], np.ones((height, width))])
    normal /= np.linalg.norm(normal, axis=0)
    lit = np.ones((height, width), bool)
    across, up = np.meshgrid(np.arange(width) + 0.5, -np.arange(height) - 0.5)
    for x, y, r in spheres:  # the ball's middle is r above the table
        to_ball = np.stack([x - across, -y - up, np.full_like(across, r)])
        along = np.tensordot(light, to_ball, 1)
        lit &= (to_ball**2).sum(0) - along**2 > r**2
    picture = grain * np.maximum(np.tensordot(light, normal, 1), 0) * lit + 0.01
    table = picture
    fine = (np.arange(4) + 0.5) / 4
    for x, y, r in spheres:
        columns = (np.arange(width)[:, None] + fine).ravel() - x
        rows = y - (np.arange(height)[:, None] + fine).ravel()
        nx, ny = np.meshgrid(columns / r, rows / r)
        inside = nx**2 + ny**2 < 1
        nz = np.sqrt(np.maximum(1 - nx**2 - ny**2, 0))
        mirrored = 2 * nz * (nx * light[0] + ny * light[1] + nz * light[2]) - light[2]  # z of the reflected light
        spot = 8.0 * np.exp((mirrored - 1) / 0.002) if shine else 0.0
        seen = 0.6 * _mirrored(table, (x, y, r), nx, ny, nz) if polished else 0.01
        glossy = np.where(inside, seen + spot, 0).reshape(height, 4, width, 4).mean((1, 3))
        share = inside.reshape(height, 4, width, 4).mean((1, 3))
        picture = picture * (1 - share) + glossy
    encoded = 255 * np.minimum(picture, 1) ** (1 / 2.2)
    return np.repeat(np.rint(encoded)[..., None], 3, axis=2).astype(np.uint8)


def _mirrored(table: np.ndarray, sphere: Place, nx: np.ndarray, ny: np.ndarray, nz: np.ndarray) -> np.ndarray:
    """What of the table (H, W) normals of a sphere show to a camera straight above: 0.01 above the horizon."""
    x, y, r = sphere
    down = np.maximum(1 - 2 * nz**2, 1e-9)  # the view (0, 0, 1) is mirrored to 2 nz n − (0, 0, 1)
    away = 2 * nz * r * (1 + nz) / down
    columns = np.clip(x + nx * (r + away), 0, table.shape[1] - 1).astype(int)
    rows = np.clip(y - ny * (r + away), 0, table.shape[0] - 1).astype(int)
    return np.where(2 * nz**2 < 1, table[rows, columns], 0.01)


def write_scene(
    folder: Path,
    spheres: Sequence[Place],
    lights: np.ndarray,
    size: tuple[int, int] = (200, 160),
    unlit: int = -1,
    polished: bool = False,
) -> Path:
    """Photographs p1.png, p2.png, …; in the photograph `unlit` the spheres have no highlight."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, light in enumerate(lights):
        picture = photograph(size, spheres, light, shine=number != unlit, polished=polished)
        Image.fromarray(picture).save(folder / f"p{number + 1}.png")
    return folder
