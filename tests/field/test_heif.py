"""HEIF photographs, as telephones and cameras write them."""

import sys

import imagecodecs
import numpy as np
import pillow_heif
import pytest
from field_sets import documented
from pictures import P3_PRIMARIES, exif, in_srgb, load, profile
from PIL import Image

from fastrti import CollectionError, Mlic
from fastrti.errors import MissingPackageError
from fastrti.photographs.notes import Doubt
from fastrti.photographs.photograph import open_photograph, read_photograph

PATCHES = np.array([[(200, 30, 60), (10, 250, 120)], [(128, 128, 128), (250, 240, 20)]], np.uint8)
WIDE = {"color_primaries": 12, "transfer_characteristics": 13, "matrix_coefficients": 6, "full_range_flag": 1}
NEAR = 2.5 / 255  # what becomes of a colour on its way through YCbCr of 8 bits


def patches(side=32):
    return np.kron(PATCHES, np.ones((side, side, 1), np.uint8))


def write_heif(path, bits=8, codes=None, **settings):
    """Lossless but for YCbCr; `codes` are those of nclx."""
    pillow_heif.options.SAVE_HDR_TO_12_BIT = bits == 12
    if bits == 8:
        file = pillow_heif.from_pillow(Image.fromarray(patches()))
    else:
        file = pillow_heif.from_bytes("RGB;16", (64, 64), (patches().astype(np.uint16) * 257).tobytes())
    file.save(path, quality=-1, chroma=444, **(codes or {}), **settings)
    pillow_heif.options.SAVE_HDR_TO_12_BIT = False
    return path


def middles(picture):
    return picture.reshape(2, 32, 2, 32, 3)[:, 16, :, 16]


@pytest.mark.parametrize(("bits", "near"), [(8, NEAR), (10, NEAR / 2), (12, NEAR / 4)])
@pytest.mark.parametrize("codes", [None, {"full_range_flag": 0, "matrix_coefficients": 1}], ids=["full", "video range"])
def test_depths_and_ranges(tmp_path, bits, near, codes):
    """White is white and black is black at every depth: 1,023 of 10 bits becomes 65,535."""
    codes = codes and WIDE | codes | {"color_primaries": 1}
    found = read_photograph(write_heif(tmp_path / "a.heic", bits, codes)).pixels
    assert found.dtype == (np.uint8 if bits == 8 else np.uint16)
    assert np.abs(middles(found) / np.iinfo(found.dtype).max - PATCHES / 255).max() < near


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("how", ["profile", "codes"])
def test_display_p3_is_converted(tmp_path, bits, how):
    """By an ICC profile, as telephones write it, or by the numbers of nclx."""
    settings = {"icc_profile": profile(P3_PRIMARIES, 1.8)} if how == "profile" else {"codes": WIDE}
    for name in "ab":
        write_heif(tmp_path / f"{name}.heic", bits, **settings)
    mlic = load(tmp_path)
    wanted = in_srgb(PATCHES, P3_PRIMARIES, 1.8 if how == "profile" else None) / 255
    found = middles(mlic.photographs[0]) / np.iinfo(mlic.photographs.dtype).max
    assert np.abs(found - wanted).max() < 2 * NEAR and np.abs(PATCHES / 255 - wanted).max() > 0.1
    assert len(mlic.notes) == 1 and mlic.notes[0].startswith("the colours were converted from ")


@pytest.mark.parametrize(
    ("codes", "sentence"), [((9, 16), "codes 9, 16"), ((9, 18), "codes 9, 18"), ((5, 13), "codes 5")]
)
def test_other_colours_are_refused(tmp_path, codes, sentence):
    """High dynamic range, as some cameras write it, and the primaries of old television."""
    codes = WIDE | {"color_primaries": codes[0], "transfer_characteristics": codes[1]}
    write_heif(tmp_path / "a.hif", 10, codes)
    with pytest.raises(
        CollectionError, match=f"^a.hif: expected colours of sRGB, .* in a HEIF file, found the {sentence}"
    ):
        open_photograph(tmp_path / "a.hif")
    assert documented("expected colours of sRGB, Display P3 or BT.2020 in a HEIF file")


def test_a_curve_for_video_is_doubted(tmp_path):
    for name in "ab":
        write_heif(tmp_path / f"{name}.heic", codes=WIDE | {"color_primaries": 1, "transfer_characteristics": 1})
    (note,) = load(tmp_path).notes
    assert note == "a curve for video in the HEIF file was taken as the curve of sRGB: a.heic, b.heic"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_is_turned_once(tmp_path, orientation):
    """The file says itself how to turn its picture; EXIF says the same again, and does not count."""
    stored = patches()[:, :48]
    stored[:16, :16] = 255
    picture = pillow_heif.from_pillow(Image.fromarray(stored))
    picture.save(tmp_path / "a.heic", quality=-1, chroma=444, exif=exif(orientation).tobytes())
    operation = [None, None, 0, 3, 1, 5, 4, 6, 2][orientation]
    wanted = stored if operation is None else np.asarray(Image.fromarray(stored).transpose(Image.Transpose(operation)))
    file = open_photograph(tmp_path / "a.heic")
    assert file.upright == wanted.shape[1::-1] and file.exif.orientation == orientation
    assert np.abs(read_photograph(tmp_path / "a.heic").pixels - wanted.astype(int)).max() <= 3


def test_a_telephone_that_looks_straight_down(tmp_path):
    """Its sensor flaps: one file is turned another way, though all were taken alike."""
    for name, orientation in zip("abc", (1, 1, 3)):
        write_heif(tmp_path / f"{name}.heic", exif=exif(orientation).tobytes())
    mlic = load(tmp_path)
    assert np.abs(np.diff(mlic.photographs.astype(int), axis=0)).max() <= 3
    assert mlic.notes == ("EXIF turns some photographs another way, c.heic: all were turned as a.heic",)


def test_thumbnails_and_depth_do_not_count_and_other_pictures_are_doubted(tmp_path):
    write_heif(tmp_path / "a.heic", thumbnails=[16])
    assert middles(read_photograph(tmp_path / "a.heic").pixels).shape == (2, 2, 3)
    assert open_photograph(tmp_path / "a.heic").remarks == ()
    other = Image.new("RGB", (128, 128), (9, 9, 9))
    pillow_heif.from_pillow(Image.fromarray(patches())).save(
        tmp_path / "b.heic",
        save_all=True,
        append_images=[pillow_heif.from_pillow(other)[0]],
        quality=-1,
        primary_index=0,
    )
    assert np.abs(middles(read_photograph(tmp_path / "b.heic").pixels) - PATCHES.astype(int)).max() < 60
    (remark,) = open_photograph(tmp_path / "b.heic").remarks
    assert remark == "of 2 pictures in the file, the main one was taken" and isinstance(remark, Doubt)


def test_greys_and_alpha(tmp_path):
    pillow_heif.from_pillow(Image.fromarray(patches()[..., 1])).save(tmp_path / "a.heic", quality=-1)
    found = read_photograph(tmp_path / "a.heic").pixels
    assert np.abs(found - patches()[..., 1:2].astype(int)).max() <= 1
    half = np.dstack([patches(), np.where(np.arange(64) < 32, 255, 0)[None].repeat(64, 0).astype(np.uint8)])
    pillow_heif.from_pillow(Image.fromarray(half)).save(tmp_path / "b.heic", quality=-1, chroma=444)
    assert np.array_equal(read_photograph(tmp_path / "b.heic").opaque, half[..., 3] > 0)


def test_exposures_are_compared(tmp_path):
    for name, seconds in zip("abc", (0.01, 0.01, 0.02)):
        write_heif(tmp_path / f"{name}.heic", exif=exif(exposure=(seconds, 8, 100)).tobytes())
    (note,) = load(tmp_path).notes
    assert note.startswith("another exposure, 1/50 s f/8 ISO 100 and not 1/100 s f/8 ISO 100, in c.heic")


def test_a_heif_file_and_the_jpeg_that_somebody_made_of_it(tmp_path):
    for name in "ab":
        write_heif(tmp_path / f"{name}.HEIC")
        Image.fromarray(patches()).save(tmp_path / f"{name}.jpg")
    (tmp_path / "dome.lp").write_text("2\nx1 0 0 1\nx2 0.5 0 1\n")
    mlic = Mlic.load(tmp_path)
    assert (
        mlic.names == ("a.jpg", "b.jpg")
        and "a.HEIC, b.HEIC: left out, because .jpg files have the same names" in mlic.notes
    )


def test_every_truncation_is_a_collection_error(tmp_path):
    data = write_heif(tmp_path / "a.heic").read_bytes()
    whole = read_photograph(tmp_path / "a.heic").pixels
    for length in range(0, len(data), 13):
        (tmp_path / "a.heic").write_bytes(data[:length])
        try:
            assert np.array_equal(read_photograph(tmp_path / "a.heic").pixels, whole)
        except CollectionError as error:
            assert str(error).startswith("a.heic: expected ")


def test_sizes_are_limited_before_decoding(tmp_path):
    data = write_heif(tmp_path / "a.heic").read_bytes()
    size = b"ispe" + bytes(4) + (64).to_bytes(4, "big") * 2
    assert data.count(size) == 1
    (tmp_path / "a.heic").write_bytes(data.replace(size, size[:8] + (12_300).to_bytes(4, "big") * 2))
    with pytest.raises(CollectionError, match=r"^a.heic: expected at most 150000000 pixels, got 12300×12300"):
        open_photograph(tmp_path / "a.heic")


def test_without_pillow_heif_one_sentence_says_how(tmp_path, monkeypatch):
    write_heif(tmp_path / "a.heic")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(MissingPackageError) as caught:
        read_photograph(tmp_path / "a.heic")
    assert str(caught.value) == (
        "expected pillow-heif for a.heic, a HEIF photograph, got an installation without it: "
        "run pip install 'fastrti[heif]'"
    )


def test_avif_is_another_format(tmp_path):
    (tmp_path / "a.heic").write_bytes(imagecodecs.avif_encode(patches()))
    with pytest.raises(CollectionError, match=r"^a.heic: expected a JPEG, PNG, TIFF, HEIF or raw file"):
        read_photograph(tmp_path / "a.heic")
