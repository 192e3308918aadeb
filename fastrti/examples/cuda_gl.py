"""An OpenGL texture as CUDA memory, through the driver's own library and nothing else.

CUDA Driver API, "Graphics Interoperability" and "OpenGL Interoperability".
"""

import ctypes
import sys
from types import TracebackType
from typing import Any

from fastrti.errors import BackendError

GL_TEXTURE_2D = 0x0DE1
WRITE_DISCARD = 2  # CU_GRAPHICS_REGISTER_FLAGS_WRITE_DISCARD: the whole texture is rewritten
MEMORY_DEVICE, MEMORY_ARRAY = 2, 3  # CU_MEMORYTYPE_DEVICE, CU_MEMORYTYPE_ARRAY


class Copy2D(ctypes.Structure):
    """`CUDA_MEMCPY2D`: rows from one place to another, pitches apart."""

    _fields_ = (
        ("src_x_in_bytes", ctypes.c_size_t),
        ("src_y", ctypes.c_size_t),
        ("src_memory_type", ctypes.c_uint),
        ("src_host", ctypes.c_void_p),
        ("src_device", ctypes.c_uint64),
        ("src_array", ctypes.c_void_p),
        ("src_pitch", ctypes.c_size_t),
        ("dst_x_in_bytes", ctypes.c_size_t),
        ("dst_y", ctypes.c_size_t),
        ("dst_memory_type", ctypes.c_uint),
        ("dst_host", ctypes.c_void_p),
        ("dst_device", ctypes.c_uint64),
        ("dst_array", ctypes.c_void_p),
        ("dst_pitch", ctypes.c_size_t),
        ("width_in_bytes", ctypes.c_size_t),
        ("height", ctypes.c_size_t),
    )


class CudaTexture:
    """A texture of the current OpenGL context, lent to CUDA; used as a context manager.

    A viewer keeps one for as long as its texture lives. CUDA's context must be current too, as it is after torch has
    touched the GPU.

    Args:
        texture: OpenGL's name of a two-dimensional RGBA8 texture.

    Raises:
        BackendError: the OpenGL context is not one of CUDA's GPU.
    """

    def __init__(self, texture: int) -> None:
        self._cuda = _driver()
        self._resource = ctypes.c_void_p()
        self._call("cuGraphicsGLRegisterImage", ctypes.byref(self._resource), texture, GL_TEXTURE_2D, WRITE_DISCARD)

    def copy_from(self, pointer: int, shape: tuple[int, int, int], stream: int) -> None:
        """Queues the copy of a picture, and gives the texture back to OpenGL behind it.

        Args:
            pointer: of (H, W, 4) uint8 on the GPU, rows without gaps.
            shape: that (H, W, 4), the texture's size.
            stream: CUDA's handle of the stream the picture is drawn on.
        """
        height, width, channels = shape
        array, on_stream = ctypes.c_void_p(), ctypes.c_void_p(stream)
        self._call("cuGraphicsMapResources", 1, ctypes.byref(self._resource), on_stream)
        try:
            self._call("cuGraphicsSubResourceGetMappedArray", ctypes.byref(array), self._resource, 0, 0)
            copy = Copy2D(
                src_memory_type=MEMORY_DEVICE,
                src_device=pointer,
                src_pitch=width * channels,
                dst_memory_type=MEMORY_ARRAY,
                dst_array=array,
                width_in_bytes=width * channels,
                height=height,
            )
            self._call("cuMemcpy2DAsync_v2", ctypes.byref(copy), on_stream)
        finally:
            self._call("cuGraphicsUnmapResources", 1, ctypes.byref(self._resource), on_stream)

    def __enter__(self) -> "CudaTexture":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._call("cuGraphicsUnregisterResource", self._resource)

    def _call(self, function: str, *arguments: Any) -> None:
        status = getattr(self._cuda, function)(*arguments)
        if status:
            raise BackendError(
                f"expected an OpenGL texture on CUDA's GPU, got error {status} of {function}: make the context with "
                "that GPU's own EGL driver"
            )


def _driver() -> Any:
    return ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
