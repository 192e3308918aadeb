"""The choice of a backend, and every backend against the reference over every decoder kind."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from objects import DECODERS, LIGHTS, relightable

from fastrti import extras
from fastrti.cli import main
from fastrti.errors import ArgumentError, BackendError
from fastrti.kernels.backends import BACKENDS, choose_backend
from fastrti.kernels.kernel import Backend
from fastrti.kernels.reference import relight_reference
from fastrti.kernels.triton import cuda_driver
from fastrti.rendering.renderer import Renderer

pytestmark = pytest.mark.gpu

LEVELS = {"triton": 1, "cpu": 1, "reference": 0}
"""How far a backend's picture may be from the reference, in steps of 1/255."""


@pytest.fixture(params=BACKENDS)
def backend(request):
    reason = BACKENDS[request.param].why_not()
    if reason is not None:
        pytest.skip(reason)
    return request.param


def levels_apart(renderer, light, expected):
    picture = renderer._kernel.to_host(renderer.relight(light))
    assert isinstance(picture, np.ndarray)
    return np.abs(picture.astype(int) - expected).max()


# --- equal to the reference ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DECODERS)
def test_every_decoder_kind_is_drawn_as_by_the_reference(name, backend):
    for height, width, masked in ((5, 4, False), (3, 67, True), (1, 1, False)):
        original = relightable(name, height, width, masked)
        renderer = Renderer(original, backend=backend, threads=1)
        for light in LIGHTS:
            expected = relight_reference(original, light)
            assert len(np.unique(expected)) > 5 or height == width == 1  # a picture worth comparing
            assert levels_apart(renderer, light, expected) <= LEVELS[backend]


def test_masked_out_pixels_are_black(backend):
    original = relightable("openlime", 9, 33, masked=True)
    renderer = Renderer(original, backend=backend, threads=1)
    out = renderer._kernel.empty((9, 33, 3))
    renderer._kernel.from_host(np.full((9, 33, 3), 77, np.uint8), out)
    assert (renderer._kernel.to_host(out) == 77).all()
    picture = renderer._kernel.to_host(renderer.relight((0.2, 0.1), out=out))
    assert not picture[~original.mask].any()
    assert picture[original.mask].any()


# --- the choice ------------------------------------------------------------------------------------------------------


def test_every_backend_has_a_name_and_runs_or_says_why_not():
    assert list(BACKENDS) == ["triton", "cpu", "reference"]
    for name, backend in BACKENDS.items():
        reason = backend.why_not()
        assert backend.name == name and (reason is None or len(reason) > 10)


def test_an_unknown_backend_is_refused():
    with pytest.raises(BackendError) as caught:
        Renderer(relightable("ptm"), backend="opencl")
    assert str(caught.value) == "expected a backend of auto, triton, cpu, reference, got 'opencl'"


@pytest.mark.skipif(BACKENDS["triton"].why_not() is None, reason="the Triton kernel runs here")
def test_triton_says_why_not_where_it_cannot_run():
    with pytest.raises(BackendError, match=r"the triton backend cannot run here: .+"):
        Renderer(relightable("ptm"), backend="triton")


def stub(name, reason):
    """A backend that runs or not, as told."""
    return Backend(name, lambda: reason, BACKENDS["reference"].make)


@pytest.mark.parametrize(
    ("triton", "cpu", "chosen", "reasons"),
    [
        (None, None, "triton", {}),
        ("no GPU", None, "cpu", {"triton": "no GPU"}),
        (None, "not built", "triton", {}),
    ],
)
def test_auto_takes_the_first_that_runs(triton, cpu, chosen, reasons, monkeypatch):
    monkeypatch.setitem(BACKENDS, "triton", stub("triton", triton))
    monkeypatch.setitem(BACKENDS, "cpu", stub("cpu", cpu))
    renderer = Renderer(relightable("ptm"))
    assert renderer.backend == chosen
    assert renderer.why_not == reasons


def test_auto_never_falls_back_to_the_reference(monkeypatch):
    monkeypatch.setitem(BACKENDS, "triton", stub("triton", "no GPU"))
    monkeypatch.setitem(BACKENDS, "cpu", stub("cpu", "not built"))
    with pytest.raises(BackendError) as caught:
        choose_backend("auto")
    assert str(caught.value) == (
        "expected at least one backend that runs here, got none: triton: no GPU; cpu: not built"
    )


def test_a_backend_that_cannot_run_says_why_when_it_is_asked_for():
    with pytest.raises(BackendError) as caught:
        stub("odd", "the moon is full").load(relightable("ptm"), None, "auto")
    assert str(caught.value) == "the odd backend cannot run here: the moon is full"


def test_the_command_line_offers_what_the_table_holds(capsys):
    with pytest.raises(SystemExit):
        main(["relight", "--help"])
    assert f"--backend {{{','.join(['auto', *BACKENDS])}}}" in capsys.readouterr().out


def test_the_table_loads_neither_pytorch_nor_triton():
    code = "import sys, fastrti.kernels.backends; print(*({'torch', 'triton'} & sys.modules.keys()))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "\n"


def test_a_missing_kernels_package_is_explained():
    """Python at the root of the repository after a regular install: its fastrti has no fastrti.kernels."""
    code = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, *others):\n"
        "        if name == 'fastrti.kernels': raise ModuleNotFoundError(name=name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "import fastrti"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr.splitlines()[-1]
    assert said.startswith("fastrti.errors.MissingPackageError: expected the package fastrti.kernels, got a folder")
    assert said.endswith("leave that folder, or install with `pip install -e .`")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the driver's library has this name on Linux")
def test_a_machine_without_a_driver_is_told_so(monkeypatch):
    def missing(name):
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(cuda_driver, "missing", lambda extra, what: None)
    monkeypatch.setattr(cuda_driver.ctypes, "CDLL", missing)
    assert "no CUDA GPU or no driver was found" in cuda_driver.why_not()


@pytest.mark.parametrize(
    ("capability", "reason"),
    [
        (None, "no CUDA GPU or no driver was found"),
        ((7, 5), "the GPU has compute capability 7.5, and the kernel needs 8.0 (Ampere) or newer"),
    ],
)
def test_old_gpus_are_told_so(capability, reason, monkeypatch):
    monkeypatch.setattr(cuda_driver, "missing", lambda extra, what: None)
    monkeypatch.setattr(cuda_driver, "_best_capability", lambda: capability)
    assert cuda_driver.why_not() == reason


@pytest.mark.parametrize(("module", "name"), [("triton", "Triton"), ("torch", "PyTorch")])
def test_a_missing_package_is_told_so(module, name, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda wanted: None if wanted == module else object())
    assert cuda_driver.why_not() == (
        f"expected {name} for drawing on a GPU, on Linux, got an installation without it: "
        "run pip install 'fastrti[gpu]'"
    )


def test_modules_that_cannot_be_imported_are_a_reason(monkeypatch):
    monkeypatch.setattr(cuda_driver, "missing", lambda extra, what: None)
    monkeypatch.setattr(cuda_driver, "_best_capability", lambda: (9, 0))
    monkeypatch.setitem(sys.modules, "torch", None)  # as where a library of CUDA does not load
    assert re.fullmatch(r"its modules cannot be imported \(.*torch.*\)", cuda_driver.why_not())


def test_forced_instruction_sets_reach_the_kernel(monkeypatch):
    if BACKENDS["cpu"].why_not() is not None:
        pytest.skip("the CPU kernel is not built")
    monkeypatch.setitem(os.environ, "FASTRTI_ISA", "baseline")
    assert "(baseline, 1 thread, fp32)" in repr(Renderer(relightable("ptm"), backend="cpu", threads=1))
    monkeypatch.setitem(os.environ, "FASTRTI_ISA", "sse9")
    with pytest.raises(BackendError, match="FASTRTI_ISA"):
        Renderer(relightable("ptm"), backend="cpu")


# --- graphs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lights", [0, -1, True, 2.0, "3", None])
def test_a_graph_of_no_lights_is_refused(lights):
    with pytest.raises(ArgumentError) as caught:
        Renderer(relightable("ptm")).graph(lights=lights)
    assert str(caught.value) == (
        f"expected one or more lights for each replay, got {lights!r}: pass a whole number from 1"
    )


def test_a_backend_that_records_nothing_says_so():
    with pytest.raises(BackendError, match="expected the triton backend for a graph, got reference: call relight"):
        Renderer(relightable("ptm"), backend="reference").graph()


# --- buffers of the caller -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (np.empty((5, 4, 3), np.float32), r"expected out to be a uint8 numpy array of shape \(5, 4, 3\), got float32"),
        (np.empty((5, 4, 3), np.int8), "got int8"),
        (np.empty((4, 5, 3), np.uint8), r"got uint8 \(4, 5, 3\)"),
        (np.empty((5, 4), np.uint8), r"got uint8 \(5, 4\)"),
        (np.empty((1, 5, 4, 3), np.uint8), r"got uint8 \(1, 5, 4, 3\)"),
        ([[[0] * 3] * 4] * 5, "got list"),
        (bytearray(60), "got bytearray"),
        (np.broadcast_to(np.uint8(0), (5, 4, 3)), "expected out to be writeable, got a read-only array: pass a copy"),
        (np.empty((5, 8, 3), np.uint8)[:, ::2], "expected out's pixels to be contiguous in their rows, got strides"),
        (np.empty((5, 8, 4), np.uint8)[:, ::2], "expected out's pixels to be contiguous in their rows, got strides"),
        (np.empty((4, 5, 4), np.uint8), r"of shape \(5, 4, 4\), got uint8 \(4, 5, 4\)"),
        (np.empty((5, 4, 4), np.uint8)[..., :3], "expected out's pixels to be contiguous"),
        (np.empty((5, 4, 3), np.uint8)[..., ::-1], "expected out's pixels to be contiguous"),
        (np.empty((5, 4, 3), np.uint8)[::-1], "expected out's pixels to be contiguous"),
        (np.empty((3, 5, 4), np.uint8).transpose(1, 2, 0), "expected out's pixels to be contiguous"),
    ],
)
@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_buffers_that_do_not_fit_are_refused(out, message, backend):
    if BACKENDS[backend].why_not() is not None:
        pytest.skip(BACKENDS[backend].why_not())
    with pytest.raises(ArgumentError, match=message):
        Renderer(relightable("ptm"), backend=backend).relight((0, 0), out=out)
