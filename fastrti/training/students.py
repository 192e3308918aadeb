"""Students, teachers and presets by their names: what a fit can be asked for. Needs no PyTorch."""

import re
from dataclasses import replace

from fastrti.errors import ArgumentError
from fastrti.objects.frame_network import MAX_WIDTH
from fastrti.training.settings import Preset, Student, Teacher, TeacherName

_FORMS = (
    "'lcA' or 'lcAxB' (light-conditioned, ReLU, skip), the same with '-elu' (ELU, no skip), 'diskR' (distilled as in "
    "DisK-NeuralRTI), 'directR' (the same network, photographs only) or 'neural' (NeuralRTI, 50-50), "
    f"widths 1 to {MAX_WIDTH}, for example 'lc16x16' or 'disk20'"
)


def parse_student(name: str) -> Student:
    """The student of a name such as "lc16x16", "lc16-elu", "disk20", "direct10" or "neural".

    Raises:
        ArgumentError: not such a name; the message lists the forms.
    """
    if match := re.fullmatch(r"lc(\d{1,2})(?:x(\d{1,2}))?(-elu)?", name):
        hidden = tuple(int(width) for width in match.groups()[:2] if width)
        elu = match[3] is not None
        teachers: tuple[TeacherName, ...] = ("interpolator", "both", "neural", "none")
        spec = Student(name, True, hidden, "elu" if elu else "relu", not elu, teachers, encoder_width=100)
    elif match := re.fullmatch(r"(disk|direct)(\d{1,2})", name):
        width = int(match[2])
        spec = Student(name, False, (width, width), "elu", False, ("neural",) if match[1] == "disk" else ("none",))
    elif name == "neural":
        spec = Student(name, False, (50, 50), "elu", False, ("none",))
    else:
        raise ArgumentError(f"expected a student {_FORMS}, got {name!r}")
    if not all(1 <= width <= MAX_WIDTH for width in spec.hidden):
        raise ArgumentError(f"expected a student {_FORMS}, got {name!r}")
    return spec


def choose_teacher(student: Student, teacher: str | Teacher | None, preset: Preset) -> Teacher:
    """The teacher asked for, or for None the preset's or the student's default.

    Raises:
        ArgumentError: a teacher this student cannot learn from.
    """
    if teacher is None:
        return Teacher(preset.teacher or student.teachers[0])
    chosen = teacher if isinstance(teacher, Teacher) else None
    for possible in student.teachers:
        if possible == (teacher if chosen is None else chosen.name):
            return chosen or Teacher(possible)
    raise ArgumentError(
        f"expected a teacher {' or '.join(map(repr, student.teachers))} for student {student.name!r}, "
        f"got {(chosen.name if chosen else teacher)!r}: leave the teacher out for the default, or take another student"
    )


def choose_preset(
    student: Student, preset: str | Preset, steps: int | None = None, alpha: float | None = None
) -> Preset:
    """The preset of a name, or the one given; with other steps or a constant alpha where these are given.

    Raises:
        ArgumentError: no preset of this student, or a number out of its range.
    """
    if isinstance(preset, str) and preset not in student.presets:
        raise ArgumentError(f"expected a preset {', '.join(map(repr, student.presets))}, got {preset!r}")
    chosen = student.presets[preset] if isinstance(preset, str) else preset
    chosen = chosen if steps is None else replace(chosen, steps=steps)
    return chosen if alpha is None else replace(chosen, alpha=(alpha, alpha))
