"""The quality table and the trials' table, from results written by hand; that every trial changes what exists."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fastrti import Mlic
from fastrti.scoring.sampled import mean_psnr
from fastrti.synth import render_collection

ROOT = Path(__file__).parents[2]


@pytest.fixture
def results(benchmark_module: Any, tmp_path: Path) -> Any:
    """Two classical rows on five scenes, the default with two seeds on two of them; kept and read again."""
    kept, panel = benchmark_module("quality.results"), benchmark_module("quality.scenes").PANEL

    def put(scene: str, method: str, seed: int, psnr: float) -> None:
        elevations = [20.2, 39.9, 60.0, 80.0]
        result = kept.Result(
            scene=scene,
            method=method,
            seed=seed,
            psnr=psnr,
            ssim=psnr / 100,
            ciede2000=3.0,
            bytes_per_pixel=9,
            multiply_adds=27,
            training_seconds=2.0 + seed,
            light_names=["a.jpg", 'b, "c".jpg', "d.jpg", "é.jpg"],
            light_elevations=elevations,
            light_psnrs=[psnr + elevation - 40 for elevation in elevations],
            light_ssims=[psnr / 100] * 4,
            light_ciede2000s=[3.0] * 4,
            fit={"alpha": [0.5, 0.95], "teacher": "interpolator"},
            height=20,
            width=30,
            photographs=49,
            machine="x86_64",
            threads=1,
            load=0.5,
            torch="2.13.0+cpu",
        )
        kept.keep(result, tmp_path)
        assert result in kept.read_results(tmp_path)

    for number, scene in enumerate((*panel, "realrti/item1")):
        put(scene, "hsh16", 0, 30.0 + number)
        put(scene, "ptm", 0, 20.0 + number)
    for scene in panel[:2]:
        put(scene, "default", 0, 33.0)
        put(scene, "default", 1, 33.5)
    put(panel[0], "ptm", 1, 20.0)
    assert {file.name for file in tmp_path.iterdir()} == {"synthrti_multi.csv", "synthrti_single.csv", "realrti.csv"}
    return benchmark_module("quality.report").Results(kept.read_results(tmp_path))


def test_means_are_over_seeds_then_scenes(results: Any, benchmark_module: Any) -> None:
    panel = benchmark_module("quality.scenes").PANEL
    assert results.value("default", panel[0]) == pytest.approx(33.25)
    assert results.mean("hsh16", panel) == pytest.approx(32.5)
    assert results.at("hsh16", panel[:1], 60) == pytest.approx(50.0)
    assert results.at("ptm", panel[:2], 40) == pytest.approx(20.4)  # a scene with two seeds counts once
    assert results.complete(results.scenes) == ["ptm", "hsh16"]
    assert results.seconds("default", panel[:2]) == 2.5


def test_the_tables_show_what_there_is(results: Any, benchmark_module: Any) -> None:
    report = benchmark_module("quality.report")
    assert "| **fastrti** `default` | 9, 27 | 33.25 (0.50) | 33.25 (0.50) | – |" in report.section(results)
    assert "| PTM, 6 terms | 9, 27 | 22.50, 0.225, 3.00 |" in report.section(results)  # the mean of Multi's two scenes
    assert "| PTM, 6 terms | 9 | 22.50 | 20.50 | 25.00 | 2 |" in report.short(results)


def test_two_programs_may_add_rows_to_one_file(benchmark_module: Any, tmp_path: Path) -> None:
    rows, trial = benchmark_module("common.rows"), benchmark_module("quality.trials").Trial
    file = tmp_path / "trials.csv"
    assert rows.read_rows(file, trial) == []
    written = [trial("student", "α", f"trial, {n}", "scene", n, "8 spread", 30.5, 0.5, 2.0, 1.0) for n in range(200)]
    rows.append_row(file, written[0])
    with ThreadPoolExecutor(4) as programs:
        list(programs.map(lambda row: rows.append_row(file, row), written[1:]))
    assert sorted(rows.read_rows(file, trial), key=lambda row: row.seed) == written


def test_trials_are_compared_where_both_were_measured(benchmark_module: Any) -> None:
    trials = benchmark_module("quality.trials")

    def row(trial: str, scene: str, psnr: float, shipped: str = trials.SHIPPED) -> Any:
        return trials.Trial("student", shipped, trial, scene, 0, "8 spread", psnr, 0.5, 2.0, 30.0)

    rows = [row("as shipped", "a", 30.0), row("as shipped", "b", 20.0), row("6 planes", "a", 29.0)]
    rows += [row("as shipped", "a", 10.0, "another"), row("12 planes", "a", 12.0, "another")]
    lines = trials.table(rows).splitlines()
    assert "| as shipped | 30.00 | 20.00 | 25.00 | 0.5000 | 2.000 |" in lines
    assert "| 6 planes | -1.00 | – | -1.00 | +0.0000 | +0.000 |" in lines
    assert "| 12 planes | +2.00 | +2.00 | +0.0000 | +0.000 |" in lines  # by what was shipped then


@pytest.mark.deep
def test_every_trial_is_another_fit_that_runs(benchmark_module: Any, tmp_path: Path) -> None:
    trials = benchmark_module("quality.trials")
    assert len(trials.TEACHERS) > 15 and len(trials.STUDENTS) > 40
    for table in (trials.TEACHERS, trials.STUDENTS):
        changes = list(table.values())
        assert all(change not in changes[:place] for place, change in enumerate(changes))
    render_collection(tmp_path, 20, 16, lights=12, seed=1)
    mlic = Mlic.load(tmp_path / "Dome")
    for trial, options in trials.STUDENTS.items():
        if not any(isinstance(value, (str, float, int)) for value in options.values()):
            assert 0 < trials.student_row(mlic, mlic, options | {"steps": 1}, 0).psnr < 40, trial


@pytest.mark.deep
def test_training_speed_runs_to_its_end(
    benchmark_module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    speed = benchmark_module("quality.training_speed")
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
    first, second = (
        benchmark_module("quality.published_training").fit_as_published(mlic, 0, epochs) for epochs in (1, 8)
    )
    assert second.training["epochs"] == 8
    everything = np.arange(len(mlic))
    assert mean_psnr(second, mlic, everything) > mean_psnr(first, mlic, everything) + 1


@pytest.mark.deep  # five fits
def test_a_large_fit_is_compared_with_those_of_its_pieces(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.quality.large_fit", str(tmp_path / "sample"), "--size", "96x72"]
    printed = subprocess.run([*command, "--steps", "20"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    scores = [float(score) for score in re.findall(r"([\d.]+)(?: dB on test| dB of the whole| of its own)", printed)]
    assert "whole: {'megapixels': 0.01" in printed and "peak_gib" in printed
    assert len(scores) == 5 and min(scores) > 10


def test_the_pieces_of_a_large_picture_are_a_twelfth_of_it(benchmark_module: Any) -> None:
    piece_of, photographs = benchmark_module("quality.large_fit").piece_of, np.zeros((2, 3000, 4000, 3), np.uint8)
    assert photographs[piece_of("square", 3000, 4000)].shape == (2, 866, 1155, 3)
    assert photographs[piece_of("strip", 3000, 4000)].shape == (2, 250, 4000, 3)
    assert piece_of("strip", 3000, 4000)[1:] == (slice(1375, 1625), slice(0, 4000))
