"""What the CPU renderer is meant to reach, beside what was measured: ratios in one run, never times."""

from typing import Any

Row = dict[str, Any]
Group = dict[str, Any]

STUDENT, TEACHER = "lc16x16", "teacher50"


class Measured:
    """A report of bench_cpu.py, by group and contender."""

    def __init__(self, report: dict[str, Any]) -> None:
        self.report = report
        self._groups: dict[str, Group] = {group["group"]: group for group in report["groups"]}

    def networks(self) -> list[Group]:
        """The groups that draw one network each, in their order."""
        return [group for group in self.report["groups"] if "multiply_adds" in group]

    def group(self, name: str) -> Group | None:
        """The group of a name, e.g. "lc16x16, 1 thread"."""
        return self._groups.get(name)

    def row(self, group: str, contender: str) -> Row:
        """A row; empty where there is none."""
        rows = self._groups.get(group, {"rows": []})["rows"]
        return next((row for row in rows if row["contender"] == contender), {})

    def speed(self, contender: str, group: str = f"{STUDENT}, 1 thread") -> float | None:
        """Megapixels a second, or None where it did not run."""
        return self.row(group, contender).get("mpx_per_s")

    def share(self, group: Group, kernel: str) -> float | None:
        """Of the ceiling: useful multiply-adds over the peak, or, without a hidden layer, bytes over the memory's."""
        ceiling = kernel.replace("fastrti", "ceiling") if group["hidden"] else "ceiling memory"
        return ratio(self.speed(kernel, group["group"]), self.speed(ceiling, group["group"]))

    def scaling(self, network: str) -> float | None:
        """How many times as fast all cores are as one thread."""
        group = f"{network}, {self.report['cores']} threads"
        return ratio(self.speed("fastrti", group), self.speed("fastrti, 1 thread", group))


def ratio(value: float | None, other: float | None) -> float | None:
    """value / other, None where one is missing."""
    return None if value is None or other is None else value / other


def targets(measured: Measured) -> str:
    """A Markdown table: what, wanted, measured. One thread and the default student unless said."""
    lines = ["| one thread, default student, unless said | wanted | measured |", "|---|---|---|"]
    for what, wanted, value in (*_student(measured), *_others(measured), *_calls(measured), *_size(measured)):
        lines.append(f"| {what} | {wanted} | {value} |")
    return "\n".join(lines)


Target = tuple[str, str, str]


def _student(measured: Measured) -> list[Target]:
    int16 = measured.speed("fastrti int16")
    rivals = [speed for name in ("f32", "bf16") if (speed := measured.speed(f"OpenVINO {name}")) is not None]
    error = measured.row(f"{STUDENT}, 1 thread", "fastrti int16").get("max_levels")
    return [
        ("int16, share of its ceiling", "≥ 78 %", _percent(_share(measured, STUDENT, "fastrti int16"))),
        ("int16 / torch.compile", "≥ 12", _number(ratio(int16, measured.speed("torch.compile, folded, chunked")))),
        ("int16 / OpenVINO, best precision", "≥ 4", _number(ratio(int16, max(rivals, default=None)))),
        (
            "int16 / torch eager, natural form",
            "≥ 55",
            _number(ratio(int16, measured.speed("torch eager, natural form"))),
        ),
        ("int16, largest error in levels", "≤ 1", _number(error)),
        ("int8 / int16", "≥ 1.5", _number(ratio(measured.speed("fastrti int8"), int16))),
        ("AVX2 alone, share of its ceiling", "≥ 75 %", _percent(_avx2_share(measured))),
        (
            "AVX-VNNI / AVX2",
            "≥ 1.3",
            _number(ratio(measured.speed("fastrti AVX-VNNI int16"), measured.speed("fastrti AVX2 int16"))),
        ),
    ]


def _others(measured: Measured) -> list[Target]:
    teacher = _percent(_share(measured, TEACHER, "fastrti int16"))
    return [
        ("50-50 ELU teacher, int16, share of its ceiling", "≥ 80 %", teacher),
        *(
            (
                f"{network}, share of the memory's bandwidth",
                "memory speed",
                _percent(_share(measured, network, "fastrti")),
            )
            for network in ("ptm", "hsh16")
        ),
        (f"all cores ({measured.report['cores']}) / one thread", "≥ 1.9 of 2", _number(measured.scaling(STUDENT))),
    ]


def _calls(measured: Measured) -> list[Target]:
    whole = measured.row("calls, 1 thread", "whole picture")
    wanted = {"64×64 region, same light": "≤ 8", "64×64 region, new light": "≤ 15"}
    return [
        (f"{call}: µs beyond the pixels", most, _number(beyond_pixels(measured.row("calls, 1 thread", call), whole)))
        for call, most in wanted.items()
    ]


def beyond_pixels(call: Row, whole: Row) -> float | None:
    """Microseconds of a call that its pixels, at the speed of the whole picture, do not explain."""
    if not call or not whole:
        return None
    return float(call["median_us"] - whole["median_us"] * call["pixels"] / whole["pixels"])


def _size(measured: Measured) -> list[Target]:
    group = measured.group("sizes, 1 thread")
    if group is None:
        return []
    small, large = group["rows"]
    title = f"{large['contender']} / {small['contender']}, speed"
    memory, beyond = group["memory"], None
    if memory["peak_bytes"] is not None:
        beyond = (memory["peak_bytes"] - memory["planes_bytes"] - memory["picture_bytes"]) / 2**20
    return [
        (title, "0.9–1.1", _number(large["mpx_per_s"] / small["mpx_per_s"])),
        (f"{large['contender']}: MiB beyond planes and picture", "< 64", _number(beyond)),
    ]


def _share(measured: Measured, network: str, kernel: str) -> float | None:
    group = measured.group(f"{network}, 1 thread")
    return None if group is None else measured.share(group, kernel)


def _avx2_share(measured: Measured) -> float | None:
    """Of the faster one of fp32 and int16, which is what `auto` takes."""
    kernels = ["fastrti AVX2 fp32", "fastrti AVX2 int16"]
    fastest = max(kernels, key=lambda kernel: measured.speed(kernel) or 0)
    return _share(measured, STUDENT, fastest)


def _percent(value: float | None) -> str:
    return "not run" if value is None else f"{100 * value:.0f} %"


def _number(value: float | None) -> str:
    return "not run" if value is None else f"{value:.3g}"
