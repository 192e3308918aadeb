"""Pictures that claim more than they hold, that take long, or that are large and right."""

import struct
import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pillow_heif
import pytest
import tifffile
from objects import relightable
from peak_memory import peak_over_content
from pictures import COLOURS, COLOURS16, png
from PIL import Image
from raw_files import write_dng

from fastrti import CollectionError, ObjectError, load, save
from fastrti.formats.reading import plane_files
from fastrti.photographs.photograph import open_photograph, read_photograph
from fastrti.picture_limits import MAX_JPEG_SCANS, MAX_PIXELS, too_many_scans


def segment(marker: int, content: bytes) -> bytes:
    return bytes([255, marker]) + struct.pack(">H", len(content) + 2) + content


def jpeg_of_scans(side: int, scans: int) -> bytes:
    """A grey progressive JPEG of one colour, whose scans after the first say nothing new."""
    frame = struct.pack(">BHHB", 8, side, side, 1) + bytes([1, 0x11, 0])
    tables = [segment(0xC4, bytes([0, 1, *[0] * 15, 0])), segment(0xC4, bytes([0x10, 1, *[0] * 15, 0xE0]))]
    blocks = (side // 8) ** 2
    first = segment(0xDA, bytes([1, 1, 0, 0, 0, 1])) + bytes(blocks // 8 + 1)
    runs = -(-blocks // (1 << 14)) * 15  # bits of end-of-band runs
    later = segment(0xDA, bytes([1, 1, 0, 1, 63, 1])) + bytes(runs // 8 + 1)
    start = b"\xff\xd8" + segment(0xDB, bytes([0, *[1] * 64])) + segment(0xC2, frame)
    return start + b"".join(tables) + first + later * (scans - 1) + b"\xff\xd9"


def test_scans_are_counted_without_decoding(tmp_path):
    few, many = (jpeg_of_scans(64, scans) for scans in (MAX_JPEG_SCANS, MAX_JPEG_SCANS + 1))
    assert not too_many_scans(few) and too_many_scans(many)
    assert not too_many_scans(few + many)  # another picture may follow, as in files of telephones
    assert not too_many_scans(few[:2] + segment(0xE1, many) + few[2:])  # or stand inside as a thumbnail
    assert not too_many_scans(b"\xff\xd8" + b"\xff" * 10_000_000)


def test_a_jpeg_of_thousands_of_scans_is_refused_at_once(tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg_of_scans(12_000, 2000))
    with pytest.raises(CollectionError, match=r"^a.jpg: expected a JPEG of at most 50 scans, found more"):
        read_photograph(tmp_path / "a.jpg")
    with pytest.raises(ObjectError, match=r"^plane 0: expected a JPEG of at most 50 scans, got more"):
        plane_files.decode_picture((tmp_path / "a.jpg").read_bytes(), "plane 0", "L", 12_000, 12_000)


@pytest.mark.parametrize(
    "settings", [{"progressive": True}, {"progressive": True, "subsampling": 0, "quality": 98}, {}]
)
def test_jpegs_as_cameras_write_them_are_read(tmp_path, settings):
    Image.fromarray(COLOURS).save(tmp_path / "a.jpg", **settings)
    assert read_photograph(tmp_path / "a.jpg").pixels.shape == COLOURS.shape


def large(path: Path, side: int) -> None:
    """A picture that claims to be a large square, in a file of some hundred bytes."""
    if path.suffix == ".png":
        path.write_bytes(png(COLOURS16, size=(side, side)))
    elif path.suffix == ".jpg":
        path.write_bytes(jpeg_of_scans(64, 1).replace(struct.pack(">HH", 64, 64), struct.pack(">HH", side, side)))
    else:
        tifffile.imwrite(path, COLOURS16, photometric="rgb", compression="zlib", metadata=None)
        with tifffile.TiffFile(path, mode="r+b") as file:
            for name in ("ImageWidth", "ImageLength", "RowsPerStrip"):
                file.pages[0].tags[name].overwrite(side)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_a_picture_that_its_smallcannot_hold_is_refused_by_its_header(tmp_path, name):
    large(tmp_path / name, 12_000)
    with pytest.raises(
        CollectionError, match=rf"^{name}: expected a whole picture, found \d+ bytes, which cannot hold"
    ):
        open_photograph(tmp_path / name)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_too_many_pixels_are_refused_by_the_header(tmp_path, name):
    large(tmp_path / name, 12_248)
    with pytest.raises(CollectionError, match=rf"^{name}: expected at most {MAX_PIXELS} pixels, got 12248×12248: "):
        open_photograph(tmp_path / name)
    with pytest.raises(CollectionError, match="which cannot hold"):  # the next check
        open_photograph(tmp_path / name, max_pixels=12_248**2)


def test_what_fit_may_read_the_commands_may_open(tmp_path):
    """One limit for photographs and planes."""
    for height, message in ((10_000, r"expected \d+ bytes after the header, as"), (10_001, "expected at most 1500")):
        header = f"PTM_1.2\nPTM_FORMAT_LRGB\n15000\n{height}\n1 1 1 1 1 1\n0 0 0 0 0 0\n"
        (tmp_path / "a.ptm").write_text(header)
        with pytest.raises(ObjectError, match=message):
            load(tmp_path / "a.ptm")


PHOTOGRAPH = """
import imagecodecs, pillow_heif, rawpy, tifffile
from fastrti.photographs.photograph import read_photograph

def read(path):
    return read_photograph(path).pixels
"""

OBJECT = """
from fastrti import load

def read(path):
    return load(path).planes
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    "kind",
    [
        "progressive.jpg",
        "float.tif",
        "mosaic.dng",
        *(
            pytest.param(kind, marks=pytest.mark.deep)
            for kind in (
                *("grey.jpg", "rgb.jpg", "rgba.png", "grey16.png", "rgb16.png", "rgb16.tif", "adobe.tif"),
                *("colours.dng", "8.heic", "10.heic"),
            )
        ),
    ],
)
def test_the_peak_of_memory_is_at_most_four_times_the_picture(tmp_path, kind):
    large = 2600 if kind == "colours.dng" else 2000  # so that no part is below the 32 MB which malloc keeps
    for name, side in ((f"large_{kind}", large), (f"small_{kind}", 32)):
        write_kind(tmp_path / name, kind, side)
    assert peak_over_content(PHOTOGRAPH, tmp_path / f"small_{kind}", tmp_path / f"large_{kind}") < 4


@pytest.mark.deep
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("kind", ["ptm", "hsh.rti", "ptm_folder", "lc_folder", "relight"])
def test_the_peak_of_memory_is_at_most_four_times_the_planes(tmp_path, kind):
    for name, side in ((f"large_{kind}", 1500), (f"small_{kind}", 16)):
        write_object(tmp_path / f"{name}.{kind}", kind, side)
    small, large = (tmp_path / f"{size}_{kind}.{kind}" for size in ("small", "large"))
    assert peak_over_content(OBJECT, small, large) < 4


def write_object(path: Path, kind: str, side: int) -> None:
    decoder = {"hsh.rti": "hsh9", "lc_folder": "light-mlp-relu-skip"}.get(kind, "ptm")
    save(
        relightable(decoder, side, side),
        path,
        {"ptm": "ptm", "hsh.rti": "rti", "relight": "relight"}.get(kind, "fastrti"),
    )


def write_kind(path: Path, kind: str, side: int) -> None:
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 65536, (side, side, 4), dtype=np.uint16)
    small = (colours >> 8).astype(np.uint8)
    stem, suffix = kind.split(".")
    if suffix == "dng":
        write_dng(path, colours[..., 0] if stem == "mosaic" else colours[..., :3])
    elif suffix == "heic":
        smooth = np.asarray(Image.fromarray(small[: side // 8, : side // 8, :3]).resize((side, side)))
        picture = pillow_heif.from_bytes("RGB;16", (side, side), (smooth.astype(np.uint16) * 257).tobytes())
        (picture if stem == "10" else pillow_heif.from_pillow(Image.fromarray(smooth))).save(path, quality=80)
    elif suffix == "jpg":
        picture = Image.fromarray(small[..., 0] if stem == "grey" else np.ascontiguousarray(small[..., :3]))
        picture.save(path, progressive=stem == "progressive", subsampling=0)
    elif stem == "rgba":
        Image.fromarray(small).save(path, compress_level=1)
    elif suffix == "png":
        samples = colours[..., 0] if stem == "grey16" else colours[..., :3]
        path.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(samples), level=1))
    else:
        samples = colours[..., :3] / np.float32(65535) if stem == "float" else colours[..., :3]
        icc = imagecodecs.cms_profile(
            "rgb", whitepoint=(0.3127, 0.329), primaries=(0.64, 0.33, 0.21, 0.71, 0.15, 0.06), gamma=2.2
        )
        tifffile.imwrite(path, samples, photometric="rgb", iccprofile=icc if stem == "adobe" else None)


def test_tiles_much_larger_than_the_picture_are_refused(tmp_path):
    """A decoder takes memory for whole tiles."""
    tifffile.imwrite(tmp_path / "a.tif", COLOURS16, photometric="rgb", tile=(16, 16), compression="zlib", metadata=None)
    assert np.array_equal(read_photograph(tmp_path / "a.tif").pixels, COLOURS16)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+b") as file:
        for name in ("TileWidth", "TileLength"):
            file.pages[0].tags[name].overwrite(60_000)
    with pytest.raises(
        CollectionError, match=r"^a.tif: expected tiles that are not much larger than the picture, found"
    ):
        open_photograph(tmp_path / "a.tif")


@pytest.mark.parametrize("name", ["StripOffsets", "StripByteCounts", "RowsPerStrip"])
def test_a_tiff_that_lacks_strips_is_refused(tmp_path, name):
    tifffile.imwrite(tmp_path / "a.tif", COLOURS16, photometric="rgb", rowsperstrip=2, metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+b") as file:
        tag = file.pages[0].tags[name]
        tag.overwrite(1 if name == "RowsPerStrip" else tag.value[:1])
    with pytest.raises(CollectionError, match=r"^a.tif: expected a whole TIFF, found one that lacks a part"):
        open_photograph(tmp_path / "a.tif")
