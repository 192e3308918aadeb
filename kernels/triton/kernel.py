"""The fused GPU renderer: light in, coefficient bytes in, picture bytes out.

A frame is two launches on the current stream. `prepare_frames.py` evaluates the light network, then folds, rounds and
bounds the frame network. `relight_tiles.py` makes one pass over the pixels. Nothing waits for the device, and only the
light comes from the host. So a CUDA graph can replay a frame with a new light.

With precision="auto" the object gets the cheapest arithmetic that promises one level at 30 lights over the hemisphere,
for every byte a plane can hold or, if need be, for the object's own pixels.
The device checks this choice again for each frame that it draws. A frame whose bound reaches one level is drawn in
float32 instead.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
import triton
from numpy.typing import NDArray
from torch import Tensor

from fastrti.kernels.kernel import Light, check_precision
from fastrti.kernels.triton.choose_precision import chosen
from fastrti.kernels.triton.device_buffers import writable
from fastrti.kernels.triton.device_light_network import DeviceLightNetwork, FrameBuffers
from fastrti.kernels.triton.error_bound import ALL_BYTES, PRECISIONS
from fastrti.kernels.triton.frame_graph import FrameGraph
from fastrti.kernels.triton.launcher import Launcher
from fastrti.kernels.triton.network_shape import NetworkShape
from fastrti.kernels.triton.relight_tiles import relight_tiles
from fastrti.kernels.triton.tile_arithmetic import INTERPRETED
from fastrti.kernels.triton.tuning import Launch, TuningTable, cache_file
from fastrti.locks import Lock
from fastrti.objects.experts import Experts
from fastrti.objects.relightable import Relightable

KEPT_BUFFERS = 8
"""A kernel keeps the buffers of this many pairs of a stream and a number of lights, those used last."""


def _kept_buffers(light_network: DeviceLightNetwork) -> Callable[[int, int], FrameBuffers]:
    """The buffers of the current stream, given its handle, and of a number of lights. A few are kept.

    PyTorch's allocator counts their memory to the stream that was current when they were made. Once they are dropped,
    only work that is queued there later gets this memory. So work that still reads them is not disturbed.
    """

    @lru_cache(KEPT_BUFFERS)
    def buffers(stream: int, count: int) -> FrameBuffers:
        return light_network.buffers(count)

    return buffers


class TritonKernel:
    """One object on a GPU, relit there.

    Args:
        relightable: the object.
        threads: not used. Every backend takes it.
        precision: one of `PRECISIONS`, or "auto", which promises one level for each frame.
        device: a CUDA device, by default the current one. Under TRITON_INTERPRET=1 it is the CPU.

    Attributes:
        device: where the planes are and pictures are written.
        precision: the arithmetic of every frame whose bound allows it.
    """

    def __init__(
        self,
        relightable: Relightable,
        threads: int | None = None,
        precision: str = "auto",
        device: torch.device | None = None,
    ) -> None:
        check_precision(precision, PRECISIONS, "the triton backend")
        self._made_of = relightable, threads, precision, device
        forced = next((name for name in PRECISIONS if name == precision), None)
        self.precision, boxes = (forced, ALL_BYTES) if forced else chosen(relightable)
        self._bounded = forced is None and self.precision != "fp32"  # else there is nothing to fall back to
        default = torch.device("cpu" if INTERPRETED.value else "cuda")
        self._height, self._width = relightable.height, relightable.width
        self._plane_stride = -(-self._height * self._width // 16) * 4  # words; planes start on 16-byte boundaries
        experts = relightable.decoder if isinstance(relightable.decoder, Experts) else None
        self._masked, self._labels = relightable.mask is not None, experts.label_count if experts else 1
        self._planes = self._upload(relightable, default if device is None else device)
        self.device = self._planes.device
        self.light_network = DeviceLightNetwork(
            [decoder.light_network for decoder in relightable.decoders],
            relightable.minimum,
            relightable.maximum,
            self.precision,
            self._bounded,
            boxes,
            self.device,
            experts.shares if experts else None,
        )
        self._boxes = len(boxes)
        self._buffers = _kept_buffers(self.light_network)
        self._lock = Lock()
        self._describe_device()
        self.tune(TuningTable(cache_file()).launch(self.capability, self.shape, self.precision))

    def __reduce__(self) -> tuple[type["TritonKernel"], tuple[Any, ...]]:
        """A pickle holds what the kernel was made of. Another process makes it anew, on its own device."""
        return TritonKernel, self._made_of

    def _describe_device(self) -> None:
        if INTERPRETED.value:
            self._name, self._processors, self.capability = "Triton's interpreter", 1, (0, 0)
            return
        properties = torch.cuda.get_device_properties(self.device)
        self._name, self._processors = properties.name, properties.multi_processor_count
        self.capability = (properties.major, properties.minor)

    def _upload(self, relightable: Relightable, device: torch.device) -> Tensor:
        """The planes, then the mask and the labels where there are any."""
        pictures: list[NDArray[Any]] = list(relightable.planes)
        if relightable.mask is not None:
            pictures.append(relightable.mask * np.uint8(255))
        if relightable.labels is not None:
            pictures.append(relightable.labels)
        stored = torch.zeros((len(pictures), 4 * self._plane_stride), dtype=torch.uint8, device=device)
        for row, picture in zip(stored, pictures):
            row[: picture.size] = torch.tensor(picture.ravel(), device=device)
        return stored.view(torch.int32)

    @property
    def shape(self) -> NetworkShape:
        """The shape of the object's frame networks."""
        return self.light_network.shape

    @property
    def label(self) -> str:
        """What runs, e.g. "NVIDIA H200, fp16 hi/lo"."""
        return f"{self._name}, {self.precision}"

    def tune(self, launch: Launch) -> None:
        """Draws with this launch from now on."""
        small = Launch(256, 1, 2, 1, 2)  # the interpreter pays for each tile, not for its pixels
        self._launch = small if INTERPRETED.value else launch
        self._draw_tiles = {channels: Launcher(relight_tiles, self._constants(channels)) for channels in (3, 4)}

    def _constants(self, channels: int) -> dict[str, Any]:
        return {
            **self._launch.constants(self.shape, self.precision),
            "CHANNELS": channels,
            "MASKED": self._masked,
            "LABELS": self._labels,
            "FALLBACK": self._bounded,
            "BOXES": self._boxes,
            "PTX": not INTERPRETED.value and torch.version.hip is None,
        }

    def empty(self, shape: tuple[int, ...]) -> Tensor:
        """An uninitialised picture on the device."""
        return torch.empty(shape, dtype=torch.uint8, device=self.device)

    def writable(self, out: Any, shape: tuple[int, ...]) -> Tensor:
        """See `fastrti.kernels.kernel.Kernel`."""
        return writable(out, shape, self.device)

    def relight(self, light: Light, out: Tensor, top: int, left: int) -> None:
        """See `fastrti.kernels.kernel.Kernel`. On CUDA it returns when the work is queued on the current stream."""
        with self._lock, torch.cuda.device_of(out):  # type: ignore[no-untyped-call]
            stream = self._stream()
            buffers = self._buffers(stream, 1)
            self.light_network.compute(buffers, stream, light)
            self._draw(buffers, stream, out, top, left)

    def relight_batch(self, lights: Sequence[Light], out: Tensor, top: int, left: int) -> None:
        """See `fastrti.kernels.kernel.Kernel`. All lights are drawn by the same launches."""
        if not lights:
            return
        with self._lock, torch.cuda.device_of(out):  # type: ignore[no-untyped-call]
            buffers = self._buffers(self._stream(), len(lights))
            self.set_lights(buffers, lights)
            self.draw(buffers, out, top, left)

    def to_host(self, picture: Any) -> NDArray[np.uint8]:
        """See `fastrti.kernels.kernel.Kernel`. On CUDA it waits for the picture."""
        array: NDArray[np.uint8] = self.writable(picture, tuple(picture.shape)).cpu().numpy()
        return array

    def from_host(self, picture: NDArray[np.uint8], out: Tensor) -> None:
        """See `fastrti.kernels.kernel.Kernel`."""
        out.copy_(torch.from_numpy(picture))

    def graph(self, out: Tensor, top: int, left: int) -> FrameGraph:
        """A frame of every picture of out, (L, h, w, C), to be drawn again and again; see `FrameGraph`."""
        buffers = self.light_network.buffers(len(out))
        return FrameGraph(out, buffers, self.set_lights, lambda: self.draw(buffers, out, top, left))

    def microseconds(self, launch: Launch) -> float | None:
        """Median time of the pixels of one picture with a launch. None if this GPU cannot run the launch."""
        previous, out = self._launch, self.empty((self._height, self._width, 3))
        buffers, stream = self.light_network.buffers(1), self._stream()
        self.light_network.compute(buffers, stream, (0.0, 0.0, 1.0))
        buffers.bounds.fill_(0)
        self.tune(launch)
        try:
            time: float = triton.testing.do_bench(lambda: self._draw(buffers, stream, out, 0, 0), return_mode="median")
        except (triton.runtime.errors.OutOfResources, triton.compiler.errors.CompilationError):
            return None
        finally:
            self.tune(previous)
        return 1000 * time

    def bounds(self, lights: int = 1) -> NDArray[np.float64]:
        """The error bounds of the frames last drawn on the current stream, in levels: (lights,). Waits for the device.

        Before rounding, no byte is further from the exact one than its bound. Frames with a bound of 1 or more were
        drawn in float32. Of several labels it is the largest bound, and each is drawn by its own.

        Args:
            lights: how many frames were drawn at once.
        """
        with self._lock:
            buffers = self._buffers(self._stream(), lights)
        bounds: NDArray[np.float64] = buffers.bounds.amax(1).cpu().numpy()
        return bounds

    def _stream(self) -> int:
        """The handle of torch's current stream. A frame is drawn there before the next one is computed."""
        return torch.cuda.current_stream(self.device).cuda_stream if self.device.type == "cuda" else 0

    def set_lights(self, buffers: FrameBuffers, lights: Sequence[Light]) -> None:
        """Queues the copy of the lights into the buffers."""
        directions = torch.tensor(lights, dtype=torch.float64)
        if self.device.type == "cuda":
            directions = directions.pin_memory()  # torch keeps it until the copy is done
        buffers.lights.copy_(directions, non_blocking=True)

    def draw(self, buffers: FrameBuffers, out: Tensor, top: int, left: int) -> None:
        """Queues a frame of each light in the buffers, to out (L, h, w, C)."""
        stream = self._stream()
        self.light_network.compute(buffers, stream)
        self._draw(buffers, stream, out, top, left)

    def _draw(self, buffers: FrameBuffers, stream: int, out: Tensor, top: int, left: int) -> None:
        """Queues the pixels of each light in the buffers, to out ([L,] h, w, C)."""
        *lights, height, width, channels = out.shape
        *picture_stride, out_row_stride, _, _ = out.stride()
        origin, row_stride = top * self._width + left, self._width
        if width == self._width and out_row_stride == channels * width:
            height, width, row_stride = 1, height * width, 0  # whole rows without gaps are one long row
        launch, exact = self._launch, self.precision == "fp32"
        tiles = height * (-(-(width + 3) // (4 * launch.rows)))  # a row may start in the middle of a word
        count = lights[0] if lights else 1
        self._draw_tiles[channels](
            (count * self._labels, min(tiles, max(1, launch.programs * self._processors // count)), 1),
            stream,
            (
                self._planes,
                buffers.exact_vectors if exact else buffers.vectors,
                buffers.exact_matrices if exact else buffers.matrices,
                buffers.exact_vectors,
                buffers.exact_matrices,
                buffers.bounds,
                out,
            ),
            (origin, row_stride, self._plane_stride, picture_stride[0] if lights else 0, out_row_stride, height, width),
        )
