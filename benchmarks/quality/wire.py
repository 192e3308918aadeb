"""Bytes on the wire: what planes weigh in several codecs, and what each costs in quality, beside Relight's folders.

    python -m benchmarks.quality.wire SYNTHRTI REALRTI --objects FOLDER [--scenes SCENE …]

Each scene is fitted once with the preset `quick`, five photographs held out, and the object is kept in FOLDER, where
the next run finds it. Relight's formats are fitted to the same photographs and written by fastrti's own conversion,
with planes as JPEG of quality 95 without subsampling. All are read back, drawn by the Renderer and compared with the
scored photographs of the scene (scenes.py), which no fit sees. Rows that are there are not made again.
"""

import argparse
import io
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import mean

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.common.markdown import table
from benchmarks.common.reports import RESULTS
from benchmarks.common.rows import append_row, read_rows
from benchmarks.quality.scenes import PANEL, Scene, find_scenes
from fastrti import Mlic, Relightable, Renderer, fit, fit_classical, for_the_wire, load, object_info, save
from fastrti.formats.reading.plane_files import png_of
from fastrti.lights import raised_to_horizon
from fastrti.scoring.metrics import psnr
from fastrti.training.classical import Basis

FILE = RESULTS / "wire.csv"
HELD_OUT = 5
LOSSES = (0.1, 0.2, 0.5, 1.0)
RELIGHT: dict[str, Basis] = {"ptm": "ptm", "hsh, 9 terms": "hsh9", "hsh, 16 terms": "hsh16", "rbf": "rbf"}
LOSSLESS = "PNG"
_OTHERS = "Relight "


@dataclass(frozen=True)
class Row:
    """One scene in one form.

    Attributes:
        scene, form: what was measured.
        planes: bytes of the plane files, per pixel.
        files: bytes of all files without normals, per pixel.
        psnr: of pictures against the scored photographs, mean over the lights, in dB.
        estimated: the loss that the object records, in dB; −1 where it records none.
    """

    scene: str
    form: str
    planes: float
    files: float
    psnr: float
    estimated: float


def main() -> None:
    """Measures what is missing and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="where to look for scenes")
    parser.add_argument("--objects", type=Path, required=True, help="folder of the fitted objects")
    parser.add_argument("--results", type=Path, default=FILE, help="file of the rows")
    parser.add_argument("--scenes", nargs="+", default=PANEL, help="scenes whose names end so (default: the panel)")
    arguments = parser.parse_args()
    for scene in find_scenes(arguments.folders, arguments.scenes):
        for row in _rows(scene, arguments.objects / scene.name, arguments.results):
            append_row(arguments.results, row)
            print(f"{row.scene}, {row.form}: {row.planes:.3f} bytes per pixel, {row.psnr:.2f} dB", flush=True)
    print(section(arguments.results))


@dataclass(frozen=True)
class Sent:
    """What a reader has after the download.

    Attributes:
        relightable: as it draws it.
        planes: bytes of the plane files.
        others: bytes of the other files, without normals.
    """

    relightable: Relightable
    planes: int
    others: int


Form = Callable[[Relightable, Mlic], Sent]
"""Of a fitted object and the photographs it was fitted to."""


def _rows(scene: Scene, place: Path, results: Path) -> Iterator[Row]:
    done = {row.form for row in read_rows(results, Row) if row.scene == scene.name}
    if missing := [form for form in _forms() if form not in done]:
        train, test = scene.load_train(), scene.load_test()
        if not place.exists():
            save(fit(train, preset="quick", hold_out=HELD_OUT, progress=False), place)
        fitted = load(place)
        for form in missing:
            yield _measured(scene.name, form, _forms()[form](fitted, train), test)


def _forms() -> dict[str, Form]:
    forms: dict[str, Form] = {LOSSLESS: lambda fitted, _: _as_files(partial(save, fitted))}
    forms |= {f"JPEG {quality}": partial(_coded, _jpeg, quality) for quality in (95, 90, 75)}
    forms |= {f"WebP {quality}, each plane": partial(_coded, _webp, quality) for quality in (95, 80)}
    forms |= {_form(loss): partial(_for_the_wire, loss) for loss in LOSSES}
    return forms | {f"{_OTHERS}{name}": partial(_relight, basis) for name, basis in RELIGHT.items()}


def _form(loss: float) -> str:
    return f"`--loss-db {loss:g}`"


def _measured(scene: str, form: str, sent: Sent, test: Mlic) -> Row:
    pixels = test.width * test.height
    renderer = Renderer(sent.relightable, "cpu")
    lights = [raised_to_horizon(light) for light in test.lights]
    scores = [psnr(renderer.relight(light), test.picture(i), test.mask) for i, light in enumerate(lights)]
    return Row(
        scene=scene,
        form=form,
        planes=round(sent.planes / pixels, 4),
        files=round((sent.planes + sent.others) / pixels, 4),
        psnr=round(mean(scores), 4),
        estimated=sent.relightable.extra.get("wire", {}).get("loss_db", -1),
    )


def _as_files(write: Callable[[Path], None]) -> Sent:
    """What stands in a folder that is written."""
    with tempfile.TemporaryDirectory() as folder:
        write(written := Path(folder) / "object")
        sizes = {path.name: path.stat().st_size for path in written.iterdir() if path.name != "normals.png"}
        planes = sum(size for name, size in sizes.items() if name.startswith("plane_"))
        return Sent(load(written), planes, sum(sizes.values()) - planes)


def _for_the_wire(loss: float, fitted: Relightable, _: Mlic) -> Sent:
    light, wire = for_the_wire(fitted, loss)
    return _as_files(partial(save, light, wire=wire))


def _relight(basis: Basis, _: Relightable, train: Mlic) -> Sent:
    def write(folder: Path) -> None:
        save(fit_classical(train, basis, HELD_OUT), folder, "relight")
        for path in folder.glob("plane_*.jpg"):
            with Image.open(path) as picture:
                path.write_bytes(_jpeg(95, np.asarray(picture))[0])

    return _as_files(write)


Coded = tuple[bytes, NDArray[np.uint8]]
"""A file, and the pixels that its reader gets."""


def _coded(code: Callable[[int, NDArray[np.uint8]], Coded], quality: int, fitted: Relightable, _: Mlic) -> Sent:
    """The planes as they are, three in a picture."""
    planes, size = fitted.planes.copy(), 0
    for start in range(0, len(planes), 3):
        file, pixels = code(quality, np.ascontiguousarray(planes[start : start + 3].transpose(1, 2, 0)))
        planes[start : start + 3] = pixels.transpose(2, 0, 1)
        size += len(file)
    others = len(json.dumps(object_info(fitted))) + (
        0 if fitted.mask is None else len(png_of(fitted.mask.astype(np.uint8) * 255))
    )
    return Sent(replace(fitted, planes=planes, normals=None), size, others)


def _jpeg(quality: int, pixels: NDArray[np.uint8]) -> Coded:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=0, optimize=True)
    return file.getvalue(), np.asarray(Image.open(file))


def _webp(quality: int, pixels: NDArray[np.uint8]) -> Coded:
    """Lossy WebP halves the resolution of colours, so each plane is a grey picture of its own."""
    files, decoded = [], []
    for channel in pixels.transpose(2, 0, 1):
        file = io.BytesIO()
        Image.fromarray(channel).convert("RGB").save(file, "WEBP", quality=quality, method=4)
        files.append(file.getvalue())
        decoded.append(np.asarray(Image.open(file).convert("RGB"))[..., 0])
    return b"".join(files), np.stack(decoded, -1)


def section(file: Path = FILE) -> str:
    """What stands in docs/quality.md."""
    scenes: dict[str, dict[str, Row]] = {}
    for row in read_rows(file, Row):
        scenes.setdefault(row.scene.removeprefix("realrti/"), {})[row.form] = row
    forms = [*_forms()]
    names = [*scenes, "mean"]
    weights = [[form, *_changes(form, scenes)] for form in forms]
    leads = [[form, *_leads(form, scenes)] for form in forms if form.startswith(_OTHERS)]
    return "\n\n".join(
        [
            table(["bytes per pixel, dB", *names, "mean, with info.json"], weights),
            "How far fastrti is above each folder of Relight, where it takes no more bytes than the folder:",
            table(["dB", *names], leads),
        ]
    )


def _changes(form: str, scenes: dict[str, dict[str, Row]]) -> Iterator[str]:
    """Bytes, and PSNR or the change of it: of each scene, of all, and with the files besides planes."""
    found = [rows[form] for rows in scenes.values()]
    absolute = form.startswith(_OTHERS) or form == LOSSLESS
    shown = [row.psnr if absolute else row.psnr - rows[LOSSLESS].psnr for row, rows in zip(found, scenes.values())]
    for planes, decibels in [
        *zip((row.planes for row in found), shown),
        (mean(row.planes for row in found), mean(shown)),
    ]:
        yield f"{planes:.2f}, {decibels:{'' if absolute else '+'}.2f}"
    yield f"{mean(row.files for row in found):.2f}"


def _leads(form: str, scenes: dict[str, dict[str, Row]]) -> Iterator[str]:
    """The best of fastrti's own forms that is no heavier, above another program's: of each scene, and of all."""
    own = [LOSSLESS, *map(_form, LOSSES)]
    leads = []
    for rows in scenes.values():
        lighter = [rows[each].psnr for each in own if rows[each].planes <= rows[form].planes]
        leads.append(max(lighter) - rows[form].psnr)
    yield from (f"{lead:+.2f}" for lead in [*leads, mean(leads)])


if __name__ == "__main__":
    main()
