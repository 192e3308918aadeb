"""`fastrti evaluate`: how close an object comes to photographs."""

import argparse
import json
import math
from collections.abc import Sequence
from typing import Any

from fastrti.cli.arguments import OBJECT_HELP, add_backend_argument, add_collection_arguments, load_collection
from fastrti.errors import CollectionError
from fastrti.photographs.mlic import Mlic
from fastrti.rendering.renderer import Renderer
from fastrti.scoring.evaluate import Score, evaluate, mean_score


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
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    add_backend_argument(parser)
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Prints the table or the JSON object."""
    mlic = load_collection(arguments)
    if arguments.only:
        mlic = mlic.subset(_indices(mlic, arguments.only))
    scores = evaluate(Renderer(arguments.object, backend=arguments.backend), mlic)
    print(_json(mlic, scores) if arguments.json else _table(mlic, scores))


def _indices(mlic: Mlic, names: Sequence[str]) -> list[int]:
    missing = [name for name in names if name not in mlic.names]
    if missing:
        raise CollectionError(
            f"expected --only to name photographs of the collection, got {', '.join(missing)}: "
            f"they are called like {mlic.names[0]}"
        )
    return [mlic.names.index(name) for name in names]


def _table(mlic: Mlic, scores: list[Score]) -> str:
    width = max(map(len, (*mlic.names, "mean")))
    rows = [f"{'':{width}}     x      y      z     PSNR    SSIM  CIEDE2000"]
    for name, light, score in zip(mlic.names, mlic.lights, scores):
        position = " ".join(f"{value:6.3f}" for value in light)
        rows.append(f"{name:{width}} {position}  {score.psnr:6.2f}  {score.ssim:6.4f}  {score.ciede2000:6.3f}")
    mean = mean_score(scores)
    return "\n".join([*rows, f"{'mean':{width}} {'':20}  {mean.psnr:6.2f}  {mean.ssim:6.4f}  {mean.ciede2000:6.3f}"])


def _json(mlic: Mlic, scores: list[Score]) -> str:
    lights = [
        {"name": name, "light": light.tolist(), **_finite(score)}
        for name, light, score in zip(mlic.names, mlic.lights, scores)
    ]
    return json.dumps({**_finite(mean_score(scores)), "lights": lights})


def _finite(score: Score) -> dict[str, float | None]:
    """The scores; null for the infinite PSNR of equal pictures, which JSON cannot hold."""
    return {name: value if math.isfinite(value) else None for name, value in score._asdict().items()}
