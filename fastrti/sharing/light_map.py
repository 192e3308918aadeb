"""The hemisphere of the lights as an SVG picture, seen from the camera, with what a check found marked."""

import html
from collections import defaultdict

import numpy as np

from fastrti.capture.checks.check import Report
from fastrti.text import printable

_CIRCLES = (0, 30, 60)  # degrees of elevation


def light_map(report: Report) -> str:
    """An `<svg>` element; empty where no light is known.

    A light stands where its direction is in the picture: the middle is the camera, the outer circle the horizon. What
    is accused has the numbers of its findings.
    """
    lights, names = report.overview.lights, report.overview.names
    if lights is None:
        return ""
    numbers = defaultdict(list)
    for number, finding in enumerate(report.findings, 1):
        for name in finding.photographs:
            numbers[name].append(str(number))
    circles = "".join(
        f'<circle r="{100 * np.cos(np.radians(angle)):.1f}" fill="none" stroke="var(--line)"/>'
        f'<text x="2" y="{-100 * np.cos(np.radians(angle)) + 9:.1f}" opacity=".6">{angle}°</text>'
        for angle in _CIRCLES
    )
    dots = [
        _dot(100 * x, -100 * y, name, numbers.get(name, []))
        for (x, y, _), name in sorted(zip(lights.tolist(), names), key=lambda dot: dot[1] in numbers)
    ]
    return (
        '<svg viewBox="-112 -112 224 224" role="img" aria-labelledby="lights-title"><title id="lights-title">'
        f"The {len(lights)} lights seen from the camera; numbers are findings</title>{circles}{''.join(dots)}</svg>"
    )


def _dot(x: float, y: float, name: str, numbers: list[str]) -> str:
    place = f'cx="{x:.1f}" cy="{y:.1f}"'
    title = f"<title>{html.escape(printable(name))}</title>"
    if not numbers:
        return f'<circle {place} r="3" fill="currentColor" opacity=".55">{title}</circle>'
    return (
        f'<circle {place} r="4.5" fill="var(--bad)">{title}</circle>'
        f'<text x="{x + 6:.1f}" y="{y + 3:.1f}">{", ".join(numbers)}</text>'
    )
