"""The `.dome` file of RelightLab: the lights of a dome that was measured once, in the order of the photographs.

It is JSON: `label`, `notes`, `imageWidth`, `domeDiameter` and `verticalOffset` in millimetres, `lightConfiguration` and
arrays of `{x, y, z}`. "directional" reads `directions`, "spherical" puts these directions on the dome, and "lights3d"
reads `positions3d`, in millimetres from the middle of the picture, or in picture widths where there is no `imageWidth`.
`ledAdjust` has a factor of linear light for each lamp and colour. fastrti adds `photographs`, the names of the pictures
that the lights were measured from.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import CollectionError, ObjectError
from fastrti.files import replace_file
from fastrti.json_fields import Fields, read_json
from fastrti.photographs.lp_file import LOWEST_SINE, LightList, LightRow

SUFFIX = ".dome"
MAX_LIGHTS = 10_000

_CONFIGURATIONS = ("directional", "spherical", "lights3d")
_MOST = 1e9  # of any number: millimetres, or the length of a direction
_GAINS = (0.01, 100.0)  # what the lamps of one dome can differ by


@dataclass(frozen=True, eq=False)
class Dome:
    """The lights of a dome, in the order of the photographs.

    Attributes:
        lights: (N, 3) unit vectors from the middle of the picture.
        positions: (N, 3) in picture widths from the middle of the picture, z > 0; None where lights are far away.
        image_width: of the picture on the object, in millimetres; None where it is not known.
        diameter: of the dome, in millimetres; None where it is not known.
        gains: (N, 3) factors of the linear light of each lamp and colour; None where all are 1.
        photographs: N names of the pictures that the lights were measured from, or none.
        label: what the dome is called.
        remark: what somebody wrote about it.
    """

    lights: NDArray[np.float64]
    positions: NDArray[np.float64] | None = None
    image_width: float | None = None
    diameter: float | None = None
    gains: NDArray[np.float64] | None = None
    photographs: tuple[str, ...] = ()
    label: str = ""
    remark: str = ""

    def chosen(self, rows: Sequence[int]) -> "Dome":
        """The lights of some rows, counted from 0, in their order."""
        parts = (part if part is None else part[list(rows)] for part in (self.positions, self.gains))
        positions, gains = parts
        names = tuple(self.photographs[row] for row in rows) if self.photographs else ()
        return replace(self, lights=self.lights[list(rows)], positions=positions, gains=gains, photographs=names)

    def light_list(self, name: str) -> LightList:
        """The dome as a list of lights whose order is that of the photographs; row n has the line n, from 1."""
        names = self.photographs or ("",) * len(self.lights)
        rows = [
            LightRow(picture, (float(x), float(y), float(z)), number, "light")
            for number, (picture, (x, y, z)) in enumerate(zip(names, self.lights), start=1)
        ]
        below = self.lights[:, 2].min()
        notes = [
            f"{name}: lights below the horizon kept as measured, the lowest at {np.degrees(np.arcsin(below)):.2f}°"
        ]
        return LightList(name, tuple(rows), tuple(notes if below < 0 else ()), ordered=True)


def is_dome(path: Path) -> bool:
    """Whether a list of lights is a `.dome` file, by its name."""
    return path.suffix.lower() == SUFFIX


def read_dome(path: str | Path) -> Dome:
    """Reads a `.dome` file.

    Raises:
        CollectionError: no such file, no JSON, another configuration, numbers that are missing, not finite or out of
            range, arrays of different lengths, or a light below the horizon.
    """
    path = Path(path)
    try:
        return _dome(read_json(path))
    except ObjectError as error:
        raise CollectionError(str(error)) from None


def write_dome(path: str | Path, dome: Dome) -> None:
    """Writes a `.dome` file that `read_dome` and RelightLab read.

    Raises:
        CollectionError: a file that cannot be written.
    """
    scale = dome.image_width or 1.0
    near = dome.positions is not None
    values: dict[str, Any] = {
        "label": dome.label,
        "notes": dome.remark,
        **({} if dome.image_width is None else {"imageWidth": dome.image_width}),
        **({} if dome.diameter is None else {"domeDiameter": dome.diameter}),
        "verticalOffset": 0.0,
        "lightConfiguration": "lights3d" if near else "directional",
        "directions": _vectors(dome.lights),
        "positions3d": _vectors(dome.positions * scale) if dome.positions is not None else [],
        "ledAdjust": [] if dome.gains is None else [dict(zip("rgb", map(float, gain))) for gain in dome.gains],
        "photographs": list(dome.photographs),
    }
    replace_file(Path(path), (json.dumps(values, indent=1) + "\n").encode(), CollectionError)


def _vectors(rows: NDArray[np.float64]) -> list[dict[str, float]]:
    return [{axis: round(float(value), 8) for axis, value in zip("xyz", row)} for row in rows]


def _dome(fields: Fields) -> Dome:
    configuration = fields.choice("lightConfiguration", _CONFIGURATIONS)
    width = _length(fields, "imageWidth")
    diameter = _length(fields, "domeDiameter")
    if configuration == "lights3d":
        positions = _read_vectors(fields, "positions3d") / (width or 1.0)
    else:
        lights = _unit(fields, "directions", _read_vectors(fields, "directions"))
        positions = None
    if configuration == "spherical":
        if diameter is None:
            raise fields.error("domeDiameter", "above 0 where the lights are 'spherical'")
        offset = _number(fields, "verticalOffset") if "verticalOffset" in fields else 0.0
        positions = (lights * (diameter / 2) + np.array([0, 0, offset])) / (width or 1.0)
    if positions is not None:
        lights = _unit(fields, "positions3d" if configuration == "lights3d" else "directions", positions)
        _check_above(fields, positions)
    return Dome(
        lights=lights,
        positions=positions,
        image_width=width,
        diameter=diameter,
        gains=_gains(fields, len(lights)),
        photographs=_names(fields, len(lights)),
        label=_text(fields, "label"),
        remark=_text(fields, "notes"),
    )


def _text(fields: Fields, key: str) -> str:
    return "" if fields.values.get(key) is None else fields.text(key)


def _number(fields: Fields, key: str) -> float:
    number = fields.number(key)
    if abs(number) > _MOST:
        raise fields.error(key, f"at most {_MOST:g}")
    return number


def _length(fields: Fields, key: str) -> float | None:
    """A length; None where it is absent, or 0 as programs write it that do not know it."""
    if fields.values.get(key) in (None, 0):
        return None
    length = _number(fields, key)
    if length <= 1e-6:
        raise fields.error(key, "a length above 0, or absent")
    return length


def _read_vectors(fields: Fields, key: str) -> NDArray[np.float64]:
    rows = fields.children(key, MAX_LIGHTS)
    if not rows:
        raise fields.error(key, "a list of one or more {x, y, z}")
    return np.array([[_number(row, axis) for axis in "xyz"] for row in rows])


def _unit(fields: Fields, key: str, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    for number, (length, vector) in enumerate(zip(lengths[:, 0], vectors)):
        if length < 1e-9:
            raise CollectionError(
                f"{fields.where}: expected directions of non-zero length, found one of 0 in {key}[{number}]"
            )
        if vector[2] / length < LOWEST_SINE:
            raise CollectionError(
                f"{fields.where}: expected lights above the object's plane, found z = {vector[2]:g} in "
                f"{key}[{number}]: "
                "flip the vectors if they point from the light to the object"
            )
    unit: NDArray[np.float64] = vectors / lengths
    return unit


def _check_above(fields: Fields, positions: NDArray[np.float64]) -> None:
    lowest = int(positions[:, 2].argmin())
    if positions[lowest, 2] <= 0:
        raise CollectionError(
            f"{fields.where}: expected positions above the object's plane, found z = {positions[lowest, 2]:g} picture "
            f"widths in light {lowest + 1}: correct it, or write the lights as 'directional'"
        )


def _gains(fields: Fields, count: int) -> NDArray[np.float64] | None:
    if not fields.values.get("ledAdjust"):
        return None
    rows = fields.children("ledAdjust", MAX_LIGHTS)
    if len(rows) != count:
        raise fields.error("ledAdjust", f"empty, or a list of {count} factors {{r, g, b}}, one for each light")
    gains = np.array([[_number(row, colour) for colour in "rgb"] for row in rows])
    if gains.min() < _GAINS[0] or gains.max() > _GAINS[1]:
        raise CollectionError(
            f"{fields.where}: expected factors from {_GAINS[0]:g} to {_GAINS[1]:g} in 'ledAdjust', "
            f"found {gains.min():g} to {gains.max():g}: measure the lamps again, or empty the list"
        )
    return None if (gains == 1).all() else gains


def _names(fields: Fields, count: int) -> tuple[str, ...]:
    names = fields.values.get("photographs") or []
    usable = isinstance(names, list) and len(names) == count and all(isinstance(n, str) and n.strip() for n in names)
    if names and not (usable and len(set(names)) == count):
        raise fields.error("photographs", f"empty, or {count} names, one for each light")
    return tuple(names)
