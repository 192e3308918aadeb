"""Teachers as functions: a network, a network that is corrected, and a function of one's own, which is checked."""

from torch import Tensor

from fastrti.errors import ArgumentError, TrainingError
from fastrti.training.expert_networks import Trained
from fastrti.training.interpolator import Interpolator
from fastrti.training.loop import TeacherFunction
from fastrti.training.samples import PixelSamples

_NETWORK = 0.75
"""Share of the network in a corrected network. The interpolator alone has the rest."""
_CORRECTED = 0.75
"""How much of what the network misses is corrected."""


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


class InterpolatorTeacher:
    """The interpolator as a teacher, and what it makes of a network.

    Args:
        interpolator: of the photographs.
        samples: all pixels that the fit trains on.
        lights: (N, 3) of the photographs.
    """

    def __init__(self, interpolator: Interpolator, samples: PixelSamples, lights: Tensor):
        self.interpolator, self.samples, self.lights = interpolator, samples, lights
        self._shares = interpolator.shares_of(samples.rows, samples.columns)

    @property
    def trust(self) -> Tensor:
        """How far the student trusts it at each of the pixels, (P,)."""
        return self.interpolator.trust_of(self.samples.rows, self.samples.columns)

    def __call__(self, samples: Tensor, pixels: Tensor, lights: Tensor) -> Tensor:
        """See `TeacherFunction`."""
        return self.interpolator(samples, self._shares[:, pixels], lights)

    def corrected(self, network: Trained) -> TeacherFunction:
        """What a network says, corrected by what it misses.

        A network has a few numbers per pixel, so it misses a part of each photograph. The interpolator tells what it
        misses between the photographs. The network in turn knows what an interpolator cannot: how highlights move.
        ¾ of the answer is the network's with ¾ of the correction, and ¼ the interpolator's own.

        Source: regression kriging (Hengl, Heuvelink & Rossiter 2007).

        Args:
            network: has learned from the same pixels. It must not change any more.
        """
        render = answers_of(network)
        rendered = self.samples.rendered(
            lambda samples: network(samples, self.lights), "comparing the network with the photographs"
        )

        def teacher(samples: Tensor, pixels: Tensor, lights: Tensor) -> Tensor:
            missed = samples - rendered.batch(pixels)
            rest = (1 - _NETWORK) * samples + _NETWORK * _CORRECTED * missed
            interpolated = self.interpolator(samples, self._shares[:, pixels], lights, rest)
            return _NETWORK * render(samples, pixels, lights) + interpolated

        return teacher
