"""`fit`: from photographs under known lights to a relightable object."""

import copy
import hashlib
import os
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from fastrti.errors import ArgumentError
from fastrti.objects.planes import MAX_PLANES, quantise
from fastrti.objects.relightable import Relightable
from fastrti.training.checkpoint import Checkpoint
from fastrti.training.int8 import Int8Autoencoder, check_int8, int8_preset, promise_int8
from fastrti.training.interpolator import Interpolator
from fastrti.training.loop import Lesson, TeacherFunction, mean_square, root_mean_square, train
from fastrti.training.networks import Autoencoder
from fastrti.training.samples import Photographs, PixelSamples, spread_lights
from fastrti.training.scoring import ProgressScore, mean_psnr
from fastrti.training.students import Alpha, Preset, StudentSpec, Teacher, choose_teacher, parse_student

if TYPE_CHECKING:
    from fastrti.photographs.mlic import Mlic

_STANDARD = 4096  # pixels whose mean and spread standardise the encoder's input
_ENCODED_AT_ONCE = 16384  # pixels


def fit(
    mlic: "Mlic",
    *,
    student: str = "lc16x16",
    teacher: str | None = None,
    preset: str = "default",
    steps: int | None = None,
    hold_out: int = 0,
    alpha: float | None = None,
    planes: int = 9,
    int8: bool = False,
    seed: int = 0,
    device: str | torch.device | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> Relightable:
    """Fits a relightable object to photographs. Ctrl-C ends the training early and returns what there is.

    Args:
        mlic: the photographs and their lights.
        student: the network; "lc16x16" (light-conditioned), "lc16x16-elu", "disk20", "direct20", "neural" and others
            of these forms, see `parse_student`.
        teacher: what the student learns from beside the photographs: "interpolator", "neural" (a wide network),
            "both" (the mean of what the interpolator and a network say) or "none"; None takes the preset's, or the
            student's default.
        preset: "quick", "default" or "best", see `PRESETS` and `PUBLISHED_PRESETS`.
        steps: training steps, instead of the preset's.
        hold_out: photographs to keep out of the fit, spread over the dome; their PSNR is reported in `training`.
        alpha: weight of the photographs against the teacher in the loss, 0 to 1; None takes the student's default, from
            0.5 at the first step to 0.95 at the last for light-conditioned ones, 0.5 for the others.
        planes: K, the bytes a pixel of the object.
        int8: train a light-conditioned ReLU student to be drawn in int8 as well, for a third of the steps; what that
            costs, at the lights `psnr` is of, is the object's `int8_loss_db`.
        seed: of everything random; the same seed gives the same object on the same machine, libraries and threads.
        device: where to train; by default CUDA where there is one, otherwise the CPU.
        checkpoint: a file the fit's state is kept in and resumed from; the result of a resumed fit is the same.
        progress: show a progress bar on stderr.

    Returns:
        The object, with the settings and results of the fit in `training`.

    Raises:
        ArgumentError: an unknown student, teacher or preset, or a number out of its range.
        TrainingError: the fit cannot start, resume or converge.
    """
    started = time.perf_counter()
    spec = parse_student(student)
    settings = _settings(spec, preset, steps, alpha, planes)
    chosen_teacher = choose_teacher(spec, teacher, settings)
    weights = spec.alpha if alpha is None else (alpha, alpha)
    if int8:
        check_int8(spec)
    where = _device(device)
    held_out = spread_lights(mlic.lights, hold_out)
    photographs = Photographs(mlic, np.setdiff1d(np.arange(len(mlic)), held_out), where)
    record = {
        "student": student,
        "preset": preset,
        **asdict(settings),
        "teacher": chosen_teacher,
        "alpha": list(weights),
        "planes": planes,
        "int8": int8,
        "seed": seed,
        "held_out": [mlic.names[i] for i in held_out],
    }
    kept = Checkpoint(checkpoint, {**record, "photographs": _digest(mlic) if checkpoint else ""})
    run = _Run(photographs, Photographs(mlic, held_out, where), settings, planes, seed, kept, progress)
    trained, network, done = run.fit(spec, chosen_teacher, weights)
    relightable = encode(network, photographs)
    if int8 and trained == spec.name:
        decoder = run.fit_int8(network, relightable, weights).decoder.to_decoder()
        relightable = replace(relightable, decoder=decoder)
    scored = held_out if hold_out else photographs.chosen
    results = {
        **record,
        "trained": trained,
        "steps_done": done,
        "seconds": round(time.perf_counter() - started, 1),
        "psnr_of": "held-out lights" if hold_out else "photographed lights",
        "psnr": round(mean_psnr(relightable, mlic, scored), 3),
        "device": str(where),
        "torch": torch.__version__,
    }
    relightable = replace(relightable, training=results)
    return promise_int8(relightable, mlic, scored) if int8 and trained == spec.name else relightable


class _Run:
    """What the training loops of one fit share."""

    def __init__(
        self,
        photographs: Photographs,
        held_out: Photographs,
        preset: Preset,
        planes: int,
        seed: int,
        checkpoint: Checkpoint,
        progress: bool,
    ):
        self.photographs, self.preset, self.planes, self.seed = photographs, preset, planes, seed
        self.checkpoint = checkpoint
        self.samples = PixelSamples(photographs, torch.Generator().manual_seed(seed))
        self.lights = torch.from_numpy(photographs.lights).float().to(photographs.device)
        watched = torch.Generator().manual_seed(seed)
        self.score = ProgressScore(self.samples, photographs, held_out, watched) if progress else None

    def fit(self, spec: StudentSpec, teacher: Teacher, alpha: Alpha) -> tuple[str, Autoencoder, int]:
        """Trains the student, after the network among its teachers; one cut short is the result itself.

        Returns:
            The name of the network trained last, the network, and the steps it was trained for.
        """
        error = root_mean_square if spec.conditioned else mean_square
        if teacher == "none":
            return spec.name, *self._train(spec, Lesson(spec.name, self.samples, self.lights, error=error), self.preset)
        functions, trust = [], None
        if teacher != "interpolator":
            wide = spec.teacher_spec(teacher)
            steps = -(-self.preset.steps // 2) if teacher == "both" else self.preset.steps
            lesson = Lesson(f"teacher {wide.name}", self.samples, self.lights, error=error)
            network, done = self._train(wide, lesson, replace(self.preset, steps=steps))
            if done < steps:
                return wide.name, network, done
            functions.append(_answers_of(network))
        if teacher != "neural":
            function, trust = self._interpolator()
            functions.append(function)
        lesson = Lesson(
            spec.name, self.samples, self.lights, _mean_of(functions), spec.conditioned, alpha, error, trust
        )
        return spec.name, *self._train(spec, lesson, self.preset)

    def fit_int8(self, network: Autoencoder, relightable: Relightable, alpha: Alpha) -> Autoencoder:
        """Trains the decoder for int8, on the object's planes; the network itself is the teacher at new lights."""
        lesson = Lesson("int8", self.samples, self.lights, _answers_of(copy.deepcopy(network)), True, alpha)
        device = self.photographs.device
        extremes = [torch.from_numpy(e).float().to(device) for e in (relightable.minimum, relightable.maximum)]
        generator = torch.Generator().manual_seed(self.seed)
        preset = int8_preset(self.preset)
        return train(Int8Autoencoder(network, *extremes), lesson, preset, generator, self.checkpoint, self.score)[0]

    def _train(self, spec: StudentSpec, lesson: Lesson, preset: Preset) -> tuple[Autoencoder, int]:
        return train_anew(spec, lesson, preset, self.planes, self.seed, self.checkpoint, self.score)

    def _interpolator(self) -> tuple[TeacherFunction, Tensor]:
        """It, and how far it is to be trusted at each of the pixels."""
        interpolator = Interpolator(self.photographs, self.seed, self.preset.steps)
        pixels = self.samples.rows, self.samples.columns
        shares, trust = interpolator.shares_of(*pixels), interpolator.trust_of(*pixels)
        return lambda samples, pixels, lights: interpolator(samples, shares[:, pixels], lights), trust


def train_anew(
    spec: StudentSpec,
    lesson: Lesson,
    preset: Preset,
    planes: int,
    seed: int,
    checkpoint: Checkpoint,
    score: ProgressScore | None,
) -> tuple[Autoencoder, int]:
    """A network of this kind, drawn by the seed and trained; see `train`."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = spec.build(len(lesson.lights), planes).to(lesson.lights.device)
    typical = torch.randint(len(lesson.samples), (_STANDARD,), generator=generator)
    network.encoder.standardise(lesson.samples.batch(typical))
    return train(network, lesson, preset, generator, checkpoint, score)


def _answers_of(network: Autoencoder) -> TeacherFunction:
    return lambda samples, pixels, lights: network(samples, lights.to(samples.device))


def _mean_of(functions: list[TeacherFunction]) -> TeacherFunction:
    def mean(samples: Tensor, pixels: Tensor, lights: Tensor) -> Tensor:
        return torch.stack([function(samples, pixels, lights) for function in functions]).mean(0)

    return mean


@torch.no_grad()
def encode(network: Autoencoder, photographs: Photographs) -> Relightable:
    """Encodes every pixel of the mask and rounds the latents to 8-bit planes between each plane's extremes."""
    rows, columns = np.nonzero(photographs.mask)
    latents = np.empty((network.encoder.planes, len(rows)), np.float32)
    for start in range(0, len(rows), _ENCODED_AT_ONCE):
        chunk = slice(start, start + _ENCODED_AT_ONCE)
        latents[:, chunk] = network.encoder(photographs.read(rows[chunk], columns[chunk])).T.cpu()
    minimum, maximum = latents.min(1).astype(np.float64), latents.max(1).astype(np.float64)
    planes = np.zeros((len(latents), *photographs.mask.shape), np.uint8)
    for k, plane in enumerate(planes):  # one at a time: quantise computes in float64
        plane[rows, columns] = quantise(latents[k : k + 1], minimum[k : k + 1], maximum[k : k + 1])[0]
    return Relightable(
        planes, minimum, maximum, network.decoder.to_decoder(), photographs.mlic.mask, photographs.lights
    )


def _settings(spec: StudentSpec, preset: str, steps: int | None, alpha: float | None, planes: int) -> Preset:
    if preset not in spec.presets:
        raise ArgumentError(f"expected a preset {', '.join(map(repr, spec.presets))}, got {preset!r}")
    if steps is not None and steps < 1:
        raise ArgumentError(f"expected one or more training steps, got {steps}")
    if alpha is not None and not 0 <= alpha <= 1:
        raise ArgumentError(f"expected alpha from 0 (teacher only) to 1 (photographs only), got {alpha}")
    if not 1 <= planes <= MAX_PLANES:
        raise ArgumentError(f"expected 1 to {MAX_PLANES} planes, got {planes}")
    chosen = spec.presets[preset]
    return chosen if steps is None else replace(chosen, steps=steps)


def _device(device: str | torch.device | None) -> torch.device:
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError) as error:  # torch's words for an unknown and for an absent device
        raise ArgumentError(f"expected a device PyTorch can use here, such as 'cpu', got {str(device)!r}") from error
    return chosen


def _digest(mlic: "Mlic") -> str:
    digest = hashlib.sha256()
    for array in (mlic.lights, mlic.mask, mlic.photographs):
        if array is not None:
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
