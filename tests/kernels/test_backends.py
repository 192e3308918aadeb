"""The choice of a backend, and every backend against the reference over every decoder kind."""

import os
import subprocess
import sys

import numpy as np
import pytest
from objects import DECODERS, LIGHTS, relightable

from fastrti.errors import ArgumentError, BackendError
from fastrti.kernels import kernel as backends
from fastrti.kernels.kernel import BACKENDS, Backend, choose_backend
from fastrti.kernels.reference import relight_reference
from fastrti.rendering.renderer import Renderer

LEVELS = {"triton": 1, "cpu": 1, "reference": 0}
"""How far a backend's picture may be from the reference, in steps of 1/255."""


@pytest.fixture(params=BACKENDS)
def backend(request):
    reason = BACKENDS[request.param].why_not()
    if reason is not None:
        pytest.skip(reason)
    return request.param


def as_numpy(picture):
    return picture if isinstance(picture, np.ndarray) else picture.cpu().numpy()


def levels_apart(picture, expected):
    return np.abs(as_numpy(picture).astype(int) - as_numpy(expected)).max()


# --- equal to the reference ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DECODERS)
def test_every_decoder_kind_is_drawn_as_by_the_reference(name, backend):
    for height, width, masked in ((5, 4, False), (3, 67, True), (1, 1, False)):
        original = relightable(name, height, width, masked)
        renderer = Renderer(original, backend=backend, threads=1)
        for light in LIGHTS:
            expected = relight_reference(original, light)
            assert len(np.unique(expected)) > 5 or height == width == 1  # a picture worth comparing
            assert levels_apart(renderer.relight(light), expected) <= LEVELS[backend]


def test_masked_out_pixels_are_black(backend):
    original = relightable("openlime", 9, 33, masked=True)
    out = Renderer(original, backend=backend, threads=1)._kernel.empty((9, 33, 3))
    out[...] = 77
    picture = as_numpy(Renderer(original, backend=backend, threads=1).relight((0.2, 0.1), out=out))
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

    class Stub(Backend):
        def why_not(self):
            return reason

    return Stub(name, "", "fastrti.kernels.reference:ReferenceKernel")


@pytest.mark.parametrize(
    ("triton", "cpu", "chosen", "reasons"),
    [
        (None, None, "triton", {}),
        ("no GPU", None, "cpu", {"triton": "no GPU"}),
        (None, "not built", "triton", {}),
    ],
)
def test_auto_takes_the_first_that_runs(triton, cpu, chosen, reasons, monkeypatch):
    monkeypatch.setattr(backends, "BACKENDS", {"triton": stub("triton", triton), "cpu": stub("cpu", cpu)})
    renderer = Renderer(relightable("ptm"))
    assert renderer.backend == chosen
    assert renderer.why_not == reasons


def test_auto_never_falls_back_to_the_reference(monkeypatch):
    monkeypatch.setattr(backends, "BACKENDS", {"triton": stub("triton", "no GPU"), "cpu": stub("cpu", "not built")})
    with pytest.raises(BackendError) as caught:
        choose_backend("auto")
    assert str(caught.value) == (
        "expected at least one backend that runs here, got none: triton: no GPU; cpu: not built"
    )


@pytest.mark.parametrize(
    ("probe", "reason"),
    [
        ("surely_no_such_module:f", "the module surely_no_such_module is not installed (`pip install"),
        ("broken_for_fastrti:f", "its module cannot be imported (undefined symbol: relight)"),
    ],
)
def test_modules_that_cannot_be_imported_are_reasons(probe, reason, tmp_path, monkeypatch):
    (tmp_path / "broken_for_fastrti.py").write_text("raise ImportError('undefined symbol: relight')")
    monkeypatch.syspath_prepend(tmp_path)
    backend = Backend("odd", probe, probe)
    assert backend.why_not().startswith(reason)
    with pytest.raises(BackendError, match="the odd backend cannot run here: "):
        backend.load(relightable("ptm"), None, "auto")


def test_a_missing_kernels_package_is_explained():
    """Python at the root of the repository after a regular install: its fastrti has no fastrti.kernels."""
    code = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, *others):\n"
        "        if name == 'fastrti.kernels': raise ModuleNotFoundError(name=name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "from fastrti.kernels.kernel import BACKENDS\n"
        "print(*(backend.why_not() for backend in BACKENDS.values()), sep='\\n')"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert len(printed.splitlines()) == 3
    assert all("the package fastrti.kernels is missing" in line for line in printed.splitlines())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the driver's library has this name on Linux")
def test_a_machine_without_a_driver_is_told_so(monkeypatch):
    from fastrti.kernels.triton import cuda_driver

    def missing(name):
        raise OSError(f"{name}: cannot open shared object file")

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
    from fastrti.kernels.triton import cuda_driver

    monkeypatch.setattr(cuda_driver, "find_spec", lambda name: object())
    monkeypatch.setattr(cuda_driver, "_best_capability", lambda: capability)
    assert cuda_driver.why_not() == reason


def test_a_missing_triton_is_told_so(monkeypatch):
    from fastrti.kernels.triton import cuda_driver

    monkeypatch.setattr(cuda_driver, "find_spec", lambda name: None)
    assert cuda_driver.why_not() == "Triton is not installed (`pip install triton`, Linux only)"


def test_forced_instruction_sets_reach_the_kernel(monkeypatch):
    if BACKENDS["cpu"].why_not() is not None:
        pytest.skip("the CPU kernel is not built")
    monkeypatch.setitem(os.environ, "FASTRTI_ISA", "baseline")
    assert "(baseline, 1 thread, fp32)" in repr(Renderer(relightable("ptm"), backend="cpu", threads=1))
    monkeypatch.setitem(os.environ, "FASTRTI_ISA", "sse9")
    with pytest.raises(BackendError, match="FASTRTI_ISA"):
        Renderer(relightable("ptm"), backend="cpu")


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
