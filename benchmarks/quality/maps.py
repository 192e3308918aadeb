"""How right the maps of a surface are: normals, height, albedo and roughness against the truth.

    python -m benchmarks.quality.maps [--harvest diligent_harvest] [--megapixels 2]

The truth is that of rendered scenes: a matt sphere and two tablets of fastrti synth. For normals it is also that of
harvest, an object of the DiLiGenT benchmark (Shi et al., CVPR 2016): 96 photographs of gold figures. Every object is
the HSH of 16 terms of its photographs. Heights are compared after one scale and offset, albedos after one factor.
Heights are integrated in other ways too. Results go to results/maps.json.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.common.machine import load, peak_bytes
from benchmarks.common.markdown import table
from benchmarks.common.reports import RESULTS
from fastrti import Mlic, Relightable, Renderer, fit_classical, surface_maps
from fastrti import load as load_object
from fastrti.srgb import srgb_encode, to_bytes
from fastrti.surface.height import integrate_normals
from fastrti.synth import dome_lights
from fastrti.synth.materials import make_surface
from fastrti.synth.relief import height_field
from fastrti.synth.shading import shade
from fastrti.synth.shadows import lit_pixels

FILE = RESULTS / "maps.json"
SIDE = 128
TABLET = Path(__file__).parents[2] / "fastrti" / "examples" / "tablet"
INTEGRATIONS = {"Frankot-Chellappa": 0, "least squares": 1, "bilateral, 5 rounds": 5, "bilateral, 30 rounds": 30}
"""Rounds of `integrate_normals`, but for the first."""

Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Scene:
    """Photographs, and what is true of the surface as far as it is known."""

    name: str
    mlic: Mlic
    normals: Floats
    height: Floats | None = None
    albedo: Floats | None = None
    roughness: Floats | None = None


def main() -> None:
    """Measures, keeps the results and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--harvest", type=Path, help="folder with photographs, lights.lp and normal_gt.png")
    parser.add_argument("--megapixels", type=float, default=2, help="of the timed object; 0: none")
    arguments = parser.parse_args()
    report: dict[str, Any] = {"scenes": [_measured(scene) for scene in _scenes(arguments.harvest)]}
    if arguments.megapixels:
        report["speed"] = _timed(arguments.megapixels)
    FILE.write_text(json.dumps(report, indent=1) + "\n")
    print(section())


def section() -> str:
    """What stands in docs/maps.md."""
    report = json.loads(FILE.read_text())
    scenes, speed = report["scenes"], report.get("speed")
    names = ("normals, mean degrees", "normals, median degrees", "height of its deviation", "albedo of its mean")
    rows = [[row["scene"], *(_number(row.get(name)) for name in (*names, "roughness, mean error"))] for row in scenes]
    heading = ["scene", names[0], names[1], "height, RMS in % of its deviation", "albedo, RMS in % of its mean"]
    first = table([*heading, "roughness, mean error"], rows)
    known = [row for row in scenes if "integration" in row]
    lines = [
        [f"{row['scene']}, {kind} normals", *(_number(row["integration"][kind][name]) for name in INTEGRATIONS)]
        for row in known
        for kind in ("true", "estimated")
    ]
    second = table(["height, RMS in % of its deviation", *INTEGRATIONS], lines)
    parts = [first, second]
    if speed:
        parts.append(
            f"All maps of an object of {speed['megapixels']:.1f} megapixels took {speed['cpu_s']:.0f} s of CPU, "
            f"{speed['integration_cpu_s']:.0f} s of them for the heights. "
            f"The process held {speed['peak_gb']:.1f} GB at most. The machine had other work meanwhile."
        )
    return "\n\n".join(parts)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _scenes(harvest: Path | None) -> Iterator[Scene]:
    yield _sphere()
    for seed in (2, 3):  # 0 and 1 guided the choices of fastrti.surface
        yield tablet(seed)
    if harvest:
        mlic = Mlic.load(harvest)
        truth = np.asarray(Image.open(harvest / "normal_gt.png").convert("RGB")) / 127.5 - 1
        yield Scene("harvest", mlic, truth / np.maximum(np.linalg.norm(truth, axis=-1, keepdims=True), 1e-6))


def _sphere() -> Scene:
    """A matt sphere of two colours up to 70° from its top, without cast shadows."""
    lights = dome_lights(49)
    down, right = (np.mgrid[:SIDE, :SIDE] + 0.5 - SIDE / 2) / (SIDE / 2)
    x, y = right, -down
    mask = x * x + y * y < np.sin(np.radians(70)) ** 2
    normals = np.stack([x, y, np.sqrt(np.maximum(1 - x * x - y * y, 0.01))], axis=-1)
    albedo = np.where((np.floor(4 * x) + np.floor(4 * y))[..., None] % 2 == 0, (0.6, 0.4, 0.2), (0.3, 0.4, 0.6))
    linear = albedo * np.maximum(normals @ lights.T, 0).transpose(2, 0, 1)[..., None]
    mlic = Mlic(to_bytes(srgb_encode(linear)), lights, tuple(map(str, range(len(lights)))), mask)
    return Scene("matt sphere", mlic, normals, normals[..., 2] * SIDE / 2, albedo)


def tablet(seed: int) -> Scene:
    heights, lights = height_field(SIDE, SIDE, seed), dome_lights(49)
    surface = make_surface(heights, seed)
    heights = heights * SIDE
    pictures = np.stack([shade(surface, lit_pixels(heights, light), light) for light in lights])
    mlic = Mlic(pictures, lights, tuple(map(str, range(len(lights)))))
    normals, albedo = (np.moveaxis(values, 0, 2) for values in (surface.normals, surface.scattered))
    return Scene(f"tablet {seed}", mlic, normals, heights, albedo, surface.alpha2**0.25)


def _measured(scene: Scene) -> dict[str, Any]:
    what = fit_classical(scene.mlic, "hsh16")
    maps = surface_maps(Renderer(what))
    inside = np.ones(maps.height.shape, np.bool_) if maps.mask is None else maps.mask
    angles = np.rad2deg(np.arccos(np.clip((maps.normals * scene.normals).sum(-1), -1, 1)))[inside]
    row: dict[str, Any] = {"scene": scene.name}
    row |= {"normals, mean degrees": float(angles.mean()), "normals, median degrees": float(np.median(angles))}
    if scene.height is not None:
        row["height of its deviation"] = _misfit(maps.height, scene.height, inside)
        row["integration"] = {
            kind: dict(_integrations(normals.astype(np.float32), scene.height, what))
            for kind, normals in (("true", scene.normals), ("estimated", maps.normals))
        }
    if scene.albedo is not None:
        scattering = inside & (scene.albedo.max(axis=-1) > 0)  # metals scatter nothing
        row["albedo of its mean"] = _albedo_error(maps.albedo[scattering], scene.albedo[scattering])
    if scene.roughness is not None:
        row["roughness, mean error"] = float(np.abs(maps.roughness - scene.roughness)[inside].mean())
    print(row, flush=True)
    return row


def _integrations(normals: NDArray[np.float32], truth: Floats, what: Relightable) -> Iterator[tuple[str, float]]:
    inside = np.ones(truth.shape, np.bool_) if what.mask is None else what.mask
    for name, rounds in INTEGRATIONS.items():
        heights = integrate_normals(normals, what.mask, rounds) if rounds else _frankot_chellappa(normals, inside)
        yield name, _misfit(heights, truth, inside)


def _frankot_chellappa(normals: Floats, inside: NDArray[np.bool_]) -> Floats:
    """Frankot and Chellappa, PAMI 1988, equation 21, of slopes mirrored at the edges; 0 outside the mask."""
    cosine = np.maximum(normals[..., 2], 0.05)
    right, down = (np.where(inside, slope / cosine, 0) for slope in (-normals[..., 0], normals[..., 1]))
    right = np.block([[right, -right[:, ::-1]], [right[::-1], -right[::-1, ::-1]]])
    down = np.block([[down, down[:, ::-1]], [-down[::-1], -down[::-1, ::-1]]])
    u, v = (2 * np.pi * np.fft.fftfreq(length) for length in right.shape[::-1])
    squares = u * u + (v * v)[:, None]
    squares[0, 0] = 1
    spectrum = -1j * (u * np.fft.fft2(right) + v[:, None] * np.fft.fft2(down)) / squares
    heights: Floats = np.fft.ifft2(spectrum).real[: inside.shape[0], : inside.shape[1]]
    return heights


def _misfit(heights: Floats, truth: Floats, inside: NDArray[np.bool_]) -> float:
    """RMS in percent of the truth's deviation, after one scale and offset."""
    design = np.stack([heights[inside].astype(float), np.ones(inside.sum())], axis=1)
    left = truth[inside] - design @ np.linalg.lstsq(design, truth[inside], rcond=None)[0]
    return float(100 * np.sqrt((left**2).mean()) / truth[inside].std())


def _albedo_error(found: Floats, truth: Floats) -> float:
    left = truth - (found * truth).sum() / (found * found).sum() * found
    return float(100 * np.sqrt((left**2).mean()) / truth.mean())


def _timed(megapixels: float) -> dict[str, Any]:
    """The bundled tablet, repeated to a large object."""
    tablet = load_object(TABLET)
    times = max(1, round((megapixels * 1e6 / (tablet.height * tablet.width)) ** 0.5))
    large = replace(tablet, planes=np.tile(tablet.planes, (1, times, times)), mask=None, normals=None)
    before, started = load(), time.process_time()
    maps = surface_maps(Renderer(large))
    ended = time.process_time()
    integrate_normals(maps.normals)
    return {
        "megapixels": large.height * large.width / 1e6,
        "cpu_s": round(ended - started, 1),
        "integration_cpu_s": round(time.process_time() - ended, 1),
        "peak_gb": round((peak_bytes() or 0) / 1e9, 2),
        "load": [before, load()],
    }


if __name__ == "__main__":
    main()
