"""`Launcher`: a Triton kernel, compiled at its first launch and then launched with little Python."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor


class Launcher:
    """Launches one kernel on one device.

    Triton's own way looks up what it compiled for the types, the alignment and the constants of all arguments, at each
    launch. Here they never change, so what was compiled is launched as it is. Under Triton's interpreter nothing is
    compiled.

    Args:
        kernel: a function of `triton.jit`: tensors, whole numbers, constants, in this order.
        constants: by name: its constants, and Triton's options.
    """

    def __init__(self, kernel: Any, constants: dict[str, Any]) -> None:
        self._kernel, self._constants = kernel, constants
        self._in_order = tuple(constants[name] for name in kernel.arg_names if name in constants)
        self._compiled: Any = None

    def __call__(
        self, grid: tuple[int, int, int], stream: int, tensors: Sequence[Tensor], numbers: Sequence[int]
    ) -> None:
        """Queues a launch.

        Args:
            grid: programs along each axis.
            stream: the handle of torch's current stream.
            tensors: of the same types as at the first launch, and all but those that the kernel does not specialise
                on 16-byte boundaries.
            numbers: that the kernel does not specialise.
        """
        if self._compiled is None:
            self._compiled = self._kernel[grid](*tensors, *numbers, **self._constants)
        else:
            pointers = (tensor.data_ptr() for tensor in tensors)
            self._compiled[grid](*pointers, *numbers, *self._in_order, stream=stream)
