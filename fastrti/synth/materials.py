"""What the relief is made of: stripes of materials from matt to metal, with GGX highlights."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.synth.relief import Field, Grid, smooth_noise


@dataclass(frozen=True)
class Material:
    """A homogeneous material.

    Attributes:
        colour: linear RGB; what it scatters, or of a metal what it reflects straight on.
        roughness: GGX α in (0, 1].
        metal: metals reflect only, others scatter beneath a colourless reflection.
    """

    colour: tuple[float, float, float]
    roughness: float
    metal: bool = False


MATERIALS = (
    Material((0.50, 0.22, 0.13), 0.90),  # terracotta
    Material((0.62, 0.57, 0.47), 0.65),  # limestone
    Material((0.10, 0.22, 0.42), 0.45),  # blue paint
    Material((0.55, 0.10, 0.07), 0.25),  # red lacquer
    Material((0.72, 0.62, 0.42), 0.35),  # ivory
    Material((0.62, 0.40, 0.22), 0.40, metal=True),  # bronze
    Material((0.95, 0.68, 0.30), 0.25, metal=True),  # gold
    Material((0.80, 0.80, 0.82), 0.30, metal=True),  # silver
)
_DIELECTRIC_REFLECTANCE = 0.04  # of light straight on, for a refractive index of 1.5


@dataclass(frozen=True, eq=False)
class Surface:
    """What a pixel needs to be lit. The camera looks straight down, so all that depends on the view is here.

    Attributes:
        normals: (3, H, W) float32 unit vectors.
        scattered: (3, H, W) float32, the diffuse albedo.
        reflected: (3, H, W) float32, the reflectance straight on (Schlick's F₀).
        alpha2: (H, W) float32, α².
        masking: (H, W) float32, the view's factor of Smith's masking-shadowing term.
    """

    normals: NDArray[np.float32]
    scattered: NDArray[np.float32]
    reflected: NDArray[np.float32]
    alpha2: Field
    masking: Field


def make_surface(heights: Field, seed: int) -> Surface:
    """The surface of a height field (in units of the shorter side) with its stripes of materials."""
    rng = np.random.default_rng((seed, 1))
    grid = Grid.of(heights.shape[1], heights.shape[0])
    stripe = (grid.x / grid.across + 0.014 * smooth_noise(grid, 4, rng)) * len(MATERIALS)
    material = np.clip(stripe, 0, len(MATERIALS) - 1).astype(np.uint8)
    mottling = np.clip(1 + 0.12 * smooth_noise(grid, 9, rng) + 0.08 * smooth_noise(grid, 60, rng), 0.4, 1.4)
    normals = surface_normals(heights, 1 / min(heights.shape))
    alpha2 = np.array([m.roughness**2 for m in MATERIALS], np.float32)[material]
    return Surface(
        normals=normals,
        scattered=_colours([(0, 0, 0) if m.metal else m.colour for m in MATERIALS], material) * mottling,
        reflected=_colours([m.colour if m.metal else (_DIELECTRIC_REFLECTANCE,) * 3 for m in MATERIALS], material),
        alpha2=alpha2,
        masking=smith_factor(normals[2], alpha2),
    )


def _colours(palette: list[tuple[float, ...]], material: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.stack([np.array(channel, np.float32)[material] for channel in zip(*palette)])


def surface_normals(heights: Field, spacing: float) -> NDArray[np.float32]:
    """Unit normals (3, H, W) of a height field whose pixels are `spacing` apart; row 0 is the top, +y points up."""
    down, right = np.gradient(heights, spacing)
    length = np.sqrt(1 + down * down + right * right)
    return np.stack([-right / length, down / length, 1 / length])


def smith_factor(cosine: Field, alpha2: Field) -> Field:
    """One side of Smith's masking-shadowing for GGX over its share of 4·(n·l)(n·v): 1 / (c + √(α² + (1 − α²)c²)).

    Source: Walter et al. 2007, eq. 34.
    """
    return np.reciprocal(cosine + np.sqrt(alpha2 + (1 - alpha2) * cosine * cosine))
