"""JPEG files of any pixels."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFile

from fastrti.formats.jpeg import optimized_jpeg


@pytest.mark.parametrize("shape", [(256, 300, 3), (256, 300), (8, 4000, 3)])
@pytest.mark.parametrize("options", [{"quality": 80}, {"quality": 100}, {"quality": 100, "progressive": True}])
def test_noise_takes_more_room_than_pillow_holds_ready(shape: tuple[int, ...], options: dict[str, int | bool]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    kept = ImageFile.MAXBLOCK
    jpeg = optimized_jpeg(pixels, **options)
    assert kept == ImageFile.MAXBLOCK
    drawn = np.asarray(Image.open(io.BytesIO(jpeg)))
    assert drawn.shape == pixels.shape
    assert abs(drawn.astype(int) - pixels).mean() < (3 if options["quality"] == 100 else 60)
