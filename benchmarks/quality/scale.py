"""Error of relighting averaged planes, against the average of the full-size picture.

    python -m benchmarks.quality.scale OBJECT [OBJECT …]

For each object and scale: mean PSNR in dB and the largest difference in levels over lights of all directions, and the
share of bytes more than 4 levels apart.
"""

import argparse

import numpy as np
from numpy.typing import NDArray

from fastrti import load
from fastrti.objects.scales import reduced
from fastrti.rendering.renderer import Renderer

LIGHTS = [(0, 0), (0.5, 0), (-0.35, 0.35), (0, -0.7), (0.6, 0.6), (-0.9, 0)]


def box_means(picture: NDArray[np.uint8], factor: int) -> NDArray[np.float64]:
    """(ceil(H / factor), ceil(W / factor), 3): boxes at the edges are cut off."""
    rows, columns = (np.arange(0, length, factor) for length in picture.shape[:2])

    def sums(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.add.reduceat(np.add.reduceat(pixels, rows, axis=0), columns, axis=1)

    return sums(picture.astype(np.float64)) / sums(np.ones(picture.shape))


def main() -> None:
    """Prints a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("objects", nargs="+", metavar="OBJECT")
    print("| object | scale | PSNR dB | worst | over 4 levels % |\n|---|---|---|---|---|")
    for path in parser.parse_args().objects:
        relightable = load(path)
        full = Renderer(relightable, precision="fp32", backend="cpu")
        for factor in (2, 4, 8, 16):
            small = Renderer(reduced(relightable, factor), precision="fp32", backend="cpu")
            pairs = [(small.relight(light), box_means(full.relight(light), factor)) for light in LIGHTS]
            apart = np.abs(np.stack([picture - means for picture, means in pairs]))
            psnr = np.mean([10 * np.log10(255**2 / max(float((one**2).mean()), 1e-9)) for one in apart])
            share = 100 * (apart > 4).mean()
            print(f"| {path.rstrip('/').split('/')[-1]} | 1/{factor} | {psnr:.1f} | {apart.max():.0f} | {share:.2f} |")


if __name__ == "__main__":
    main()
