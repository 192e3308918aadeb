"""Student names, teacher names and presets: what a fit can be asked for."""

import re
from dataclasses import dataclass, replace
from typing import Literal

from fastrti.errors import ArgumentError
from fastrti.objects.frame_network import MAX_WIDTH, Activation
from fastrti.training.networks import Autoencoder, Encoder, LightConditionedDecoder, PlainDecoder

Teacher = Literal["interpolator", "neural", "both", "none"]
Alpha = tuple[float, float]  # weight of the photographs against the teacher, at the first step and at the last

_FORMS = (
    "'lcA' or 'lcAxB' (light-conditioned, ReLU, skip), the same with '-elu' (ELU, no skip), 'diskR' (distilled as in "
    "DisK-NeuralRTI), 'directR' (the same network, photographs only) or 'neural' (NeuralRTI, 50-50), "
    f"widths 1 to {MAX_WIDTH}, for example 'lc16x16' or 'disk20'"
)


@dataclass(frozen=True)
class StudentSpec:
    """A network to fit and the teachers that suit it, by its name.

    Attributes:
        name: as asked for, e.g. "lc16x16".
        conditioned: whether the light sets every weight; otherwise it is two more inputs.
        hidden: widths of the hidden layers.
        activation: φ of the hidden layers.
        skip: whether there is a linear skip.
        teachers: the teachers it can learn from, the default first.
        encoder_layers: hidden layers of its encoder, 3 (NeuralRTI) or 4 (the DisK teacher).
        encoder_width: of each, 150 (NeuralRTI) or for light-conditioned students 100, which learns as well, faster.
        light_widths: of the light network's layers, where they are not `networks.LIGHT_WIDTHS`.
    """

    name: str
    conditioned: bool
    hidden: tuple[int, ...]
    activation: Activation
    skip: bool
    teachers: tuple[Teacher, ...]
    encoder_layers: int = 3
    encoder_width: int = 150
    light_widths: tuple[int, ...] | None = None

    @property
    def alpha(self) -> Alpha:
        """Where a fit does not say another: constant for the published students; light-conditioned ones learn first
        from both, then more and more from the photographs, which have no errors of a teacher."""
        return (0.5, 0.95) if self.conditioned else (0.5, 0.5)

    @property
    def presets(self) -> "dict[str, Preset]":
        """Its training loops, by name."""
        return PRESETS if self.conditioned else PUBLISHED_PRESETS

    def build(self, photographs: int, planes: int) -> Autoencoder:
        """The network, randomly initialised from torch's global generator, for N photographs and K planes."""
        encoder = Encoder(photographs, planes, self.encoder_layers, self.encoder_width)
        if not self.conditioned:
            return Autoencoder(encoder, PlainDecoder(planes, self.hidden, self.activation))
        decoder = LightConditionedDecoder(planes, self.hidden, self.activation, self.skip, self.light_widths)
        return Autoencoder(encoder, decoder)

    def teacher_spec(self, teacher: Teacher) -> "StudentSpec":
        """The wide network among the teachers of this student; it learns from photographs only.

        Beside the interpolator ("both") a narrower one, trained for half the steps, does as well. The light network of
        that one has a single layer: it says more of the lights between rings.
        """
        if not self.conditioned:
            return StudentSpec("neural", False, (50, 50), "elu", False, ("none",), encoder_layers=4)
        if teacher == "both":
            hidden, light_widths = (32, 32), (64,)
            return StudentSpec("lc32x32", True, hidden, "relu", True, ("none",), 3, 100, light_widths)
        return StudentSpec("lc64x64", True, (64, 64), "relu", True, ("none",), encoder_layers=4)


def parse_student(name: str) -> StudentSpec:
    """The student of a name such as "lc16x16", "lc16-elu", "disk20", "direct10" or "neural".

    Raises:
        ArgumentError: not such a name; the message lists the forms.
    """
    if match := re.fullmatch(r"lc(\d{1,2})(?:x(\d{1,2}))?(-elu)?", name):
        hidden = tuple(int(width) for width in match.groups()[:2] if width)
        elu = match[3] is not None
        teachers: tuple[Teacher, ...] = ("interpolator", "both", "neural", "none")
        spec = StudentSpec(name, True, hidden, "elu" if elu else "relu", not elu, teachers, encoder_width=100)
    elif match := re.fullmatch(r"(disk|direct)(\d{1,2})", name):
        width = int(match[2])
        spec = StudentSpec(name, False, (width, width), "elu", False, ("neural",) if match[1] == "disk" else ("none",))
    elif name == "neural":
        spec = StudentSpec(name, False, (50, 50), "elu", False, ("none",))
    else:
        raise ArgumentError(f"expected a student {_FORMS}, got {name!r}")
    if not all(1 <= width <= MAX_WIDTH for width in spec.hidden):
        raise ArgumentError(f"expected a student {_FORMS}, got {name!r}")
    return spec


def choose_teacher(spec: StudentSpec, teacher: str | None, preset: "Preset") -> Teacher:
    """The teacher asked for, or for None the preset's or the student's default.

    Raises:
        ArgumentError: a teacher this student cannot learn from.
    """
    if teacher is None:
        return preset.teacher or spec.teachers[0]
    for possible in spec.teachers:
        if teacher == possible:
            return possible
    raise ArgumentError(
        f"expected a teacher {' or '.join(map(repr, spec.teachers))} for student {spec.name!r}, got {teacher!r}: "
        "leave the teacher out for the default, or take another student"
    )


@dataclass(frozen=True)
class Preset:
    """The settings of a training loop.

    Attributes:
        steps: optimiser steps.
        pixels: pixels a step.
        shown: photographed lights a step.
        new: new lights a step, at which a teacher is asked.
        learning_rate: the peak of the one-cycle schedule (Adam).
        longest_gradient: longer ones are shortened to this norm; None for as long as they come.
        teacher: where a fit does not name one; None for the student's default.
    """

    steps: int
    pixels: int = 512
    shown: int = 16
    new: int = 16
    learning_rate: float = 6e-3
    longest_gradient: float | None = None
    teacher: Teacher | None = None


_DEFAULT = Preset(1_500, pixels=2048, shown=24, new=8, learning_rate=1.2e-2, longest_gradient=1.0)
PRESETS = {
    "quick": replace(_DEFAULT, steps=750),
    "default": _DEFAULT,
    "best": replace(_DEFAULT, steps=3_000, teacher="both"),
}
"""Of light-conditioned students: few large steps, which two cores and GPUs take faster than many small ones."""
PUBLISHED_PRESETS = {"quick": Preset(1_500), "default": Preset(3_000), "best": Preset(10_000)}
"""Of the published students, whose decoders cost more a pixel and light."""
