"""Contact sheets and picture files."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fastrti.errors import ArgumentError
from fastrti.sharing.save import save_picture, sweep_lights
from fastrti.sharing.sheets import contact_sheet


def test_a_contact_sheet_holds_every_picture_whole() -> None:
    rng = np.random.default_rng(0)
    pictures = [[rng.integers(0, 256, (20, 30, 3), np.uint8) for _ in range(3)] for _ in range(2)]
    sheet = contact_sheet([("first", pictures[0]), ("second", pictures[1])], ["a", "b", "c"])
    windows = np.lib.stride_tricks.sliding_window_view(sheet, (20, 30, 3))[:, :, 0]
    for picture in (picture for row in pictures for picture in row):
        assert (windows == picture).all((2, 3, 4)).sum() == 1


@pytest.mark.parametrize("suffix", (".png", ".tif"))
def test_lossless_files_keep_every_byte(tmp_path: Path, suffix: str) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (7, 5, 3), np.uint8)
    save_picture(tmp_path / f"new folder/a{suffix}", picture)
    assert np.array_equal(np.asarray(Image.open(tmp_path / f"new folder/a{suffix}")), picture)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArgumentError, match=r"a\.png: expected a file that can be written, got"):
        save_picture(tmp_path / "file" / "a.png", np.zeros((2, 2, 3), np.uint8))


def test_a_sweep_goes_once_around_at_one_height() -> None:
    lights = np.array(sweep_lights(12))
    assert np.allclose(np.linalg.norm(lights, axis=1), 1)
    assert np.ptp(lights[:, 2]) < 1e-12
    assert np.allclose(np.diff(np.unwrap(np.arctan2(lights[:, 1], lights[:, 0]))), np.pi / 6)
