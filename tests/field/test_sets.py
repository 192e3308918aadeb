"""Photographs of one set whose files disagree: one decision, which is said, or a refusal."""

import numpy as np
import pytest
import tifffile
from pictures import (
    ADOBE_PRIMARIES,
    COLOURS,
    COLOURS16,
    P3_PRIMARIES,
    SRGB_PRIMARIES,
    exif,
    grey_profile,
    in_srgb,
    load,
    profile,
)
from PIL import Image

from fastrti import CollectionError
from fastrti.photographs.notes import Doubt

NAMES = [f"{name}.png" for name in "abcde"]


def save_all(folder, changed, suffix=".png", **usual):
    """Five pictures saved alike, and those in `changed` with other settings."""
    for name in (name.removesuffix(".png") for name in NAMES):
        Image.fromarray(COLOURS).save(folder / f"{name}{suffix}", **{**usual, **changed.get(name, {})})


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize(("usual", "flapped"), [(1, 3), (1, 6), (6, 1), (8, 3), (6, 8)])
def test_orientation_is_that_of_most_photographs(tmp_path, suffix, usual, flapped):
    """A camera that looks straight down does not know which way up it is."""
    save_all(tmp_path, {"d": {"exif": exif(flapped)}}, suffix, exif=exif(usual))
    mlic = load(tmp_path)
    turned = {1: 0, 3: 2, 6: -1, 8: 1}[usual]
    stored = np.asarray(Image.open(tmp_path / "a.jpg")) if suffix == ".jpg" else COLOURS
    assert all(np.array_equal(photograph, np.rot90(stored, turned)) for photograph in mlic.photographs)
    assert mlic.notes == (f"EXIF turns some photographs another way, d{suffix}: all were turned as a{suffix}",)
    assert isinstance(mlic.notes[0], Doubt)


def test_orientation_without_a_tag_is_that_of_the_others(tmp_path):
    save_all(tmp_path, {"b": {"exif": b""}}, exif=exif(3))
    assert np.array_equal(load(tmp_path).photographs[1], COLOURS[::-1, ::-1])


def test_orientation_of_16_bits(tmp_path):
    for name, orientation in zip("abc", (6, 6, 1)):
        tag = (0x0112, "H", 1, orientation, True)
        tifffile.imwrite(tmp_path / f"{name}.tif", COLOURS16, photometric="rgb", extratags=[tag])
    assert all(np.array_equal(photograph, np.rot90(COLOURS16, -1)) for photograph in load(tmp_path).photographs)


def test_files_that_are_stored_in_two_ways_are_turned_as_they_say(tmp_path):
    """A program turned the pixels of one file and took its tag away."""
    save_all(tmp_path, {}, exif=exif(6))
    Image.fromarray(np.rot90(COLOURS, -1)).save(tmp_path / "c.png")
    mlic = load(tmp_path)
    assert all(np.array_equal(photograph, np.rot90(COLOURS, -1)) for photograph in mlic.photographs)
    assert mlic.notes == ()


@pytest.mark.parametrize(
    ("odd", "message"),
    [
        (COLOURS[:4], r"^a.png: expected the size of b.png, 7×5, found 7×4"),
        (COLOURS16, r"^a.tif: expected the depth of b.png, 8 bits, found 16 bits"),
    ],
)
def test_the_one_file_of_another_form_is_named(tmp_path, odd, message):
    save_all(tmp_path, {})
    (tmp_path / "a.png").unlink()
    tifffile.imwrite(tmp_path / "a.tif", odd, photometric="rgb")
    if odd.dtype == np.uint8:
        (tmp_path / "a.tif").unlink()
        Image.fromarray(odd).save(tmp_path / "a.png")
    with pytest.raises(CollectionError, match=message):
        load(tmp_path)


ADOBE, P3 = profile(ADOBE_PRIMARIES, 2.19921875), profile(P3_PRIMARIES, 2.2)
SRGB_LINEAR = profile(SRGB_PRIMARIES, 1.0)


def test_files_of_several_profiles_are_converted_each_by_its_own(tmp_path):
    save_all(tmp_path, {"b": {"icc_profile": P3}, "d": {"icc_profile": SRGB_LINEAR}}, icc_profile=ADOBE)
    mlic = load(tmp_path)
    spaces = [(ADOBE_PRIMARIES, 2.19921875), (P3_PRIMARIES, 2.2), None, (SRGB_PRIMARIES, 1.0)]
    for index in (0, 1, 3):
        assert np.abs(mlic.photographs[index] - in_srgb(COLOURS, *spaces[index])).max() < 1.5
    assert [note.split(";")[1].split(" were")[0] for note in mlic.notes] == [" a.png, c.png, e.png", " b.png", " d.png"]


def test_a_file_without_a_profile_is_taken_as_the_others(tmp_path):
    save_all(tmp_path, {"d": {"icc_profile": None}}, icc_profile=ADOBE)
    mlic = load(tmp_path)
    assert all(np.array_equal(photograph, mlic.photographs[0]) for photograph in mlic.photographs)
    assert np.abs(mlic.photographs[3] - in_srgb(COLOURS, ADOBE_PRIMARIES, 2.19921875)).max() < 1.5
    assert mlic.notes[1].startswith("no colour space in d.png: taken as ") and isinstance(mlic.notes[1], Doubt)


def test_a_file_without_a_profile_among_several_is_refused(tmp_path):
    save_all(tmp_path, {"b": {"icc_profile": P3}, "d": {"icc_profile": None}}, icc_profile=ADOBE)
    with pytest.raises(CollectionError, match=r"^d.png: expected a colour space as in the other photographs, found "):
        load(tmp_path)


def test_one_colour_space_under_two_names_is_one(tmp_path):
    """By profile in some files and by EXIF in the others."""
    save_all(tmp_path, {"b": {"icc_profile": None, "exif": exif(color_space=65535, interop="R03")}}, icc_profile=ADOBE)
    mlic = load(tmp_path)
    assert np.abs(mlic.photographs[1].astype(int) - mlic.photographs[0]).max() <= 1 and len(mlic.notes) == 1


def test_srgb_and_nothing_are_the_same(tmp_path):
    save_all(tmp_path, {"b": {"exif": exif(color_space=1)}})
    assert load(tmp_path).notes == ()


def test_a_grey_profile_is_not_taken_for_colours(tmp_path):
    save_all(tmp_path, {})
    Image.fromarray(COLOURS[..., 0]).save(tmp_path / "c.png", icc_profile=grey_profile(1.0))
    mlic = load(tmp_path)
    assert np.array_equal(mlic.photographs[0], COLOURS) and mlic.photographs[2].mean() > COLOURS[..., 0].mean() + 20
    assert mlic.notes[-1] == "of all photographs, only these are grey: c.png"


def test_the_one_file_of_another_exposure_is_named(tmp_path):
    usual = exif(exposure=(1 / 60, 8, 100))
    save_all(tmp_path, {"d": {"exif": exif(exposure=(1 / 15, 8, 100))}, "e": {"exif": b""}}, ".jpg", exif=usual)
    mlic = load(tmp_path)
    assert mlic.notes[0].startswith("another exposure, 1/15 s f/8 ISO 100 and not 1/60 s f/8 ISO 100, in d.jpg; ")


def test_exposures_that_all_change_are_said(tmp_path):
    changed = {name: {"exif": exif(exposure=(seconds, 8, 100))} for name, seconds in zip("abcde", (1, 2, 3, 4, 5))}
    save_all(tmp_path, changed, ".jpg")
    (note,) = load(tmp_path).notes
    assert note.startswith("the exposure changes between the photographs, as 1 s f/8 ISO 100 and 2 s f/8 ISO 100")


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_damaged_exif_is_said(tmp_path, suffix):
    save_all(tmp_path, {"b": {"exif": b"Exif\0\0no EXIF at all"}}, suffix, exif=exif(1))
    (note,) = load(tmp_path).notes
    assert note == f"damaged EXIF data, which were not used, in b{suffix}"


def test_as_many_this_way_as_that_way_are_turned_as_the_first(tmp_path):
    save_all(tmp_path, {name: {"exif": exif(3)} for name in "de"}, exif=exif(1))
    (tmp_path / "c.png").unlink()
    mlic = load(tmp_path)
    assert all(np.array_equal(photograph, COLOURS) for photograph in mlic.photographs)
    assert mlic.notes == ("EXIF turns some photographs another way, d.png, e.png: all were turned as a.png",)
