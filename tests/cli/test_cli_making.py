"""The commands that make things, run as a user runs them: classical fits, enhanced pictures, sheets and videos."""

import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from objects import relightable
from PIL import Image

from fastrti import Enhanced, Mlic, Renderer, load, save
from fastrti.cli import main
from fastrti.lights import raised_to_horizon
from fastrti.scoring.metrics import psnr
from fastrti.sharing.save import SWEEP_FRAMES
from fastrti.sharing.sheets import SHEET_COLUMNS, SHEET_SIDE
from fastrti.synth import render_collection
from fastrti.training.classical import fit_classical

WIDTH, HEIGHT, LIGHTS = 37, 24, 20


@pytest.fixture(scope="module")
def dome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    render_collection(folder, WIDTH, HEIGHT, lights=LIGHTS, seed=1)
    return folder / "Dome"


@pytest.fixture(scope="module")
def vase(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("object") / "vase"
    save(relightable("hsh9", HEIGHT, WIDTH, masked=True), made)
    return made


# --- fit --basis -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("basis", ("ptm", "hsh9", "hsh16", "rbf"))
def test_fit_makes_an_object_of_a_classical_basis(
    dome: Path, tmp_path: Path, basis: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(dome), "-o", str(tmp_path / "vase"), "--basis", basis, "--title", "A vase"]) == 0
    made, mlic = load(tmp_path / "vase"), Mlic.load(dome)
    assert np.array_equal(made.planes, fit_classical(mlic, basis).planes)
    assert made.title == "A vase"
    pairs = [(Renderer(made).relight(light), mlic.picture(i)) for i, light in enumerate(mlic.lights)]
    score = np.mean([psnr(*pair) for pair in pairs])
    assert made.training["psnr"] == pytest.approx(score, abs=0.02)
    assert f"{made.training['psnr']:.2f} dB on photographed lights" in capsys.readouterr().out


def test_fit_scores_a_basis_on_photographs_it_did_not_see(
    dome: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(dome), "-o", str(tmp_path / "vase"), "--basis", "hsh9", "--hold-out", "3"]) == 0
    assert "dB on held-out lights, in 0 s" in capsys.readouterr().out
    made, mlic = load(tmp_path / "vase"), Mlic.load(dome)
    assert made.lights is not None and len(made.lights) == LIGHTS - 3
    held_out = [mlic.names.index(name) for name in made.training["held_out"]]
    renderer = Renderer(made)
    scores = [psnr(renderer.relight(raised_to_horizon(mlic.lights[i])), mlic.picture(i)) for i in held_out]
    assert made.training["psnr"] == pytest.approx(np.mean(scores), abs=0.02)


@pytest.mark.parametrize(
    "given", (["--student", "lc8"], ["--preset", "quick"], ["--seed", "0"], ["--teacher", "none", "--steps", "5"])
)
def test_fit_refuses_to_train_a_basis(
    dome: Path, tmp_path: Path, given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(dome), "-o", str(tmp_path / "vase"), "--basis", "ptm", *given]) == 1
    assert f"expected --basis or {given[0]}, got both: a basis is not trained" in capsys.readouterr().err
    assert not (tmp_path / "vase").exists()


# --- relight --enhance -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ("diffuse", "specular"))
def test_relight_enhances(vase: Path, tmp_path: Path, mode: str) -> None:
    arguments = ["relight", str(vase), "--light", "0.3,0.5", "--enhance", mode]
    assert main([*arguments, "-o", str(tmp_path / "a.png")]) == 0
    assert main([*arguments, "--gain", "3", "-o", str(tmp_path / "b.png")]) == 0
    renderer = Renderer(vase)
    for name, gain in (("a", 1.5), ("b", 3)):
        expected = Enhanced(renderer, mode, gain).relight((0.3, 0.5))
        assert np.array_equal(np.asarray(Image.open(tmp_path / f"{name}.png")), expected)


@pytest.mark.parametrize(
    ("given", "said"),
    (
        (["--gain", "2"], "expected --gain with --enhance"),
        (["--enhance", "diffuse", "--gain", "0"], "expected a gain from 1 to 5, got 0.0"),
    ),
)
def test_relight_refuses_a_wrong_gain(
    vase: Path, tmp_path: Path, given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["relight", str(vase), "--light", "0,0", "-o", str(tmp_path / "a.png"), *given]) == 1
    assert said in capsys.readouterr().err


# --- relight --sheet -------------------------------------------------------------------------------------------------


def places(sheet: np.ndarray, picture: np.ndarray) -> list[tuple[int, int]]:
    """Where a picture lies on a sheet: row and column of its top left corner."""
    windows = np.lib.stride_tricks.sliding_window_view(sheet, picture.shape)[:, :, 0]
    return [(int(row), int(column)) for row, column in np.argwhere((windows == picture).all((2, 3, 4)))]


def test_a_sheet_shows_every_light_in_reading_order(vase: Path, tmp_path: Path) -> None:
    lights = [(0.1 * number, 0.3) for number in range(SHEET_COLUMNS + 2)]
    given = [word for x, y in lights for word in ("--light", f"{x},{y}")]
    assert main(["relight", str(vase), *given, "--sheet", "-o", str(tmp_path / "sheet.png")]) == 0
    sheet, renderer = np.asarray(Image.open(tmp_path / "sheet.png")), Renderer(vase)
    found = [places(sheet, renderer.relight(light)) for light in lights]
    assert all(len(place) == 1 for place in found)
    corners = [place[0] for place in found]
    assert corners == sorted(corners)
    assert len({row for row, _ in corners}) == 2 and corners[0][1] == corners[SHEET_COLUMNS][1]
    captions = sheet[: corners[0][0], corners[0][1] :]
    assert captions.min() < 100, "nothing is written over the pictures"


def test_a_sheet_of_a_lights_file(vase: Path, dome: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lp = next(dome.glob("*.lp"))
    assert main(["relight", str(vase), "--lights", str(lp), "--sheet", "--enhance", "specular"]) == 0
    sheet = np.asarray(Image.open(tmp_path / "vase_sheet.png"))
    renderer, light = Renderer(vase), raised_to_horizon(Mlic.load(dome).lights[-1])
    assert len(places(sheet, Enhanced(renderer, "specular").relight(light))) == 1


def test_large_pictures_are_reduced_on_a_sheet(tmp_path: Path) -> None:
    save(relightable("ptm", 2 * SHEET_SIDE, SHEET_SIDE), tmp_path / "tall")
    arguments = ["relight", str(tmp_path / "tall"), "--light", "0,0", "--sheet", "-o", str(tmp_path / "sheet.png")]
    assert main(arguments) == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        width, height = sheet.size
    assert SHEET_SIDE < height < 1.2 * SHEET_SIDE and SHEET_SIDE / 2 < width < SHEET_SIDE


def test_relight_refuses_a_sheet_of_a_sweep(vase: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["relight", str(vase), "--sweep", "--sheet"]) == 1
    assert "expected --sheet with --light or --lights, got --sweep" in capsys.readouterr().err


# --- relight --sweep to MP4 ------------------------------------------------------------------------------------------

FFMPEG = """#!{python}
import json, pathlib, sys
if {fails}:
    sys.exit("Unknown encoder")
frames = sys.stdin.buffer.read()
pathlib.Path(sys.argv[-1]).write_bytes(frames)
pathlib.Path(__file__).with_name("options.json").write_text(json.dumps(sys.argv))
"""


def put_ffmpeg_on_the_path(folder: Path, monkeypatch: pytest.MonkeyPatch, fails: bool = False) -> None:
    """A stand-in that keeps the frames it gets as they are."""
    program = folder / "ffmpeg"
    program.write_text(FFMPEG.format(python=sys.executable, fails=fails))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder))


def test_ffmpeg_gets_every_frame(vase: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_ffmpeg_on_the_path(tmp_path, monkeypatch)
    assert main(["relight", str(vase), "--sweep", "-o", str(tmp_path / "new" / "sweep.mp4")]) == 0
    frames = np.fromfile(tmp_path / "new" / "sweep.mp4", np.uint8).reshape(SWEEP_FRAMES, HEIGHT, WIDTH, 3)
    quarter = np.deg2rad([90, 35])
    light = (0, np.cos(quarter[1]), np.sin(quarter[1]))
    assert np.array_equal(frames[SWEEP_FRAMES // 4], Renderer(vase).relight(light))
    options = json.loads((tmp_path / "options.json").read_text())
    assert options[options.index("-video_size") + 1] == f"{WIDTH}x{HEIGHT}"


def test_what_ffmpeg_says_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_ffmpeg_on_the_path(tmp_path, monkeypatch, fails=True)
    save(relightable("ptm", 200, 300), tmp_path / "vase")  # more bytes than a pipe holds
    assert main(["relight", str(tmp_path / "vase"), "--sweep", "-o", str(tmp_path / "sweep.mp4")]) == 1
    assert capsys.readouterr().err.endswith("expected ffmpeg to make an MP4, got: Unknown encoder\n")


def test_a_video_without_ffmpeg_is_refused(
    vase: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["relight", str(vase), "--sweep", "-o", str(tmp_path / "sweep.mp4")]) == 1
    assert "expected the program ffmpeg" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_a_video_has_even_sides_and_the_object_s_colours(vase: Path, tmp_path: Path) -> None:
    video = tmp_path / "sweep.mp4"
    assert main(["relight", str(vase), "--sweep", "-o", str(video)]) == 0
    command = ["ffmpeg", "-loglevel", "error", "-i", str(video), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    decoded = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.uint8)
    frames = decoded.reshape(SWEEP_FRAMES, HEIGHT, WIDTH + 1, 3)
    expected = Renderer(vase).relight((np.cos(np.deg2rad(35)), 0, np.sin(np.deg2rad(35))))
    assert np.abs(frames[0, :, :WIDTH].mean((0, 1)) - expected.mean((0, 1))).max() < 6
