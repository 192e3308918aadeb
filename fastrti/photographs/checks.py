"""What makes arrays a collection: every part is checked once, where `Mlic` is made."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.photographs.lp_file import LOWEST_SINE

Transfer = Literal["srgb", "linear"]
Samples = NDArray[np.uint8] | NDArray[np.uint16]

_UNIT_TOLERANCE = 1e-5  # 32-bit numbers are unit vectors up to their rounding


def check_samples(photographs: Samples) -> None:
    """Raises ArgumentError unless these are (N, H, W, 3) samples of 8 or 16 bits."""
    if not isinstance(photographs, np.ndarray) or isinstance(photographs, np.ma.MaskedArray):
        raise ArgumentError(f"expected photographs as a numpy array, got {type(photographs).__name__}")
    if photographs.ndim != 4 or photographs.shape[3] != 3 or 0 in photographs.shape:
        raise ArgumentError(f"expected photographs of shape (N, H, W, 3), got {photographs.shape}")
    if photographs.dtype not in (np.uint8, np.uint16):
        raise ArgumentError(
            f"expected photographs of uint8 or uint16, got {photographs.dtype}: scale them to 0–255 or 0–65535"
        )


def checked_lights(lights: NDArray[np.floating], count: int) -> NDArray[np.float64]:
    """The lights as (N, 3) float64; ArgumentError unless there is a unit vector for each photograph."""
    given = np.asarray(lights)
    if given.shape != (count, 3) or given.dtype.kind not in "fiu" or isinstance(lights, np.ma.MaskedArray):
        raise ArgumentError(
            f"expected lights of shape ({count}, 3), one for each photograph, got {given.dtype} of shape {given.shape}"
        )
    checked = given.astype(np.float64)
    if not np.isfinite(checked).all():
        raise ArgumentError("expected lights of finite numbers, got NaN or infinity")
    lengths = np.linalg.norm(checked, axis=1)
    if np.abs(lengths - 1).max() > _UNIT_TOLERANCE:
        raise ArgumentError(
            f"expected lights of length 1, got lengths from {lengths.min():.6g} to {lengths.max():.6g}: "
            "divide each by its length"
        )
    if checked[:, 2].min() < LOWEST_SINE:
        raise ArgumentError(
            f"expected lights above the object's plane, got z = {checked[:, 2].min():.3g}: "
            "flip the vectors if they point from the light to the object"
        )
    return checked


def checked_positions(positions: NDArray[np.floating], count: int) -> NDArray[np.float64]:
    """The positions as (N, 3) float64; ArgumentError unless there is a light above the plane for each photograph."""
    given = np.asarray(positions)
    if given.shape != (count, 3) or given.dtype.kind not in "fiu" or isinstance(positions, np.ma.MaskedArray):
        raise ArgumentError(
            f"expected positions of shape ({count}, 3), one for each photograph, "
            f"got {given.dtype} of shape {given.shape}"
        )
    checked = given.astype(np.float64)
    if not np.isfinite(checked).all():
        raise ArgumentError("expected positions of finite numbers, got NaN or infinity")
    lowest = checked[:, 2].min()
    if lowest <= 0:
        raise ArgumentError(f"expected lights above the object's plane, got a position of z = {lowest:.3g}")
    return checked


def check_scale(mm_per_pixel: float) -> None:
    """Raises ArgumentError unless this is a positive number."""
    if not (np.isfinite(mm_per_pixel) and mm_per_pixel > 0):
        raise ArgumentError(f"expected a positive number of millimetres per pixel, got {mm_per_pixel}")


def checked_names(names: Sequence[str], count: int) -> tuple[str, ...]:
    """The names as a tuple; ArgumentError unless there is one for each photograph."""
    checked = (names,) if isinstance(names, str) else tuple(names)
    if len(checked) != count or not all(isinstance(name, str) for name in checked):
        raise ArgumentError(f"expected {count} names, one for each photograph, got {len(checked)}")
    return checked


def check_mask(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> None:
    """Raises ArgumentError unless this is a mask of the shape (H, W) with a pixel of the object."""
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or mask.shape != shape:
        kind = f"{mask.dtype} of shape {mask.shape}" if isinstance(mask, np.ndarray) else type(mask).__name__
        raise ArgumentError(f"expected a mask of bool and shape {shape}, got {kind}")
    if not mask.any():
        raise ArgumentError("expected a mask with object pixels, got one that masks out everything")


def check_transfer(transfer: str) -> None:
    """Raises ArgumentError unless this is the name of a transfer."""
    if transfer not in get_args(Transfer):
        raise ArgumentError(f"expected transfer 'srgb' or 'linear', got {transfer!r}")
