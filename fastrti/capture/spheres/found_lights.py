"""What spheres say about the lights of a folder of photographs, and how it is written."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError, CollectionError
from fastrti.photographs.dome_file import SUFFIX, Dome, write_dome
from fastrti.photographs.lp_file import write_lp
from fastrti.text import listed


@dataclass(frozen=True)
class Sphere:
    """A sphere in the photographs.

    Attributes:
        x, y: the middle of its outline in pixels from the upper left corner.
        radius: of the circle of the same area, in pixels.
    """

    x: float
    y: float
    radius: float

    def __str__(self) -> str:
        return f"{self.x:.1f},{self.y:.1f} with a radius of {self.radius:.1f}"


@dataclass(frozen=True, eq=False)
class FoundLights:
    """The lights of N photographs, read from spheres.

    Attributes:
        names: N file names.
        lights: (N, 3) float64 unit vectors from the middle of the picture (`fastrti.lights`); NaN in photographs whose
            light was not found.
        positions: (N, 3) float64 in picture widths from the middle of the picture, z = 0 in the object's plane, NaN as
            in `lights`; None where lights are far away, or where one sphere alone cannot say.
        spheres: S spheres, one or more.
        highlights: (S, N, 2) float64, in pixels; NaN where there is none.
        width: of the photographs, in pixels.
        height: of the photographs, in pixels.
        image_width: of the photographs on the object, in millimetres, or None.
        dome_diameter: in millimetres, or None.
        notes: a sentence for everything that a person should know. A `Doubt` is a guess that may be wrong.
    """

    names: tuple[str, ...]
    lights: NDArray[np.float64]
    positions: NDArray[np.float64] | None
    spheres: tuple[Sphere, ...]
    highlights: NDArray[np.float64]
    width: int
    height: int
    image_width: float | None = None
    dome_diameter: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def lit(self) -> NDArray[np.bool_]:
        """(N,) in which photographs a light was found."""
        lit: NDArray[np.bool_] = np.isfinite(self.lights[:, 0])
        return lit

    @property
    def without_light(self) -> tuple[str, ...]:
        """The names of photographs whose light was not found."""
        return tuple(name for name, lit in zip(self.names, self.lit) if not lit)

    def save(self, path: str | Path) -> None:
        """Writes an `.lp` or a `.dome` file, by the suffix. Photographs without a light are left out of an `.lp` file.

        Raises:
            ArgumentError: another suffix, or a name that a row of an `.lp` file cannot hold.
            CollectionError: a file that cannot be written, or a `.dome` file where some photographs have no light.
        """
        path = Path(path)
        check_suffix(path)
        lit = self.lit
        if path.suffix.lower() != SUFFIX:
            write_lp(path, [name for name, known in zip(self.names, lit) if known], self.lights[lit])
            return
        if not lit.all():
            raise CollectionError(
                f"expected a highlight in every photograph for {path.name}, whose lights belong to photographs by "
                f"order, found none in {listed(self.without_light)}: take these out of the folder, or write an .lp file"
            )
        spheres = "; ".join(map(str, self.spheres))
        write_dome(
            path,
            Dome(
                lights=self.lights,
                positions=self.positions,
                image_width=self.image_width,
                diameter=self.dome_diameter,
                photographs=self.names,
                label=path.stem,
                remark=f"read by fastrti from spheres at {spheres} pixels of {self.width}×{self.height}",
            ),
        )


def check_suffix(path: Path) -> None:
    """Raises ArgumentError unless a list of lights can have this name."""
    if path.suffix.lower() not in (".lp", SUFFIX):
        raise ArgumentError(f"expected a file that ends in .lp or {SUFFIX}, got {path.name}: choose one of them")
