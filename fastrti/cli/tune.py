"""`fastrti tune`: how the GPU kernel is launched fastest on this machine."""

import argparse
from typing import Any

from fastrti.cli.arguments import OBJECT_HELP
from fastrti.formats import load
from fastrti.kernels.kernel import BACKENDS


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Adds the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "tune",
        help="measure how the GPU kernel is launched fastest here",
        description=(
            "Measures on this machine's GPU how the pixels of an object are drawn fastest: tile, warps, pipeline\n"
            "stages, programs a multiprocessor. The best is kept for this kind of GPU, network and precision in\n"
            "tuning.json in the user's cache folder (FASTRTI_CACHE, else ~/.cache/fastrti), and used from then on;\n"
            "delete the file to go back. Takes minutes: every candidate is compiled first."
        ),
        epilog="example:\n  fastrti tune vase",
    )
    parser.add_argument("object", metavar="OBJECT", help=OBJECT_HELP)
    parser.add_argument(
        "--precision", default="auto", metavar="P", help="auto, fp16, 'fp16 hi/lo' or fp32 (default: the object's)"
    )
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Measures the candidates, keeps the fastest, and prints each that is faster than those before it."""
    relightable = load(arguments.object)
    kernel: Any = BACKENDS["triton"].load(relightable, None, arguments.precision)
    from fastrti.kernels.triton import tuning  # with Triton, which a machine without a GPU may not have

    table = tuning.TuningTable(tuning.cache_file())
    print(f"{kernel.label}, {relightable.decoder.label}")
    launches = tuning.candidates(kernel.shape, kernel.precision)
    for launch, time in tuning.ever_faster(launches, kernel.microseconds):
        print(f"{time:10.1f} µs  {launch}", flush=True)
    table.add(kernel.capability, kernel.shape, kernel.precision, launch)
    print(tuning.cache_file())
