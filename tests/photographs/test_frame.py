"""The frame: crop, rotation, mask, scale and white; everything a collection says of its picture follows."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from docs_pages import ROOT
from numpy.typing import NDArray
from PIL import Image

from fastrti import Mlic
from fastrti.cli import main
from fastrti.errors import ArgumentError, CollectionError
from fastrti.formats import load
from fastrti.lights import light_from_angles
from fastrti.photographs.frame import Frame, framed
from fastrti.photographs.lp_file import write_lp
from fastrti.photographs.notes import Doubt
from fastrti.scoring.metrics import psnr
from fastrti.srgb import srgb_encode, to_bytes
from fastrti.synth import render_collection
from fastrti.training.classical import fit_classical

LIGHTS = np.array([light_from_angles(137.5 * number, 25 + 8 * number) for number in range(6)])
NAMES = tuple(f"{number}.png" for number in range(len(LIGHTS)))
RANDOM = np.random.default_rng(3).integers(0, 256, (6, 20, 31, 3), np.uint8)


def sphere(lights: NDArray[np.float64], side: int = 64, dtype: type[np.unsignedinteger] = np.uint8) -> NDArray:
    """A matt ball in the middle of the picture, which looks the same however it is turned: (N, side, side, 3)."""
    x, up = np.meshgrid(*(np.linspace(-1.25, 1.25, side),) * 2)
    z = np.sqrt(np.maximum(1 - x**2 - up**2, 0))
    normals = np.stack([x, -up, z]) * (z > 0)
    shades = np.einsum("nc,chw->nhw", lights, normals).clip(0)
    full = np.iinfo(dtype).max
    return np.repeat((full * (0.2 + 0.75 * shades) + 0.5).astype(dtype)[..., None], 3, axis=3)


def collection(photographs: NDArray, **parts: object) -> Mlic:
    return Mlic(photographs, LIGHTS[: len(photographs)], NAMES[: len(photographs)], **parts)


def numbers_of(mlic: Mlic, name: str) -> dict:
    return next(correction.numbers for correction in mlic.corrections if correction.name == name)


def test_an_empty_frame_changes_nothing() -> None:
    mlic = collection(RANDOM)
    assert framed(mlic, Frame()) is mlic
    assert framed(mlic, Frame(crop=(0, 0, 31, 20), rotate=360)) is mlic


def test_a_crop_keeps_pixels_mask_and_lights() -> None:
    mask = np.zeros((20, 31), bool)
    mask[5:12, 8:20] = True
    made = framed(collection(RANDOM, mask=mask, mm_per_pixel=0.1), Frame(crop=(4, 3, 11, 15)))
    assert np.array_equal(made.photographs, RANDOM[:, 3:18, 4:15])
    assert made.mask is not None and np.array_equal(made.mask, mask[3:18, 4:15])
    assert np.array_equal(made.lights, LIGHTS) and made.mm_per_pixel == 0.1
    assert numbers_of(made, "crop") == {"x": 4, "y": 3, "width": 11, "height": 15, "of": [31, 20]}
    assert framed(collection(RANDOM, mask=mask), Frame(crop=(9, 6, 3, 4))).mask is None


@pytest.mark.parametrize("degrees", (90, 180, 270, -90, 450))
def test_quarter_turns_move_pixels_and_nothing_else(degrees: float) -> None:
    mlic = collection(RANDOM, mask=RANDOM[0, ..., 0] > 100)
    made = framed(mlic, Frame(rotate=degrees))
    quarters = round(-degrees / 90)
    assert np.array_equal(made.photographs, np.rot90(RANDOM, quarters, axes=(1, 2)))
    assert made.mask is not None and np.array_equal(made.mask, np.rot90(mlic.mask, quarters))
    back = framed(made, Frame(rotate=-degrees))
    assert np.array_equal(back.photographs, RANDOM) and np.array_equal(back.lights, LIGHTS)


def test_clockwise_brings_the_top_to_the_right() -> None:
    lights = np.array([[0, 0.6, 0.8], [0.6, 0, 0.8]])
    made = framed(Mlic(RANDOM[:2], lights, NAMES[:2]), Frame(rotate=90))
    assert np.array_equal(made.lights, [[0.6, 0, 0.8], [0, -0.6, 0.8]])
    assert np.array_equal(made.photographs[:, 0, -1], RANDOM[:2, 0, 0])


@pytest.mark.parametrize("degrees", (90, 180, -90, 30, -7.5, 61, 135))
@pytest.mark.parametrize("dtype", (np.uint8, np.uint16))
def test_lights_turn_with_the_picture(degrees: float, dtype: type[np.unsignedinteger]) -> None:
    made = framed(collection(sphere(LIGHTS, dtype=dtype)), Frame(rotate=degrees))
    wanted = sphere(made.lights, dtype=dtype)
    x, y = np.meshgrid(*(np.linspace(-1.25, 1.25, 64),) * 2)
    inner = np.hypot(x, y) < 0.9
    difference = (made.photographs.astype(float) - wanted)[:, inner] / np.iinfo(dtype).max * 255
    assert np.abs(difference).mean() < 0.3 and np.abs(made.lights - LIGHTS).max() > 0.1


def test_other_angles_turn_about_the_middle_of_the_part_and_mask_out_what_is_no_photograph() -> None:
    made = framed(collection(RANDOM), Frame(crop=(8, 6, 12, 8), rotate=10))
    assert (made.width, made.height, made.mask) == (12, 8, None)
    whole = framed(collection(RANDOM), Frame(rotate=100))
    assert (whole.width, whole.height) == (20, 31)
    assert whole.mask is not None and not whole.mask[0, 0] and whole.mask[15, 10]
    assert numbers_of(whole, "rotation") == {"degrees_clockwise": 100, "resampled": True}


@pytest.mark.parametrize("frame", (Frame(crop=(5, 2, 20, 9)), Frame((5, 2, 20, 9), -90), Frame((5, 2, 20, 9), 33)))
def test_positions_stay_where_they_are_on_the_object(frame: Frame) -> None:
    positions = LIGHTS * 1.5
    made = framed(collection(RANDOM, positions=positions), frame)
    assert made.positions is not None
    middle = np.array([5 + 20 / 2 - 31 / 2, 20 / 2 - (2 + 9 / 2), 0])  # of the part, in pixels, +y up
    away = np.linalg.norm(positions * 31 - middle, axis=1)
    assert np.linalg.norm(made.positions * made.width, axis=1) == pytest.approx(away)
    assert made.positions[:, 2] * made.width == pytest.approx(positions[:, 2] * 31)
    turn = math.radians(frame.rotate)
    x, y, _ = (positions * 31 - middle).T
    assert made.positions[:, 0] * made.width == pytest.approx(x * math.cos(turn) + y * math.sin(turn))
    assert np.allclose(made.lights, made.positions / np.linalg.norm(made.positions, axis=1, keepdims=True))


@pytest.mark.parametrize(
    "frame",
    (Frame((5, 2, 20, 9)), Frame(rotate=90), Frame((0, 1, 31, 19), 20), Frame((3, 3, 9, 9), 180, white=(9, 9, 3))),
)
def test_the_same_memory_gives_the_same_photographs(frame: Frame) -> None:
    wanted = framed(collection(RANDOM), frame)
    memory = RANDOM.copy()
    made = framed(collection(memory), frame, out=memory)
    assert np.array_equal(made.photographs, wanted.photographs) and np.shares_memory(made.photographs, memory)


# --- mask and scale --------------------------------------------------------------------------------------------------


def test_a_mask_counts_beside_the_masks_of_the_folder(tmp_path: Path) -> None:
    drawn = np.zeros((20, 31), np.uint8)
    drawn[:, 10:] = 255
    Image.fromarray(drawn).save(tmp_path / "outline.png")
    folder = np.ones((20, 31), bool)
    folder[:4] = False
    made = framed(collection(RANDOM, mask=folder), Frame(mask=tmp_path / "outline.png", crop=(0, 0, 20, 20)))
    assert made.mask is not None and np.array_equal(made.mask, (folder & (drawn > 0))[:, :20])
    (source,) = made.sources
    assert (source.name, source.role, len(source.sha256)) == ("outline.png", "mask", 64)
    with pytest.raises(CollectionError, match=r"^expected object pixels in the crop, found none"):
        framed(made, Frame(crop=(0, 0, 5, 5)))
    with pytest.raises(CollectionError, match=r"^outline.png: expected the photographs' size, 9×9, found 31×20"):
        framed(collection(RANDOM[:, :9, :9]), Frame(mask=tmp_path / "outline.png"))
    with pytest.raises(CollectionError, match=r"^outline.png: expected a mask with object pixels"):
        framed(collection(RANDOM, mask=drawn == 0), Frame(mask=tmp_path / "outline.png"))


def test_two_points_and_a_distance_give_the_scale() -> None:
    made = framed(collection(RANDOM), Frame(ruler=(1, 2, 4, 6, 20), crop=(5, 5, 10, 10)))
    assert made.mm_per_pixel == 4
    assert numbers_of(made, "scale") == {"mm_per_pixel": 4, "points": [1, 2, 4, 6], "mm": 20, "pixels": 5}


# --- white -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", (np.uint8, np.uint16))
@pytest.mark.parametrize("transfer", ("srgb", "linear"))
def test_a_grey_patch_becomes_grey(dtype: type[np.unsignedinteger], transfer: str) -> None:
    cast, full = np.array([0.9, 0.6, 0.45]), np.iinfo(dtype).max
    grey = sphere(LIGHTS, dtype=np.uint16)[..., :1] / 65535 * 0.9
    grey[1] = 0  # no flash
    light = np.minimum(grey * cast, 1)
    light[2, :20, :20] = 1  # clipped there
    photographs = ((srgb_encode(light) if transfer == "srgb" else light) * full + 0.5).astype(dtype)
    made = framed(collection(photographs, transfer=transfer), Frame(white=(32, 32, 8)))
    gains = numbers_of(made, "white balance")["gains"]
    assert gains == pytest.approx(cast.max() / cast, rel=0.01) and gains[0] == 1
    below = made.photographs[0, 10:54, 10:54].astype(float) / full
    assert np.ptp(below, axis=2).max() < (0.02 if dtype == np.uint8 else 0.003)
    assert (made.photographs[2, :20, :20] == full).all()  # white stays white
    assert not [note for note in made.notes if isinstance(note, Doubt)]


def test_a_patch_that_is_hardly_grey_is_in_doubt() -> None:
    shades = np.full((6, 20, 31, 3), 90, np.uint8)
    shades[:, :, 15:] = (70, 90, 120)
    made = framed(collection(shades), Frame(white=(15, 10, 5)))
    assert any(isinstance(note, Doubt) and "has several colours" in note for note in made.notes)
    shades[:] = (40, 60, 220)
    made = framed(collection(shades), Frame(white=(15, 10, 5)))
    assert any(isinstance(note, Doubt) and "is far from grey, gains up to" in note for note in made.notes)


# --- impossible values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "sentence"),
    (
        (Frame(crop=(25, 0, 7, 5)), "expected a crop of whole pixels inside the photographs, 31×20, got 25,0,7x5"),
        (Frame(crop=(-1, 0, 7, 5)), "expected a crop of whole pixels inside"),
        (Frame(crop=(0, 0, 0, 5)), "expected a crop of whole pixels inside"),
        (Frame(crop=(0, 0, 2.5, 5)), "expected a crop of whole pixels inside"),
        (Frame(rotate=math.nan), "expected a number of degrees to rotate by, got nan"),
        (Frame(mm_per_pixel=0), "expected a positive number of millimetres per pixel, got 0"),
        (
            Frame(mm_per_pixel=1, ruler=(0, 0, 9, 9, 5)),
            "expected a scale in millimetres per pixel or a ruler, got both",
        ),
        (Frame(ruler=(0, 0, 40, 9, 5)), "expected the ends of the ruler in the photographs, 31×20 pixels, got 40,9"),
        (Frame(ruler=(3, 3, 3, 3, 5)), "expected two ends of the ruler that are a pixel apart or more"),
        (Frame(ruler=(0, 0, 9, 9, -1)), "expected a ruler of more than 0 mm, got -1"),
        (Frame(white=(1, 1, 5)), "expected a grey patch of a radius of 1 or more inside the photographs, 31×20 pixels"),
        (Frame(white=(9, 9, math.nan)), "expected a grey patch of a radius of 1 or more"),
    ),
)
def test_a_frame_that_does_not_fit_is_refused(frame: Frame, sentence: str) -> None:
    with pytest.raises(ArgumentError, match="^" + sentence.replace("(", r"\(")):
        framed(collection(RANDOM), frame)


@pytest.mark.parametrize("level", (0, 255))
def test_a_patch_without_light_or_at_white_is_refused(level: int) -> None:
    with pytest.raises(CollectionError, match="neither dark nor clipped in all photographs, found none"):
        framed(collection(np.full((6, 20, 31, 3), level, np.uint8)), Frame(white=(9, 9, 3)))


def test_every_refusal_of_the_page_is_tested_here() -> None:
    page = (ROOT / "docs" / "capture" / "frame.md").read_text(encoding="utf-8")
    sentences = re.findall(r"`((?:expected|neither) [^`]*)`", page)
    tested = Path(__file__).read_text(encoding="utf-8")
    assert len(sentences) > 8 and not [sentence for sentence in sentences if sentence not in tested]


@pytest.mark.deep
def test_other_angles_cost_what_the_page_says(tmp_path: Path) -> None:
    render_collection(tmp_path, 320, 240, lights=49, seed=7)
    mlic, part = Mlic.load(tmp_path / "Dome"), (60, 40, 200, 160)
    back = framed(framed(mlic, Frame(rotate=30)), Frame(rotate=-30))
    inner = (slice(60, 180), slice(80, 240))
    scores = [psnr(turned[inner], plain[inner]) for turned, plain in zip(back.photographs, mlic.photographs)]
    assert np.mean(scores) == pytest.approx(34.15, abs=0.1)
    fits = [fit_classical(framed(mlic, Frame(part, degrees)), "hsh9", 5).training["psnr"] for degrees in (0, 30)]
    assert 0 < fits[1] - fits[0] < 0.65


# --- the command line ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("ball")
    for name, photograph in zip(NAMES, sphere(LIGHTS, 32)):
        Image.fromarray(to_bytes(photograph / 255 * (1, 0.9, 0.8))).save(made / name)
    write_lp(made / "dome.lp", NAMES, LIGHTS)
    return made


def test_fit_takes_a_frame(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--crop", "4,2,20x24", "--rotate", "-90", "--ruler", "0,0,30,0,3", "--white", "16,16,5"]
    assert main(["fit", str(folder), "-o", str(tmp_path / "ball"), "--basis", "ptm", *options]) == 0
    made = load(tmp_path / "ball")
    frame = Frame((4, 2, 20, 24), -90, ruler=(0, 0, 30, 0, 3), white=(16, 16, 5))
    wanted = fit_classical(framed(Mlic.load(folder), frame), "ptm")
    assert (made.width, made.height, made.mm_per_pixel) == (24, 20, 0.1)
    assert np.array_equal(made.planes, wanted.planes) and np.allclose(made.lights, wanted.lights)
    said = capsys.readouterr().err
    assert "corrected:   crop: 20×24 of 32×32 pixels, from 4, 2" in said
    assert "corrected:   rotation: 90° counter-clockwise, pixels moved" in said
    assert main(["evaluate", str(tmp_path / "ball"), str(folder), "--measures", "psnr", *options]) == 0
    assert float(capsys.readouterr().out.split()[-1]) == pytest.approx(made.training["psnr"], abs=0.05)


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    (
        ("--crop 3,4", 2, "argument --crop: expected X,Y,WIDTHxHEIGHT in pixels such as 200,150,3000x2000, got '3,4'"),
        ("--crop -3,4,5x5", 2, "argument --crop: expected X,Y,WIDTHxHEIGHT in pixels"),
        ("--crop 30,0,9x9", 1, "expected a crop of whole pixels inside the photographs, 32×32, got 30,0,9x9"),
        ("--rotate north", 2, "argument --rotate: expected degrees such as 90, got 'north'"),
        ("--white 3,4", 2, "argument --white: expected X,Y,R such as 3800,400,40, got '3,4'"),
        ("--ruler 1,2,3,4,nan", 2, "argument --ruler: expected X1,Y1,X2,Y2,MM such as"),
        ("--ruler 0,0,9,9,5 --mm-per-pixel 1", 1, "expected --mm-per-pixel or --ruler, got both: leave one out"),
        ("--mask none.png", 1, "none.png: expected a photograph, got No such file"),
    ),
)
def test_impossible_options_are_one_sentence(
    folder: Path, tmp_path: Path, options: str, code: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["fit", str(folder), "-o", str(tmp_path / "ball"), "--basis", "ptm", *options.split()]
    if code == 2:
        with pytest.raises(SystemExit) as ended:
            main(command)
        assert ended.value.code == 2
    else:
        assert main(command) == 1
    said = capsys.readouterr().err
    assert sentence in said and "Traceback" not in said and not (tmp_path / "ball").exists()
