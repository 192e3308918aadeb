"""The classical light bases of RTI: PTM and HSH (formulas of the object format, version 1)."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Lights = NDArray[np.float64]


def ptm_terms(lights: Lights) -> Lights:
    """Polynomial Texture Map terms x², y², xy, x, y, 1 (Malzbender et al. 2001, eq. 1): (L, 3) → (L, 6)."""
    x, y = lights[:, 0], lights[:, 1]
    return np.stack([x * x, y * y, x * y, x, y, np.ones_like(x)], axis=1)


def hsh_terms(lights: Lights) -> Lights:
    """Hemispherical harmonics 1–16 (Gautron et al. 2004): (L, 3) → (L, 16). The first 4, 9, 16 are orders 2, 3, 4."""
    x, y = lights[:, 0], lights[:, 1]
    t = np.clip(lights[:, 2], 0, 1)  # cos θ; a light just below the horizon counts as on it
    q = np.sqrt(t - t * t)
    p = t - t * t
    phi = np.arctan2(y, x)
    cos, sin, root, pi = np.cos, np.sin, np.sqrt, np.pi
    terms = [
        np.full_like(t, root(1 / (2 * pi))),
        root(6 / pi) * cos(phi) * q,
        root(3 / (2 * pi)) * (2 * t - 1),
        root(6 / pi) * sin(phi) * q,
        root(30 / pi) * cos(2 * phi) * p,
        root(30 / pi) * cos(phi) * (2 * t - 1) * q,
        root(5 / (2 * pi)) * (1 - 6 * t + 6 * t**2),
        root(30 / pi) * sin(phi) * (2 * t - 1) * q,
        root(30 / pi) * sin(2 * phi) * p,
        2 * root(35 / pi) * cos(3 * phi) * q * p,
        root(210 / pi) * cos(2 * phi) * (2 * t - 1) * p,
        2 * root(21 / pi) * cos(phi) * q * (1 - 5 * t + 5 * t**2),
        root(7 / (2 * pi)) * (-1 + 12 * t - 30 * t**2 + 20 * t**3),
        2 * root(21 / pi) * sin(phi) * q * (1 - 5 * t + 5 * t**2),
        root(210 / pi) * sin(2 * phi) * (2 * t - 1) * p,
        2 * root(35 / pi) * sin(3 * phi) * q * p,
    ]
    return np.stack(terms, axis=1)


PTM_EXPONENTS = ((2, 0, 0), (0, 2, 0), (1, 1, 0), (1, 0, 0), (0, 1, 0), (0, 0, 0))
"""The PTM terms as xᵃ·yᵇ·zᶜ, in the order of `ptm_terms`."""

BASES: dict[str, tuple[Callable[[Lights], Lights], int]] = {"ptm": (ptm_terms, 6), "hsh": (hsh_terms, 16)}
