"""The benchmark of captures: its tables, its cases, and small forms of its groups."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastrti.synth import Settings, Truth, take


@pytest.fixture
def capture(benchmark_module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module, writing to an empty folder."""
    module = benchmark_module("quality.capture")
    monkeypatch.setattr(module, "RESULTS", tmp_path)
    return module


def test_what_was_measured_is_not_measured_again(capture: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    calls = []

    def measure(case: str, seed: int, data: Path | None) -> dict[str, Any]:
        calls.append((case, seed))
        return {"value": seed}

    group = capture.Group("## A group", {"a": range(2), "b": range(1)}, measure, lambda rows: f"{len(rows)} rows")
    monkeypatch.setattr(capture, "GROUPS", {"group": group})
    monkeypatch.setattr("sys.argv", ["capture", "group", "--cases", "a"])
    capture.main()
    monkeypatch.setattr("sys.argv", ["capture"])
    capture.main()
    assert calls == [("a", 0), ("a", 1), ("b", 0)]
    assert capsys.readouterr().out.endswith("3 rows\n") and capture.section() == "## A group\n\n3 rows"


def test_the_captures_of_spheres_differ_in_all_that_matters(benchmark_module: Any) -> None:
    lights = benchmark_module("quality.capture_lights")
    drawn = [lights.settings_of(lights.SPHERES, seed) for seed in range(200)]
    radii = [radius for settings in drawn for _, _, radius in settings.spheres]
    assert {len(settings.spheres) for settings in drawn} == {1, 2, 3, 4}
    assert min(radii) < 18 and max(radii) > 100
    assert 60 < sum(settings.focal_length is not None for settings in drawn) < 140
    assert all(settings.lamp_distance is None for settings in drawn if len(settings.spheres) == 1)
    assert not any(lights.settings_of(lights.NONE, seed).spheres for seed in range(50))


def test_found_spheres_and_lights_are_compared_with_the_truth(benchmark_module: Any) -> None:
    lights, row = benchmark_module("quality.capture_lights"), benchmark_module("quality.capture").Row
    spheres = ((30.0, 30.0, 20.0), (75.0, 40.0, 15.0))
    truth: Truth = take(Settings(96, 72, lights=4, noise=0, quality=None, spheres=spheres, no_flash=1))[1]
    true = [np.array(light) for light in truth.lights]
    turned = [np.array([np.cos(0.01), 0, np.sin(0.01)]) if light is true[3] else light for light in true]
    circles = [(30.4, 29.8, 20.3), (70.0, 10.0, 12.0)]
    numbers = lights._compared(truth, lights.Found(circles, turned, [None] * 4))
    assert numbers["found"] == [True, False] and numbers["false"] == 1 and numbers["dark_with_light"] == 1
    assert len(numbers["angles"]) == 3 == numbers["lights"]
    text = lights.section([row(lights.SPHERES, 0, numbers)])
    assert "| 15–25 pixels | 1 of 2 |" in text and "| 1 in 1 |" in text


def test_the_table_of_faults_says_what_is_lost(capture: Any, benchmark_module: Any) -> None:
    faults = benchmark_module("quality.capture_faults")
    values = {
        "as photographed, not corrected": 35.0,
        "lights 3° off, not corrected": 31.0,
        "lights 3° off, corrected": 34.5,
    }
    rows = [
        capture.Row(case, seed, {"hsh16": value + seed, "rbf": value + seed - 1})
        for case, value in values.items()
        for seed in range(2)
    ]
    assert "| lights 3° off | 31.50 (4.00) | 35.00 (0.50) | 30.50 (4.00) | 34.00 (0.50) |" in faults.section(rows)
    assert "| shifts up to 3 pixels | – | – | – | – |" in faults.section(rows)


def test_moved_photographs_are_moved_by_up_to_three_pixels_either_way(benchmark_module: Any) -> None:
    mlic, _ = take(Settings(64, 48, lights=6, noise=0, quality=None))
    moved, test = benchmark_module("quality.capture_faults").moved(mlic, mlic)
    assert test is mlic and np.array_equal(moved.lights, mlic.lights)
    for before, after in zip(mlic.photographs.astype(float), moved.photographs.astype(float)):
        errors = {
            (x, y): np.abs(np.roll(before, (y, x), (0, 1)) - after)[5:-5, 5:-5].mean()
            for x in range(-4, 5)
            for y in range(-4, 5)
        }
        assert max(map(abs, min(errors, key=errors.__getitem__))) <= 3


def test_a_group_without_its_data_says_so(benchmark_module: Any) -> None:
    with pytest.raises(SystemExit, match="the folder of SynthRTI, got none: pass --data FOLDER"):
        benchmark_module("quality.capture_faults").measure("as photographed, corrected", 0)


def test_the_tables_of_checks_and_large_captures(capture: Any, benchmark_module: Any) -> None:
    checks, large = benchmark_module("quality.capture_checks"), benchmark_module("quality.capture_large")
    assert sum(len(seeds) for case, seeds in checks.SEEDS.items() if case != checks.CLEAN) == 100
    rows = [
        capture.Row("blur", 1, {"named": True, "accused": [], "good": 20, "found": ["blur"]}),
        capture.Row("blur", 2, {"named": False, "accused": ["a.jpg"], "good": 20, "found": []}),
    ]
    assert "| blur | 1 of 2 | 1 of 40 |" in checks.section(rows) and "1 of 40, 2.5 %" in checks.section(rows)
    row = capture.Row("check", 0, {"seconds": 61.5, "cpu_seconds": 100.0, "gib": 1.5, "cores": 2, "load": 3.0})
    assert "| `fastrti check` | 61.5 | 100 | 1.5 | 3 |" in large.section([row])


def test_a_command_is_measured(benchmark_module: Any) -> None:
    """Its memory, and not that of who measures it."""
    held = np.ones(1 << 27)  # 1 GiB
    numbers = benchmark_module("quality.capture_large").measured(["--version"])
    assert held.all() and 0 < numbers["seconds"] < 60 and 0.01 < numbers["gib"] < 0.9


@pytest.mark.deep  # renders four captures and looks for their spheres
def test_spheres_of_rendered_captures_are_found(benchmark_module: Any) -> None:
    lights = benchmark_module("quality.capture_lights")
    for seed in (1000, 1002):
        numbers = lights.measure(lights.SPHERES, seed)
        assert all(numbers["found"]) and numbers["false"] == 0 and len(numbers["angles"]) == numbers["lights"]
        assert np.mean(numbers["angles"]) < 0.5 and numbers["dark_with_light"] == 0
    assert lights.measure(lights.NONE, 1000)["false"] == 0
    positions = lights.measure(lights.POSITIONS, 1000)["positions"]
    assert positions and np.mean(positions) < 0.03
