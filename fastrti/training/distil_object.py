"""`distil_object`: another network learns to draw an object from the object itself, without its photographs."""

import time
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import fastrti
from fastrti.kernels.reference import evaluate_by_label
from fastrti.lights import light_from_angles
from fastrti.objects.experts import Experts
from fastrti.objects.provenance import with_step
from fastrti.objects.relightable import Relightable
from fastrti.photographs.mlic import Mlic
from fastrti.progress import counted, shown
from fastrti.rendering.renderer import Renderer
from fastrti.scoring.sampled import mean_psnr
from fastrti.training.checkpoint import Checkpoint
from fastrti.training.encoding import EncodedPixels
from fastrti.training.expert_networks import networks_of
from fastrti.training.fitting import builder, train_anew
from fastrti.training.loop import Task
from fastrti.training.progress import ProgressScore
from fastrti.training.randomness import generator
from fastrti.training.samples import Photographs, PixelSamples
from fastrti.training.settings import Preset
from fastrti.training.students import parse_student

STEPS = 3_000
PLANES = 9
_PHOTOGRAPHED, _HELD_OUT = 32, 8  # lights
_LOWEST_DEG = 10  # as the new lights of the training loop
_GOLDEN_DEG = 137.508  # between neighbours of a sunflower: no two rings of lights line up
_ALPHA = (0.5, 0.5)


def distil_object(
    relightable: Relightable, student: str, *, steps: int = STEPS, seed: int = 0, progress: bool = True
) -> Relightable:
    """Distils an object of any kind into a student.

    The student learns from the object's own pictures under 32 lights. In every step the object is also its teacher at
    new lights. Ctrl-C ends the training early and returns what there is.

    Args:
        relightable: the original.
        student: see `fastrti.training.students.parse_student`, e.g. "disk20" or "lc16x16-elu".
        steps: training steps.
        seed: of everything random.
        progress: show on stderr how far the training is, in a terminal or a notebook.

    Returns:
        The new object, with the original's mask and provenance. `training["psnr"]` is the PSNR in dB between its
        pictures and the original's under 8 lights that the training does not use.

    Raises:
        ArgumentError: an unknown student.
        TrainingError: the training cannot start or converge.
    """
    started = time.perf_counter()
    kind, preset = parse_student(student), Preset(steps)
    with shown(progress):
        mlic = _pictures_of(relightable, np.concatenate(distillation_lights()))
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        photographed = Photographs(mlic, np.arange(_PHOTOGRAPHED), device)
        held_out = Photographs(mlic, np.arange(_PHOTOGRAPHED, len(mlic)), device)
        taught = _by_experts_alone(relightable)
        samples = PixelSamples(
            Photographs(replace(mlic, mask=taught.mask), photographed.chosen, device), generator(seed)
        )
        lights = torch.from_numpy(photographed.lights).float().to(device)
        network, done = train_anew(
            builder(kind),
            Task(kind.name, samples, lights, _Original(taught, samples), at_new_lights=True, alpha=_ALPHA),
            preset,
            PLANES,
            seed,
            Checkpoint(None, {}),
            ProgressScore(samples, photographed, held_out, generator(seed)) if progress else None,
        )
        distilled = EncodedPixels(networks_of(network), photographed).relightable()
        kept = ("lights", "mm_per_pixel", "title", "creator", "rights")
        results = {
            "student": student,
            "distilled_from": relightable.decoder.label,
            "steps": steps,
            "steps_done": done,
            "seed": seed,
            "seconds": round(time.perf_counter() - started, 1),
            "psnr_of": "pictures of the original under held-out lights",
            "psnr": round(mean_psnr(distilled, mlic, held_out.chosen), 3),
        }
        sentence = f"{student} in the place of {relightable.decoder.label}, by fastrti {fastrti.__version__}"
        provenance = with_step(relightable.provenance, "distillation", sentence, results)
        kept_parts = {name: getattr(relightable, name) for name in kept}
        return replace(distilled, training=results, provenance=provenance, **kept_parts)


def _by_experts_alone(relightable: Relightable) -> Relightable:
    """The object without the pixels that means of experts draw, if others remain.

    There may be hundreds of means, whose networks would take most of the time. What they draw is like what is beside
    it.
    """
    experts, labels = relightable.decoder, relightable.labels
    if not isinstance(experts, Experts) or labels is None:
        return relightable
    alone = labels < len(experts.decoders)
    mask = alone if relightable.mask is None else alone & relightable.mask
    if not mask.any():
        return relightable
    return replace(
        relightable, decoder=Experts(experts.decoders), mask=mask, labels=np.where(alone, labels, np.uint8(0))
    )


class _Original:
    """The teacher: the object itself, at any light."""

    def __init__(self, relightable: Relightable, samples: PixelSamples):
        self.relightable = relightable
        rows, columns = samples.rows.numpy(), samples.columns.numpy()
        self.planes = relightable.planes[:, rows, columns]  # (K, P)
        self.labels = None if relightable.labels is None else relightable.labels[rows, columns]

    def __call__(self, samples: Tensor, pixels: Tensor, lights: Tensor) -> Tensor:  # → (L, 3, P), see TeacherFunction
        chosen = pixels.cpu().numpy()
        planes, labels = self.planes[:, chosen], None if self.labels is None else self.labels[chosen]
        networks = [self.relightable.frame_networks(light) for light in lights.cpu().numpy()]
        colours = np.stack([evaluate_by_label(each, planes, labels) for each in networks])
        return torch.from_numpy(colours).clamp_(0, 1).to(samples)


def distillation_lights() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lights of the pictures that a student learns from, (32, 3), and those of its score, (8, 3).

    All of them lie on one spiral, which is spread evenly over azimuth and elevation. Every fifth is for the score.
    """
    elevations = np.linspace(_LOWEST_DEG, 90, _PHOTOGRAPHED + _HELD_OUT)
    spiral = np.stack([light_from_angles(_GOLDEN_DEG * i, elevation) for i, elevation in enumerate(elevations)])
    held_out = np.arange(len(spiral)) % 5 == 2
    return spiral[~held_out], spiral[held_out]


def _pictures_of(relightable: Relightable, lights: NDArray[np.float64]) -> Mlic:
    """The object's pictures under these lights."""
    renderer = Renderer(relightable)
    pictures = np.empty((len(lights), relightable.height, relightable.width, 3), np.uint8)
    for picture, light in zip(pictures, counted(lights, "drawing the original")):
        picture[:] = renderer.to_host(renderer.relight(light))
    return Mlic(pictures, lights, tuple(f"light {i}" for i in range(len(lights))), relightable.mask)
