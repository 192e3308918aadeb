"""The settings of a fit, as frozen data: what to train, from which teacher, for how long. Needs no PyTorch."""

from dataclasses import dataclass, field, replace
from typing import Literal

from fastrti.errors import ArgumentError
from fastrti.least_squares import LIGHT_ACCURACY

Alpha = tuple[float, float]
"""The weight of the photographs against the teacher, at the first step and at the last, linear between."""

TeacherName = Literal["interpolator", "neural", "both", "none"]


@dataclass(frozen=True)
class Preset:
    """The settings of a training loop.

    Attributes:
        steps: optimiser steps.
        pixels: pixels per step.
        photographed_lights: lights per step whose photographs are learned from.
        new_lights: lights per step that no photograph has; the teacher answers there.
        learning_rate: the peak of the one-cycle schedule (Adam).
        longest_gradient: longer gradients are shortened to this norm. None leaves them as they are.
        teacher: the teacher if the fit does not name one. None takes the student's default.
        alpha: the weight of the photographs. None takes the student's default.
        lowest_new_light: elevation in degrees. New lights are drawn at random above it.
        most_pixels: a fit of a larger picture trains on this many of its pixels, chosen at random.
    """

    steps: int
    pixels: int = 512
    photographed_lights: int = 16
    new_lights: int = 16
    learning_rate: float = 6e-3
    longest_gradient: float | None = None
    teacher: TeacherName | None = None
    alpha: Alpha | None = None
    lowest_new_light: float = 5.0
    most_pixels: int = 1 << 20

    def __post_init__(self) -> None:
        for name in ("steps", "pixels", "photographed_lights", "new_lights", "most_pixels"):
            if getattr(self, name) < 1:
                raise ArgumentError(f"expected {name} of 1 or more, got {getattr(self, name)}")
        if not self.learning_rate > 0:
            raise ArgumentError(f"expected a learning rate above 0, got {self.learning_rate}")
        if not 0 <= self.lowest_new_light < 90:
            raise ArgumentError(f"expected a lowest new light from 0° to below 90°, got {self.lowest_new_light}")
        if self.alpha is not None and not all(0 <= weight <= 1 for weight in self.alpha):
            first, last = self.alpha
            got = f"{first}" if first == last else f"{first} and {last}"
            raise ArgumentError(f"expected alpha from 0 (teacher only) to 1 (photographs only), got {got}")

    def for_experts(self, count: int) -> "Preset":
        """These settings for so many experts: twice as many steps, each with a sixteenth of the pixels for each expert.
        The pixels are a quarter at least, since the experts are one network at first. This learns more in the same
        time."""
        if count == 1:
            return self
        return replace(self, steps=2 * self.steps, pixels=max(max(count, 4) * self.pixels // 16, 1))


_QUICK = Preset(1_500, pixels=2048, photographed_lights=24, new_lights=8, learning_rate=1.2e-2, longest_gradient=1.0)
PRESETS = {
    "quick": _QUICK,
    "default": replace(_QUICK, steps=3_000, teacher="both"),
    "best": replace(_QUICK, steps=6_000, teacher="both"),
}
"""For light-conditioned students, of one network: see `Preset.for_experts`."""
PUBLISHED_PRESETS = {"quick": Preset(1_500), "default": Preset(3_000), "best": Preset(10_000)}
"""For the published students, whose decoders cost more per pixel and light."""


@dataclass(frozen=True)
class InterpolatorSettings:
    """The settings of the light interpolator; `fastrti.training.interpolator` explains how it works.

    Attributes:
        degrees: the degrees of the polynomials of the light among the methods.
        processes: the Gaussian processes among the methods. Each has the length of its squared exponential, over the
            3-D chord, and its noise variance, relative to a variance of 1.
        vertical_stretch: how much faster the processes change along z than along x and y.
        cell_pixels: side of a cell in pixels. The pixels of a cell share one mix.
        blur_cells: σ of the smoothing of error covariances over neighbouring cells, in cells.
        shrinkage: how strongly the shares are pulled towards equal ones, relative to each method's error.
        importance: whether a photograph counts by the inverse of its error. Otherwise all photographs count alike.
        correction_taken: how much of the learned correction of the shares is applied, from 0 to 1. The correction
            learns from left-out photographs, whose gaps are twice as wide as those that new lights lie in. In smaller
            gaps the shares deserve more trust than the correction learns.
        correction_width: width of the hidden layers of the correction's network.
        correction_steps: training steps of the correction. It never takes more than the student does.
    """

    degrees: tuple[int, ...] = (1, 2, 3)
    processes: tuple[tuple[float, float], ...] = ((0.25, 3e-2), (0.4, 3e-2), (0.7, 1e-3), (0.7, 3e-2))
    vertical_stretch: float = 1.0
    cell_pixels: int = 4
    blur_cells: float = 1.0
    shrinkage: float = 0.3
    importance: bool = True
    correction_taken: float = 0.75
    correction_width: int = 32
    correction_steps: int = 1000

    def __post_init__(self) -> None:
        if not self.degrees or min(self.degrees) < 1:
            raise ArgumentError(f"expected one or more degrees, each 1 or more, got {self.degrees}")
        for length, noise in self.processes:
            if not (length > 0 and noise >= LIGHT_ACCURACY**2):
                raise ArgumentError(
                    f"expected processes with a length above 0 and a noise of {LIGHT_ACCURACY**2:.1e} or more, which "
                    f"the errors of lights alone make, got ({length}, {noise})"
                )
        if self.cell_pixels < 2:
            raise ArgumentError(f"expected cells of 2 pixels or more, got {self.cell_pixels}")
        if not self.blur_cells > 0:
            raise ArgumentError(f"expected a σ of the smoothing above 0 cells, got {self.blur_cells}")


@dataclass(frozen=True)
class Student:
    """A network to fit and the teachers that suit it.

    Attributes:
        name: as `parse_student` reads it, e.g. "lc16x16"; any name for a network of your own.
        conditioned: whether the student is light-conditioned: the light sets every weight. Otherwise the light is two
            more inputs.
        hidden: widths of the hidden layers.
        activation: φ of the hidden layers.
        skip: whether there is a linear skip.
        teachers: the names of the teachers it can learn from, the default first.
        encoder_layers: hidden layers of its encoder, 3 (NeuralRTI) or 4 (the DisK teacher).
        encoder_width: width of each of them. `parse_student` takes 150 for the published students, as NeuralRTI does,
            and 100 for light-conditioned ones. They learn as well with it, and faster.
        light_widths: widths of the light network's hidden layers.
        light_degree: of the polynomials of the light that the light network starts from.
    """

    name: str
    conditioned: bool
    hidden: tuple[int, ...]
    activation: Literal["relu", "elu"]
    skip: bool
    teachers: tuple[TeacherName, ...]
    encoder_layers: int = 3
    encoder_width: int = 150
    light_widths: tuple[int, ...] = (32, 32)
    light_degree: int = 1

    @property
    def alpha(self) -> Alpha:
        """The weight of the photographs if a preset has none.

        It is constant for the published students. Light-conditioned students learn from both at first, then more and
        more from the photographs, which have no errors of a teacher.
        """
        return (0.5, 0.95) if self.conditioned else (0.5, 0.5)

    @property
    def may_be_several(self) -> bool:
        """Whether a fit may make several experts of the student without being asked.

        The published students are one network, as published. Of those with ELU, viewers of other programs draw one. A
        network of your own may not be one that several can be trained of at once.
        """
        return self.conditioned and self.activation == "relu"

    @property
    def presets(self) -> dict[str, Preset]:
        """The presets of this student, by name."""
        return PRESETS if self.conditioned else PUBLISHED_PRESETS

    def wide_teacher(self, teacher: TeacherName) -> "Student":
        """The wide network among the teachers of this student. It learns from photographs only.

        Where the interpolator corrects it ("both"), a narrower network, trained for a third of the steps, suffices. Its
        light network has a single layer, which predicts better between rings of lights.
        """
        if not self.conditioned:
            return Student("neural", False, (50, 50), "elu", False, ("none",), encoder_layers=4)
        if teacher == "both":
            return Student("lc32x32", True, (32, 32), "relu", True, ("none",), 3, 100, (64,))
        return Student("lc64x64", True, (64, 64), "relu", True, ("none",), encoder_layers=4)


@dataclass(frozen=True)
class Teacher:
    """What a student learns from beside the photographs.

    Attributes:
        name: "interpolator" (from 40 % of the steps on it corrects the student as it is then), "neural" (a wide network
            trained first), "both" (such a network, corrected by the interpolator) or "none".
        interpolator: the settings of the interpolator.
        network: the wide network. None takes the one that suits the student.
        network_steps: training steps of the wide network, as a share of the student's steps. None stands for 1, or for
            1/3 where the interpolator corrects the network.
    """

    name: TeacherName
    interpolator: InterpolatorSettings = field(default_factory=InterpolatorSettings)
    network: Student | None = None
    network_steps: float | None = None

    def __post_init__(self) -> None:
        if self.network_steps is not None and not self.network_steps > 0:
            raise ArgumentError(f"expected a share of the steps above 0 for the network, got {self.network_steps}")
