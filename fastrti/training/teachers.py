"""Teachers as functions: a network, the mean of several, and a function of one's own, which is checked."""

import torch
from torch import Tensor

from fastrti.errors import ArgumentError, TrainingError
from fastrti.training.expert_networks import Trained
from fastrti.training.loop import TeacherFunction


def answers_of(network: Trained) -> TeacherFunction:
    """What a trained network says, as a teacher."""
    return lambda samples, pixels, lights: network(samples, lights.to(samples.device))


def checked_teacher(teacher: TeacherFunction) -> TeacherFunction:
    """The same teacher, whose answers are checked: PyTorch would silently take another shape, and NaN."""

    def checked(samples: Tensor, pixels: Tensor, lights: Tensor) -> Tensor:
        answer, shape = teacher(samples, pixels, lights), (len(lights), 3, len(pixels))
        if answer.shape != shape:
            raise ArgumentError(
                f"expected an answer of shape (lights, 3, pixels) = {shape} from the teacher, got {tuple(answer.shape)}"
            )
        finite = answer.isfinite().flatten(1).all(1).cpu()
        if not finite.all():
            x, y, z = lights[int(finite.int().argmin())].tolist()
            raise TrainingError(
                f"expected finite colours from the teacher, got NaN or infinity under the light ({x:.3f}, {y:.3f}, "
                f"{z:.3f}): mend the teacher"
            )
        return answer

    return checked


def mean_of(functions: list[TeacherFunction]) -> TeacherFunction:
    """The mean of what several teachers say."""

    def mean(samples: Tensor, pixels: Tensor, lights: Tensor) -> Tensor:
        return torch.stack([function(samples, pixels, lights) for function in functions]).mean(0)

    return mean
