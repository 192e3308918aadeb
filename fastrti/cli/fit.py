"""`fastrti fit`: photographs → relightable object."""

import argparse
from typing import Any

from fastrti.cli.arguments import add_collection_arguments, load_collection
from fastrti.formats.object_folder import check_destination


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
            "           neural: a trained NeuralRTI network (default for disk students); none: photographs only\n"
            "presets:   quick, default, best: see the table of presets in the README\n\n"
            "Ctrl-C ends the training early and saves what there is."
        ),
        epilog=(
            "examples:\n"
            "  fastrti fit photographs/ -o vase\n"
            "  fastrti fit photographs/ -o vase --preset quick --hold-out 5"
        ),
    )
    add_collection_arguments(parser)
    parser.add_argument("-o", "--output", metavar="OBJECT", required=True, help="folder of the object to make")
    parser.add_argument("--student", default="lc16x16", help="default: lc16x16")
    parser.add_argument("--teacher", help="interpolator, neural or none (default: the student's)")
    parser.add_argument("--preset", default="default", help="quick, default or best")
    parser.add_argument("--steps", type=int, metavar="N", help="training steps, instead of the preset's")
    parser.add_argument(
        "--hold-out", type=int, default=0, metavar="N", help="photographs kept out of the fit to report its PSNR on"
    )
    parser.add_argument(
        "--alpha", type=float, default=0.5, help="weight of the photographs against the teacher, 0 to 1 (default: 0.5)"
    )
    parser.add_argument("--planes", type=int, default=9, metavar="K", help="bytes a pixel (default: 9)")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--device", help="cpu or cuda (default: cuda where there is one)")
    parser.add_argument("--checkpoint", metavar="FILE", help="keep the state of the fit here and resume from it")
    provenance = parser.add_argument_group("provenance, kept in the object")
    for name in ("title", "creator", "rights"):
        provenance.add_argument(f"--{name}", default="", metavar="TEXT")
    provenance.add_argument("--mm-per-pixel", type=float, metavar="MM", help="the object's scale")
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Fits, saves and prints where the object is and how good it came out."""
    check_destination(arguments.output)  # before minutes of training
    mlic = load_collection(arguments)
    from fastrti.training import fit  # PyTorch takes seconds to import

    relightable = fit(
        mlic,
        student=arguments.student,
        teacher=arguments.teacher,
        preset=arguments.preset,
        steps=arguments.steps,
        hold_out=arguments.hold_out,
        alpha=arguments.alpha,
        planes=arguments.planes,
        seed=arguments.seed,
        device=arguments.device,
        checkpoint=arguments.checkpoint,
    )
    for name in ("title", "creator", "rights", "mm_per_pixel"):
        setattr(relightable, name, getattr(arguments, name))
    relightable.save(arguments.output)
    training = relightable.training
    print(
        f"{arguments.output}: {relightable.decoder.label}, {training['psnr']:.2f} dB on {training['psnr_of']}, "
        f"{training['steps_done']} of {training['steps']} steps in {training['seconds']:.0f} s"
    )
