"""The caller's output buffers on a GPU: any library's array that speaks DLPack or `__cuda_array_interface__`.

Everything a protocol says of a buffer is checked here, before PyTorch or a kernel trusts it.

A picture is queued on PyTorch's current stream. That stream first waits for the work that the array's library has
queued on the buffer. With DLPack the library is told PyTorch's stream. With `__cuda_array_interface__` PyTorch waits
for the library's "stream". Whoever reads the picture on another stream must wait for PyTorch's stream, for example with
`torch.cuda.current_stream().synchronize()`.

Sources: the Python specification of DLPack, https://dmlc.github.io/dlpack/latest/python_spec.html, and the CUDA Array
Interface (version 3), https://numba.readthedocs.io/en/stable/cuda/cuda_array_interface.html.
"""

import ctypes
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.dlpack import from_dlpack

from fastrti.errors import ArgumentError

_DLPACK_DEVICES = {1: "cpu", 2: "cuda", 10: "cuda"}  # kDLCPU, kDLCUDA, and kDLROCM, which torch calls cuda too
_DLPACK_KINDS = {0: "int", 1: "uint", 2: "float", 4: "bfloat", 5: "complex", 6: "bool"}  # DLDataTypeCode


@dataclass(frozen=True)
class Layout:
    """What a protocol says of a buffer; strides in elements."""

    dtype: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def check(self, shape: tuple[int, ...]) -> None:
        """Raises ArgumentError unless it is uint8 of that shape with contiguous pixels. Rows may be apart."""
        if self.dtype != "uint8" or self.shape != shape:
            raise ArgumentError(f"expected out to be uint8 of shape {shape}, got {self.dtype} of shape {self.shape}")
        *_, width, channels = shape
        rows = zip(self.shape[:-2], self.strides[:-2])
        apart = all(size == 1 or stride >= width * channels for size, stride in rows)
        if self.strides[-2:] != (channels, 1) or not apart:
            raise ArgumentError(
                f"expected out's pixels to be contiguous rows of {channels} bytes per pixel, "
                f"got strides {self.strides}: rows may be apart, pixels may not"
            )


def writable(out: Any, shape: tuple[int, ...], device: torch.device) -> Tensor:
    """The caller's buffer as a tensor over the same memory.

    Args:
        out: a torch tensor, or an object with `__dlpack__` or `__cuda_array_interface__`.
        shape: ([L,] height, width, channels) it must have.
        device: where it must be.

    Raises:
        ArgumentError: another kind of object, dtype, shape or device, pixels that are apart, or read-only memory.
    """
    if isinstance(out, Tensor):
        if out.dtype is torch.uint8 and out.shape == shape and out.device == device and out.is_contiguous():
            return out  # most are; the checks below take longer than all else here
        _check_device(out.device, device)
        Layout(str(out.dtype).removeprefix("torch."), tuple(out.shape), out.stride()).check(shape)
        return out
    if hasattr(out, "__dlpack__"):
        return _from_dlpack(out, shape, device)
    if hasattr(out, "__cuda_array_interface__"):
        return _from_cuda_array(out, shape, device)
    raise ArgumentError(
        f"expected out to be a torch tensor, or an array with DLPack or __cuda_array_interface__, got "
        f"{type(out).__name__}"
    )


def _check_device(found: torch.device | str, wanted: torch.device) -> None:
    if str(found) != str(wanted):
        raise ArgumentError(f"expected out on {wanted}, where the planes are, got one on {found}")


def _from_dlpack(out: Any, shape: tuple[int, ...], device: torch.device) -> Tensor:
    kind, number = (int(value) for value in out.__dlpack_device__())
    name = _DLPACK_DEVICES.get(kind, f"DLPack's device type {kind}")
    _check_device(f"{name}:{number}" if name == "cuda" else name, device)
    try:
        # Without `max_version` a library refuses to hand out what must not be written.
        capsule = out.__dlpack__(stream=_dlpack_stream(device)) if name == "cuda" else out.__dlpack__()
    except (BufferError, TypeError, ValueError, RuntimeError) as error:
        raise ArgumentError(f"expected out to be writeable through DLPack, got a refusal: {error}") from None
    dlpack_layout(capsule).check(shape)
    tensor: Tensor = from_dlpack(capsule)
    return tensor


def _dlpack_stream(device: torch.device) -> int:
    """Torch's current stream as DLPack writes it: 1 is the legacy default stream, 0 would be ambiguous."""
    return int(torch.cuda.current_stream(device).cuda_stream) or 1


class _DLTensor(ctypes.Structure):
    """`DLTensor` of dlpack.h; a capsule named "dltensor" points to one."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("kind", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


def dlpack_layout(capsule: Any) -> Layout:
    """What a DLPack capsule holds; torch would end the process over negative strides, so it is not asked."""
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    tensor = ctypes.cast(pointer(capsule, b"dltensor"), ctypes.POINTER(_DLTensor)).contents
    kind = _DLPACK_KINDS.get(tensor.kind, "DLPack kind ")
    shape = tuple(tensor.shape[: tensor.ndim])
    strides = tuple(tensor.strides[: tensor.ndim]) if tensor.strides else _contiguous(shape)
    lanes = "" if tensor.lanes == 1 else f"x{tensor.lanes}"
    return Layout(f"{kind}{tensor.bits}{lanes}", shape, strides)


def _from_cuda_array(out: Any, shape: tuple[int, ...], device: torch.device) -> Tensor:
    interface = out.__cuda_array_interface__
    cuda_array_layout(interface).check(shape)
    pointer, read_only = interface["data"]
    if read_only:
        raise ArgumentError("expected out to be writeable, got a read-only array: pass a copy")
    if device.type != "cuda":
        _check_device("cuda", device)
    tensor = torch.as_tensor(out, device=device)
    if tensor.data_ptr() != pointer:  # torch copied it from where it was
        raise ArgumentError(f"expected out on {device}, where the planes are, got one on another device")
    _wait_for(interface.get("stream"), device)
    return tensor


def cuda_array_layout(interface: dict[str, Any]) -> Layout:
    """What a `__cuda_array_interface__` says; byte strides are element strides for the one dtype we take."""
    shape = tuple(interface["shape"])
    dtype = "uint8" if interface["typestr"] == "|u1" else interface["typestr"]
    strides = interface.get("strides")
    return Layout(dtype, shape, _contiguous(shape) if strides is None else tuple(strides))


def _contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides = [1]
    for size in reversed(shape[1:]):
        strides.insert(0, strides[0] * size)
    return tuple(strides)


def _wait_for(stream: int | None, device: torch.device) -> None:
    """Lets torch's current stream wait for what is queued on the array's: 1 is the legacy default stream."""
    if stream is not None:
        # torch takes odd numbers for streams of its own, and its default stream is the legacy one
        theirs = torch.cuda.default_stream(device) if stream == 1 else _external(stream, device)
        torch.cuda.current_stream(device).wait_stream(theirs)


def _external(stream: int, device: torch.device) -> torch.cuda.Stream:
    return torch.cuda.ExternalStream(stream, device)  # type: ignore[no-untyped-call]
