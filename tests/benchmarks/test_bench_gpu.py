"""The benchmark of the GPU runs to its end without one, and its parts are right; no speed is judged here."""

import ctypes
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import networks
import numpy as np
import pytest

from fastrti.kernels.reference import relight_network

pytest.importorskip("triton", reason="Triton is published for Linux only")

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"TRITON_INTERPRET": "1", "PYTHONIOENCODING": "utf-8"}


@pytest.fixture(autouse=True)
def _benchmarks_are_importable(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))


@pytest.mark.deep  # a minute in the interpreter
def test_a_rehearsal_measures_every_contender_or_says_why_not(tmp_path):
    command = [sys.executable, "-m", "benchmarks.gpu.speed", "--megapixels", "0.0007", "--results", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    (kept,) = tmp_path.glob("relight_gpu_rehearsal-without-a-gpu_*.json")
    report = json.loads(kept.read_text())
    assert report["correctness"] and all(row["passed"] for row in report["correctness"])
    assert {"device", "driver", "versions", "commit", "date", "copy_gb_per_s", "matrix_tflops"} <= report.keys()
    peers = import_module("benchmarks.gpu.peers")
    groups = {(row["network"], row["megapixels"]) for row in report["speed"]}
    assert len(groups) == 5
    for group in groups:
        rows = [row for row in report["speed"] if (row["network"], row["megapixels"]) == group]
        assert {row["contender"] for row in rows} == peers.CONTENDERS.keys()
        for row in rows:
            assert row.get("reason") or (row["us"] > 0 and row["max_levels"] <= 1), row
    assert any("GPU" in row.get("reason", "") for row in report["speed"])
    fused = [row for row in report["speed"] if row["contender"] in peers.OURS]
    assert all(row["share"] > 0 and row["bound_by"] in ("memory", "tensor", "issue", "mufu") for row in fused)
    assert all(row["us"] > 0 and row.get("max_levels_from_single", 0) <= 1 for row in report["calls"])
    assert "0 wrong" in done.stdout and "| of the bound |" in done.stdout


def test_what_no_longer_fits_the_budget_says_so(monkeypatch):
    speed, torch = import_module("benchmarks.gpu.speed"), import_module("torch")
    monkeypatch.setattr(speed, "correctness", lambda size, device: [{"kind": "ptm", "passed": True}])
    monkeypatch.setattr(speed, "calls", lambda megapixels, device: [])
    report = speed.measured([0.0004, 0.0005], speed.Budget(0), torch.device("cpu"))
    assert len(report["speed"]) > 50
    assert {row["reason"] for row in report["speed"]} == {"the budget of 0 s was used up"}
    assert "the budget of 0 s was used up" in import_module("benchmarks.gpu.report").tables(report)


def test_what_the_last_run_had_no_time_for_comes_first():
    speed = import_module("benchmarks.gpu.speed")
    groups = list(speed.groups([12, 2]))
    name, size, (contender, *_) = groups[5]
    row = {"network": speed.SUBJECTS[name], "megapixels": size, "contender": contender}
    late = {"speed": [row | {"reason": "the budget of 9 s was used up"}]}
    first, *others = speed.missing_first(groups, late)
    assert (first[0], first[1]) == (name, size) and sorted([first, *others]) == sorted(groups)
    assert speed.missing_first(groups, {"speed": [row | {"reason": "CuPy is not installed"}]}) == groups
    assert speed.missing_first(groups, None) == groups


def test_the_estimate_is_close_to_every_measured_row_and_never_above_the_bound():
    estimate, bounds = import_module("benchmarks.gpu.estimate"), import_module("benchmarks.gpu.bounds")
    fit, chip = estimate.calibration(), bounds.CHIPS["H200 SXM"]
    for row, gpx_per_s in estimate.measured():
        assert estimate.estimate(row, chip, fit) == pytest.approx(gpx_per_s, rel=0.25), row
        assert estimate.estimate(row, chip, estimate.Fit(0, 1)) == bounds.bound(row, chip)[0]
    assert estimate.resident({"registers": 170, "warps": 1}) == 11  # 176 registers of 32 threads each
    assert estimate.resident({"registers": 16, "warps": 4}) == 64


def test_a_wrong_picture_ends_the_run_before_anything_is_timed(monkeypatch):
    speed, torch = import_module("benchmarks.gpu.speed"), import_module("torch")
    monkeypatch.setattr(speed, "correctness", lambda size, device: [{"kind": "ptm", "passed": False}])
    report = speed.measured([0.0004], speed.Budget(60), torch.device("cpu"))
    assert report["speed"] == report["calls"] == []
    printed = import_module("benchmarks.gpu.report").tables(report)
    assert "1 wrong" in printed and "WRONG" in printed


def test_it_runs_from_a_checkout_that_is_not_installed(tmp_path):
    masked = "import sys; sys.meta_path[:] = [finder for finder in sys.meta_path if 'editable' not in repr(finder)]"
    program = f"{masked}; sys.path.insert(0, {str(ROOT)!r}); import benchmarks.gpu.speed, fastrti.kernels as kernels"
    environment = {name: value for name, value in ENVIRONMENT.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-c", f"{program}; print(kernels.__file__, 'fastrti._cpu' in sys.modules)"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    package, compiled_part = done.stdout.split()
    assert Path(package).resolve() == ROOT / "kernels" / "__init__.py" and compiled_part == "False"


def test_the_documents_table_has_a_line_for_every_contender_and_says_what_is_missing(tmp_path):
    row = {"network": "PTM 18-3", "megapixels": 12, "us": 100.0, "gpx_per_s": 120.0, "max_levels": 1}
    rows = [row | {"contender": "fastrti"}, row | {"contender": "by hand", "us": 2000.4, "max_levels": 2}]
    rows.append({"network": "plain", "megapixels": 12, "contender": "fastrti", "reason": "no time was left"})
    report = {"device": "a GPU", "date": "2026-01-01", "versions": {"torch": "2"}, "speed": rows}
    (tmp_path / "run.json").write_text(json.dumps(report | {"calls": [{"what": "one call", "us": 7.0}]}))
    text = import_module("benchmarks.gpu.report").section(tmp_path / "run.json")
    assert "| by hand | 2,000 (120) |" in text and "| one call | 7.0 |" in text
    assert "except: by hand (PTM 18-3: 2 levels)." in text
    assert "because no time was left: plain at 12 megapixels." in text


def test_poison_and_the_bytes_between_rows_are_watched():
    correctness, torch = import_module("benchmarks.gpu.correctness"), import_module("torch")
    want = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)

    class Broken:
        device = torch.device("cpu")

        def __init__(self, relight):
            self.relight = lambda light, out, top, left: relight(out)

    copy = torch.from_numpy(want)
    assert correctness.drawn_errors(Broken(lambda out: out.copy_(copy)), None, want) == (0, 0.0)
    assert correctness.drawn_errors(Broken(lambda out: None), None, want) == (128, 1.0)
    wide = lambda out: (out.copy_(copy), out.as_strided((1,), (1,), out.storage_offset() + 15).add_(1))  # noqa: E731
    assert correctness.drawn_errors(Broken(wide), None, want) == (255, 1.0)


def test_the_bound_is_the_smallest_of_four_units():
    bounds = import_module("benchmarks.gpu.bounds")
    row = {"pixels": 128, "warps": 4, "instructions": 500, "mufu": 20, "multiply_adds": 128 * 500, "bytes": 12}
    chip = bounds.Chip("sm_90", 100, 2.0, 1200.0, 500.0)
    want = {"memory": 100.0, "tensor": 500.0, "issue": 51.2, "mufu": 160.0}
    assert bounds.bounds(row, chip) == pytest.approx(want)
    assert bounds.bound(row, chip) == (pytest.approx(51.2), "issue")
    relu = bounds.bounds(row | {"mufu": 0, "multiply_adds": 0}, chip)
    assert relu["mufu"] == relu["tensor"] == float("inf")
    assert {known.target for known in bounds.CHIPS.values()} <= {each["target"] for each in bounds.rows()}
    assert len(list(bounds.report())) > 20


HAND_WRITTEN = ["9-16-16-3-relu-skip", "9-20-20-3-elu", "9-16-3-elu-skip", "18-3-relu", "12-33-3-relu-skip", "ptm"]


@pytest.mark.parametrize("name", HAND_WRITTEN)
def test_the_hand_written_cuda_kernel_draws_the_picture(name, tmp_path):
    """Compiled as C++ and run one thread after the other."""
    by_hand, folded = (import_module(f"benchmarks.{name}") for name in ("gpu.by_hand", "common.folded"))
    case = next(case for case in networks.network_cases(20, 37) if case.name == name)
    network = folded.to_levels(case.network)
    library = tmp_path / "by_hand.so"
    defines = [f"-D{key}={value}" for key, value in by_hand.defines(network, half=False).items()]
    shim = ["-include", str(ROOT / "tests" / "native" / "cuda_on_cpu.h"), "-x", "c++", str(by_hand.SOURCE)]
    flags = ["-std=c++17", "-O1", "-shared", "-fPIC", "-Wno-unknown-pragmas"]
    subprocess.run(["g++", *flags, *defines, *shim, "-o", str(library)], check=True)
    loaded = ctypes.CDLL(str(library))
    numbers = by_hand.packed_weights(network)
    ctypes.memmove(ctypes.addressof(ctypes.c_float.in_dll(loaded, "weights")), numbers.ctypes.data, numbers.nbytes)
    planes, out = np.ascontiguousarray(case.planes), np.full((20, 37, 3), 99, np.uint8)
    pixels = 20 * 37
    blocks = by_hand.blocks(pixels, by_hand.defines(network, half=False)["PIXELS"])
    loaded.launch(
        planes.ctypes.data_as(ctypes.c_void_p),
        out.ctypes.data_as(ctypes.c_void_p),
        ctypes.c_longlong(pixels),
        blocks,
        by_hand.THREADS,
    )
    difference = np.abs(out.astype(int) - relight_network(case.network, case.planes))
    assert difference.max() <= 1 and np.mean(difference > 0) < 0.01
