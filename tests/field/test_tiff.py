"""TIFF photographs as programs and cameras write them: right, or refused by what they hold."""

import imagecodecs
import numpy as np
import pytest
import tifffile
from pictures import COLOURS, COLOURS16, SRGB_PRIMARIES, load, profile
from PIL import Image

from fastrti import CollectionError
from fastrti.photographs.notes import Doubt
from fastrti.photographs.photograph import read_photograph

GREYS16 = COLOURS16[..., 0]


def read(path, samples, **tags):
    tifffile.imwrite(path / "a.tif", samples, metadata=None, **tags)
    return read_photograph(path / "a.tif")


@pytest.mark.parametrize("colours", [COLOURS, COLOURS16], ids=["8", "16"])
@pytest.mark.parametrize(
    "tags",
    [
        {"tile": (16, 16)},
        {"bigtiff": True},
        {"byteorder": ">"},
        {"compression": "lzw", "predictor": True},
        {"compression": "zlib", "rowsperstrip": 2},
        {"compression": "zlib", "tile": (16, 16)},
        {"compression": "packbits"},
    ],
    ids=str,
)
def test_layouts(tmp_path, colours, tags):
    assert np.array_equal(read(tmp_path, colours, photometric="rgb", **tags).pixels, colours)
    planes = np.moveaxis(colours, -1, 0)
    found = read(tmp_path, planes, photometric="rgb", planarconfig="separate", **tags)
    assert np.array_equal(found.pixels, colours)


@pytest.mark.parametrize("colours", [COLOURS, COLOURS16], ids=["8", "16"])
def test_white_is_zero(tmp_path, colours):
    found = read(tmp_path, np.iinfo(colours.dtype).max - colours[..., 0], photometric="miniswhite")
    assert np.array_equal(found.pixels, colours[..., [0, 0, 0]])


@pytest.mark.parametrize("colours", [COLOURS, COLOURS16], ids=["8", "16"])
@pytest.mark.parametrize(("extra", "alpha"), [((0,), None), ((2,), 0), ((0, 2), 1), ((2, 0), 0), ((0, 0, 2), 2)])
@pytest.mark.parametrize("grey", [False, True])
def test_only_a_channel_that_is_called_alpha_is_alpha(tmp_path, colours, extra, alpha, grey):
    """Anything else is a saved selection, or a depth, or the infrared."""
    more = np.random.default_rng(2).integers(0, np.iinfo(colours.dtype).max, (5, 7, len(extra)), dtype=colours.dtype)
    own = colours[..., :1] if grey else colours
    photometric = "minisblack" if grey else "rgb"
    stored = np.concatenate([own, more], axis=2)
    found = read(tmp_path, stored, photometric=photometric, extrasamples=extra, planarconfig="contig")
    assert np.array_equal(found.pixels, np.broadcast_to(own, colours.shape))
    if alpha is None:
        assert found.opaque is None
    else:
        assert np.array_equal(found.opaque, more[..., alpha] > np.iinfo(colours.dtype).max / 2)


@pytest.mark.parametrize("colours", [COLOURS, COLOURS16], ids=["8", "16"])
def test_a_selection_without_a_name_is_no_alpha(tmp_path, colours):
    stored = np.concatenate([colours, colours[..., :1]], axis=2)
    read(tmp_path, stored, photometric="rgb", extrasamples=(0,))
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+b") as file:
        file.pages[0].tags["ExtraSamples"].overwrite(999)  # as Corel Draw writes it
    found = read_photograph(tmp_path / "a.tif")
    assert np.array_equal(found.pixels, colours) and found.opaque is None


@pytest.mark.parametrize("top", [255, 65535])
def test_colours_that_alpha_was_multiplied_into(tmp_path, top):
    dtype = np.uint8 if top == 255 else np.uint16
    colours = (np.array([[[1, 0.5, 0.25]]]) * top).astype(dtype)
    stored = np.concatenate([colours * 0.5, [[[top * 0.5]]]], axis=2).round().astype(dtype)
    found = read(tmp_path, np.tile(stored, (2, 2, 1)), photometric="rgb", extrasamples=(1,))
    assert np.abs(found.pixels - colours.astype(int)).max() <= top / 255


def test_the_first_page_that_is_no_thumbnail(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(COLOURS[::2, ::2], photometric="rgb", subfiletype=1, metadata=None)
        file.write(COLOURS, photometric="rgb", metadata=None)
        file.write(COLOURS[::2, ::2], photometric="rgb", subfiletype=1, metadata=None)
    mlic = load(tmp_path)
    assert np.array_equal(mlic.photographs[0], COLOURS) and mlic.notes == ()


def test_a_thumbnail_that_pillow_cannot_read(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(COLOURS[::2, ::2].astype(np.float32), photometric="rgb", subfiletype=1, metadata=None)
        file.write(COLOURS, photometric="rgb", metadata=None)
    assert np.array_equal(read_photograph(tmp_path / "a.tif").pixels, COLOURS)


def test_several_pictures_in_one_file_are_said(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for _ in range(3):
            file.write(COLOURS16, photometric="rgb", metadata=None)
    mlic = load(tmp_path)
    assert np.array_equal(mlic.photographs[0], COLOURS16)
    assert mlic.notes == ("of 3 pictures in the file, the first of full size was taken: a.tif",)


def test_a_small_first_page_that_is_not_called_a_thumbnail(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for picture in (COLOURS[::2, ::2], COLOURS, COLOURS[::-1]):
            file.write(picture, photometric="rgb", metadata=None)
    mlic = load(tmp_path)
    assert np.array_equal(mlic.photographs[0], COLOURS) and isinstance(mlic.notes[0], Doubt)


def test_a_palette_of_numbers_for_8_bits_is_refused(tmp_path):
    """Else the picture is black."""
    image = Image.fromarray(COLOURS).quantize(16)
    image.save(tmp_path / "a.tif")
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+b") as file:
        tag = file.pages[0].tags["ColorMap"]
        tag.overwrite(tuple(int(value) >> 8 for value in np.ravel(tag.value)))
    with pytest.raises(CollectionError, match="found a TIFF with a palette of 8-bit numbers"):
        read_photograph(tmp_path / "a.tif")


def test_thumbnails_alone_are_refused(tmp_path):
    with pytest.raises(CollectionError, match=r"^a.tif: expected a page of full size, found a TIFF of thumbnails"):
        read(tmp_path, COLOURS, photometric="rgb", subfiletype=1)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("predictor", [False, True])
def test_floating_point_samples_go_from_0_to_1(tmp_path, dtype, predictor):
    values = np.linspace(0, 1, 105).reshape(5, 7, 3).astype(dtype)
    read(tmp_path, values, photometric="rgb", compression="zlib", predictor=predictor)
    mlic = load(tmp_path)
    assert np.array_equal(mlic.photographs[0], np.rint(values.astype(np.float32) * 65535))
    assert mlic.notes == ("floating-point samples without a profile were taken as 0 to 1 in the given transfer: a.tif",)


@pytest.mark.parametrize(("low", "high"), [(0, 255), (-0.1, 1), (0, np.inf), (0, np.nan)])
def test_floating_point_samples_of_another_range_are_refused(tmp_path, low, high):
    values = np.full((5, 7, 3), low, np.float32)
    values[2, 3, 1] = high
    with pytest.raises(CollectionError, match=r"^a.tif: expected floating-point samples from 0 to 1, found "):
        read(tmp_path, values, photometric="rgb")


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_samples_between_8_and_16_bits_are_scaled(tmp_path, bits):
    samples = GREYS16 >> (16 - bits)
    rows = b"".join(imagecodecs.packints_encode(row, bits) for row in samples)
    _write_packed(tmp_path / "a.tif", rows, bits)
    wanted = np.rint(samples * (65535 / ((1 << bits) - 1)))
    assert np.array_equal(read_photograph(tmp_path / "a.tif").pixels[..., 1], wanted)


def _write_packed(path, rows, bits):
    """A grey TIFF of one strip by hand: tifffile does not write such samples."""
    entries = {256: 7, 257: 5, 258: bits, 259: 1, 262: 1, 273: 8, 277: 1, 278: 5, 279: len(rows)}
    directory = b"".join(
        tag.to_bytes(2, "little") + b"\4\0\1\0\0\0" + value.to_bytes(4, "little") for tag, value in entries.items()
    )
    start = 8 + len(rows)
    path.write_bytes(
        b"II*\0" + start.to_bytes(4, "little") + rows + len(entries).to_bytes(2, "little") + directory + bytes(4)
    )


def test_sensor_samples_in_files_of_16_bits_are_doubted(tmp_path):
    read(tmp_path, COLOURS16 >> 4, photometric="rgb")
    mlic = load(tmp_path)
    assert np.array_equal(mlic.photographs[0], COLOURS16 >> 4)
    assert (
        len(mlic.notes) == 1 and "if these are 12-bit samples in 16-bit files, the object is too dark" in mlic.notes[0]
    )


@pytest.mark.parametrize("colours", [COLOURS, COLOURS16], ids=["8", "16"])
def test_three_greys_are_colours(tmp_path, colours):
    read(tmp_path, colours, photometric="minisblack", planarconfig="contig", extrasamples=(0, 0))
    mlic = load(tmp_path)
    assert np.array_equal(mlic.photographs[0], colours)
    assert mlic.notes == ("three channels that the TIFF calls grey were taken as red, green and blue: a.tif",)


def test_jpeg_inside_tiff(tmp_path):
    picture = np.repeat(np.repeat(COLOURS, 16, axis=0), 16, axis=1)
    in_rgb = read(tmp_path, picture, photometric="rgb", compression="jpeg", compressionargs={"level": 98})
    Image.fromarray(picture).convert("YCbCr").save(tmp_path / "a.tif", compression="jpeg", quality=98)
    for found in (in_rgb, read_photograph(tmp_path / "a.tif")):
        assert np.abs(found.pixels.astype(int) - picture).mean() < 4


@pytest.mark.parametrize("mode", ["1", "P", "L"])
def test_palettes_and_masks_by_pillow(tmp_path, mode):
    image = Image.fromarray(COLOURS).convert(mode)
    image.save(tmp_path / "a.tif")
    assert np.array_equal(read_photograph(tmp_path / "a.tif").pixels, np.asarray(image.convert("RGB")))


@pytest.mark.parametrize(
    ("samples", "tags", "held"),
    [
        (np.zeros((5, 7, 3), np.uint32), {"photometric": "rgb"}, "32-bit unsigned samples, RGB"),
        (np.zeros((5, 7, 3), np.int16), {"photometric": "rgb"}, "16-bit signed samples, RGB"),
        (np.zeros((5, 7), np.int8), {"photometric": "minisblack"}, "8-bit signed samples, grey"),
        (np.zeros((5, 7, 3), np.float64), {"photometric": "rgb"}, "64-bit floating-point samples, RGB"),
        (np.zeros((5, 7), np.complex64), {"photometric": "minisblack"}, "64-bit complex or unknown samples, grey"),
        (np.zeros((5, 7, 4), np.uint8), {"photometric": "separated"}, "8-bit unsigned samples, CMYK"),
        (np.zeros((5, 7, 4), np.uint16), {"photometric": "separated"}, "16-bit unsigned samples, CMYK"),
        (np.zeros((5, 7, 3), np.uint8), {"photometric": "cielab"}, "8-bit unsigned samples, Lab"),
        (np.zeros((5, 7), np.uint16), {"photometric": "cfa"}, "16-bit unsigned samples, a raw sensor"),
        (
            np.zeros((5, 7, 12), np.uint16),
            {"photometric": "minisblack", "planarconfig": "contig"},
            "16-bit unsigned samples, grey and 11 more channels",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_samples_are_refused_by_name(tmp_path, samples, tags, held):
    with pytest.raises(CollectionError) as caught:
        read(tmp_path, samples, **tags)
    assert f"found a TIFF of {held}: save it as RGB of 16 bits" in str(caught.value)


def test_a_big_endian_bigtiff_is_refused_by_name(tmp_path):
    with pytest.raises(CollectionError, match=r"^a.tif: expected a TIFF, found a BigTIFF with the high byte"):
        read(tmp_path, COLOURS, photometric="rgb", bigtiff=True, byteorder=">")


def test_a_tiff_whose_strips_are_cut_off_is_refused(tmp_path):
    read(tmp_path, np.zeros((64, 64, 3), np.uint16), photometric="rgb", compression="zlib", rowsperstrip=8)
    data = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(data[:-20])
    with pytest.raises(CollectionError, match=r"^a.tif: expected a whole"):
        read_photograph(tmp_path / "a.tif")


def test_a_profile_that_is_cut_off_is_refused(tmp_path):
    """Else it is lost, and the colours change without a word."""
    read(tmp_path, COLOURS16, photometric="rgb", iccprofile=profile(SRGB_PRIMARIES, 1.0))
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        entry = file.pages[0].tags["InterColorProfile"].offset
    data = bytearray((tmp_path / "a.tif").read_bytes())
    data[entry + 4 : entry + 8] = b"\xff\xff\0\0"  # more bytes than the file has
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(CollectionError, match=r"^a.tif: expected a whole ICC profile, found a part"):
        read_photograph(tmp_path / "a.tif")
