"""`fastrti evaluate`: how close an object comes to photographs."""

import argparse
import json
import math
from collections.abc import Sequence
from typing import Any

from fastrti.cli.arguments import OBJECT_HELP, add_backend_argument, load_object
from fastrti.cli.collections import add_collection_arguments, collection_facts, load_collection
from fastrti.cli.terminal import say
from fastrti.errors import ArgumentError, CollectionError
from fastrti.files import check_place
from fastrti.photographs.mlic import Mlic
from fastrti.photographs.names import fold
from fastrti.rendering.renderer import Renderer
from fastrti.scoring.evaluate import MEASURES, Evaluation, Score, evaluate
from fastrti.text import printable


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "evaluate",
        help="compare an object with photographs: PSNR, SSIM, CIEDE2000",
        description=(
            "Draws an object under the light of each photograph and compares the two pictures. Prints PSNR in dB,\n"
            "SSIM and CIEDE2000 for each photograph, and their means. The score is about the picture that a person\n"
            "sees: 8-bit planes and 8-bit colours."
        ),
        epilog="example:\n  fastrti evaluate vase photographs/ --only IMG_07.jpg IMG_21.jpg --json",
    )
    parser.add_argument("object", metavar="OBJECT", help=OBJECT_HELP)
    add_collection_arguments(parser)
    parser.add_argument("--only", nargs="+", metavar="FILE", help="compare with these photographs only")
    parser.add_argument(
        "--measures",
        nargs="+",
        choices=tuple(MEASURES),
        default=tuple(MEASURES),
        metavar="NAME",
        help=f"of {', '.join(MEASURES)} (default: all); psnr alone needs no further package",
    )
    parser.add_argument("--csv", metavar="FILE", help="also write a line for each photograph to a CSV file")
    add_backend_argument(parser)
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Prints the table or the JSON object."""
    if arguments.csv:
        check_place(arguments.csv, error=ArgumentError)
    mlic = load_collection(arguments)
    if arguments.only:
        mlic = mlic.subset(_indices(mlic, arguments.only))
    evaluation = evaluate(Renderer(load_object(arguments), backend=arguments.backend), mlic, arguments.measures)
    if arguments.csv:
        evaluation.to_csv(arguments.csv)
    say(_json(evaluation, mlic) if arguments.json else _table(evaluation))


def _indices(mlic: Mlic, names: Sequence[str]) -> list[int]:
    places = {fold(name): index for index, name in enumerate(mlic.names)}
    places |= {name: index for index, name in enumerate(mlic.names)}
    chosen = [places.get(name, places.get(fold(name))) for name in names]
    missing = [name for name, index in zip(names, chosen) if index is None]
    if missing:
        raise CollectionError(
            f"expected --only to name photographs of the collection, got {', '.join(missing)}: "
            f"they are called like {mlic.names[0]}"
        )
    return [index for index in chosen if index is not None]


_COLUMNS = {"psnr": ("    PSNR", ".2f"), "ssim": ("    SSIM", ".4f"), "ciede2000": ("  CIEDE2000", ".3f")}
"""The heading of each measure, and how its numbers are written below it."""


def _table(evaluation: Evaluation) -> str:
    names = [printable(row.name) for row in evaluation.rows]
    width = max(map(len, (*names, "mean")))
    lines = [f"{'':{width}}     x      y      z " + "".join(_COLUMNS[measure][0] for measure in evaluation.measures)]
    for name, row in zip(names, evaluation.rows):
        position = " ".join(f"{value:6.3f}" for value in row.light)
        lines.append(f"{name:{width}} {position} {_cells(evaluation, row.score)}")
    return "\n".join([*lines, f"{'mean':{width}} {'':20} {_cells(evaluation, evaluation.mean)}"])


def _cells(evaluation: Evaluation, score: Score) -> str:
    columns = ((_COLUMNS[measure], getattr(score, measure)) for measure in evaluation.measures)
    return "".join(f"{value:{len(heading)}{digits}}" for (heading, digits), value in columns)


def _json(evaluation: Evaluation, mlic: Mlic) -> str:
    lights = [{"name": row.name, "light": row.light, **_finite(evaluation, row.score)} for row in evaluation.rows]
    return json.dumps({**_finite(evaluation, evaluation.mean), "lights": lights, "collection": collection_facts(mlic)})


def _finite(evaluation: Evaluation, score: Score) -> dict[str, float | None]:
    """The scores; null for the infinite PSNR of equal pictures, which JSON cannot hold."""
    values = {measure: float(getattr(score, measure)) for measure in evaluation.measures}
    return {measure: value if math.isfinite(value) else None for measure, value in values.items()}
