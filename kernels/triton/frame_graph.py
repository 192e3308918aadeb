"""`FrameGraph`: frames recorded once as a CUDA graph, to be drawn again with other lights."""

from collections.abc import Callable, Sequence

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from fastrti.errors import ArgumentError
from fastrti.kernels.kernel import Light
from fastrti.kernels.triton.device_light_network import FrameBuffers
from fastrti.lights import unit_vector


class FrameGraph:
    """A frame captured once as a CUDA graph. A replay is one call of the host.

    Triton's interpreter makes the same launches one by one.

    Args:
        out: (L, h, w, C) uint8 on a device. Every replay draws there.
        buffers: of L lights on that device, of this graph alone.
        set_lights: queues the copy of L lights into buffers.
        draw: queues the frames of the lights in the buffers.

    Attributes:
        out: the pictures.
        lights: (L, 3) float64 on the device, unit vectors with z ≥ 0. The next `launch` draws them. Other work on the
            GPU may write them.
        bounds: (L, n) float64 on the device, of the last frame, for each label and box; of them `TritonKernel.bounds`
            takes the largest.
    """

    def __init__(
        self,
        out: Tensor,
        buffers: FrameBuffers,
        set_lights: Callable[[FrameBuffers, Sequence[Light]], None],
        draw: Callable[[], None],
    ) -> None:
        self.out, self.lights, self.bounds = out, buffers.lights, buffers.bounds
        self._set_lights: Callable[[Sequence[Light]], None] = lambda lights: set_lights(buffers, lights)
        self._draw = draw
        self._graph: torch.cuda.CUDAGraph | None = None
        self._set_lights([(0.0, 0.0, 1.0)] * len(out))
        if out.is_cuda:
            self._capture()

    def _capture(self) -> None:
        with torch.cuda.device_of(self.out):  # type: ignore[no-untyped-call]
            self._draw()  # compiles, which a capture may not
            torch.cuda.synchronize()
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph):
                self._draw()

    def replay(self, *light_dirs: ArrayLike) -> Tensor:
        """Queues the frames of these lights, one per picture, on the current stream, and returns the pictures.

        Args:
            light_dirs: as `Renderer.relight` takes them.

        Raises:
            LightError: a light off the hemisphere.
            ArgumentError: not one light per picture.
        """
        if len(light_dirs) != len(self.out):
            raise ArgumentError(f"expected {len(self.out)} lights, one per picture, got {len(light_dirs)}")
        self._set_lights([unit_vector(light) for light in light_dirs])
        return self.launch()

    def launch(self) -> Tensor:
        """Queues the frames of what `lights` holds when the stream gets there."""
        if self._graph is None:
            self._draw()
        else:
            self._graph.replay()
        return self.out
