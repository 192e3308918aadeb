"""One picture file: formats, depths, orientations, profiles, alpha, damage."""

import struct
import sys

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, ImageOps

from fastrti.errors import CollectionError, MissingPackageError
from fastrti.photographs import photograph
from fastrti.photographs.photograph import read_photograph

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (5, 7, 3), dtype=np.uint8)
RGB16 = RNG.integers(0, 65536, (5, 7, 3), dtype=np.uint16)
ORIENTATION = 0x0112


def write16(path, samples, **tags):
    if path.suffix == ".png":
        path.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(samples)))
    else:
        photometric = "minisblack" if samples.ndim == 2 else "rgb"
        tifffile.imwrite(path, samples, photometric=photometric, **tags)
    return path


def icc_profile(space, gamma):
    """A version 2 ICC profile: sRGB's primaries, or grey, with a power curve."""
    curve = struct.pack(">4s4xIHxx", b"curv", 1, round(gamma * 256))
    colours = {"r": (0.4361, 0.2225, 0.0139), "g": (0.3851, 0.7169, 0.0971), "b": (0.1431, 0.0606, 0.7141)}
    tags = {"wtpt": xyz(0.9642, 1, 0.8249)}
    if space == "GRAY":
        tags["kTRC"] = curve
    else:
        tags |= {f"{name}XYZ": xyz(*colour) for name, colour in colours.items()}
        tags |= {f"{name}TRC": curve for name in colours}
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += struct.pack(">4sII", name.encode(), start + len(body), len(data))
        body += data
    size = start + len(body)
    header = struct.pack(">I4xI4s4s4s12x4s28x", size, 0x02400000, b"mntr", space.encode().ljust(4), b"XYZ ", b"acsp")
    return (header + xyz(0.9642, 1, 0.8249)[8:]).ljust(128, b"\0") + table + body


def xyz(*values):
    return struct.pack(">4s4x3i", b"XYZ ", *(round(value * 65536) for value in values))


def srgb_profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("suffix", [".png", ".tif", ".tiff"])
def test_8_bit_samples_are_kept(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    Image.fromarray(RGB).save(path)
    found = read_photograph(path)
    assert found.pixels.dtype == np.uint8 and np.array_equal(found.pixels, RGB) and found.opaque is None


def test_jpeg_is_read_as_pillow_reads_it(tmp_path):
    path = tmp_path / "a.jpg"
    Image.fromarray(RGB).save(path, quality=95)
    assert np.array_equal(read_photograph(path).pixels, np.asarray(Image.open(path)))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit_samples_are_kept(tmp_path, suffix):
    found = read_photograph(write16(tmp_path / f"a{suffix}", RGB16))
    assert found.pixels.dtype == np.uint16 and np.array_equal(found.pixels, RGB16) and found.opaque is None


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit_grey_is_repeated(tmp_path, suffix):
    found = read_photograph(write16(tmp_path / f"a{suffix}", RGB16[..., 0]))
    assert np.array_equal(found.pixels, RGB16[..., [0, 0, 0]])


def test_16_bit_alpha_is_the_mask(tmp_path):
    alpha = np.linspace(0, 65535, 35).astype(np.uint16).reshape(5, 7, 1)
    found = read_photograph(write16(tmp_path / "a.png", np.concatenate([RGB16, alpha], axis=2)))
    assert np.array_equal(found.pixels, RGB16) and np.array_equal(found.opaque, alpha[..., 0] > 32767)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_8_bit_modes_become_rgb(tmp_path, mode):
    path = tmp_path / "a.png"
    Image.fromarray(RGB).convert(mode).save(path)
    found = read_photograph(path)
    assert np.array_equal(found.pixels, np.asarray(Image.open(path).convert("RGB")))
    assert (found.opaque is not None) == (mode in ("LA", "RGBA"))


def test_alpha_above_one_half_is_opaque(tmp_path):
    alpha = np.array([[0, 127, 128, 255]], np.uint8)
    Image.fromarray(np.concatenate([RGB[:1, :4], alpha[..., None]], axis=2)).save(tmp_path / "a.png")
    found = read_photograph(tmp_path / "a.png")
    assert found.opaque.tolist() == [[False, False, True, True]]
    assert np.array_equal(found.pixels, RGB[:1, :4])  # colours under low alpha stay as stored


def test_transparent_palette_entries_are_not_opaque(tmp_path):
    image = Image.fromarray(np.array([[0, 1]], np.uint8)).convert("P")
    image.putpalette([9, 8, 7, 30, 20, 10])
    image.save(tmp_path / "a.png", transparency=0)
    assert read_photograph(tmp_path / "a.png").opaque.tolist() == [[False, True]]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_exif_orientation_is_applied(tmp_path, suffix, orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = tmp_path / f"a{suffix}"
    stored = np.zeros((16, 32, 3), np.uint8)
    stored[:8, :8], stored[8:, 24:] = 200, 90
    Image.fromarray(stored).save(path, exif=exif)
    stored_image = Image.fromarray(stored)
    stored_image.getexif()[ORIENTATION] = orientation
    wanted = np.asarray(ImageOps.exif_transpose(stored_image)).astype(int)
    found = read_photograph(path).pixels.astype(int)
    assert found.shape == wanted.shape and np.abs(found - wanted).max() <= 8


@pytest.mark.parametrize("orientation", range(1, 9))
def test_16_bit_orientation_is_that_of_8_bit(orientation):
    image = Image.fromarray(RGB)
    image.getexif()[ORIENTATION] = orientation
    wanted = np.asarray(ImageOps.exif_transpose(image))
    assert np.array_equal(photograph._upright(RGB.astype(np.uint16), orientation), wanted)


@pytest.mark.parametrize("orientation", [3, 6])
def test_16_bit_tiff_orientation_is_applied(tmp_path, orientation):
    tag = (ORIENTATION, "H", 1, orientation, True)
    found = read_photograph(write16(tmp_path / "a.tif", RGB16, extratags=[tag]))
    assert np.array_equal(found.pixels, np.rot90(RGB16, {3: 2, 6: -1}[orientation]))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_an_srgb_profile_changes_nothing(tmp_path, suffix):
    plain, tagged = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    Image.fromarray(RGB).save(plain)
    Image.fromarray(RGB).save(tagged, icc_profile=srgb_profile())
    found = read_photograph(tagged)
    assert np.array_equal(found.pixels, read_photograph(plain).pixels)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_another_profile_is_converted_to_srgb(tmp_path, mode):
    profile = icc_profile("GRAY" if mode == "L" else "RGB", gamma=1.0)
    image = Image.fromarray(RGB).convert("L").convert(mode)  # neutral colours, whose conversion is the curves alone
    image.save(tmp_path / "a.png", icc_profile=profile)
    linear = np.asarray(image.convert("RGB")) / 255
    wanted = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055) * 255
    found = read_photograph(tmp_path / "a.png")
    assert np.abs(found.pixels - wanted).max() <= 1.5
    assert np.abs(found.pixels - linear * 255).max() > 30
    assert (found.opaque is not None) == (mode == "RGBA")


def test_grey_pixels_with_a_colour_profile_are_converted(tmp_path):
    Image.fromarray(RGB[..., 0]).save(tmp_path / "a.jpg", icc_profile=srgb_profile(), quality=100)
    found = read_photograph(tmp_path / "a.jpg").pixels
    assert np.array_equal(found, np.asarray(Image.open(tmp_path / "a.jpg").convert("RGB")))


def test_a_grey_profile_in_a_colour_picture_is_refused(tmp_path):
    Image.fromarray(RGB).save(tmp_path / "a.png", icc_profile=icc_profile("GRAY", 2.2))
    with pytest.raises(CollectionError, match=r"a.png: expected an RGB ICC profile in a colour picture"):
        read_photograph(tmp_path / "a.png")


def test_a_damaged_profile_is_refused(tmp_path):
    Image.fromarray(RGB).save(tmp_path / "a.png", icc_profile=srgb_profile()[:200])
    with pytest.raises(CollectionError, match=r"a.png: expected an RGB or grey ICC profile, found a damaged one"):
        read_photograph(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_every_truncation_is_a_collection_error(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    Image.fromarray(RGB).save(path)
    data = path.read_bytes()
    whole = read_photograph(path).pixels
    for length in range(len(data)):
        path.write_bytes(data[:length])
        try:
            assert np.array_equal(read_photograph(path).pixels, whole)  # only what follows the picture is missing
        except CollectionError as error:
            assert str(error).startswith(path.name)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_every_truncation_of_16_bits_is_a_collection_error(tmp_path, suffix):
    data = write16(tmp_path / f"a{suffix}", RGB16).read_bytes()
    for length in range(0, len(data), 3):
        (tmp_path / f"a{suffix}").write_bytes(data[:length])
        try:
            assert np.array_equal(read_photograph(tmp_path / f"a{suffix}").pixels, RGB16)
        except CollectionError as error:
            assert str(error).startswith(f"a{suffix}")


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"not a picture at all"])
def test_what_is_no_picture_is_refused(tmp_path, content):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(CollectionError, match=r"^a.jpg: expected a JPEG, PNG, TIFF, HEIF or raw file"):
        read_photograph(tmp_path / "a.jpg")


def test_16_bits_without_imagecodecs_is_one_sentence(tmp_path, monkeypatch):
    write16(tmp_path / "a.png", RGB16)
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    with pytest.raises(MissingPackageError, match=r"^expected .* a.png.* run pip install 'fastrti\[16bit\]'"):
        read_photograph(tmp_path / "a.png")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "palette.png"])
def test_pillows_own_limit_does_not_interfere(tmp_path, monkeypatch, name):
    picture = Image.fromarray(np.repeat(np.repeat(RGB, 20, 0), 20, 1))
    (picture.quantize(35) if "palette" in name else picture).save(tmp_path / name)
    wanted = np.asarray(Image.open(tmp_path / name).convert("RGB"))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 3)
    assert np.array_equal(read_photograph(tmp_path / name).pixels, wanted)


@pytest.mark.parametrize(
    "tag", [256, 257, 258, 259, 262, 277, 278]
)  # sizes, bits, compression, colours, channels, rows
def test_a_tag_of_bytes_is_no_number(tmp_path, tag):
    """Bytes times a number would be that many bytes."""
    tifffile.imwrite(tmp_path / "a.tif", RGB, photometric="rgb", metadata=None)
    data = bytearray((tmp_path / "a.tif").read_bytes())
    start = struct.unpack_from("<I", data, 4)[0]
    entries = [start + 2 + 12 * number for number in range(struct.unpack_from("<H", data, start)[0])]
    (entry,) = [place for place in entries if struct.unpack_from("<H", data, place)[0] == tag]
    data[entry + 2 : entry + 12] = struct.pack("<HI4s", 7, 4, b"\1\2\3\4")  # UNDEFINED
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(CollectionError, match="cannot be decoded"):
        read_photograph(tmp_path / "a.tif")
