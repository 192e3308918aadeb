"""`fastrti fit`: photographs → relightable object."""

import argparse
import time
from dataclasses import replace
from typing import Any

import numpy as np

from fastrti.cli.arguments import add_collection_arguments, load_collection, millimetres
from fastrti.errors import ArgumentError
from fastrti.formats import save
from fastrti.formats.fastrti_folder import check_destination
from fastrti.objects.relightable import Relightable
from fastrti.photographs.mlic import Mlic
from fastrti.training.classical import BASES_TO_FIT, Basis, fit_basis

_TRAINING = ("student", "teacher", "preset", "steps", "alpha", "planes", "int8", "seed", "device", "checkpoint")
"""What only a trained student has. Absent unless given, so that `fastrti.fit` alone knows the defaults."""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Adds the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "fit",
        help="make a relightable object from photographs",
        description=(
            "Fits a relightable object to photographs under known lights.\n\n"
            "students:  lc16x16 (default): the light sets every weight of a 9→16→16→3 ReLU network with a skip;\n"
            "           lcA, lcAxB other widths; lc16x16-elu without skip, which OpenLIME's shader can run;\n"
            "           disk20, disk10: the students of DisK-NeuralRTI; direct20, direct10: without a teacher;\n"
            "           neural: the NeuralRTI network 11→50→50→3\n"
            "teachers:  interpolator: what lies between the photographed lights (default for lc students);\n"
            "           neural: a wide network trained first (default for disk students: NeuralRTI's);\n"
            "           both: the mean of the interpolator and of such a network (lc students' with preset best);\n"
            "           none: photographs only\n"
            "presets:   quick, default, best: 750, 1,500 and 3,000 steps of lc students, 1,500, 3,000 and 10,000\n"
            "           smaller ones of the others; README has quality and seconds\n"
            "bases:     ptm, hsh9, hsh16: least squares a pixel; rbf: principal components interpolated over the\n"
            "           lights. Seconds instead of minutes, but less faithful; `fastrti convert` writes them as .ptm,\n"
            "           .rti or Relight folders\n\n"
            "Ctrl-C ends the training early and saves what there is."
        ),
        epilog=(
            "examples:\n"
            "  fastrti fit photographs/ -o vase\n"
            "  fastrti fit photographs/ -o vase --preset quick --hold-out 5\n"
            "  fastrti fit photographs/ -o vase --basis hsh9"
        ),
    )
    add_collection_arguments(parser)
    parser.add_argument("-o", "--output", metavar="OBJECT", required=True, help="folder of the object to make")
    parser.add_argument(
        "--hold-out", type=int, default=0, metavar="N", help="photographs kept out of the fit to report its PSNR on"
    )
    parser.add_argument("--basis", choices=BASES_TO_FIT, help="fit this classical basis instead of training a student")
    training = parser.add_argument_group("training", argument_default=argparse.SUPPRESS)
    training.add_argument("--student", help="default: lc16x16")
    training.add_argument("--teacher", help="interpolator, neural, both or none (default: the preset's or student's)")
    training.add_argument("--preset", help="quick, default or best (default: default)")
    training.add_argument("--steps", type=int, metavar="N", help="training steps, instead of the preset's")
    training.add_argument(
        "--alpha",
        type=float,
        help="weight of the photographs against the teacher, 0 to 1 (default: rises from 0.5 to 0.95; disk: 0.5)",
    )
    training.add_argument("--planes", type=int, metavar="K", help="bytes a pixel (default: 9)")
    training.add_argument(
        "--int8",
        action="store_true",
        help="train an lc student for int8, the fastest on the CPU, as well; used where it costs 0.1 dB at most",
    )
    training.add_argument("--seed", type=int, help="default: 0")
    training.add_argument("--device", help="cpu or cuda (default: cuda where there is one)")
    training.add_argument("--checkpoint", metavar="FILE", help="keep the state of the fit here and resume from it")
    provenance = parser.add_argument_group("provenance, kept in the object")
    for name in ("title", "creator", "rights"):
        provenance.add_argument(f"--{name}", default="", metavar="TEXT")
    provenance.add_argument("--mm-per-pixel", type=millimetres, metavar="MM", help="the object's scale")
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Fits, saves and prints where the object is and how good it came out."""
    settings = {name: getattr(arguments, name) for name in _TRAINING if hasattr(arguments, name)}
    if arguments.basis and settings:
        raise ArgumentError(f"expected --basis or --{next(iter(settings))}, got both: a basis is not trained")
    check_destination(arguments.output)  # before minutes of training
    mlic = load_collection(arguments)
    if arguments.basis:
        relightable = _fit_basis(mlic, arguments.basis, arguments.hold_out)
    else:
        from fastrti.training import fit  # PyTorch takes seconds to import

        relightable = fit(mlic, hold_out=arguments.hold_out, **settings)
    kept = ("title", "creator", "rights", "mm_per_pixel")
    relightable = replace(relightable, **{name: getattr(arguments, name) for name in kept})
    save(relightable, arguments.output)
    print(f"{arguments.output}: {relightable.decoder.label}, {_outcome(relightable.training)}")


def _fit_basis(mlic: Mlic, basis: Basis, hold_out: int) -> Relightable:
    """The object of a classical basis, scored like a student's, so that the two compare."""
    from fastrti.training.samples import spread_lights
    from fastrti.training.scoring import mean_psnr

    started = time.perf_counter()
    held_out = spread_lights(mlic.lights, hold_out)
    fitted = np.setdiff1d(np.arange(len(mlic)), held_out)
    relightable = fit_basis(mlic.subset(fitted) if hold_out else mlic, basis)
    results = {
        "held_out": [mlic.names[i] for i in held_out],
        "seconds": round(time.perf_counter() - started, 1),
        "psnr_of": "held-out lights" if hold_out else "photographed lights",
        "psnr": round(mean_psnr(relightable, mlic, held_out if hold_out else fitted), 3),
    }
    return replace(relightable, training=relightable.training | results)


def _outcome(training: dict[str, Any]) -> str:
    score = f"{training['psnr']:.2f} dB on {training['psnr_of']}"
    steps = f"{training['steps_done']} of {training['steps']} steps " if "steps" in training else ""
    int8 = f", {training['int8_psnr']:.2f} dB in int8" if "int8_psnr" in training else ""
    return f"{score}{int8}, {steps}in {training['seconds']:.0f} s"
