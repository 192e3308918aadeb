"""`fastrti demo`: the whole way from photographs to relit pictures, on a rendered sample."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastrti.cli.terminal import say
from fastrti.extras import needs
from fastrti.formats import load, save
from fastrti.objects.relightable import Relightable
from fastrti.photographs.mlic import Mlic
from fastrti.progress import Progress
from fastrti.rendering.renderer import Renderer
from fastrti.scoring.evaluate import evaluate
from fastrti.sharing.save import save_picture, save_sweep
from fastrti.sharing.sheets import contact_sheet
from fastrti.synth import render_collection
from fastrti.training.classical import fit_classical

SIZE = 320
SHEET_LIGHTS = 5  # of the 20 test lights, spread over the rings


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "demo",
        help="show everything on a rendered sample, in a few minutes",
        description=(
            "Renders a sample collection and fits it with the preset quick. Compares the result with PTM and HSH\n"
            "under lights that no method has seen. Writes relit pictures, a contact sheet and an animation."
        ),
        epilog="example:\n  fastrti demo -o demo",
    )
    parser.add_argument("-o", "--output", metavar="FOLDER", default="demo", help="folder to write to (default: demo)")
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Renders, fits, scores and draws."""
    with Progress("loading PyTorch"), needs("fit", "training a student"):
        from fastrti.training.fitting import fit  # PyTorch takes seconds to import
    folder = Path(arguments.output)
    sample = folder / "sample"
    if not (sample / "Test" / "dirs.lp").exists():  # written last, so an earlier demo's sample is whole
        say(f"rendering {SIZE}×{SIZE} photographs under 49 and 20 lights …")
        render_collection(sample, SIZE, SIZE)
    dome, test = Mlic.load(sample / "Dome"), Mlic.load(sample / "Test")
    say("fitting …")
    renderers = {
        name: Renderer(relightable) for name, relightable in _objects(fit(dome, preset="quick"), dome, folder).items()
    }
    say("\nmean PSNR for the 20 lights of sample/Test, which no method has seen:")
    for name, renderer in renderers.items():
        score = evaluate(renderer, test, ("psnr",)).mean
        say(f"  {name:8} {score.psnr:6.2f} dB  {len(renderer.relightable.planes):3} bytes per pixel")
    _draw(renderers, test, folder)


def _objects(student: Relightable, dome: Mlic, folder: Path) -> dict[str, Relightable]:
    """fastrti's student, saved as an object and opened again, beside the classical fits."""
    save(replace(student, title="fastrti demo"), folder / "tablet")
    return {"fastrti": load(folder / "tablet")} | {
        name.upper(): fit_classical(dome, name) for name in ("hsh16", "hsh9", "ptm")
    }


def _draw(renderers: dict[str, Renderer], test: Mlic, folder: Path) -> None:
    chosen = range(2, len(test), len(test) // SHEET_LIGHTS)[:SHEET_LIGHTS]
    headings = [f"light {x:.2f}, {y:.2f}" for x, y, _ in test.lights[list(chosen)]]
    rows = [("photograph", [test.picture(index) for index in chosen])]
    for name in ("fastrti", "HSH16", "PTM"):
        renderer = renderers[name]
        rows.append((name, [renderer.to_host(renderer.relight(test.lights[index])) for index in chosen]))
    save_picture(folder / "contact_sheet.png", contact_sheet(rows, headings))
    for index, picture in zip(chosen, rows[1][1]):
        save_picture(folder / f"relit_{Path(test.names[index]).stem}.png", picture)
    save_sweep(folder / "sweep.webp", renderers["fastrti"])
    say(f"\npictures: {folder}/contact_sheet.png, {folder}/relit_*.png, {folder}/sweep.webp; object: {folder}/tablet")
