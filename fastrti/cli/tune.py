"""`fastrti tune`: how the GPU kernel is launched fastest on this machine."""

import argparse
from typing import TYPE_CHECKING, Any, cast

from fastrti.cli.arguments import add_object_arguments, load_object
from fastrti.cli.terminal import say
from fastrti.kernels.backends import BACKENDS

if TYPE_CHECKING:
    from fastrti.kernels.triton.kernel import TritonKernel


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "tune",
        help="find the fastest launch of the GPU kernel",
        description=(
            "Tries several ways to launch the GPU kernel on this machine's GPU: tile size, warps, pipeline stages and\n"
            "programs per multiprocessor. Takes minutes, because each of them is compiled first.\n\n"
            "The fastest is stored for this kind of GPU, network and precision, and used from then on. It is stored\n"
            "in tuning.json in the folder FASTRTI_CACHE, or ~/.cache/fastrti. Delete this file to go back."
        ),
        epilog="example:\n  fastrti tune vase",
    )
    add_object_arguments(parser)
    parser.add_argument(
        "--precision", default="auto", metavar="P", help="auto, fp16, 'fp16 hi/lo' or fp32 (default: the object's)"
    )
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Measures the candidates, keeps the fastest, and prints each that is faster than those before it."""
    relightable = load_object(arguments)
    loaded = BACKENDS["triton"].load(relightable, None, arguments.precision)
    from fastrti.kernels.triton import tuning  # with Triton, which a machine without a GPU may not have

    kernel = cast("TritonKernel", loaded)

    table = tuning.TuningTable(tuning.cache_file())
    say(f"{kernel.label}, {relightable.decoder.label}")
    launches = tuning.candidates(kernel.shape, kernel.precision)
    for launch, time in tuning.ever_faster(launches, kernel.microseconds):
        say(f"{time:10.1f} µs  {launch}")
    table.add(kernel.capability, kernel.shape, kernel.precision, launch)
    say(tuning.cache_file())
