"""The table of launches: the built-in one, the user's file, and the loop that extends it, with a made-up stopwatch."""

import json
from dataclasses import replace

import pytest
from objects import DECODERS, relightable

from fastrti import save

pytest.importorskip("triton", reason="Triton is published for Linux only")

from fastrti.cli import main
from fastrti.kernels.backends import BACKENDS
from fastrti.kernels.triton.error_bound import PRECISIONS
from fastrti.kernels.triton.kernel import TritonKernel
from fastrti.kernels.triton.network_shape import NetworkShape
from fastrti.kernels.triton.tuning import Launch, TuningTable, built_in, cache_file, candidates, ever_faster

STUDENT = NetworkShape(9, (16, 16), "relu", True, False)
SHAPES = (STUDENT, NetworkShape(18, (), "relu", False, False), NetworkShape(48, (64, 64), "elu", False, False))
LAUNCH = Launch(64, 2, 2, 1, 8)


def small(launch: Launch) -> float:
    """A stopwatch that likes small tiles and cannot run four warps."""
    return None if launch.warps == 4 else launch.rows + launch.programs / 100


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "tuning.json"


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_shape_and_precision_has_a_launch_and_candidates(shape, precision, path):
    table = TuningTable(path)
    first, *others = candidates(shape, precision)
    assert table.launch((9, 0), shape, precision) == built_in(shape, precision) == first
    assert first not in others and len(set(others)) == len(others) > 10


def test_a_measurement_is_kept_for_its_gpu_shape_and_precision(path):
    TuningTable(path).add((9, 0), STUDENT, "fp16", LAUNCH)
    TuningTable(path).add((8, 0), STUDENT, "fp16", replace(LAUNCH, rows=16))
    table = TuningTable(path)
    assert table.launch((9, 0), STUDENT, "fp16") == LAUNCH
    assert table.launch((8, 0), STUDENT, "fp16").rows == 16
    for capability, shape, precision in [
        ((9, 0), STUDENT, "fp16 hi/lo"),
        ((12, 0), STUDENT, "fp16"),
        ((9, 0), replace(STUDENT, activation="elu"), "fp16"),
        ((9, 0), replace(STUDENT, skip=False), "fp16"),
    ]:
        assert table.launch(capability, shape, precision) == built_in(shape, precision)


ENTRY = {"rows": 64, "warps": 2, "pixels": 2, "stages": 1, "programs": 8}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "\xff\xfe",
        '{"version": 1}',
        '{"version": 2, "launches": {}}',
        '{"version": 1, "launches": []}',
        '{"version": 1, "launches": {"k": null}}',
        *(
            json.dumps({"version": 1, "launches": {"k": entry}})
            for entry in (
                ENTRY | {"rows": 63},
                ENTRY | {"rows": 8},
                ENTRY | {"warps": 3},
                ENTRY | {"pixels": 3},
                ENTRY | {"stages": True},
                ENTRY | {"programs": 1e9},
                ENTRY | {"programs": "8"},
                ENTRY | {"blocks": 8},
                {"rows": 64},
            )
        ),
        "[" * 100_000,
    ],
)
def test_a_damaged_file_is_ignored_with_a_warning_and_replaced(text, path):
    path.parent.mkdir()
    path.write_bytes(text.encode("latin-1"))
    with pytest.warns(UserWarning) as caught:
        table = TuningTable(path)
    (message,) = (str(warning.message) for warning in caught)
    assert message.startswith(f"{path}: expected measurements of `fastrti tune`, version 1, got ")
    assert message.endswith(": the file is ignored, run `fastrti tune OBJECT` to replace it") and "\n" not in message
    assert table.launch((9, 0), STUDENT, "fp16") == built_in(STUDENT, "fp16")
    table.add((9, 0), STUDENT, "fp16", LAUNCH)
    assert TuningTable(path).launch((9, 0), STUDENT, "fp16") == LAUNCH


def test_the_cache_folder_can_be_moved(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("FASTRTI_CACHE", raising=False)
    assert cache_file() == tmp_path / "fastrti" / "tuning.json"
    monkeypatch.setenv("FASTRTI_CACHE", str(tmp_path / "own"))
    assert cache_file() == tmp_path / "own" / "tuning.json"


def test_the_fastest_comes_last():
    measured = list(ever_faster(candidates(STUDENT, "fp16"), small))
    times = [time for _, time in measured]
    assert times == sorted(times, reverse=True) and measured[0][0] == built_in(STUDENT, "fp16")
    assert times[-1] == min(time for launch in candidates(STUDENT, "fp16") if (time := small(launch)) is not None)


@pytest.fixture
def saved(tmp_path, monkeypatch):
    monkeypatch.setenv("FASTRTI_CACHE", str(tmp_path / "cache"))
    assert "ptm" in DECODERS
    save(relightable("ptm"), tmp_path / "vase")
    return tmp_path / "vase"


def test_tune_keeps_what_is_fastest(saved, monkeypatch, capsys):
    monkeypatch.setitem(BACKENDS, "triton", replace(BACKENDS["triton"], why_not=lambda: None))
    monkeypatch.setattr(TritonKernel, "microseconds", lambda self, launch: small(launch))
    assert main(["tune", str(saved), "--precision", "fp16"]) == 0
    kernel = TritonKernel(relightable("ptm"), precision="fp16")
    kept = TuningTable(cache_file()).launch(kernel.capability, kernel.shape, "fp16")
    assert kept.rows == 16 and str(kept) in capsys.readouterr().out


def test_an_outdated_file_stops_no_render_and_tune_replaces_it(saved, monkeypatch):
    cache_file().parent.mkdir()
    cache_file().write_text('{"version": 0, "launches": {}}')
    with pytest.warns(UserWarning, match=r"version 1, got ValueError \(version 0\): the file is ignored"):
        kernel = TritonKernel(relightable("ptm"))
    kernel.relight((0.0, 0.0, 1.0), kernel.empty((5, 4, 3)), 0, 0)
    monkeypatch.setitem(BACKENDS, "triton", replace(BACKENDS["triton"], why_not=lambda: None))
    monkeypatch.setattr(TritonKernel, "microseconds", lambda self, launch: small(launch))
    with pytest.warns(UserWarning, match="the file is ignored"):
        assert main(["tune", str(saved)]) == 0
    assert json.loads(cache_file().read_text())["version"] == 1


@pytest.mark.skipif(BACKENDS["triton"].why_not() is None, reason="the Triton kernel runs here")
def test_tune_without_a_gpu_is_one_sentence(saved, capsys):
    assert main(["tune", str(saved)]) == 1
    assert capsys.readouterr().err.startswith("fastrti tune: the triton backend cannot run here: ")
