"""Mean angular error of normals on SynthRTI scenes, beside plain photometric stereo, as a Markdown table.

    python -m benchmarks.quality.normals SYNTHRTI/Single SYNTHRTI/Multi [--fit default] [--every 4]

A scene is a folder with `Dome/` (photographs, .lp) and the ground truth `Dome/normals.png`. Nothing is chosen by it:
the settings of `fastrti.rendering.normals` are the same for every scene.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fastrti import Mlic, Relightable, Renderer, fit
from fastrti.rendering.normals import estimate_normals, fit_normals, linear_luminance
from fastrti.training.classical import fit_classical

Floats = NDArray[np.floating]


def main() -> None:
    """Prints one row a scene group and the mean over all scenes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="+", type=Path, help="folders that hold scenes at any depth")
    parser.add_argument("--fit", metavar="PRESET", help="also from fastrti's student, fitted with this preset")
    parser.add_argument("--every", type=int, default=1, help="only each so-manieth scene")
    arguments = parser.parse_args()
    scenes_of = {group: sorted(path.parent for path in group.rglob("Dome/normals.png")) for group in arguments.groups}
    for group, scenes in scenes_of.items():
        if not scenes:
            raise SystemExit(f"expected scenes with Dome/normals.png in {group}, got none: name a folder of SynthRTI")
    for group, scenes in scenes_of.items():
        rows = [dict(_errors(scene, arguments.fit)) for scene in scenes[:: arguments.every]]
        if group == arguments.groups[0]:
            print("| normals in degrees | " + " | ".join(rows[0]) + " |")
            print("|---" * (len(rows[0]) + 1) + "|")
        means = " | ".join(f"{np.mean([row[name] for row in rows]):.1f}" for name in rows[0])
        print(f"| {group.name}, {len(rows)} scenes | {means} |", flush=True)


def _errors(dome: Path, preset: str | None) -> Iterator[tuple[str, float]]:
    mlic = Mlic.load(dome)
    truth = _unit(np.asarray(Image.open(dome / "normals.png").convert("RGB")) / 127.5 - 1)
    luminance = linear_luminance(np.stack([mlic.picture(index) for index in range(len(mlic))]))
    flat = luminance.reshape(len(mlic), -1)
    plain = np.linalg.lstsq(mlic.lights, flat, rcond=None)[0].T
    yield "photometric stereo on the photographs", _mean_angle_deg(_unit(plain).reshape(truth.shape), truth)
    robust = fit_normals(flat, mlic.lights).reshape(truth.shape)
    yield "ours on the photographs", _mean_angle_deg(robust, truth)
    for name, relightable in _objects(mlic, preset):
        yield f"ours from {name}", _mean_angle_deg(estimate_normals(Renderer(relightable)), truth)


def _objects(mlic: Mlic, preset: str | None) -> Iterator[tuple[str, Relightable]]:
    for basis in ("ptm", "hsh16"):
        yield basis.upper(), fit_classical(mlic, basis)
    if preset:
        yield f"fastrti ({preset})", fit(mlic, preset=preset, experts=1)


def _unit(vectors: Floats) -> Floats:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def _mean_angle_deg(normals: Floats, truth: Floats) -> float:
    return float(np.rad2deg(np.arccos(np.clip((normals * truth).sum(-1), -1, 1))).mean())


if __name__ == "__main__":
    main()
