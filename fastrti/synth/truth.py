"""What is true of a rendered capture: everything that a program could want to find out, as truth.json has it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fastrti.errors import CollectionError
from fastrti.files import write_file
from fastrti.synth.settings import Settings

TRUTH_NAME = "truth.json"

Vector = tuple[float, float, float]
Pixel = tuple[float, float]


@dataclass(frozen=True)
class SphereTruth:
    """One sphere. Pixels count from the upper left corner of the picture: the first pixel's middle is (½, ½).

    Attributes:
        x, y: the middle of the outline, in pixels.
        radius: of the circle with the outline's area, in pixels.
        long, short: half the axes of the outline, an ellipse under perspective, in pixels.
        angle: of the long axis, in degrees from the right towards the top.
        centre: of the sphere, (x, y, z) in picture widths.
        kind: what it is made of.
        highlights: (x, y) in pixels for each photograph as if nothing were wrong with it: no shift, no failed flash.
    """

    x: float
    y: float
    radius: float
    long: float
    short: float
    angle: float
    centre: Vector
    kind: str
    highlights: tuple[Pixel, ...]


@dataclass(frozen=True)
class Truth:
    """A capture. Lists have one entry for each photograph, in the order of the list of lights; numbers count from 0.

    Attributes:
        settings: what it was made with.
        names: of the photographs.
        lights: true directions from the middle of the picture, of length 1.
        positions: of the lamps, in picture widths; None where they are far away.
        listed: the directions as dirs.lp has them.
        spheres: the spheres.
        gains: stops by which a photograph is brighter than it should be.
        shifts: (right, down) in pixels by which what a photograph shows is moved.
        no_flash: numbers of the photographs without a flash.
        wrong_lights: numbers of the rows with a wrong direction.
        swapped_lights: pairs of rows that have exchanged their directions.
        overexposed: numbers of the photographs that are two stops too bright; `gains` has these stops too.
        blurred: numbers of the photographs out of focus.
        duplicates: pairs of photographs, the second of which shows the light of the first.
    """

    settings: Settings
    names: tuple[str, ...]
    lights: tuple[Vector, ...]
    positions: tuple[Vector, ...] | None
    listed: tuple[Vector, ...]
    spheres: tuple[SphereTruth, ...]
    gains: tuple[float, ...]
    shifts: tuple[Pixel, ...]
    no_flash: tuple[int, ...]
    wrong_lights: tuple[int, ...]
    swapped_lights: tuple[tuple[int, int], ...]
    overexposed: tuple[int, ...]
    blurred: tuple[int, ...]
    duplicates: tuple[tuple[int, int], ...]

    def write(self, folder: Path) -> None:
        """Writes truth.json."""
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        write_file(folder / TRUTH_NAME, (text + "\n").encode())

    @classmethod
    def read(cls, folder: Path) -> "Truth":
        """Reads truth.json.

        Raises:
            CollectionError: it is not there, or not as `write` makes it.
        """
        try:
            facts = _tuples(json.loads((folder / TRUTH_NAME).read_text(encoding="utf-8")))
            spheres = tuple(SphereTruth(**sphere) for sphere in facts.pop("spheres"))
            return cls(settings=Settings(**facts.pop("settings")), spheres=spheres, **facts)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CollectionError(f"expected {TRUTH_NAME} of a rendered capture in {folder}, found {error}") from None


def _tuples(value: Any) -> Any:
    """Lists of JSON as tuples, at any depth."""
    if isinstance(value, list):
        return tuple(_tuples(entry) for entry in value)
    return {name: _tuples(entry) for name, entry in value.items()} if isinstance(value, dict) else value
