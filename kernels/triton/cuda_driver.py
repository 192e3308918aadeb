"""The Triton backend's row. It asks the driver whether this machine has a CUDA GPU that the kernel can use.

PyTorch could answer too, but its import takes seconds, which a picture on the CPU must not pay for.
"""

import ctypes
import sys

from fastrti.extras import missing
from fastrti.kernels.kernel import Backend, Kernel
from fastrti.objects.relightable import Relightable

OLDEST_CAPABILITY = (8, 0)  # Ampere: fp16 tensor cores with the mma shapes the kernel is written for


def why_not() -> str | None:
    """None where the Triton kernel can run, else one sentence that says why not."""
    absent = missing("gpu", "drawing on a GPU, on Linux")
    if absent is not None:
        return absent
    capability = _best_capability()
    if capability is None:
        return "no CUDA GPU or no driver was found"
    if capability < OLDEST_CAPABILITY:
        major, minor = capability
        return f"the GPU has compute capability {major}.{minor}, and the kernel needs 8.0 (Ampere) or newer"
    try:  # only now: this machine has the GPU
        import torch

        import fastrti.kernels.triton.kernel  # noqa: F401
    except ImportError as error:
        return f"its modules cannot be imported ({error})"
    return None if torch.cuda.is_available() else "the installed torch was built without CUDA"


def _best_capability() -> tuple[int, int] | None:
    """The compute capability of device 0, or None without a driver or a device."""
    try:
        cuda = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return None
    device, major, minor = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    if cuda.cuInit(0) or cuda.cuDeviceGet(ctypes.byref(device), 0):
        return None
    # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR of the CUDA driver API
    if cuda.cuDeviceGetAttribute(ctypes.byref(major), 75, device) or cuda.cuDeviceGetAttribute(
        ctypes.byref(minor), 76, device
    ):
        return None
    return major.value, minor.value


def _make(relightable: Relightable, threads: int | None, precision: str) -> Kernel:
    from fastrti.kernels.triton.kernel import TritonKernel

    return TritonKernel(relightable, threads, precision)


BACKEND = Backend("triton", why_not, _make)
