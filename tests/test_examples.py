"""The examples of putting pictures into other libraries, as far as this machine has them."""

import ctypes
import os
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import networks
import numpy as np
import pytest
from PIL import Image

from fastrti import MissingPackageError, Renderer, save
from fastrti.errors import BackendError
from fastrti.examples import cuda_gl, cupy_array, egl_texture
from fastrti.kernels.backends import BACKENDS

LIGHT = (0.3, 0.5)


@pytest.fixture(scope="module")
def relightable():
    return networks.relightable_of(next(case for case in networks.network_cases() if case.name == "ptm"))


ENVIRONMENT = os.environ | {"PYTHONIOENCODING": "utf-8"}
NEEDS = ("expected moderngl", "expected an EGL driver")
"""How the example's errors start where this machine lacks something."""


def test_a_texture_without_a_window_holds_the_picture(relightable, tmp_path):
    save(relightable, tmp_path / "object")
    command = [
        "-m",
        "fastrti.examples.egl_texture",
        str(tmp_path / "object"),
        "--light",
        "0.3",
        "0.5",
        "-o",
        "held.png",
    ]
    # A process of its own: Mesa's software driver and Triton bring an LLVM each, and do not survive each other.
    done = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, encoding="utf-8"
    )
    if any(need in done.stderr for need in NEEDS):
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr
    assert f"{relightable.width}×{relightable.height} texels on " in done.stdout
    held = np.asarray(Image.open(tmp_path / "held.png"))
    want = Renderer(relightable, backend="reference").relight(LIGHT)
    assert np.abs(held[..., :3].astype(int) - want).max() <= 1
    assert (held[..., 3] == 255).all()


def test_without_moderngl_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "moderngl", None)
    with pytest.raises(MissingPackageError, match=r"expected moderngl .* run pip install 'fastrti\[texture\]'"):
        egl_texture.window_less_context()


class FakeDriver:
    """Answers like libcuda.so; keeps the copies it was asked for."""

    def __init__(self, failing=""):
        self.calls, self.copies, self._failing = [], [], failing

    def __getattr__(self, function):
        def call(*arguments):
            self.calls.append(function)
            if function == "cuMemcpy2DAsync_v2":
                copy = arguments[0]._obj
                self.copies.append({name: getattr(copy, name) for name, _ in copy._fields_})
            return 219 if function == self._failing else 0

        return call


def test_cuda_copies_the_picture_into_the_mapped_texture(monkeypatch):
    driver = FakeDriver()
    monkeypatch.setattr(cuda_gl, "_driver", lambda: driver)
    with cuda_gl.CudaTexture(7) as texture:
        texture.copy_from(4096, (19, 37, 4), stream=0)
    assert driver.calls == [
        "cuGraphicsGLRegisterImage",
        "cuGraphicsMapResources",
        "cuGraphicsSubResourceGetMappedArray",
        "cuMemcpy2DAsync_v2",
        "cuGraphicsUnmapResources",
        "cuGraphicsUnregisterResource",
    ]
    (copy,) = driver.copies
    asked = {"src_device": 4096, "src_pitch": 148, "width_in_bytes": 148, "height": 19}
    assert asked.items() <= copy.items()
    assert (copy["src_memory_type"], copy["dst_memory_type"]) == (2, 3)
    assert ctypes.sizeof(cuda_gl.Copy2D) == 128  # as cuda.h lays it out on 64-bit machines


def test_a_texture_of_another_gpu_is_refused_and_unmapped(monkeypatch):
    driver = FakeDriver(failing="cuGraphicsSubResourceGetMappedArray")
    monkeypatch.setattr(cuda_gl, "_driver", lambda: driver)
    with cuda_gl.CudaTexture(7) as texture, pytest.raises(BackendError, match="got error 219 of cuGraphicsSub"):
        texture.copy_from(4096, (19, 37, 4), stream=0)
    assert driver.calls[-2:] == ["cuGraphicsUnmapResources", "cuGraphicsUnregisterResource"]


def test_the_cupy_example_fills_an_array_of_the_other_library(monkeypatch, relightable):
    """NumPy stands in for CuPy: it speaks DLPack, and the interpreter's memory is the CPU's."""
    pytest.importorskip("triton", reason="Triton is published for Linux only")
    monkeypatch.setitem(BACKENDS, "triton", replace(BACKENDS["triton"], why_not=lambda: None))  # the interpreter can
    monkeypatch.setitem(sys.modules, "cupy", np)
    picture = cupy_array.relit_array(Renderer(relightable, backend="triton"), LIGHT)
    assert isinstance(picture, np.ndarray) and picture.shape == (relightable.height, relightable.width, 4)
    want = Renderer(relightable, backend="reference").relight(LIGHT)
    assert np.abs(picture[..., :3].astype(int) - want).max() <= 1
    assert (picture[..., 3] == 255).all()


def test_the_cupy_example_says_what_is_missing(monkeypatch, relightable):
    with pytest.raises(BackendError, match="expected the triton backend, which writes to a GPU, got cpu: ask for it"):
        cupy_array.relit_array(Renderer(relightable, backend="cpu"), LIGHT)
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(MissingPackageError, match="expected CuPy, got none installed: run pip install cupy-cuda12x"):
        cupy_array.relit_array(SimpleNamespace(backend="triton"), LIGHT)


@pytest.mark.parametrize("example", [cupy_array, egl_texture])
def test_an_example_names_the_object_it_cannot_read(example, tmp_path, capsys):
    with pytest.raises(SystemExit):
        example.main([str(tmp_path / "nothing")])
    assert "nothing" in capsys.readouterr().err
