"""How long the first picture of a 2-megapixel object takes on this machine: `python tests/viewer/first_picture.py`.

The object is the default student's shape with noise as fine as real latents'; server and browser share the machine, and
the GPU is the processor (SwiftShader), so upload and drawing are slower than on a graphics card.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from fastrti import save

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from objects import light_mlp
from viewer.browser import Browser, chromium_programs
from viewer.pages import served, wait_for_picture

from fastrti import Relightable
from fastrti.sharing.web import write_page

WIDTH, HEIGHT = 1600, 1250
RUNS = 5


def main() -> None:
    """Prints the median of each step in milliseconds."""
    programs = chromium_programs()
    if programs is None:
        sys.exit("expected chromium and chromedriver on the PATH, found neither: apt install chromium chromium-driver")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_page(folder, "")
        save(_object(), folder / "object")
        size = sum(path.stat().st_size for path in (folder / "object").iterdir())
        print(f"{WIDTH}×{HEIGHT} pixels, 9 planes, {size / 1e6:.1f} MB of files")
        with served(folder) as (address, _), Browser(*programs) as browser:
            runs = [_run(browser, address) for _ in range(RUNS + 1)][1:]  # the first one warms the browser up
    for name in runs[0]:
        print(f"{name:<50}{np.median([run[name] for run in runs]):8.0f} ms")


def _run(browser: Browser, address: str) -> dict[str, float]:
    browser.open(f"{address}/index.html")
    ticks = wait_for_picture(browser)
    return {
        "info.json fetched, checked, decoder made": ticks["described"],
        "shader compiled": ticks["compiled"] - ticks["described"],
        "plane pictures fetched, decoded, uploaded": ticks["loaded"] - ticks["compiled"],
        "drawn": ticks["drawn"] - ticks["loaded"],
        "all": ticks["drawn"],
    }


def _object() -> Relightable:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (9, HEIGHT // 16, WIDTH // 16), np.uint8)
    smooth = np.stack(
        [np.asarray(Image.fromarray(plane).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)) for plane in coarse]
    )
    planes = np.clip(smooth + rng.normal(0, 4, smooth.shape), 0, 255).astype(np.uint8)
    return Relightable(planes, -np.ones(9), np.ones(9), light_mlp(9, (16, 16), "relu", skip=True))


if __name__ == "__main__":
    main()
