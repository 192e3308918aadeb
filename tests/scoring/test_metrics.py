"""Metrics against scikit-image and closed forms."""

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity

from fastrti.errors import ArgumentError
from fastrti.scoring import metrics

METRICS = [metrics.psnr, metrics.ssim, metrics.ciede2000]


@pytest.fixture
def pictures():
    rng = np.random.default_rng(0)
    photograph = rng.integers(0, 256, (24, 31, 3), dtype=np.uint8)
    noise = rng.integers(-20, 21, photograph.shape)
    return np.clip(photograph + noise, 0, 255).astype(np.uint8), photograph


def test_psnr_of_a_known_difference():
    dark = np.full((2, 3, 3), 10, np.uint8)
    bright = dark + np.uint8(5)
    assert metrics.psnr(dark, bright) == pytest.approx(10 * np.log10(255**2 / 25))


def test_psnr_does_not_wrap_around():
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    assert metrics.psnr(black, white) == metrics.psnr(white, black) == pytest.approx(0)


def test_equal_pictures_are_perfect(pictures):
    photograph = pictures[1]
    assert metrics.psnr(photograph, photograph) == np.inf
    assert metrics.ssim(photograph, photograph) == 1
    assert metrics.ciede2000(photograph, photograph) == 0


def test_ssim_is_scikit_images(pictures):
    wanted = structural_similarity(
        *pictures, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255, channel_axis=-1
    )
    assert metrics.ssim(*pictures) == pytest.approx(wanted, abs=1e-12)


def test_ciede2000_is_scikit_images_in_chunks_too(pictures, monkeypatch):
    monkeypatch.setattr(metrics, "_CHUNK", 100)
    wanted = deltaE_ciede2000(rgb2lab(pictures[0]), rgb2lab(pictures[1])).mean()
    assert metrics.ciede2000(*pictures) == pytest.approx(wanted, abs=1e-9)


def test_psnr_and_ciede2000_ignore_what_the_mask_hides(pictures):
    picture, photograph = pictures
    mask = np.zeros(picture.shape[:2], bool)
    mask[5:20, 7:] = True
    inside = picture[5:20, 7:], photograph[5:20, 7:]
    assert metrics.psnr(picture, photograph, mask) == pytest.approx(metrics.psnr(*inside))
    assert metrics.ciede2000(picture, photograph, mask) == pytest.approx(metrics.ciede2000(*inside))


def test_masked_ssim_is_the_mean_of_the_map_inside(pictures):
    picture, photograph = pictures
    mask = np.zeros(picture.shape[:2], bool)
    mask[8:12, 9:20] = True
    far = picture.copy()
    far[-3:, -3:] = 255 - photograph[-3:, -3:]  # outside every window that reaches the mask
    assert metrics.ssim(far, photograph, mask) == metrics.ssim(picture, photograph, mask)
    assert metrics.ssim(far, photograph) < metrics.ssim(picture, photograph)


@pytest.mark.parametrize("metric", METRICS)
def test_metrics_reject_what_does_not_fit(metric, pictures):
    picture, photograph = pictures
    with pytest.raises(ArgumentError, match="two pictures of one shape"):
        metric(picture[1:], photograph)
    with pytest.raises(ArgumentError, match="two pictures of one shape"):
        metric(picture[..., 0], photograph[..., 0])
    with pytest.raises(ArgumentError, match="8-bit"):
        metric(picture / 255, photograph / 255)
    with pytest.raises(ArgumentError, match="bool mask"):
        metric(picture, photograph, np.ones((24, 30), bool))
    with pytest.raises(ArgumentError, match="False everywhere"):
        metric(picture, photograph, np.zeros((24, 31), bool))


def test_ssim_rejects_pictures_smaller_than_its_window(pictures):
    with pytest.raises(ArgumentError, match="11×11"):
        metrics.ssim(pictures[0][:10], pictures[1][:10])
