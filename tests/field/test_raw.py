"""Raw files: linear light of the sRGB primaries, alike for a whole set, or refused in a sentence."""

import io
import sys

import numpy as np
import pytest
from field_sets import documented
from pictures import COLOURS, exif, load
from PIL import Image
from raw_files import BLACK, NEUTRAL, WHITE, cr3, in_linear_srgb, mosaic, ratios, tag, write_dng

from fastrti import CollectionError, Mlic
from fastrti.errors import MissingPackageError
from fastrti.photographs.notes import Doubt
from fastrti.photographs.photograph import open_photograph, read_photograph
from fastrti.photographs.raw_exif import raw_exif

PATCHES = np.array([[(1200, 4000, 900), (3000, 6000, 4000)], [(700, 620, 640), (5000, 9000, 6100)]])
EDGE = 8  # pixels: here demosaicing mixes two patches


def patches(colours=PATCHES, side=32):
    return np.kron(colours, np.ones((side, side, 1), int))


def middles(picture, side=32):
    """(2, 2, 3): what each patch is in its middle; no pixel there may differ from another by more than a level."""
    inner = picture.reshape(2, side, 2, side, 3)[:, EDGE:-EDGE, :, EDGE:-EDGE]
    assert np.ptp(inner, axis=(1, 3)).max() <= 1
    return inner[:, 0, :, 0]


@pytest.mark.parametrize("pattern", [(0, 1, 1, 2), (2, 1, 1, 0), (1, 0, 2, 1), (1, 2, 0, 1)])
def test_flat_colours_are_those_of_the_definitions(tmp_path, pattern):
    write_dng(tmp_path / "a.dng", mosaic(patches(), pattern), pattern=pattern)
    found = read_photograph(tmp_path / "a.dng")
    assert found.pixels.dtype == np.uint16 and found.opaque is None
    assert np.abs(middles(found.pixels) - in_linear_srgb(PATCHES)).max() <= 4  # of 65,535


def test_colours_that_a_program_interpolated(tmp_path):
    """A linear DNG has three samples for each pixel: nothing is filled in, so every pixel is exact."""
    samples = np.random.default_rng(0).integers(BLACK, 6000, (24, 30, 3), dtype=np.uint16)
    levels = [tag(50714, "2I", 3, ratios([BLACK] * 3)), tag(50717, "I", 3, (WHITE,) * 3)]
    for more in ([], levels):
        write_dng(tmp_path / "a.dng", samples, *more)
        found = read_photograph(tmp_path / "a.dng").pixels
        assert np.abs(found - in_linear_srgb(samples)).max() <= 12  # LibRaw's matrices have six digits


def test_a_smooth_ramp_is_proportional_to_light(tmp_path):
    ramp = np.linspace(0, 1, 256)[None, :, None] * np.array(NEUTRAL) * (WHITE - BLACK) + BLACK
    write_dng(tmp_path / "a.dng", mosaic(np.repeat(np.rint(ramp).astype(int), 32, axis=0)))
    found = read_photograph(tmp_path / "a.dng").pixels[8:-8, 8:-8].astype(float)
    wanted = 65535 * np.linspace(0, 1, 256)[None, 8:-8, None]
    assert np.abs(found - wanted).max() < 0.01 * 65535 and np.abs((found - wanted).mean()) < 40


def test_details_stay_within_the_colours_around_them(tmp_path):
    """Filling in the missing colours may soften a grey pattern, but invents neither brightness nor colour."""
    waves = 0.35 + 0.25 * np.sin(np.arange(96) * 2 * np.pi / 12) * np.cos(np.arange(64) * 2 * np.pi / 16)[:, None]
    seen = waves[..., None] * np.array(NEUTRAL) * (WHITE - BLACK) + BLACK
    write_dng(tmp_path / "a.dng", mosaic(np.rint(seen).astype(int)))
    found = read_photograph(tmp_path / "a.dng").pixels[8:-8, 8:-8] / 65535
    wanted = waves[8:-8, 8:-8, None]
    assert np.sqrt(np.mean((found - wanted) ** 2)) < 0.02
    assert found.min() > 0.1 - 0.04 and found.max() < 0.6 + 0.04


def test_a_clipped_pixel_is_white_and_what_is_black_is_black(tmp_path):
    colours = np.array([[(WHITE,) * 3, (BLACK,) * 3], [(WHITE, 9000, WHITE), (100, 100, 100)]])
    write_dng(tmp_path / "a.dng", mosaic(patches(colours)))
    found = middles(read_photograph(tmp_path / "a.dng").pixels)
    assert found[0].tolist() == [[65535] * 3, [0] * 3] and found[1, 1].tolist() == [0] * 3
    assert np.abs(found[1, 0] - in_linear_srgb(colours)[1, 0]).max() <= 4  # two colours clipped: as the third says


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_is_turned_once(tmp_path, orientation):
    dark = patches() // 2 + BLACK // 2
    dark[:32, :16] = 9000
    write_dng(tmp_path / "a.dng", mosaic(dark[:, :48]), orientation=orientation)
    write_dng(tmp_path / "b.dng", mosaic(dark[:, :48]))
    stored = Image.fromarray((read_photograph(tmp_path / "b.dng").pixels >> 8).astype(np.uint8))
    turned = read_photograph(tmp_path / "a.dng").pixels >> 8
    operation = [None, None, 0, 3, 1, 5, 4, 6, 2][orientation]
    wanted = np.asarray(stored if operation is None else stored.transpose(Image.Transpose(operation)))
    assert np.array_equal(turned, wanted)


def test_the_crop_of_the_camera(tmp_path):
    """The sensor has masked rows and columns, and the camera's picture is a little smaller than what it sees."""
    samples = np.full((40, 60, 3), BLACK)
    samples[4:38, 6:58] = 3000
    samples[10:30, 16:46] = (4000, 8000, 5200)
    area, origin, size = tag(50829, "I", 4, (4, 6, 38, 58)), tag(50719, "I", 2, (10, 6)), tag(50720, "I", 2, (30, 20))
    write_dng(tmp_path / "a.dng", mosaic(samples), area, origin, size)
    assert open_photograph(tmp_path / "a.dng").upright == (30, 20)
    found = read_photograph(tmp_path / "a.dng").pixels
    assert np.abs(found[4:-4, 4:-4] - in_linear_srgb(np.array([4000, 8000, 5200]))).max() <= 4
    tiny = [area, origin, tag(50720, "I", 2, (8, 8))]
    write_dng(tmp_path / "b.dng", mosaic(samples), *tiny)
    assert read_photograph(tmp_path / "b.dng").pixels.shape == (34, 52, 3)  # no camera crops so much


def test_a_grey_sensor(tmp_path):
    samples = np.random.default_rng(0).integers(BLACK, WHITE, (24, 30), dtype=np.uint16)
    write_dng(tmp_path / "a.dng", samples, grey=True, matrix=None, neutral=None)
    photograph = read_photograph(tmp_path / "a.dng").pixels
    wanted = (samples.astype(float) - BLACK) / (WHITE - BLACK) * 65535
    assert np.abs(photograph - wanted[..., None]).max() <= 2 and open_photograph(tmp_path / "a.dng").grey


# --- sets ------------------------------------------------------------------------------------------------------------


def test_one_white_balance_and_one_exposure_for_a_set(tmp_path):
    """Where the camera chose another white balance, and whatever the brightest pixel is."""
    neutrals = [(0.5, 1, 0.65), (0.5, 1, 0.65), (0.4, 1, 0.8)]
    for name, neutral, bright in zip("abc", neutrals, (1, 0.5, 0.25)):
        seen = np.rint((PATCHES - BLACK) * bright + BLACK).astype(int)
        write_dng(tmp_path / f"{name}.dng", mosaic(patches(seen)), neutral=neutral)
    mlic = load(tmp_path)
    assert mlic.transfer == "linear" and mlic.photographs.dtype == np.uint16
    for photograph, bright in zip(mlic.photographs, (1, 0.5, 0.25)):
        seen = np.rint((PATCHES - BLACK) * bright + BLACK)
        assert np.abs(middles(photograph) - in_linear_srgb(seen)).max() <= 4
    (correction,) = mlic.corrections
    assert correction.numbers["levels"] == WHITE - BLACK
    assert np.allclose(correction.numbers["white_balance"], [2, 1, 1 / 0.65, 0], rtol=1e-4)
    assert correction.sentence in mlic.notes and "the camera's own white balance changes" in correction.sentence


def test_the_lowest_white_level_is_that_of_the_set(tmp_path):
    for name, white in (("a", WHITE), ("b", WHITE - 1000)):
        write_dng(tmp_path / f"{name}.dng", mosaic(patches()), white=white)
    for photograph in load(tmp_path).photographs:
        assert np.abs(middles(photograph) - in_linear_srgb(PATCHES, levels=WHITE - 1000 - BLACK)).max() <= 4


def test_raw_files_of_two_depths_are_refused(tmp_path):
    for name, white in (("a", WHITE), ("b", 4095)):
        write_dng(tmp_path / f"{name}.dng", mosaic(patches()), white=white)
    with pytest.raises(
        CollectionError, match=r"^b.dng: expected the white level of a.dng, 15359 above black, found 3583"
    ):
        load(tmp_path)
    assert documented("expected the white level of a.dng")


def test_raw_files_are_linear_whatever_is_said(tmp_path):
    for name in "ab":
        write_dng(tmp_path / f"{name}.dng", mosaic(patches()))
    assert load(tmp_path, transfer="linear").transfer == "linear"
    sentence = "expected raw files to be proportional to light, got the transfer srgb"
    with pytest.raises(CollectionError, match=f"^a.dng: {sentence}: leave out transfer="):
        load(tmp_path, transfer="srgb")
    assert documented(sentence)


def test_a_raw_file_among_others(tmp_path):
    write_dng(tmp_path / "a.dng", mosaic(patches()))
    Image.fromarray(patches().astype(np.uint8)).save(tmp_path / "b.jpg")
    with pytest.raises(CollectionError, match=r"^b.jpg: expected a raw file as a.dng, found another kind: all"):
        load(tmp_path)
    assert documented("expected a raw file as a.dng")


def test_what_a_raw_file_does_not_say_is_doubted(tmp_path):
    for name in "ab":
        write_dng(tmp_path / f"{name}.dng", mosaic(patches()), neutral=None)
    doubts = [note for note in load(tmp_path).notes if isinstance(note, Doubt)]
    assert doubts == ["no white balance in the raw file: that of daylight was taken: a.dng, b.dng"]


def test_a_camera_that_nobody_knows_is_doubted(tmp_path):
    for name in "ab":
        write_dng(tmp_path / f"{name}.dng", mosaic(patches()), matrix=None)
    mlic = load(tmp_path)
    doubts = [note for note in mlic.notes if isinstance(note, Doubt)]
    assert doubts == ["no colours of this camera are known: the sensor's own colours were taken as sRGB: a.dng, b.dng"]
    balance = 1 / np.array(NEUTRAL)
    wanted = 65535 * ((PATCHES - BLACK) / (WHITE - BLACK) * balance).clip(0, 1)
    assert np.abs(middles(mlic.photographs[0]) - wanted).max() <= 4


# --- raw files beside others -----------------------------------------------------------------------------------------


def both(folder, names="ab"):
    for name in names:
        write_dng(folder / f"{name}.dng", mosaic(patches()))
        Image.fromarray(patches().astype(np.uint8)).save(folder / f"{name}.jpg")


def rows(folder, names):
    (folder / "dome.lp").write_text(
        f"{len(names)}\n" + "".join(f"{name} {0.1 * i} 0 1\n" for i, name in enumerate(names))
    )


@pytest.mark.parametrize(
    ("names", "taken"),
    [(["a.jpg", "b.jpg"], ".jpg"), (["a.dng", "b.dng"], ".dng"), (["a.tif", "b.tif"], ".jpg"), (["1", "2"], ".jpg")],
)
def test_of_raw_files_and_their_jpegs_one_kind_is_taken(tmp_path, names, taken):
    """That which the list names, else the one that a person may have worked on."""
    both(tmp_path)
    rows(tmp_path, names)
    mlic = Mlic.load(tmp_path)
    other = {".jpg": ".dng", ".dng": ".jpg"}[taken]
    assert mlic.names == (f"a{taken}", f"b{taken}")
    assert f"a{other}, b{other}: left out, because {taken} files have the same names" in mlic.notes


def test_one_jpeg_among_raw_files_does_not_count(tmp_path):
    both(tmp_path, "a")
    write_dng(tmp_path / "b.dng", mosaic(patches()))
    rows(tmp_path, ["1", "2"])
    mlic = Mlic.load(tmp_path)
    assert mlic.names == ("a.dng", "b.dng") and "a.jpg: left out, because .dng files have the same names" in mlic.notes


# --- damaged and hostile files ---------------------------------------------------------------------------------------


def test_every_truncation_is_a_collection_error(tmp_path, capfd):
    for samples in (mosaic(patches(side=12)), patches(side=12).astype(np.uint16)):
        data = write_dng(tmp_path / "a.dng", samples).read_bytes()
        whole = read_photograph(tmp_path / "a.dng").pixels
        for length in range(0, len(data), 37):
            (tmp_path / "a.dng").write_bytes(data[:length])
            try:
                assert np.array_equal(read_photograph(tmp_path / "a.dng").pixels, whole)
            except CollectionError as error:
                assert str(error).startswith("a.dng: expected ")
    capfd.readouterr()  # LibRaw says on the terminal where a file ends too soon


def test_sizes_are_limited_before_samples_are_read(tmp_path):
    path = write_dng(tmp_path / "a.dng", mosaic(patches()))
    import tifffile

    for side, sentence in ((12_300, "expected at most 150000000 pixels"), (12_000, "which cannot hold its 288000000")):
        with tifffile.TiffFile(path, mode="r+b") as file:
            for name in ("ImageWidth", "ImageLength", "RowsPerStrip"):
                file.pages[0].tags[name].overwrite(side)
        with pytest.raises(CollectionError, match=sentence):
            open_photograph(path)


def test_what_libraw_does_not_know(tmp_path):
    for name, content in (("a.nef", b"nonsense" * 9), ("b.dng", b""), ("c.arw", b"II*\0\x08\0\0\0\0\0\0\0\0\0")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CollectionError, match=rf"^{name}: expected a"):
            read_photograph(tmp_path / name)
    assert documented("expected a raw file that LibRaw")


def test_a_name_says_less_than_the_bytes(tmp_path):
    Image.fromarray(COLOURS).save(tmp_path / "a.dng", "PNG")
    assert np.array_equal(read_photograph(tmp_path / "a.dng").pixels, COLOURS)
    write_dng(tmp_path / "b.dng", mosaic(patches())).rename(tmp_path / "b.tif")
    assert open_photograph(tmp_path / "b.tif").development is not None


def test_without_rawpy_one_sentence_says_how(tmp_path, monkeypatch):
    write_dng(tmp_path / "a.dng", mosaic(patches()))
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(MissingPackageError) as caught:
        read_photograph(tmp_path / "a.dng")
    assert str(caught.value) == (
        "expected rawpy for a.dng, a raw file, got an installation without it: run pip install 'fastrti[raw]'"
    )


# --- EXIF ------------------------------------------------------------------------------------------------------------


def test_exposures_of_raw_files_are_compared(tmp_path):
    for name, seconds in (("a", 1), ("b", 1), ("c", 2)):
        exposure = [tag(33434, "2I", 1, (seconds, 100)), tag(33437, "2I", 1, (8, 1)), tag(34855, "H", 1, 100)]
        write_dng(tmp_path / f"{name}.dng", mosaic(patches()), *exposure)
        with (tmp_path / f"{name}.dng").open("rb") as file:
            assert raw_exif(file)[271] == "Maker"
    assert any(note.startswith("another exposure, 1/50 s f/8 ISO 100") for note in load(tmp_path).notes)


def test_exif_of_the_forms_that_makers_have():
    jpeg = io.BytesIO()
    Image.fromarray(COLOURS).save(jpeg, "JPEG", exif=exif(exposure=(0.01, 8, 100)))
    raf = b"FUJIFILMCCD-RAW 0201".ljust(84, b"\0") + (92).to_bytes(4, "big") + len(jpeg.getvalue()).to_bytes(4, "big")
    picture, camera = Image.Exif(), Image.Exif()
    picture[271], camera[33434] = "Camera", 0.01
    canon = cr3(picture.tobytes()[6:], camera.tobytes()[6:])
    for content in (raf + jpeg.getvalue(), canon):
        found = raw_exif(io.BytesIO(content))
        assert found[271] == "Camera" and float(found.get_ifd(34665)[33434]) == 0.01
    tiff = bytearray(exif(exposure=(0.01, 8, 100)).tobytes()[6:])
    tiff[2:4] = b"RO" if tiff[:2] == b"II" else b"OR"  # Olympus
    assert raw_exif(io.BytesIO(tiff))[271] == "Camera"
    assert dict(raw_exif(io.BytesIO(b"FOVb nobody knows"))) == {}
