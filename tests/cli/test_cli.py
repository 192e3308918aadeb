"""The commands, run as a user runs them: through `main` with their arguments, on a small rendered collection."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fastrti import Renderer, load
from fastrti.cli import COMMANDS, build_parser, main
from fastrti.synth import render_collection

WIDTH, HEIGHT, LIGHTS = 48, 32, 16


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    render_collection(folder, WIDTH, HEIGHT, lights=LIGHTS, seed=1)
    return folder


@pytest.fixture(scope="module")
def vase(sample: Path) -> Path:
    """An object made by the command, barely trained."""
    made = sample / "vase"
    arguments = ["fit", str(sample / "Dome"), "-o", str(made), "--preset", "quick", "--steps", "20", "--hold-out", "3"]
    assert main([*arguments, "--title", "A vase", "--mm-per-pixel", "0.1"]) == 0
    return made


def test_fit_makes_an_object_with_its_provenance(vase: Path) -> None:
    relightable = load(vase)
    assert (relightable.height, relightable.width, len(relightable.planes)) == (HEIGHT, WIDTH, 9)
    assert (relightable.title, relightable.mm_per_pixel) == ("A vase", 0.1)
    assert len(relightable.training["held_out"]) == 3
    assert relightable.lights is not None and len(relightable.lights) == LIGHTS - 3


def test_fit_refuses_to_replace_a_folder_before_it_trains(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", str(sample / "Dome"), "-o", str(sample / "Test")]) == 1
    assert "choose another name" in capsys.readouterr().err
    assert (sample / "Test" / "dirs.lp").exists()


@pytest.mark.parametrize("wrong", (["--student", "lc0"], ["--teacher", "wise"], ["--preset", "fast"], ["--alpha", "2"]))
def test_fit_says_what_it_wanted(
    sample: Path, tmp_path: Path, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(sample / "Dome"), "-o", str(tmp_path / "new"), *wrong]) == 1
    error = capsys.readouterr().err.splitlines()[-1]  # after what the reader says of the collection
    assert error.startswith("fastrti fit: expected ") and wrong[1] in error
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("scale", ("0", "-1", "inf", "wide"))
def test_fit_refuses_a_scale_before_it_trains(sample: Path, scale: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["fit", str(sample / "Dome"), "-o", str(sample / "new"), f"--mm-per-pixel={scale}"])
    assert stop.value.code == 2
    assert "millimetres above 0" in capsys.readouterr().err


def test_relight_writes_one_picture(vase: Path, tmp_path: Path) -> None:
    assert main(["relight", str(vase), "--light", "-0.3,0.5", "-o", str(tmp_path / "a.png")]) == 0
    expected = Renderer(vase).relight((-0.3, 0.5))
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), expected)


def test_relight_names_its_picture_after_the_object(
    vase: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["relight", str(vase), "--light", "0,0,1"]) == 0
    assert (tmp_path / "vase.png").exists()


def test_relight_writes_a_folder_for_several_lights(vase: Path, tmp_path: Path) -> None:
    assert main(["relight", str(vase), "--light", "0.3,0.5", "--light", "-0.3,0.5", "-o", str(tmp_path / "two")]) == 0
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == ["light_001.png", "light_002.png"]


def test_relight_names_pictures_after_a_lights_file(vase: Path, sample: Path, tmp_path: Path) -> None:
    assert main(["relight", str(vase), "--lights", str(sample / "Test" / "dirs.lp"), "-o", str(tmp_path / "all")]) == 0
    photographs = {path.stem for path in (sample / "Test").iterdir() if path.suffix != ".lp"}
    assert {path.stem for path in (tmp_path / "all").iterdir()} == photographs


@pytest.mark.parametrize("suffix", (".webp", ".gif"))
def test_relight_writes_a_sweep(vase: Path, tmp_path: Path, suffix: str) -> None:
    assert main(["relight", str(vase), "--sweep", "-o", str(tmp_path / f"sweep{suffix}")]) == 0
    with Image.open(tmp_path / f"sweep{suffix}") as animation:
        assert animation.size == (WIDTH, HEIGHT)
        assert getattr(animation, "n_frames", 1) > 10


@pytest.mark.parametrize(
    ("arguments", "said"),
    (
        (["--light", "0.9,0.9"], "hemisphere"),
        (["--light", "left"], "x,y or x,y,z"),
        ([], "required"),
    ),
)
def test_relight_refuses_a_wrong_light(
    vase: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["relight", str(vase), *arguments])
    assert stop.value.code == 2
    assert said in capsys.readouterr().err


def test_relight_refuses_a_kind_of_file_it_cannot_write(
    vase: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["relight", str(vase), "--light", "0,0", "-o", str(tmp_path / "picture.xyz")]) == 1
    assert ".png" in capsys.readouterr().err


def test_evaluate_prints_one_json_object(vase: Path, sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = load(vase).training["held_out"]
    arguments = ["evaluate", str(vase), str(sample / "Dome"), "--json", "--only", *names]
    assert main(arguments) == 0
    scores = json.loads(capsys.readouterr().out)
    assert [light["name"] for light in scores["lights"]] == sorted(names)
    for measure in ("psnr", "ssim", "ciede2000"):
        assert scores[measure] == pytest.approx(np.mean([light[measure] for light in scores["lights"]]))
    assert scores["psnr"] == pytest.approx(load(vase).training["psnr"], abs=0.01)


def test_evaluate_prints_a_table(vase: Path, sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(vase), str(sample / "Test")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "PSNR" in lines[0] and lines[-1].startswith("mean")


def test_evaluate_refuses_what_does_not_fit(vase: Path, sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(vase), str(sample / "Dome"), "--only", "nobody.jpg"]) == 1
    assert "nobody.jpg" in capsys.readouterr().err


def test_info_names_size_decoder_and_backends(vase: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(vase)]) == 0
    text = capsys.readouterr().out
    for fact in (f"{WIDTH}×{HEIGHT}", "9→16→16→3", "475 multiply-adds", "A vase", "backend triton"):
        assert fact in text


def test_info_refuses_what_is_no_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(tmp_path / "nothing")]) == 1
    assert "nothing" in capsys.readouterr().err


@pytest.mark.parametrize("size", ("320", "0x5", "-3x5", "axb"))
def test_synth_refuses_a_size(size: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["synth", "-o", str(tmp_path), f"--size={size}"])
    assert stop.value.code == 2


@pytest.mark.parametrize("command", [module.__name__.removeprefix("fastrti.cli.") for module in COMMANDS])
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert f"fastrti {command}" in capsys.readouterr().out.split("example")[1]


def test_the_module_runs_as_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "fastrti", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("fastrti ")
    assert build_parser().prog == "fastrti"
