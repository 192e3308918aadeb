"""Bytes on the wire: what objects weigh in several forms, and what each costs in quality, beside Relight's folders.

    python -m benchmarks.quality.wire SYNTHRTI REALRTI --objects FOLDER
    python -m benchmarks.quality.wire SYNTHRTI REALRTI --objects FOLDER --planes 6 12 18 --scenes SCENE …

Each scene is fitted once with each number of planes, five photographs held out, and the objects are kept in FOLDER,
where the next run finds them. Relight's formats are fitted to the same photographs (wire_forms.py). All are read back
from files, drawn by the Renderer and compared with the scored photographs of the scene (scenes.py), which no fit sees.
Rows that are there are not made again.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from benchmarks.common.reports import RESULTS
from benchmarks.common.rows import append_row, read_rows
from benchmarks.quality.scenes import PANEL, Scene, find_scenes
from benchmarks.quality.wire_forms import AS_RELIGHT, CODECS, HELD_OUT, OWN, RELIGHT, Form, Sent
from fastrti import Mlic, Relightable, Renderer, fit, load, save
from fastrti.lights import raised_to_horizon
from fastrti.scoring.metrics import psnr
from fastrti.training.settings import PRESETS

FILE = RESULTS / "wire.csv"
PRESET = "quick"
PLANES = 9
"""Of the objects whose planes are coded in every way."""


@dataclass(frozen=True)
class Row:
    """One scene in one form.

    Attributes:
        scene: its name.
        fit: what was fitted, see `fit_name`, or a format of Relight.
        form: how it was sent.
        memory: bytes per pixel in memory: the number of planes.
        planes: bytes of the plane files, per pixel.
        files: bytes of all files without normals, per pixel.
        psnr: of pictures against the scored photographs, mean over the lights, in dB.
        known: what is known of it without the scored photographs: the PSNR under held-out lights that the fit recorded,
            less the loss that the object records; −1 of forms that fastrti does not write.
    """

    scene: str
    fit: str
    form: str
    memory: int
    planes: float
    files: float
    psnr: float
    known: float


def fit_name(preset: str, planes: int) -> str:
    """What a row calls a fit of fastrti."""
    return f"`{preset}`, {planes} planes"


def main() -> None:
    """Measures what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="where to look for scenes")
    parser.add_argument("--objects", type=Path, required=True, help="folder of the fitted objects")
    parser.add_argument("--results", type=Path, default=FILE, help="file of the rows")
    parser.add_argument("--scenes", nargs="+", default=PANEL, help="scenes whose names end so (default: the panel)")
    parser.add_argument("--preset", default=PRESET, choices=PRESETS, help=f"of the fits (default: {PRESET})")
    parser.add_argument("--planes", nargs="+", type=int, default=[PLANES], help=f"of the fits (default: {PLANES})")
    arguments = parser.parse_args()
    for scene in find_scenes(arguments.folders, arguments.scenes):
        for row in _rows(scene, arguments):
            append_row(arguments.results, row)
            print(f"{row.scene}, {row.fit}, {row.form}: {row.planes:.3f} B per pixel, {row.psnr:.2f} dB", flush=True)


def _rows(scene: Scene, arguments: argparse.Namespace) -> Iterator[Row]:
    done = {(row.fit, row.form) for row in read_rows(arguments.results, Row) if row.scene == scene.name}
    train, test = scene.load_train(), scene.load_test()
    for planes in arguments.planes:
        name = fit_name(arguments.preset, planes)
        forms = OWN | (CODECS if (arguments.preset, planes) == (PRESET, PLANES) else {})
        if missing := {form: make for form, make in forms.items() if (name, form) not in done}:
            place = arguments.objects / f"{arguments.preset}_{planes}" / scene.name
            if not place.exists():
                fitted = fit(train, preset=arguments.preset, planes=planes, hold_out=HELD_OUT, progress=False)
                save(fitted, place)
            yield from _measured(scene, name, load(place), missing, test)
    for name, fitted in RELIGHT.items():
        if missing := {form: make for form, make in AS_RELIGHT.items() if (name, form) not in done}:
            yield from _measured(scene, name, fitted(train), missing, test)


def _measured(scene: Scene, name: str, fitted: Relightable, forms: dict[str, Form], test: Mlic) -> Iterator[Row]:
    pixels = test.width * test.height
    for form, make in forms.items():
        sent = make(fitted)
        yield Row(
            scene=scene.name,
            fit=name,
            form=form,
            memory=len(fitted.planes),
            planes=round(sent.planes / pixels, 4),
            files=round((sent.planes + sent.others) / pixels, 4),
            psnr=round(_psnr(sent, test), 4),
            known=round(_known(sent.relightable), 4) if form in OWN else -1,
        )


def _psnr(sent: Sent, test: Mlic) -> float:
    renderer = Renderer(sent.relightable, "cpu")
    lights = [raised_to_horizon(light) for light in test.lights]
    return mean(psnr(renderer.relight(light), test.picture(i), test.mask) for i, light in enumerate(lights))


def _known(relightable: Relightable) -> float:
    loss: float = relightable.extra.get("wire", {}).get("loss_db", 0)
    return float(relightable.training["psnr"]) - loss


if __name__ == "__main__":
    main()
