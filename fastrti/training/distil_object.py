"""`distil_twin`: an object as another network draws it, learned from the object itself, without its photographs."""

import time
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fastrti.kernels.reference import evaluate_network
from fastrti.lights import light_from_angles
from fastrti.objects.relightable import Relightable
from fastrti.photographs.mlic import Mlic
from fastrti.rendering.renderer import Renderer
from fastrti.sharing.save import to_numpy
from fastrti.training.checkpoint import Checkpoint
from fastrti.training.fitting import encode, train_anew
from fastrti.training.loop import Lesson
from fastrti.training.samples import Photographs, PixelSamples
from fastrti.training.scoring import ProgressScore, mean_psnr
from fastrti.training.students import Preset, parse_student

TWIN_STEPS = 3_000
PLANES = 9
_SHOWN, _HELD_OUT = 32, 8  # lights
_LOWEST_DEG = 10  # as the new lights of the training loop
_GOLDEN_DEG = 137.508  # between neighbours of a sunflower: no two rings of lights line up
_ALPHA = (0.5, 0.5)


def distil_twin(
    relightable: Relightable, student: str, *, steps: int = TWIN_STEPS, seed: int = 0, progress: bool = True
) -> Relightable:
    """Distils an object of any kind into a student.

    The object's own pictures under 32 lights are the student's photographs, and the object is its teacher at new lights
    in every step. Ctrl-C ends the training early and returns what there is.

    Args:
        relightable: the original.
        student: see `fastrti.training.students.parse_student`, e.g. "disk20" or "lc16x16-elu".
        steps: training steps.
        seed: of everything random.
        progress: show a progress bar on stderr.

    Returns:
        The twin, with the original's mask and provenance. `training["psnr"]` is the PSNR in dB between pictures of the
        twin and of the original under 8 lights that the training does not use.

    Raises:
        ArgumentError: an unknown student.
        TrainingError: the training cannot start or converge.
    """
    started = time.perf_counter()
    spec, preset = parse_student(student), Preset(steps)
    mlic = _pictures_of(relightable, np.concatenate(twin_lights()))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    shown = Photographs(mlic, np.arange(_SHOWN), device)
    hidden = Photographs(mlic, np.arange(_SHOWN, len(mlic)), device)
    samples = PixelSamples(shown, torch.Generator().manual_seed(seed))
    watched = torch.Generator().manual_seed(seed)
    lights = torch.from_numpy(shown.lights).float().to(device)
    network, done = train_anew(
        spec,
        Lesson(spec.name, samples, lights, _Original(relightable, samples), at_new_lights=True, alpha=_ALPHA),
        preset,
        PLANES,
        seed,
        Checkpoint(None, {}),
        ProgressScore(samples, shown, hidden, watched) if progress else None,
    )
    twin = encode(network, shown)
    kept = ("lights", "mm_per_pixel", "title", "creator", "rights")
    results = {
        "student": student,
        "twin_of": relightable.decoder.label,
        "steps": steps,
        "steps_done": done,
        "seed": seed,
        "seconds": round(time.perf_counter() - started, 1),
        "psnr_of": "pictures of the original under held-out lights",
        "psnr": round(mean_psnr(twin, mlic, hidden.chosen), 3),
    }
    return replace(twin, training=results, **{name: getattr(relightable, name) for name in kept})


class _Original:
    """The teacher: the object itself, at any light."""

    def __init__(self, relightable: Relightable, samples: PixelSamples):
        self.relightable = relightable
        self.planes = relightable.planes[:, samples.rows.numpy(), samples.columns.numpy()]  # (K, P)

    def __call__(self, samples: Tensor, pixels: Tensor, lights: Tensor) -> Tensor:  # → (L, 3, P), see TeacherFunction
        planes = self.planes[:, pixels.cpu().numpy()]
        networks = [self.relightable.frame_network(light) for light in lights.cpu().numpy()]
        colours = np.stack([evaluate_network(network, planes) for network in networks])
        return torch.from_numpy(np.clip(colours, 0, 1)).to(samples)


def twin_lights() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lights a twin is shown, (32, 3), and those it is scored under, (8, 3): every fifth of one spiral, that is
    spread evenly over azimuth and elevation."""
    elevations = np.linspace(_LOWEST_DEG, 90, _SHOWN + _HELD_OUT)
    spiral = np.stack([light_from_angles(_GOLDEN_DEG * i, elevation) for i, elevation in enumerate(elevations)])
    held_out = np.arange(len(spiral)) % 5 == 2
    return spiral[~held_out], spiral[held_out]


def _pictures_of(relightable: Relightable, lights: NDArray[np.float64]) -> Mlic:
    """The object's pictures under these lights."""
    renderer = Renderer(relightable)
    pictures = np.empty((len(lights), relightable.height, relightable.width, 3), np.uint8)
    for picture, light in zip(pictures, lights):
        picture[:] = to_numpy(renderer.relight(light))
    return Mlic(pictures, lights, tuple(f"light {i}" for i in range(len(lights))), relightable.mask)
