"""The table of methods: scenes are found in both layouts, results are kept and not made again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fastrti.synth import render_collection

PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks" / "quality.py"


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("collections")
    render_collection(root / "Kind" / "Object" / "material", 32, 24, lights=20, seed=3)
    item = root / "real" / "item1"
    item.parent.mkdir()
    item.symlink_to(root / "Kind" / "Object" / "material" / "Dome")
    names = sorted(path.name for path in item.iterdir() if path.suffix != ".lp")
    (root / "real" / "split.json").write_text(json.dumps({"item1": {"test": names[::7]}}))
    return root


def run(collections: Path, results: Path, *methods: str) -> str:
    command = [sys.executable, str(PROGRAM), str(collections), "--results", str(results), "--methods", *methods]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_every_scene_is_measured_once(collections: Path, tmp_path: Path) -> None:
    printed = run(collections, tmp_path, "hsh16", "interpolator")
    assert len(printed.splitlines()) == 4
    assert run(collections, tmp_path, "hsh16", "interpolator") == ""
    kept = {file.relative_to(tmp_path).as_posix(): json.loads(file.read_text()) for file in tmp_path.rglob("*.json")}
    folders = ("Kind_Object_material", "real_item1")
    assert set(kept) == {f"{folder}/{method}.json" for folder in folders for method in ("hsh16", "interpolator")}
    synthetic = kept["Kind_Object_material/hsh16.json"]
    assert synthetic["bytes_per_pixel"] == 48 and synthetic["multiply_adds"] == 144 and synthetic["photographs"] == 20
    assert (
        kept["real_item1/hsh16.json"]["photographs"] == 17 and len(kept["real_item1/hsh16.json"]["by_photograph"]) == 3
    )
    for result in kept.values():
        mean = sum(photograph["psnr"] for photograph in result["by_photograph"]) / len(result["by_photograph"])
        assert result["psnr"] == pytest.approx(mean, abs=1e-3)
        assert 10 < result["psnr"] < 60
