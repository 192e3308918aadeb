"""Colours as cameras and programs write them: converted to sRGB, or refused by name, or said."""

import struct
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
from pictures import (
    ADOBE_PRIMARIES,
    COLOURS,
    COLOURS16,
    D65,
    P3_PRIMARIES,
    SRGB_PRIMARIES,
    exif,
    grey_profile,
    in_srgb,
    load,
    png,
    profile,
    to_xyz,
)
from PIL import Image, ImageCms

from fastrti import CollectionError
from fastrti.photographs.photograph import read_photograph
from fastrti.srgb import srgb_encode


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("interop", ["R03", None])
def test_adobe_rgb_by_exif(tmp_path, interop, suffix):
    """How cameras write it: no profile; ColorSpace is uncalibrated, and the interoperability index is R03."""
    picture = Image.fromarray(np.repeat(np.repeat(COLOURS, 16, axis=0), 16, axis=1))
    for name in "ab":
        tags = exif(color_space=65535 if interop else 2, interop=interop)
        picture.save(tmp_path / f"{name}{suffix}", exif=tags)
    mlic = load(tmp_path)
    stored = np.asarray(Image.open(tmp_path / f"a{suffix}"))
    wanted = in_srgb(stored, ADOBE_PRIMARIES, 2.19921875)
    assert np.abs(mlic.photographs[0] - wanted).max() < 1.5 and np.abs(stored - wanted).max() > 30
    assert mlic.notes == ("the colours were converted from Adobe RGB (1998) to sRGB",)


def test_colours_that_exif_calls_uncalibrated_are_doubted(tmp_path):
    Image.fromarray(COLOURS).save(tmp_path / "a.png", exif=exif(color_space=65535))
    mlic = load(tmp_path)
    assert np.array_equal(mlic.photographs[0], COLOURS)
    assert mlic.notes == ("EXIF calls colours other than sRGB, but does not name them, in a.png: taken as sRGB",)


def test_a_profile_comes_before_exif(tmp_path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(COLOURS).save(tmp_path / "a.png", icc_profile=srgb, exif=exif(65535, interop="R03"))
    mlic = load(tmp_path)
    assert np.array_equal(mlic.photographs[0], COLOURS) and mlic.notes == ()


@pytest.mark.parametrize(
    ("primaries", "gamma"), [(ADOBE_PRIMARIES, 2.19921875), (SRGB_PRIMARIES, 1.0), (P3_PRIMARIES, 1.8)]
)
@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_profiles_of_16_bits_are_converted(tmp_path, primaries, gamma, suffix):
    path = tmp_path / f"a{suffix}"
    icc = profile(primaries, gamma)
    if suffix == ".png":
        path.write_bytes(png(COLOURS16, (b"iCCP", b"camera\0\0" + zlib.compress(icc))))
    else:
        tifffile.imwrite(path, COLOURS16, photometric="rgb", iccprofile=icc)
    mlic = load(tmp_path)
    wanted = in_srgb(COLOURS16, primaries, gamma)
    assert mlic.photographs.dtype == np.uint16 and np.abs(mlic.photographs[0] - wanted).max() < 40  # a sixth of a level
    assert len(mlic.notes) == 1 and mlic.notes[0].startswith("the colours were converted from ")


@pytest.mark.parametrize("alpha", [False, True])
def test_grey_profiles_of_16_bits_are_converted(tmp_path, alpha):
    stored = COLOURS16[..., :2] if alpha else COLOURS16[..., 0]
    tags = {"planarconfig": "contig", "extrasamples": (2,)} if alpha else {}
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="minisblack", iccprofile=grey_profile(1.8), **tags)
    found = read_photograph(tmp_path / "a.tif")
    wanted = srgb_encode((COLOURS16[..., 0] / 65535) ** 1.8) * 65535
    assert np.abs(found.pixels - wanted[..., None]).max() < 40
    assert (found.opaque is not None) == alpha


def test_white_is_zero_before_its_profile(tmp_path):
    samples = 65535 - COLOURS16[..., 0]
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="miniswhite", iccprofile=grey_profile(1.8))
    wanted = srgb_encode((COLOURS16[..., 0] / 65535) ** 1.8) * 65535
    assert np.abs(read_photograph(tmp_path / "a.tif").pixels - wanted[..., None]).max() < 40


@pytest.mark.parametrize("samples", [COLOURS, COLOURS16], ids=["8", "16"])
@pytest.mark.parametrize(
    ("chunk", "primaries", "gamma"),
    [
        ((b"gAMA", struct.pack(">I", 100000)), SRGB_PRIMARIES, 1.0),
        ((b"gAMA", struct.pack(">I", 55556)), SRGB_PRIMARIES, 1.8),
        ((b"cHRM", struct.pack(">8I", *(round(x * 1e5) for x in (*D65, *ADOBE_PRIMARIES)))), ADOBE_PRIMARIES, None),
        ((b"cICP", bytes([12, 13, 0, 1])), P3_PRIMARIES, None),
        ((b"cICP", bytes([1, 8, 0, 1])), SRGB_PRIMARIES, 1.0),
    ],
    ids=["linear", "gamma 1.8", "primaries", "Display P3", "linear by code"],
)
def test_colours_by_the_chunks_of_a_png(tmp_path, samples, chunk, primaries, gamma):
    (tmp_path / "a.png").write_bytes(png(samples, chunk))
    mlic = load(tmp_path)
    wanted = in_srgb(samples, primaries, gamma)
    assert np.abs(mlic.photographs[0] - wanted).max() <= (1.5 if samples.dtype == np.uint8 else 40)
    assert len(mlic.notes) == 1 and mlic.notes[0].startswith("the colours were converted from ")


@pytest.mark.parametrize("samples", [COLOURS, COLOURS16], ids=["8", "16"])
@pytest.mark.parametrize(
    "chunks",
    [
        [(b"gAMA", struct.pack(">I", 45455))],
        [
            (b"gAMA", struct.pack(">I", 45455)),
            (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)),
        ],
        [(b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 100000))],
        [(b"cICP", bytes([1, 13, 0, 1])), (b"gAMA", struct.pack(">I", 100000))],
    ],
    ids=["gamma", "gamma and primaries", "sRGB first", "cICP first"],
)
def test_chunks_of_a_png_that_mean_srgb(tmp_path, samples, chunks):
    (tmp_path / "a.png").write_bytes(png(samples, *chunks))
    mlic = load(tmp_path)
    assert np.array_equal(mlic.photographs[0], samples) and mlic.notes == ()


@pytest.mark.parametrize("codes", [(9, 16, 0, 1), (9, 18, 0, 1), (1, 13, 0, 0), (1, 13, 1, 1), (2, 2, 0, 1)])
def test_codes_of_high_dynamic_range_are_refused(tmp_path, codes):
    (tmp_path / "a.png").write_bytes(png(COLOURS, (b"cICP", bytes(codes))))
    with pytest.raises(CollectionError, match=rf"^a.png: expected colours of sRGB.* found the codes {codes[0]}, "):
        read_photograph(tmp_path / "a.png")


@pytest.mark.parametrize(
    "chunk", [(b"gAMA", bytes(4)), (b"cHRM", bytes(32)), (b"cHRM", struct.pack(">8I", *[30000] * 8))]
)
def test_numbers_of_no_colour_space_are_refused(tmp_path, chunk):
    (tmp_path / "a.png").write_bytes(png(COLOURS, chunk))
    with pytest.raises(CollectionError, match=r"^a.png: expected a gamma and primaries in a PNG, found "):
        read_photograph(tmp_path / "a.png")


def test_a_transparent_colour_of_16_bits(tmp_path):
    key = COLOURS16[2, 3].astype(">u2").tobytes()
    (tmp_path / "a.png").write_bytes(png(COLOURS16, (b"tRNS", key)))
    found = read_photograph(tmp_path / "a.png")
    assert np.array_equal(found.pixels, COLOURS16) and np.argwhere(~found.opaque).tolist() == [[2, 3]]


@pytest.mark.parametrize("samples", [COLOURS, COLOURS16], ids=["8", "16"])
def test_linear_samples_keep_their_light_and_change_their_primaries(tmp_path, samples):
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb", iccprofile=profile(ADOBE_PRIMARIES, 1.0))
    mlic = load(tmp_path, transfer="linear")
    top = np.iinfo(samples.dtype).max
    matrix = np.linalg.inv(to_xyz(SRGB_PRIMARIES)) @ to_xyz(ADOBE_PRIMARIES)
    wanted = ((samples / top) @ matrix.T).clip(0, 1) * top
    assert np.abs(mlic.photographs[0] - wanted).max() <= top / 255 * 1.5
    assert np.abs(samples - wanted).max() > top / 10 and mlic.notes[0].endswith(" to linear sRGB")


def test_linear_samples_with_a_profile_that_is_not_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", COLOURS16, photometric="rgb", iccprofile=profile(ADOBE_PRIMARIES, 2.2))
    with pytest.raises(CollectionError, match=r"^a.tif: expected samples proportional to light, found colours of "):
        load(tmp_path, transfer="linear")


def test_linear_samples_of_a_camera_that_says_srgb(tmp_path):
    """Programs that develop raw files keep the EXIF data of the camera."""
    Image.fromarray(COLOURS).save(tmp_path / "a.png", exif=exif(color_space=1))
    mlic = load(tmp_path, transfer="linear")
    assert np.array_equal(mlic.photographs[0], COLOURS) and mlic.notes == ()


def test_a_cmyk_jpeg_is_refused_by_name(tmp_path):
    Image.fromarray(COLOURS).convert("CMYK").save(tmp_path / "a.jpg")
    with pytest.raises(CollectionError, match=r"^a.jpg: expected greys or RGB, found a JPEG of CMYK: save it as RGB"):
        read_photograph(tmp_path / "a.jpg")


def test_a_jpeg_of_12_bits_is_refused_by_name(tmp_path):
    (tmp_path / "a.jpg").write_bytes(imagecodecs.jpeg_encode(COLOURS16[..., 0] >> 4, bitspersample=12))
    with pytest.raises(CollectionError, match=r"^a.jpg: expected a JPEG of 8 bits, found one of 12: save it as 16-bit"):
        read_photograph(tmp_path / "a.jpg")


def test_a_profile_for_cmyk_is_refused_by_name(tmp_path):
    icc = bytearray(profile(SRGB_PRIMARIES, 2.2))
    icc[16:20] = b"CMYK"
    Image.fromarray(COLOURS).save(tmp_path / "a.png", icc_profile=bytes(icc))
    with pytest.raises(CollectionError, match=r"^a.png: expected an RGB or grey ICC profile, found one for CMYK"):
        read_photograph(tmp_path / "a.png")
