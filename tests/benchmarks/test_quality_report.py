"""The quality table and the trials' table, from results written by hand; that every trial changes what exists."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fastrti import Mlic
from fastrti.synth import render_collection
from fastrti.training.scoring import mean_psnr

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def results(benchmark_module: Any, tmp_path: Path) -> Any:
    """Two classical rows on five scenes, the default with two seeds on two of them."""
    quality = benchmark_module("quality")

    def put(scene: str, method: str, seed: int, psnr: float, elevation: float = 40.0) -> None:
        file = quality.result_file(tmp_path, scene, method, seed)
        file.parent.mkdir(exist_ok=True)
        scores = {"psnr": psnr, "ssim": psnr / 100, "ciede2000": 3.0}
        photographs = [{"elevation": e, **scores, "psnr": psnr + e - elevation} for e in (20.2, 39.9, 60.0, 80.0)]
        run = {"scene": scene, "method": method, "seed": seed, **scores, "bytes_per_pixel": 9, "multiply_adds": 27}
        file.write_text(json.dumps({**run, "training_seconds": 2.0 + seed, "by_photograph": photographs}))

    for number, scene in enumerate((*quality.PANEL, "realrti/item1")):
        put(scene, "hsh16", 0, 30.0 + number)
        put(scene, "ptm", 0, 20.0 + number)
    for scene in quality.PANEL[:2]:
        put(scene, "default", 0, 33.0)
        put(scene, "default", 1, 33.5)
    put(quality.PANEL[0], "ptm", 1, 20.0)
    return benchmark_module("quality_report").Results(tmp_path)


def test_means_are_over_seeds_then_scenes(results: Any, benchmark_module: Any) -> None:
    panel = benchmark_module("quality").PANEL
    assert results.value("default", panel[0]) == pytest.approx(33.25)
    assert results.mean("hsh16", panel) == pytest.approx(32.5)
    assert results.at("hsh16", panel[:1], 60) == pytest.approx(50.0)
    assert results.at("ptm", panel[:2], 40) == pytest.approx(20.4)  # a scene with two seeds counts once
    assert results.complete(results.scenes) == ["ptm", "hsh16"]
    assert results.seconds("default", panel[:2]) == 2.5


def test_the_section_is_put_between_the_comments(
    results: Any, benchmark_module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = benchmark_module("quality_report")
    monkeypatch.setattr(report, "PICTURE", tmp_path / "results" / "quality.png")
    drawn = []
    monkeypatch.setattr(report, "plot", drawn.append)
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- quality: begin -->\nold\n<!-- quality: end -->\nafter\n")
    monkeypatch.setattr("sys.argv", ["quality_report.py", "--results", str(tmp_path), "--readme", str(readme)])
    report.main()
    text = readme.read_text()
    assert drawn and text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text
    assert "| **fastrti** `default` | 9, 27 | 33.25 (0.50) | 33.25 (0.50) | – |" in text
    assert "| PTM, 6 terms | 9, 27 | 22.50, 0.225, 3.00 |" in text  # the mean of Multi's two scenes
    readme.write_text("no comments")
    with pytest.raises(SystemExit, match="expected <!-- quality: begin -->"):
        report.main()


def test_trials_are_compared_where_both_were_measured(benchmark_module: Any) -> None:
    trials = benchmark_module("trials")

    def row(trial: str, scene: str, psnr: float) -> dict[str, Any]:
        scores = {"psnr": psnr, "ssim": 0.5, "ciede2000": 2.0}
        return {
            "of": "student",
            "shipped": trials.SHIPPED,
            "trial": trial,
            "scene": scene,
            "seed": 0,
            "held_out": "8 spread",
            **scores,
        }

    rows = [row("as shipped", "a", 30.0), row("as shipped", "b", 20.0), row("6 planes", "a", 29.0)]
    then = {"shipped": "another"}
    rows += [row("as shipped", "a", 10.0) | then, row("12 planes", "a", 12.0) | then]
    lines = trials.table(rows).splitlines()
    assert "| as shipped | 30.00 | 20.00 | 25.00 | 0.5000 | 2.000 |" in lines
    assert "| 6 planes | -1.00 | – | -1.00 | +0.0000 | +0.000 |" in lines
    assert "| 12 planes | +2.00 | +2.00 | +0.0000 | +0.000 |" in lines  # by what was shipped then


def test_every_trial_changes_something_that_exists(benchmark_module: Any) -> None:
    trials = benchmark_module("trials")
    changes = [*trials.TEACHERS.values(), *(change for change, _ in trials.STUDENTS.values())]
    assert len(changes) > 40
    for change in changes:
        with change():  # patch refuses a name that is not there
            pass
    for _, options in trials.STUDENTS.values():
        assert set(options) <= {"teacher", "student", "alpha", "planes", "steps"}


def test_training_speed_runs_to_its_end(
    benchmark_module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    speed = benchmark_module("training_speed")
    render_collection(tmp_path, 24, 20, lights=12, seed=1)
    for name, value in {"ROUNDS": 1, "PAIRS": 128, "WARM": 1, "STEPS": 2}.items():
        monkeypatch.setattr(speed, name, value)
    threads = str(torch.get_num_threads())
    monkeypatch.setattr("sys.argv", ["training_speed.py", str(tmp_path / "Dome"), "--threads", threads])
    speed.main()
    printed = capsys.readouterr().out
    assert "published loader, NeuralRTI 50-50: " in printed and "× 1\n" in printed
    assert "teacher: " in printed and "1024 pixels, 24 + 8 lights: " in printed


def test_training_as_published_learns(benchmark_module: Any, tmp_path: Path) -> None:
    render_collection(tmp_path, 24, 20, lights=12, seed=1)
    mlic = Mlic.load(tmp_path / "Dome")
    first, second = (benchmark_module("published_training").fit_as_published(mlic, 0, epochs) for epochs in (1, 8))
    assert second.training["epochs"] == 8
    everything = np.arange(len(mlic))
    assert mean_psnr(second, mlic, everything) > mean_psnr(first, mlic, everything) + 1


def test_a_large_fit_is_compared_with_those_of_its_pieces(tmp_path: Path) -> None:
    command = [sys.executable, str(BENCHMARKS / "large_fit.py"), str(tmp_path / "sample"), "--size", "96x72"]
    printed = subprocess.run([*command, "--steps", "20"], check=True, capture_output=True, text=True).stdout
    scores = [float(score) for score in re.findall(r"([\d.]+)(?: dB on test| dB of the whole| of its own)", printed)]
    assert "whole: {'megapixels': 0.01" in printed and "peak_gib" in printed
    assert len(scores) == 5 and min(scores) > 10


def test_the_pieces_of_a_large_picture_are_a_twelfth_of_it(benchmark_module: Any) -> None:
    piece_of, photographs = benchmark_module("large_fit").piece_of, np.zeros((2, 3000, 4000, 3), np.uint8)
    assert photographs[piece_of("square", 3000, 4000)].shape == (2, 866, 1155, 3)
    assert photographs[piece_of("strip", 3000, 4000)].shape == (2, 250, 4000, 3)
    assert piece_of("strip", 3000, 4000)[1:] == (slice(1375, 1625), slice(0, 4000))
