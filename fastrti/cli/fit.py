"""`fastrti fit`: photographs → relightable object."""

import argparse
import json
from dataclasses import replace
from typing import Any

from fastrti.cli.collections import (
    add_collection_arguments,
    add_estimate_arguments,
    collection_facts,
    labelled,
    load_collection,
    print_facts,
)
from fastrti.cli.results import save_result
from fastrti.cli.terminal import say
from fastrti.errors import ArgumentError
from fastrti.extras import needs
from fastrti.formats.fastrti_folder import check_destination
from fastrti.objects.relightable import Relightable
from fastrti.photographs.mlic import Mlic
from fastrti.photographs.sources import Circumstances
from fastrti.progress import Progress
from fastrti.training.classical import BASES_TO_FIT, COMPONENTS, fit_classical, planes_of

_TRAINING = (
    "student",
    "teacher",
    "preset",
    "steps",
    "alpha",
    "planes",
    "experts",
    "int8",
    "seed",
    "device",
    "checkpoint",
)
"""What only a trained student has. Absent unless given, so that `fastrti.fit` alone knows the defaults."""

_TEXTS = {
    "title": "what the object is called",
    "creator": "who makes it",
    "rights": "its licence, or who holds the rights",
    "photographer": "who took the photographs",
    "place": "where they were taken",
    "equipment": "with what, besides camera and lens: lamps, dome, filters",
}


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "fit",
        help="make a relightable object from photographs",
        description=(
            "Makes a relightable object from photographs under known lights.\n\n"
            "students: the network of the object\n"
            "  lc16x16 (default)   the light sets every weight of a network 9→16→16→3 with ReLU and a skip\n"
            "  lcA, lcAxB          the same with other widths\n"
            "  lc16x16-elu         with ELU and without a skip, so that OpenLIME can draw it\n"
            "  disk20, disk10      the students of DisK-NeuralRTI\n"
            "  direct20, direct10  the same networks, trained without a teacher\n"
            "  neural              the network of NeuralRTI, 11→50→50→3\n\n"
            "teachers: what the student learns from besides the photographs\n"
            "  interpolator        interpolates between the photographed lights, and from 40 % of the steps on\n"
            "                      corrects the student as it is then (default of lc students with quick)\n"
            "  neural              a wide network that is trained first (default of disk students)\n"
            "  both                a wide network that the interpolator corrects (default of lc students, except with\n"
            "                      quick)\n"
            "  none                photographs only\n\n"
            "presets: how long the training takes\n"
            "  quick, default, best: 1,500, 3,000 and 6,000 steps for lc students; 1,500, 3,000 and 10,000 smaller\n"
            "  steps for the others; twice as many, and smaller ones, for several experts\n\n"
            "bases: classical methods, which take seconds but are less faithful\n"
            "  ptm, hsh9, hsh16    least squares for each pixel\n"
            "  rbf                 principal components, interpolated over the lights\n"
            "  `fastrti convert` writes them as .ptm, .rti or Relight folders\n\n"
            "Before it starts, fit says what it took for what: photographs, lights, mask, and what it had to guess.\n"
            "Ctrl-C ends the training early and saves the object as it is then."
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
        "--hold-out",
        type=int,
        default=0,
        metavar="N",
        help="keep N photographs out of the fit and report the PSNR on them",
    )
    parser.add_argument("--basis", choices=BASES_TO_FIT, help="fit a classical basis instead of training a student")
    add_estimate_arguments(parser)
    training = parser.add_argument_group("training", argument_default=argparse.SUPPRESS)
    training.add_argument("--student", help="default: lc16x16")
    training.add_argument("--teacher", help="interpolator, neural, both or none (default: see above)")
    training.add_argument("--preset", help="quick, default or best (default: default)")
    training.add_argument("--steps", type=int, metavar="N", help="number of training steps (default: by the preset)")
    training.add_argument(
        "--alpha",
        type=float,
        help="weight of the photographs, 0 (teacher only) to 1 (default: 0.5, which rises to 0.95 for lc students)",
    )
    training.add_argument("--planes", type=int, metavar="K", help="bytes per pixel (default: 9)")
    training.add_argument(
        "--experts",
        type=_experts,
        metavar="N",
        help="networks to train, 1 to 64, each for a part of the picture; auto: by its size (default: auto)",
    )
    training.add_argument(
        "--int8",
        action="store_true",
        help="also train for 8-bit arithmetic, the fastest on the CPU; it is used if it costs at most 0.1 dB",
    )
    training.add_argument("--seed", type=int, help="seed of everything random (default: 0)")
    training.add_argument("--device", help="cpu or cuda (default: cuda if it is there)")
    training.add_argument("--checkpoint", metavar="FILE", help="store the fit in this file and resume from it")
    provenance = parser.add_argument_group("stored in the object")
    for name, what in _TEXTS.items():
        provenance.add_argument(f"--{name}", default="", metavar="TEXT", help=what)
    return parser


def _experts(text: str) -> int | str:
    try:
        return text if text == "auto" else int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected auto or a number of experts such as 4, got {text!r}") from None


def run(arguments: argparse.Namespace) -> None:
    """Fits, saves and prints where the object is and how good it came out."""
    settings = {name: getattr(arguments, name) for name in _TRAINING if hasattr(arguments, name)}
    if arguments.basis and settings:
        raise ArgumentError(
            f"expected --basis or --{next(iter(settings))}, got both: a basis is not trained, leave one out"
        )
    check_destination(arguments.output)  # before minutes of training
    if not arguments.basis:
        with Progress("loading PyTorch"), needs("fit", "training a student"):
            from fastrti.training.fitting import fit  # PyTorch takes seconds to import
    told = Circumstances(arguments.photographer, arguments.place, arguments.equipment)
    mlic = replace(load_collection(arguments, checked=True), circumstances=told)
    planes = planes_of(arguments.basis) if arguments.basis else settings.get("planes", COMPONENTS)
    check_destination(arguments.output, mlic.width * mlic.height * planes)  # PNG hardly ever makes planes larger
    if arguments.basis:
        relightable = fit_classical(mlic, arguments.basis, arguments.hold_out)
    else:
        relightable = fit(mlic, hold_out=arguments.hold_out, **settings)
    relightable = replace(relightable, title=arguments.title, creator=arguments.creator, rights=arguments.rights)
    save_result(relightable, arguments.output)
    if not arguments.json:
        print_facts(labelled(relightable.training["notes"]))
    say(_json(arguments.output, relightable, mlic) if arguments.json else _sentence(arguments.output, relightable))


def _json(output: str, relightable: Relightable, mlic: Mlic) -> str:
    facts = {"object": output, "decoder": relightable.decoder.label, "collection": collection_facts(mlic)}
    return json.dumps({**facts, "training": relightable.training})


def _sentence(output: str, relightable: Relightable) -> str:
    training = relightable.training
    score = f"{training['psnr']:.2f} dB on {training['psnr_of']}"
    steps = f"{training['steps_done']} of {training['steps']} steps " if "steps" in training else ""
    int8 = f", {training['int8_psnr']:.2f} dB in int8" if "int8_psnr" in training else ""
    return f"{output}: {relightable.decoder.label}, {score}{int8}, {steps}in {training['seconds']:.0f} s"
