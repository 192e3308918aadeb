"""The table of methods: scenes are found in both layouts, results are kept and not made again."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fastrti.synth import render_collection

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scene like SynthRTI's, and one whose photographs have the names of RealRTI's item10."""
    root = tmp_path_factory.mktemp("collections")
    render_collection(root / "Kind" / "Object" / "material", 32, 24, seed=3)
    item = root / "real" / "item10"
    item.parent.mkdir()
    item.symlink_to(root / "Kind" / "Object" / "material" / "Dome")
    return root


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.quality.scores", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.deep
def test_every_scene_is_measured_once(collections: Path, tmp_path: Path, benchmark_module: Any) -> None:
    arguments = (collections, "--results", tmp_path, "--methods", "hsh16", "interpolator")
    first, second = run(*arguments), run(*arguments)
    assert first.returncode == 0 and len(first.stdout.splitlines()) == 1 + 4, first.stderr
    assert second.returncode == 0 and second.stdout == f"2 scenes: 4 of 4 results are in {tmp_path}\n", second.stderr
    assert {file.name for file in tmp_path.iterdir()} == {"kind.csv", "realrti.csv"}
    results = benchmark_module("quality.results").read_results(tmp_path)
    kept = {(result.scene, result.method): result for result in results}
    assert len(results) == len(kept) == 4
    synthetic, real = kept["Kind/Object/material", "hsh16"], kept["realrti/item10", "hsh16"]
    assert (synthetic.bytes_per_pixel, synthetic.multiply_adds, synthetic.photographs) == (48, 144, 49)
    assert real.photographs == 44
    assert real.light_names == ["image18.jpg", "image23.jpg", "image26.jpg", "image28.jpg", "image47.jpg"]
    for result in results:
        assert len(result.light_psnrs) == len(result.light_names) == len(result.light_elevations)
        assert result.psnr == pytest.approx(sum(result.light_psnrs) / len(result.light_psnrs), abs=1e-3)
        assert 10 < result.psnr < 60


@pytest.mark.parametrize(
    ("made", "asked", "said"),
    [
        ([], ["."], "expected scenes in ., got none: name a folder that holds SynthRTI"),
        (
            ["a/Dome", "a/Test"],
            [".", "--scenes", "a", "item10"],
            "expected a scene whose name ends in item10, got none",
        ),
        (["a/Dome", "a/Test", "b"], ["a", "b"], "expected scenes in b, got none"),
        (["a/Dome", "a/Test", "b/Dome"], ["."], "expected the folder Test beside "),
        (["item3/image05.jpg"], ["."], "got none called image22.jpg, image39.jpg, image52.jpg, image65.jpg"),
    ],
)
def test_what_is_missing_is_an_error_in_one_sentence(
    made: list[str], asked: list[str], said: str, tmp_path: Path, benchmark_module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in made:
        (tmp_path / path).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["scores", *asked])
    with pytest.raises(SystemExit) as error:
        benchmark_module("quality.scores").main()
    assert said in str(error.value) and "\n" not in str(error.value)


def test_no_scene_ends_the_program_with_an_error(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith(f"expected scenes in {tmp_path}, got none") and done.stderr.count("\n") == 1
