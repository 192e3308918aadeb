"""What a rendered capture shall be like: who stands on the table, where the lamps are, and what goes wrong."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from fastrti.errors import ArgumentError
from fastrti.picture_limits import MAX_PIXELS
from fastrti.synth.rings import TEST_LIGHTS

MIN_SIDE = 16  # pixels
MAX_LIGHTS = 999
MARGIN = 8  # pixels rendered beyond each edge, so that a moved photograph shows what was there

RANGES = {
    "lamp_distance": (0.75, 1000.0),
    "focal_length": (0.25, 1000.0),
    "tablet": (0.05, 1.0),
    "vignetting": (0.0, 0.9),
    "exposure_jitter": (0.0, 5.0),
    "shift": (0.0, float(MARGIN)),
    "light_error": (0.0, 30.0),
    "noise": (0.0, 0.2),
}
"""The smallest and the largest of each number."""

Place = tuple[float, float, float]  # x, y and radius in pixels


@dataclass(frozen=True)
class Settings:
    """A capture. The same settings give the same photographs, byte for byte.

    Attributes:
        width: pixels, 16 or more.
        height: pixels, 16 or more.
        lights: how many photographs, 1–999.
        seed: the scene and everything random.
        lamps: "dome" hangs them in the rings of SynthRTI's Dome. "hand" holds them all over the hemisphere at uneven
            distances. "test" takes the 20 lights of SynthRTI's Test, whatever `lights` says.
        lamp_distance: of the lamps from the middle of the picture, in picture widths; None puts them far away.
        focal_length: of the camera, in picture widths (for wide pictures the 35-mm equivalent over 36 mm); None is
            without perspective.
        tablet: the side of the tablet as a share of the picture's, above 0 to 1.
        spheres: (x, y, radius) in pixels from the upper left corner, as seen: glossy spheres on the table,
            see `place_spheres`.
        sphere_kinds: what they are made of, one for each sphere, or one for all: "black", "red", "blue", "steel".
        clutter: how many other round things lie on the table: coins, rings, printed circles, dark discs, matt balls.
        vignetting: the share of light that the corners lose, 0–1. All photographs lose it, that of the flat field too.
        exposure_jitter: photographs differ by up to so many stops either way.
        shift: photographs are moved by up to so many pixels.
        light_error: all listed lights are off by so many degrees, root mean square.
        wrong_lights: how many rows of the list have another direction, 20° or more off.
        swapped_lights: how many pairs of rows have exchanged their directions.
        no_flash: in how many photographs the flash did not fire.
        overexposed: how many photographs are two stops too bright.
        blurred: how many photographs are out of focus, by a Gaussian of 2.5 pixels.
        duplicates: how many photographs show the light of the one before.
        noise: read noise as a share of white; shot noise comes with it. 0 is none.
        quality: of the JPEG files, 1–95; None keeps the rendered samples, in PNG files.
    """

    width: int = 640
    height: int = 480
    lights: int = 24
    seed: int = 0
    lamps: Literal["dome", "hand", "test"] = "dome"
    lamp_distance: float | None = None
    focal_length: float | None = None
    tablet: float = 1.0
    spheres: tuple[Place, ...] = ()
    sphere_kinds: tuple[Literal["black", "red", "blue", "steel"], ...] = ("black",)
    clutter: int = 0
    vignetting: float = 0.0
    exposure_jitter: float = 0.0
    shift: float = 0.0
    light_error: float = 0.0
    wrong_lights: int = 0
    swapped_lights: int = 0
    no_flash: int = 0
    overexposed: int = 0
    blurred: int = 0
    duplicates: int = 0
    noise: float = 0.002
    quality: int | None = 92

    def __post_init__(self) -> None:
        check_scene(self.width, self.height, self.lights, self.seed)
        spoilt = self.wrong_lights + 2 * self.swapped_lights + self.no_flash + self.overexposed + self.blurred
        if min(self.wrong_lights, self.swapped_lights, self.no_flash, self.overexposed, self.blurred) < 0:
            raise ArgumentError("expected numbers of spoilt photographs of 0 or more, got a negative one")
        if spoilt + 2 * self.duplicates > self.count:
            raise ArgumentError(
                f"expected at most {self.count} spoilt photographs, one fault each, "
                f"got {spoilt + 2 * self.duplicates}: take more photographs, or spoil fewer"
            )
        for name, (least, most) in RANGES.items():
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise ArgumentError(f"expected {name} from {least:g} to {most:g}, got {value:g}")

    @property
    def count(self) -> int:
        """How many photographs there are."""
        return len(TEST_LIGHTS) if self.lamps == "test" else self.lights

    def scored(self) -> "Settings":
        """The same scene under the test lights, far away, in good photographs: what a fit is compared with."""
        good = Settings(noise=0, quality=95)
        kept = ("width", "height", "seed", "focal_length", "tablet", "spheres", "sphere_kinds", "clutter")
        return replace(good, lamps="test", **{name: getattr(self, name) for name in kept})


def check_scene(width: int, height: int, lights: int, seed: int) -> None:
    """Raises ArgumentError where nothing can be rendered."""
    if min(width, height) < MIN_SIDE or width * height > MAX_PIXELS:
        raise ArgumentError(
            f"expected sides of at least {MIN_SIDE} pixels and at most {MAX_PIXELS} pixels in all, got {width}×{height}"
        )
    if not 1 <= lights <= MAX_LIGHTS:
        raise ArgumentError(f"expected 1–{MAX_LIGHTS} lights, got {lights}")
    if seed < 0:
        raise ArgumentError(f"expected a seed of 0 or more, got {seed}")


def place_spheres(
    width: int, height: int, count: int, radius: tuple[float, float], seed: int, tablet: float = 0.6
) -> tuple[Place, ...]:
    """Places for spheres at the edges of the frame, apart from each other and, where there is room, from the tablet.

    Args:
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        count: how many.
        radius: the smallest and the largest, in pixels.
        seed: of what is random.
        tablet: the share of the picture's sides that the tablet takes.

    Raises:
        ArgumentError: the picture has no room for them.
    """
    rng = np.random.default_rng((seed, 10))
    places: list[Place] = []
    for _ in range(count):
        found: list[tuple[float, Place]] = []
        for _ in range(200):
            r = float(rng.uniform(*radius))
            reach = 1.15 * r + 3  # of the outline under perspective
            if 2 * reach > min(width, height):
                continue
            x, y = (float(rng.uniform(reach, side - reach)) for side in (width, height))
            if all(np.hypot(x - a, y - b) > 1.25 * (r + c) for a, b, c in places):
                beside = max(abs(x - width / 2) - tablet * width / 2, abs(y - height / 2) - tablet * height / 2)
                found.append((min(beside - r, 0), (x, y, r)))
                if beside > r:
                    break
        if not found:
            raise ArgumentError(
                f"expected room for {count} spheres of {radius[0]:.0f}–{radius[1]:.0f} pixels radius in "
                f"{width}×{height} pixels, found none: ask for fewer, or for a larger picture"
            )
        places.append(max(found)[1])
    return tuple(places)
