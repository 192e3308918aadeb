"""What lights in rings cost: domes of one, two and three rings, each method beside the best of its own family.

    python -m benchmarks.quality.rings [--methods ptm "default student"] [--lists "0.5° off"]
    python -m benchmarks.quality.rings --table

`fastrti.synth` renders a tablet of 64 × 64 pixels under the lights of a ring dome. Other lights of the same rings,
halfway between the fitted ones, are held out. The list of the fitted lights has three decimals, or each light in it is
some 0.5° off, as measured ones are. The best of a family is what an oracle would take. It chooses how many
directions of the terms to keep (PTM, HSH), the width and the ridge of the Gaussians (RBF), or the teacher (student). It
chooses for each score anew, by that score. Every result is a row of results/rings.csv. Rows that are there stay.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.rows import append_row, read_rows
from fastrti import Mlic, Relightable, fit
from fastrti.lights import light_from_angles
from fastrti.objects.light_terms import hsh_terms, ptm_terms
from fastrti.objects.planes import quantise
from fastrti.scoring.sampled import mean_psnr
from fastrti.synth.materials import make_surface
from fastrti.synth.relief import height_field
from fastrti.synth.shading import shade
from fastrti.synth.shadows import lit_pixels
from fastrti.training.classical import DECODERS, fit_classical, fit_components

RESULTS = Path(__file__).parents[1] / "results" / "rings.csv"
SHIPPED = "regularised"
"""The solver that is shipped; "plain least squares" was the one before."""

Rings = tuple[tuple[float, int], ...]  # elevation in degrees, lights
DOMES: dict[str, Rings] = {
    "8 in one": ((45, 8),),
    "12 + 8 in two": ((30, 12), (60, 8)),
    "40 in three": ((20, 20), (45, 12), (70, 8)),
}
SIDE = 64  # pixels
_FIRST = 7.0  # degrees of azimuth of the first light: a ring without symmetry to the axes, as rings are


def three_decimals(lights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The directions as a list has them."""
    return _unit(lights.round(3))


def half_a_degree_off(lights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The directions as they are measured."""
    return _unit(lights + np.random.default_rng(0).normal(0, np.radians(0.5), lights.shape))


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


LISTS = {"3 decimals": three_decimals, "0.5° off": half_a_degree_off}


@dataclass(frozen=True)
class Row:
    """One method on one dome.

    Attributes:
        solver: what was shipped then.
        dome, listed, method, seed: what was measured; the seed is that of the tablet and of the fit.
        steps: of a student's training, otherwise 0.
        photographed, held_out: mean PSNR under the fitted lights and under those between them, in dB.
        best_photographed, best_held_out: of the best of the family.
    """

    solver: str
    dome: str
    listed: str
    method: str
    seed: int
    steps: int
    photographed: float
    held_out: float
    best_photographed: float
    best_held_out: float


def ring_lights(rings: Rings, turned: float) -> NDArray[np.float64]:
    """The lights of the rings, (N, 3), turned by a share of the distance between neighbours."""
    return np.array(
        [
            light_from_angles(_FIRST + 360 * (i + turned) / count, height)
            for height, count in rings
            for i in range(count)
        ]
    )


def tablet(lights: NDArray[np.float64], seed: int) -> Mlic:
    """Photographs of the tablet."""
    heights = height_field(SIDE, SIDE, seed)
    surface = make_surface(heights, seed)
    heights *= SIDE
    photographs = np.stack([shade(surface, lit_pixels(heights, light), light) for light in lights])
    return Mlic(photographs, lights, tuple(f"{i:02}.png" for i in range(len(lights))))


Make = Callable[[Mlic], Relightable]


def of_rank(mlic: Mlic, basis: str, rank: int) -> Relightable:
    """A classical fit to the directions of the terms that the lights determine best, so many of them."""
    decoder = DECODERS[basis]
    terms = {"ptm": ptm_terms, "hsh": hsh_terms}[decoder.basis](mlic.lights)[:, : decoder.terms]
    left, scales, right = np.linalg.svd(terms, full_matrices=False)
    solver = right[:rank].T / scales[:rank] @ left[:, :rank].T
    coefficients = np.tensordot(solver, mlic.encoded(mlic.photographs), axes=1)  # (T, H, W, 3)
    planes = np.moveaxis(coefficients, 3, 1).reshape(-1, mlic.height, mlic.width).astype(np.float32)
    minimum, maximum = (extreme(planes, axis=(1, 2)).astype(np.float64) for extreme in (np.min, np.max))
    return Relightable(quantise(planes, minimum, maximum), minimum, maximum, decoder, None, mlic.lights)


def family(method: str, steps: int, seed: int) -> Iterator[Make]:
    """The method as shipped, then the others of its family."""
    if method == "rbf":
        yield partial(fit_classical, basis="rbf")
        for width in (0.35, 0.5, 0.7, 1.0, 1.4):
            for ridge in (1e-4, 1e-3, 1e-2):
                yield partial(fit_components, width=width, ridge=ridge)
    elif method in DECODERS:
        yield partial(fit_classical, basis=method)
        for rank in range(1, DECODERS[method].terms + 1):
            yield partial(of_rank, basis=method, rank=rank)
    else:
        for teacher in (None, "none"):
            yield partial(fit, steps=steps, teacher=teacher, seed=seed, progress=False)


METHODS = ("ptm", "hsh9", "hsh16", "rbf", "default student")


def measure(dome: str, listed: str, method: str, seed: int, steps: int) -> Row:
    """Fits the whole family and scores it."""
    shown, hidden = (tablet(ring_lights(DOMES[dome], turned), seed) for turned in (0, 0.5))
    as_listed = replace(shown, lights=LISTS[listed](shown.lights))
    scores = []
    for make in family(method, steps, seed):
        relightable = make(as_listed)
        scores.append([mean_psnr(relightable, mlic, np.arange(len(mlic))) for mlic in (shown, hidden)])
    ours, best = np.round(scores[0], 3), np.round(np.max(scores, axis=0), 3)
    steps = steps if method == METHODS[-1] else 0
    return Row(SHIPPED, dome, listed, method, seed, steps, *ours.tolist(), *best.tolist())


def table(rows: list[Row]) -> str:
    """Markdown: means over the seeds, and in brackets those of the best of the family."""
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        found[f"{row.method}, {row.solver}", f"{row.dome}, {row.listed}"].append(row)
    columns = [f"{dome}, {listed}" for listed in LISTS for dome in DOMES]
    text = ["| dB on photographed / held-out lights | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name in dict.fromkeys(name for name, _ in found):
        text.append(f"| {name} | {' | '.join(_cell(found[name, column]) for column in columns)} |")
    return "\n".join(text)


def _cell(rows: list[Row]) -> str:
    if not rows:
        return "–"
    names = ("photographed", "best_photographed", "held_out", "best_held_out")
    a, best_a, b, best_b = (np.mean([getattr(row, name) for row in rows]) for name in names)
    return f"{a:.2f} ({best_a:.2f}) / {b:.2f} ({best_b:.2f})"


def main() -> None:
    """Measures what is missing, or prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", default=METHODS, choices=METHODS, metavar="METHOD")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--lists", nargs="+", default=list(LISTS), choices=LISTS, metavar="LIST")
    parser.add_argument("--steps", type=int, default=1500, help="of the student's training (default: 1500)")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--table", action="store_true", help="print what is there")
    options = parser.parse_args()
    rows = read_rows(options.results, Row)
    if options.table:
        print(table(rows))
        return
    done = {(row.dome, row.listed, row.method, row.seed) for row in rows if row.solver == SHIPPED}
    for method, seed, listed, dome in product(options.methods, options.seeds, options.lists, DOMES):
        if (dome, listed, method, seed) not in done:
            row = measure(dome, listed, method, seed, options.steps)
            append_row(options.results, row)
            print(row, flush=True)


if __name__ == "__main__":
    main()
