"""How close a relit picture is to its photograph: PSNR, SSIM and CIEDE2000 of 8-bit sRGB pictures.

The definitions are those of the published comparisons: PSNR over RGB, scikit-image's SSIM with a Gaussian window of
σ = 1.5 (Wang et al. 2004), and the mean CIEDE2000 colour difference (Sharma et al. 2005). With a mask, only its True
pixels count.
"""

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.extras import needs

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]

SSIM_WINDOW = 11  # pixels: 2·round(3.5 σ) + 1
_CHUNK = 1 << 20  # pixels whose CIELAB values are held at once


def psnr(picture: Picture, photograph: Picture, mask: Mask | None = None) -> float:
    """Peak signal-to-noise ratio 10·log₁₀(255² / MSE over RGB) in dB; infinite for equal pictures.

    Args:
        picture: (H, W, 3) uint8.
        photograph: (H, W, 3) uint8.
        mask: (H, W) bool, True = counted.

    Raises:
        ArgumentError: shapes or dtypes that do not fit, or a mask without a True pixel.
    """
    _check(picture, photograph, mask)
    difference = np.subtract(picture, photograph, dtype=np.int16)
    if mask is not None:
        difference = difference[mask]
    error = float(np.square(difference, dtype=np.int32).mean())
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


def ssim(picture: Picture, photograph: Picture, mask: Mask | None = None) -> float:
    """Structural similarity in [−1, 1], 1 for equal pictures.

    Without a mask, this is the mean of the SSIM map of the three channels without its border of half a window, as
    scikit-image defines it. With a mask, it is the mean of the whole map inside the mask.

    Args:
        picture: (H, W, 3) uint8, at least 11 pixels high and wide.
        photograph: (H, W, 3) uint8.
        mask: (H, W) bool, True = counted.

    Raises:
        ArgumentError: shapes or dtypes that do not fit, pictures smaller than the window, or a mask without a True
            pixel.
        MissingPackageError: the extra "measure" is not installed.
    """
    with needs("measure", "SSIM"):
        from skimage.metrics import structural_similarity

    _check(picture, photograph, mask)
    if min(picture.shape[:2]) < SSIM_WINDOW:
        raise ArgumentError(
            f"expected pictures of {SSIM_WINDOW}×{SSIM_WINDOW} pixels or more for SSIM, "
            f"got {picture.shape[1]}×{picture.shape[0]}"
        )
    mean, similarity = structural_similarity(  # type: ignore[no-untyped-call]
        picture,
        photograph,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
        channel_axis=-1,
        full=True,
    )
    return float(mean if mask is None else similarity[mask].mean())


def ciede2000(picture: Picture, photograph: Picture, mask: Mask | None = None) -> float:
    """Mean CIEDE2000 colour difference. 0 stands for equal pictures, and about 1 is just noticeable.

    Args:
        picture: (H, W, 3) uint8, sRGB-encoded.
        photograph: (H, W, 3) uint8.
        mask: (H, W) bool, True = counted.

    Raises:
        ArgumentError: shapes or dtypes that do not fit, or a mask without a True pixel.
    """
    with needs("measure", "CIEDE2000"):
        from skimage.color import deltaE_ciede2000, rgb2lab

    _check(picture, photograph, mask)
    ours, theirs = (p.reshape(-1, 3) if mask is None else p[mask] for p in (picture, photograph))
    total = 0.0
    for start in range(0, len(ours), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        differences = deltaE_ciede2000(rgb2lab(ours[chunk]), rgb2lab(theirs[chunk]))  # type: ignore[no-untyped-call]
        total += float(differences.sum())
    return total / len(ours)


def _check(picture: Picture, photograph: Picture, mask: Mask | None) -> None:
    if picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape or picture.shape != photograph.shape:
        raise ArgumentError(f"expected two pictures of one shape (H, W, 3), got {picture.shape} and {photograph.shape}")
    if picture.dtype != np.uint8 or photograph.dtype != np.uint8:
        raise ArgumentError(f"expected 8-bit pictures (uint8), got {picture.dtype} and {photograph.dtype}")
    if mask is None:
        return
    if mask.shape != picture.shape[:2] or mask.dtype != np.bool_:
        raise ArgumentError(f"expected a bool mask of shape {picture.shape[:2]}, got {mask.dtype} {mask.shape}")
    if not mask.any():
        raise ArgumentError("expected a mask with pixels to score, got one that is False everywhere")
