"""Buffers of other libraries as the Triton backend's `out`: what is taken, what is refused, which streams wait.

Arrays on a GPU are stood in for by objects that say the same through the protocols; numpy arrays, which speak DLPack,
are really written to.
"""

from dataclasses import replace
from types import SimpleNamespace

import networks
import numpy as np
import pytest

from fastrti.errors import ArgumentError
from fastrti.kernels.backends import BACKENDS
from fastrti.kernels.reference import relight_network
from fastrti.kernels.triton.cuda_driver import why_not

torch = pytest.importorskip("torch")

from fastrti.kernels.triton import device_buffers  # noqa: E402
from fastrti.kernels.triton.device_buffers import Layout, cuda_array_layout, dlpack_layout, writable  # noqa: E402

pytestmark = pytest.mark.gpu

CPU, CUDA = torch.device("cpu"), torch.device("cuda:0")
SHAPE = (4, 5, 3)
on_gpu = pytest.mark.skipif(why_not() is not None, reason=f"needs a GPU: {why_not()}")


def cuda_array(**changes):
    """An object with a `__cuda_array_interface__` of a (4, 5, 3) uint8 picture at a made-up address."""
    interface = {"shape": SHAPE, "typestr": "|u1", "data": (4096, False), "version": 3, "strides": None}
    return SimpleNamespace(__cuda_array_interface__=interface | changes)


def dlpack_array(device, refusal=None):
    """An object that says where it is and, asked for its memory, refuses."""

    def refuse(stream=None):
        raise BufferError(refusal)

    return SimpleNamespace(__dlpack_device__=lambda: device, __dlpack__=refuse)


@pytest.mark.parametrize("array", [np.zeros(SHAPE, np.uint8), np.zeros((4, 8, 3), np.uint8)[:, 2:7]])
def test_a_dlpack_array_is_written_in_place(array):
    tensor = writable(array, SHAPE, CPU)
    tensor.copy_(torch.arange(60, dtype=torch.uint8).view(SHAPE))
    assert np.array_equal(array, np.arange(60, dtype=np.uint8).reshape(SHAPE))


def test_the_renderer_draws_into_the_array_of_another_library_and_returns_it(monkeypatch):
    pytest.importorskip("triton", reason="Triton is published for Linux only")
    from fastrti import Renderer

    monkeypatch.setitem(BACKENDS, "triton", replace(BACKENDS["triton"], why_not=lambda: None))  # the interpreter can
    case = next(networks.network_cases())
    renderer = Renderer(networks.relightable_of(case), backend="triton")
    memory = np.full((19, 50, 3), 99, np.uint8)
    out = memory[:, 5:42]
    assert renderer.relight(networks.LIGHT, out=out) is out
    assert np.abs(out.astype(int) - relight_network(case.network, case.planes)).max() <= 1
    assert (memory[:, :5] == 99).all() and (memory[:, 42:] == 99).all()


def test_a_torch_tensor_is_taken_as_it_is():
    tensor = torch.zeros((8, 5, 3), dtype=torch.uint8)[::2]
    assert writable(tensor, SHAPE, CPU) is tensor


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 3, 4), np.uint8),
        np.zeros((9, 7, 3), np.uint8)[::-2, 1:5],
        np.zeros((3, 2), np.float16),
        np.zeros(5, bool),
        np.zeros((1, 2, 1), np.complex64),
    ],
)
def test_dlpack_numbers_are_read_from_the_capsule(array):
    strides = tuple(stride // array.itemsize for stride in array.strides)
    assert dlpack_layout(array.__dlpack__()) == Layout(_dlpack_name(array.dtype), array.shape, strides)


def _dlpack_name(dtype):
    return {"bool": "bool8"}.get(dtype.name, dtype.name)


@pytest.mark.parametrize(
    ("changes", "layout"),
    [
        ({}, Layout("uint8", (4, 5, 3), (15, 3, 1))),
        ({"strides": (64, 3, 1)}, Layout("uint8", (4, 5, 3), (64, 3, 1))),
        ({"typestr": "<f4"}, Layout("<f4", (4, 5, 3), (15, 3, 1))),
        ({"shape": (2, 7, 5, 4)}, Layout("uint8", (2, 7, 5, 4), (140, 20, 4, 1))),
    ],
)
def test_cuda_array_numbers_are_read_from_the_interface(changes, layout):
    assert cuda_array_layout(cuda_array(**changes).__cuda_array_interface__) == layout


STRIDES = "expected out's pixels to be contiguous rows of 3 bytes a pixel, got strides .*: rows may be apart"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros(SHAPE, np.int16), r"expected out to be uint8 of shape \(4, 5, 3\), got int16 of shape \(4, 5, 3\)"),
        (torch.zeros(SHAPE), r"expected out to be uint8 .*, got float32"),
        (cuda_array(typestr="<f4"), "expected out to be uint8 .*, got <f4"),
        (np.zeros((5, 4, 3), np.uint8), r"of shape \(4, 5, 3\), got uint8 of shape \(5, 4, 3\)"),
        (cuda_array(shape=(60,)), r"of shape \(4, 5, 3\), got uint8 of shape \(60,\)"),
        (np.zeros((4, 5, 4), np.uint8)[..., :3], STRIDES),
        (np.zeros(SHAPE, np.uint8)[::-1], STRIDES),
        (cuda_array(strides=(0, 3, 1)), STRIDES),
        (torch.zeros((1, 5, 3), dtype=torch.uint8).expand(SHAPE), STRIDES),
        (np.broadcast_to(np.uint8(0), SHAPE), "expected out to be writeable through DLPack, got a refusal: .*readonly"),
        (cuda_array(data=(4096, True)), "expected out to be writeable, got a read-only array: pass a copy"),
        (cuda_array(), "expected out on cpu, where the planes are, got one on cuda"),
        (dlpack_array((2, 1)), "expected out on cpu, where the planes are, got one on cuda:1"),
        (dlpack_array((8, 0)), "expected out on cpu, where the planes are, got one on DLPack's device type 8"),
        (torch.empty(SHAPE, dtype=torch.uint8, device="meta"), "expected out on cpu, .*, got one on meta"),
        ([[0]], "expected out to be a torch tensor, or an array with DLPack or __cuda_array_interface__, got list"),
    ],
)
def test_a_buffer_that_does_not_fit_is_refused(wrong, message):
    with pytest.raises(ArgumentError, match=message):
        writable(wrong, SHAPE, CPU)


def test_host_memory_is_refused_where_the_planes_are_on_a_gpu():
    with pytest.raises(ArgumentError, match="expected out on cuda:0, where the planes are, got one on cpu"):
        writable(np.zeros(SHAPE, np.uint8), SHAPE, CUDA)
    with pytest.raises(ArgumentError, match="expected out on cuda:0, where the planes are, got one on cuda:1"):
        writable(dlpack_array((2, 1)), SHAPE, CUDA)


@pytest.mark.parametrize(("current", "told"), [(0, 1), (1 << 40, 1 << 40)])
def test_a_dlpack_producer_is_told_the_stream_that_writes(monkeypatch, current, told):
    asked = []
    array = dlpack_array((2, 0))
    array.__dlpack__ = lambda stream: asked.append(stream) or np.zeros(SHAPE, np.uint8).__dlpack__()
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: SimpleNamespace(cuda_stream=current))
    writable(array, SHAPE, CUDA)
    assert asked == [told]


@pytest.mark.parametrize(
    ("interface", "waited"),
    [({}, []), ({"stream": None}, []), ({"stream": 1}, ["default"]), ({"stream": 2}, [2]), ({"stream": 96}, [96])],
)
def test_the_stream_of_a_cuda_array_is_waited_for(monkeypatch, interface, waited):
    waits = []
    array = cuda_array(**interface)
    monkeypatch.setattr(torch, "as_tensor", lambda out, device: SimpleNamespace(data_ptr=lambda: 4096))
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: SimpleNamespace(wait_stream=waits.append))
    monkeypatch.setattr(torch.cuda, "default_stream", lambda device: "default")
    monkeypatch.setattr(torch.cuda, "ExternalStream", lambda stream, device: stream)
    writable(array, SHAPE, CUDA)
    assert waits == waited


def test_a_cuda_array_that_torch_would_copy_is_refused(monkeypatch):
    monkeypatch.setattr(torch, "as_tensor", lambda out, device: SimpleNamespace(data_ptr=lambda: 8192))
    with pytest.raises(ArgumentError, match=r"expected out on cuda:0, .*, got one on another device"):
        device_buffers.writable(cuda_array(), SHAPE, CUDA)


@on_gpu
@pytest.mark.parametrize("protocol", ["__dlpack__", "__cuda_array_interface__"])
def test_a_cuda_array_is_written_in_place(protocol):
    memory = torch.zeros(SHAPE, dtype=torch.uint8, device=CUDA)
    names = ("__dlpack__", "__dlpack_device__") if protocol == "__dlpack__" else (protocol,)
    array = SimpleNamespace(**{name: getattr(memory, name) for name in names})
    writable(array, SHAPE, CUDA).fill_(7)
    assert (memory == 7).all()
