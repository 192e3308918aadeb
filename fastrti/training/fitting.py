"""`fit`: from photographs under known lights to a relightable object."""

import copy
import hashlib
import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, Literal

import numpy as np
import torch

import fastrti
from fastrti.errors import ArgumentError
from fastrti.objects.planes import MAX_PLANES
from fastrti.objects.relightable import Relightable
from fastrti.photographs.coverage import light_notes
from fastrti.photographs.hold_out import spread_lights
from fastrti.photographs.mlic import Mlic
from fastrti.progress import Progress, shown
from fastrti.scoring.sampled import mean_psnr
from fastrti.training.checkpoint import Checkpoint
from fastrti.training.encoding import EncodedPixels
from fastrti.training.expert_networks import Trained, joined, networks_of
from fastrti.training.expert_regions import number_of_experts, regions
from fastrti.training.fit_provenance import fit_provenance
from fastrti.training.int8 import Int8Autoencoder, check_int8, int8_preset, promise_int8
from fastrti.training.interpolator import Interpolator
from fastrti.training.loop import Loss, Task, TeacherFunction, mean_square, root_mean_square, train
from fastrti.training.networks import Autoencoder, build
from fastrti.training.progress import ProgressScore
from fastrti.training.randomness import generator, seeded
from fastrti.training.samples import Photographs, PixelSamples
from fastrti.training.settings import Alpha, Preset, Student, Teacher
from fastrti.training.students import choose_preset, choose_teacher, parse_student
from fastrti.training.teachers import InterpolatorTeacher, answers_of, checked_teacher

OwnStudent = Callable[[int, int], Autoencoder]
"""A student of your own: (number of photographs N, number of planes K) → an `Autoencoder`, randomly initialised."""

NETWORK_STEPS = 1 / 3
"""Of the student's steps: those of the network that the interpolator corrects."""
_STANDARD = 4096  # pixels whose mean and spread standardise the encoder's input


def fit(
    mlic: Mlic,
    *,
    student: str | Student | OwnStudent = "lc16x16",
    teacher: str | Teacher | TeacherFunction | None = None,
    preset: str | Preset = "default",
    loss: Loss | None = None,
    steps: int | None = None,
    hold_out: int = 0,
    alpha: float | None = None,
    planes: int = 9,
    experts: int | Literal["auto"] = "auto",
    int8: bool = False,
    seed: int = 0,
    device: str | torch.device | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> Relightable:
    """Fits a relightable object to photographs. Ctrl-C ends the training early and returns what there is.

    Args:
        mlic: the photographs and their lights.
        student: the network to train. Pass a name, settings, or a network of your own. Names are "lc16x16"
            (light-conditioned), "lc16x16-elu", "disk20", "direct20", "neural" and others of these forms, see
            `parse_student`.
        teacher: what the student learns from beside the photographs. Pass a name, the settings of a teacher, or a
            function of your own, which is asked at new lights. The names are "interpolator", "neural" (a wide network),
            "both" (a wide network that the interpolator corrects) and "none". None takes the teacher of the
            preset, or the student's default.
        preset: "quick", "default" or "best", see `PRESETS` and `PUBLISHED_PRESETS`, or settings of your own.
        loss: the error of rendered colours. None takes the student's: the root-mean-square error of each light, or the
            mean squared error for published students.
        steps: training steps, instead of the preset's.
        hold_out: how many photographs to keep out of the fit, spread over the dome. `training` then has their PSNR.
        alpha: a constant weight of the photographs against the teacher, from 0 to 1, instead of the preset's. By
            default the weight rises from 0.5 at the first step to 0.95 at the last for light-conditioned students. It
            is 0.5 for the others.
        planes: K, the bytes per pixel of the object.
        experts: how many networks are trained, 1 to 64. Each draws a rectangle of the picture, and means of neighbours
            draw a strip along each border. For most steps the experts are one network, then all are trained at once.
            "auto" takes one for small pictures, four from 65,536 object pixels, and one for every 524,288 of them where
            these are more, up to 24. It takes one for published students, for students with ELU and for networks of
            your own. A preset of several experts has more and smaller steps, see `Preset.for_experts`.
        int8: after the fit, train the student for 8-bit arithmetic, for a third of the steps. This needs a
            light-conditioned ReLU student. `int8_loss_db` of the object says what 8-bit arithmetic costs under the
            lights that `psnr` was measured under.
        seed: of everything random. The same seed gives the same object on the same machine with the same libraries and
            number of threads.
        device: where to train. None takes CUDA if the machine has it, otherwise the CPU.
        checkpoint: a file that keeps the state of the fit, so that it can be resumed. A resumed fit has the same
            result. The file knows a student, teacher or loss of your own by its name only.
        progress: show on stderr how far the fit is, in a terminal or a notebook.

    Returns:
        The object, with the settings and results of the fit in `training`.

    Raises:
        ArgumentError: an unknown student, teacher or preset, or a number out of its range.
        TrainingError: the fit cannot start, resume or converge.
    """
    started = time.perf_counter()
    kind, make = _student(student)
    settings = choose_preset(kind, preset, steps, alpha)
    own_teacher = teacher if callable(teacher) else None
    chosen = Teacher("none") if callable(teacher) else choose_teacher(kind, teacher, settings)
    weights = settings.alpha or kind.alpha
    if not 1 <= planes <= MAX_PLANES:
        raise ArgumentError(f"expected 1 to {MAX_PLANES} planes, got {planes}")
    if int8:
        check_int8(kind)
    where = _device(device)
    held_out = spread_lights(mlic.lights, hold_out)
    photographs = Photographs(mlic, np.setdiff1d(np.arange(len(mlic)), held_out), where)
    count = number_of_experts(experts if experts != "auto" or kind.may_be_several else 1, photographs.mask)
    if isinstance(preset, str):
        several = settings.for_experts(count)
        settings = several if steps is None else replace(several, steps=steps)
    parts = regions(photographs.mask, count) if count > 1 else None
    record = {
        "student": kind.name,
        "preset": preset if isinstance(preset, str) else "own",
        **asdict(settings),
        "teacher": chosen.name if own_teacher is None else _name_of(own_teacher),
        "alpha": list(weights),
        "planes": planes,
        **({} if parts is None else {"experts": count}),
        "int8": int8,
        "seed": seed,
        "held_out": [mlic.names[i] for i in held_out],
    }
    own_loss = loss or (root_mean_square if kind.conditioned else mean_square)
    with shown(progress):
        kept = Checkpoint(checkpoint, _identity(mlic, kind, chosen, own_loss, record, where) if checkpoint else {})
        samples = PixelSamples(photographs, generator(seed), settings.most_pixels, parts)
        held_back = Photographs(mlic, held_out, where)
        run = _Run(photographs, held_back, samples, settings, planes, seed, own_loss, kept, progress)
        trained, network, done = run.fit(kind, make, chosen, own_teacher, weights)
        encoded = EncodedPixels(networks_of(network), photographs, parts)
        relightable = encoded.relightable()
        if int8 and trained == kind.name:
            for_int8 = run.fit_int8(network, encoded, weights)
            relightable = replace(relightable, decoder=encoded.decoder_of(networks_of(for_int8)))
        scored = held_out if hold_out else photographs.chosen
        results = {
            **record,
            "trained": trained,
            "steps_done": done,
            "seconds": round(time.perf_counter() - started, 1),
            "psnr_of": "held-out lights" if hold_out else "photographed lights",
            "psnr": round(mean_psnr(relightable, mlic, scored), 3),
            "notes": light_notes(photographs.lights),
            "device": str(where),
            "torch": torch.__version__,
        }
        relightable = replace(relightable, training=results)
        if int8 and trained == kind.name:
            relightable = promise_int8(relightable, mlic, scored)
        return replace(relightable, provenance=fit_provenance(mlic, relightable.training))


class _Run:
    """What the training loops of one fit share."""

    def __init__(
        self,
        photographs: Photographs,
        held_out: Photographs,
        samples: PixelSamples,
        preset: Preset,
        planes: int,
        seed: int,
        loss: Loss,
        checkpoint: Checkpoint,
        progress: bool,
    ):
        self.photographs, self.preset, self.planes, self.seed = photographs, preset, planes, seed
        self.loss, self.checkpoint = loss, checkpoint
        self.samples = samples
        self.lights = torch.from_numpy(photographs.lights).float().to(photographs.device)
        self.score = ProgressScore(self.samples, photographs, held_out, generator(seed)) if progress else None

    def fit(
        self, student: Student, make: OwnStudent, teacher: Teacher, own_teacher: TeacherFunction | None, alpha: Alpha
    ) -> tuple[str, Trained, int]:
        """Trains the network among the teachers, then the student. A teacher that is cut short is the result itself.

        Returns:
            The name of the network trained last, the network, and the steps it was trained for.
        """
        taught: dict[str, Any] = {} if own_teacher is None else {"teacher": checked_teacher(own_teacher)}
        if teacher.name in ("neural", "both"):
            wide = teacher.network or student.wide_teacher(teacher.name)
            share = teacher.network_steps or (NETWORK_STEPS if teacher.name == "both" else 1.0)
            steps = math.ceil(self.preset.steps * share)
            network, done = self._train(f"teacher {wide.name}", builder(wide), preset=replace(self.preset, steps=steps))
            if done < steps:
                return wide.name, network, done
        if teacher.name in ("interpolator", "both"):
            interpolator = self._interpolator(teacher)
            taught["trust"] = interpolator.trust
        if teacher.name == "neural":
            taught["teacher"] = answers_of(network)
        elif teacher.name == "both":
            taught["teacher"] = interpolator.corrected(network)
        elif teacher.name == "interpolator":
            taught.update(teacher=interpolator, teacher_from=interpolator.corrected)
        if not taught:
            return student.name, *self._train(student.name, make)
        return student.name, *self._train(student.name, make, at_new_lights=student.conditioned, alpha=alpha, **taught)

    def fit_int8(self, network: Trained, encoded: EncodedPixels, alpha: Alpha) -> Trained:
        """Trains the decoders for int8, on the object's planes; the network itself is the teacher at new lights."""
        teacher = answers_of(copy.deepcopy(network))
        task = Task("int8", self.samples, self.lights, teacher, True, alpha, self.loss)
        extremes = [torch.from_numpy(e).float().to(self.photographs.device) for e in (encoded.minimum, encoded.maximum)]
        whole = joined([Int8Autoencoder(each, *extremes) for each in networks_of(network)])
        return train(whole, task, int8_preset(self.preset), generator(self.seed), self.checkpoint, self.score)[0]

    def _train(self, name: str, make: OwnStudent, preset: Preset | None = None, **taught: Any) -> tuple[Trained, int]:
        task = Task(name, self.samples, self.lights, loss=self.loss, **taught)
        return train_anew(make, task, preset or self.preset, self.planes, self.seed, self.checkpoint, self.score)

    def _interpolator(self, teacher: Teacher) -> InterpolatorTeacher:
        interpolator = Interpolator(self.photographs, self.seed, self.preset.steps, teacher.interpolator)
        return InterpolatorTeacher(interpolator, self.samples, self.lights)


def train_anew(
    make: OwnStudent,
    task: Task,
    preset: Preset,
    planes: int,
    seed: int,
    checkpoint: Checkpoint,
    score: ProgressScore | None,
) -> tuple[Trained, int]:
    """Makes a network from the seed and trains it; see `train`.

    Raises:
        ArgumentError: a network that no object can store.
    """
    draws = generator(seed)
    with seeded(seed):
        network = make(len(task.lights), planes)
    if not isinstance(network, Autoencoder):
        raise ArgumentError(f"expected a student that builds an Autoencoder, got {type(network).__name__}")
    stored = network.decoder.to_decoder().planes  # what cannot be stored is refused now, not after the training
    if not network.encoder.planes == stored == planes:
        raise ArgumentError(
            f"expected {planes} planes of encoder and decoder, got {network.encoder.planes} and {stored}: "
            "build both for the number of planes that the student is given"
        )
    network.to(task.lights.device)
    network.encoder.standardise(task.samples.batch(task.samples.draw(_STANDARD, draws)))
    return train(network, task, preset, draws, checkpoint, score)


def builder(student: Student) -> OwnStudent:
    """What builds the network of these settings."""
    return lambda photographs, planes: build(student, photographs, planes)


def _student(student: str | Student | OwnStudent) -> tuple[Student, OwnStudent]:
    """The settings of a student, and what builds it. One of your own is trained like a light-conditioned student."""
    if isinstance(student, str):
        student = parse_student(student)
    if isinstance(student, Student):
        return student, builder(student)
    # "elu", since only the light-conditioned ReLU networks of fastrti can be trained for int8.
    return replace(parse_student("lc16x16"), name=_name_of(student), activation="elu"), student


def _name_of(own: object) -> str:
    kind = own if hasattr(own, "__qualname__") else type(own)
    return f"{kind.__module__}.{kind.__qualname__}"


def _identity(
    mlic: Mlic, student: Student, teacher: Teacher, loss: Loss, record: dict[str, Any], device: torch.device
) -> dict[str, Any]:
    """Everything that decides the result of a fit, as JSON can hold it. Another fit's checkpoint differs in it."""
    digest = hashlib.sha256()
    with Progress("comparing with the checkpoint"):
        for array in (mlic.lights, mlic.mask, mlic.photographs):
            if array is not None:
                digest.update(f"{array.dtype} {array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
    return {
        **record,
        "student": asdict(student),
        "teacher": [record["teacher"], asdict(teacher)],
        "loss": _name_of(loss),
        "photographs": digest.hexdigest(),
        "transfer": mlic.transfer,
        "device": device.type,
        "versions": [fastrti.__version__, torch.__version__],
    }


def _device(device: str | torch.device | None) -> torch.device:
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        float(torch.ones((), device=chosen))  # the device "meta" takes tensors, but never gives a number back
    except (RuntimeError, AssertionError, TypeError) as error:  # torch's words for unknown and for absent devices
        raise ArgumentError(f"expected a device PyTorch can use here, such as 'cpu', got {str(device)!r}") from error
    return chosen
