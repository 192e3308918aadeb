"""How long a light move takes to be seen where the processor draws: `python tests/viewer/light_move.py`.

The object has 12 megapixels, all of them on the screen at once. The GPU is the processor (SwiftShader). A picture
counts as seen when the graphics queue has done it. The first picture after a move is a coarser one, and the finest
begins a quarter of a second later.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from objects import light_mlp
from viewer.browser import Browser, chromium_programs
from viewer.pages import served, wait_for_picture

from fastrti import Relightable, save
from fastrti.sharing.web import write_page

WIDTH, HEIGHT = 4000, 3000
MOVES = 3

MOVED = """
const viewer = document.querySelector('rti-viewer'), canvas = viewer.shadowRoot.querySelector('canvas');
const gl = canvas.getContext('webgl2');
const done = async () => {
  const sync = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
  gl.flush();
  const isDone = () => gl.getSyncParameter(sync, gl.SYNC_STATUS) === gl.SIGNALED;
  while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 2));
};
const until = async (began) => {
  await new Promise(requestAnimationFrame);
  await done();
  return performance.now() - began;
};
await done();
const times = [];
for (let i = 0; i < args[0]; i++) {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const began = performance.now();
  viewer.light = [0.1 + 0.1 * i, 0.3];
  const first = await until(began);
  await new Promise((resolve) => setTimeout(resolve, 300)); // the finest has begun by then
  times.push([first, await until(began)]);
}
return times;
"""


def main() -> None:
    """Prints how long each move of the light took, in milliseconds."""
    programs = chromium_programs()
    if programs is None:
        sys.exit("expected chromium and chromedriver on the PATH, found neither: apt install chromium chromium-driver")
    planes = np.random.default_rng(0).integers(0, 256, (9, HEIGHT // 100, WIDTH // 100), np.uint8)
    planes = planes.repeat(100, 1).repeat(100, 2)
    what = Relightable(planes, -np.ones(9), np.ones(9), light_mlp(9, (16, 16), "relu", skip=True))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_page(folder, "")
        save(what, folder / "object")
        with served(folder) as (address, _), Browser(*programs) as browser:
            browser.devtools(
                "Emulation.setDeviceMetricsOverride",
                **{"width": WIDTH, "height": HEIGHT + 43, "deviceScaleFactor": 1, "mobile": False},
            )
            browser.open(f"{address}/index.html#view={WIDTH // 2},{HEIGHT // 2},1")
            print(f"drawn after {wait_for_picture(browser)['drawn']:.0f} ms")
            for first, finest in browser.run(MOVED, MOVES):
                print(f"light move: a picture after {first:.0f} ms, the finest after {finest:.0f} ms")


if __name__ == "__main__":
    main()
