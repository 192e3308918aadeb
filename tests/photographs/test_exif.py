"""What EXIF says of camera, lens and date, in whatever form."""

from pathlib import Path

import pytest
from pictures import exif
from PIL import ExifTags, Image

from fastrti.photographs.photograph import open_photograph


@pytest.mark.parametrize(
    ("maker", "model", "name"),
    (
        ("Canon", "Canon EOS 5D Mark II", "Canon EOS 5D Mark II"),
        ("NIKON CORPORATION\0\0", "NIKON D850", "NIKON D850"),
        ("Phase One", "IQ3 100MP", "Phase One IQ3 100MP"),
        ("", "DSC\x1b[2J  1 ", "DSC [2J 1"),
        ("x" * 5_000, "", "x" * 100),
    ),
)
def test_a_camera_has_one_name(tmp_path: Path, maker: str, model: str, name: str) -> None:
    data = Image.Exif()
    data[ExifTags.Base.Make], data[ExifTags.Base.Model] = maker, model
    Image.new("RGB", (4, 4)).save(tmp_path / "a.jpg", exif=data)
    assert open_photograph(tmp_path / "a.jpg").exif.camera.name == name


@pytest.mark.parametrize(
    ("date", "offset", "taken"),
    (
        ("2026:03:01 10:11:12", "+05:30", "2026-03-01T10:11:12+05:30"),
        ("2026:03:01 10:11:12", "", "2026-03-01T10:11:12"),
        ("2026:03:01 10:11:12", "noon", "2026-03-01T10:11:12"),
        ("0000:00:00 00:00:00", "+00:00", ""),
        ("    :  :     :  :  ", "", ""),
        ("yesterday", "", ""),
    ),
)
def test_a_date_is_that_of_the_camera_or_none(tmp_path: Path, date: str, offset: str, taken: str) -> None:
    data = exif()
    camera = data[ExifTags.IFD.Exif]
    camera.update({ExifTags.Base.DateTimeOriginal: date, ExifTags.Base.OffsetTimeOriginal: offset})
    Image.new("RGB", (4, 4)).save(tmp_path / "a.jpg", exif=data)
    found = open_photograph(tmp_path / "a.jpg").exif
    assert found.taken == taken and not found.damaged


def test_words_in_the_place_of_numbers_are_no_lens(tmp_path: Path) -> None:
    data = exif()
    camera = data[ExifTags.IFD.Exif]
    camera.update({ExifTags.Base.FocalLength: (0, 0), ExifTags.Base.LensModel: b"EF\xe9 50\0junk"})
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png", exif=data)
    found = open_photograph(tmp_path / "a.png").exif.camera
    assert (found.lens, found.focal_length) == ("EFé 50", None)
