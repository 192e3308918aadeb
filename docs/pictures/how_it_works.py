"""Draws the pictures of docs/how_it_works.md from the folder that `make demo` writes.

python docs/pictures/how_it_works.py demo
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

import fastrti

HERE = Path(__file__).parent
SIDE = 200  # pixels of each small picture
GAP = 8


def row(pictures: list[np.ndarray], side: int = SIDE) -> Image.Image:
    """The pictures side by side on white.

    Args:
        pictures: (H, W, 3) or (H, W) uint8 each.
        side: width of each in the row, in pixels.
    """
    sheet = Image.new("RGB", (len(pictures) * (side + GAP) - GAP, side), "white")
    for column, picture in enumerate(pictures):
        small = Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS)
        sheet.paste(small.convert("RGB"), (column * (side + GAP), 0))
    return sheet


def main(demo: Path) -> None:
    """Writes photographs.jpg, planes.jpg and relit.jpg beside this file."""
    photographs = fastrti.Mlic.load(demo / "sample" / "Dome")
    tablet = fastrti.load(demo / "tablet")
    renderer = fastrti.Renderer(tablet)
    chosen = np.linspace(0, len(photographs) - 1, 5).astype(int)
    row([photographs.picture(index) for index in chosen]).save(HERE / "photographs.jpg", quality=88)
    row(list(tablet.planes), side=110).save(HERE / "planes.jpg", quality=88)
    lights = [(-0.7, 0.2), (-0.35, 0.35), (0, 0.5), (0.4, 0.3), (0.7, 0.1)]
    row([renderer.relight(light) for light in lights]).save(HERE / "relit.jpg", quality=88)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
