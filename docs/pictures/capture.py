"""Draws the pictures of docs/capture/index.md.

python docs/pictures/capture.py
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from fastrti.lights import light_from_angles, on_spiral
from fastrti.synth import Settings, take

HERE = Path(__file__).parent
GAP = 8
BALLS = ((86.0, 290.0, 30.0), (420.0, 68.0, 30.0))
TABLE = Settings(480, 360, lights=24, seed=7, tablet=0.62, spheres=BALLS, clutter=4, lamp_distance=2.5, lamps="hand")
GREEN, RED, GREY = (26, 143, 60), (200, 60, 40), (190, 190, 190)

Picture = NDArray[np.uint8]


def rows(pictures: list[list[Picture]], captions: list[str] | None = None) -> Image.Image:
    """Pictures of one size in rows on white, with a caption under each column."""
    height, width = pictures[0][0].shape[:2]
    below = 26 if captions else 0
    size = (len(pictures[0]) * (width + GAP) - GAP, len(pictures) * (height + GAP) - GAP + below)
    sheet = Image.new("RGB", size, "white")
    for row, line in enumerate(pictures):
        for column, picture in enumerate(line):
            sheet.paste(Image.fromarray(picture), (column * (width + GAP), row * (height + GAP)))
    pen = ImageDraw.Draw(sheet)
    for column, caption in enumerate(captions or []):
        place = (column * (width + GAP) + width / 2, size[1] - below / 2)
        pen.text(place, caption, "black", ImageFont.load_default(15), anchor="mm")
    return sheet


def small(picture: Picture, width: int) -> Picture:
    """The picture at another width."""
    image = Image.fromarray(picture)
    return np.asarray(image.resize((width, image.height * width // image.width), Image.Resampling.LANCZOS))


def sky(lights: NDArray[np.float64], good: bool, side: int = 220) -> Picture:
    """The lights on the hemisphere, seen from the camera, with circles at elevations of 0°, 30° and 60°."""
    scale = 3
    image = Image.new("RGB", (side * scale, side * scale), "white")
    pen, middle, reach = ImageDraw.Draw(image), side * scale / 2, side * scale * 0.46
    for elevation in (0, 30, 60):
        r = reach * np.cos(np.radians(elevation))
        pen.ellipse((middle - r, middle - r, middle + r, middle + r), outline=GREY, width=scale)
    for x, y, _ in lights:
        at, dot = (middle + reach * x, middle - reach * y), 4.5 * scale
        pen.ellipse((at[0] - dot, at[1] - dot, at[0] + dot, at[1] + dot), fill=GREEN if good else RED)
    return small(np.asarray(image), side)


def setup() -> Image.Image:
    """The same table under six lamps."""
    photographs = take(TABLE)[0].photographs
    shown = [small(photographs[i], 320) for i in (1, 4, 9, 13, 17, 22)]
    return rows([shown[:3], shown[3:]])


def balls() -> Image.Image:
    """A ball of three sizes under one lamp, each pixel as a square."""
    views = []
    for radius in (8.0, 20.0, 60.0):
        ball = Settings(
            240, 180, seed=3, lamps="test", tablet=0.05, spheres=((170.0, 90.0, radius),), lamp_distance=2.0
        )
        around = max(14, int(radius * 1.1))
        part = take(ball)[0].photographs[15][90 - around : 90 + around, 170 - around : 170 + around]
        views.append(np.asarray(Image.fromarray(part).resize((220, 220), Image.Resampling.NEAREST)))
    return rows([views], ["radius 8 pixels", "20 pixels", "60 pixels"])


def coverage() -> Image.Image:
    """Where lights should be, and where they often are."""
    spiral = on_spiral(np.sin(np.radians(np.linspace(20, 80, 40))))
    ring = np.array([light_from_angles(9 * i, 40) for i in range(40)])
    side = spiral[np.abs(np.arctan2(spiral[:, 1], spiral[:, 0])) < 2]
    high = on_spiral(np.sin(np.radians(np.linspace(55, 85, 40))))
    parts = [sky(spiral, True), sky(ring, False), sky(side, False), sky(high, False)]
    return rows([parts], ["good", "one ring", "a wall on the left", "only from above"])


def faults() -> Image.Image:
    """One photograph, and four that are spoilt."""
    lamp = {"lights": 1, "lamps": "test", "noise": 0.001}
    pictures = []
    for name in ("", "no_flash", "overexposed", "blurred"):
        settings = Settings(300, 225, seed=5, tablet=0.9, **lamp, **({name: 20} if name else {}))
        pictures.append(take(settings)[0].photographs[14])
    return rows([pictures], ["good", "the flash did not fire", "two stops too bright", "out of focus"])


def near() -> Image.Image:
    """A lamp far away and a lamp beside the object."""
    scene = Settings(400, 300, seed=5, tablet=0.9, lights=20, noise=0.001)
    far, beside = (take(Settings(**{**vars(scene), "lamp_distance": d}))[0].photographs[10] for d in (None, 0.9))
    return rows([[far, beside]], ["a lamp far away", "a lamp at 0.9 picture widths"])


def main() -> None:
    """Writes capture_*.jpg beside this file."""
    for draw in (setup, balls, coverage, faults, near):
        draw().save(HERE / f"capture_{draw.__name__}.jpg", quality=85)


if __name__ == "__main__":
    main()
