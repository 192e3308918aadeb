"""Draws a pixel of an archive by the formulas of its README alone: numbers, PNG files and JSON, nothing of fastrti."""

import base64
import json
import math
import re
import struct
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import Image

Vector = list[float]
Matrix = list[Vector]


class ArchiveReader:
    """What a person would program from README.txt.

    Args:
        bag: the folder.
    """

    def __init__(self, bag: Path) -> None:
        self.readme = (bag / "README.txt").read_text(encoding="utf-8")
        self.info = json.loads((bag / "data/object/info.json").read_text(encoding="utf-8"))
        count = -(-self.info["planes"] // 3)
        labels = bag / "data/object/labels.png"
        self.labels = Image.open(labels, formats=["PNG"]) if labels.exists() else None
        self.pictures = [Image.open(bag / f"data/object/plane_{n}.jpg", formats=["PNG"]) for n in range(1, count + 1)]

    def bytes_of(self, row: int, column: int) -> list[int]:
        """v."""
        pixels = [picture.getpixel((column, row)) for picture in self.pictures]
        return [pixels[k // 3][k % 3] for k in range(self.info["planes"])]

    def values(self, v: list[int]) -> Vector:
        """z."""
        return [byte / 255 * (high - low) + low for byte, low, high in zip(v, self.info["min"], self.info["max"])]

    def entries(self, row: int, column: int) -> list[tuple[float, Any]]:
        """The entries that draw a pixel of several networks, here of kind "light_mlp" alone: the share of each."""
        decoder = self.info["decoder"]
        n, experts = self.labels.getpixel((column, row)), decoder["experts"]
        if n < len(experts):
            return [(1.0, experts[n])]
        mean = decoder["means"][n - len(experts)]
        return [(share, experts[of]) for of, share in zip(mean["of"], mean["shares"], strict=True)]

    def colour(self, v: list[int], x: float, y: float, entries: list[tuple[float, Any]] | None = None) -> Vector:
        """y of the pixel with these bytes under a light."""
        z, up = self.values(v), math.sqrt(1 - x * x - y * y)
        decoder = self.info["decoder"]
        if entries is not None:
            emitted = [[share * a for a in self._emitted(entry, x, y, up)] for share, entry in entries]
            return self._emitted_frame(z, list(map(sum, zip(*emitted))))
        if decoder["kind"] == "mlp":
            return self._openlime(z, x, y) if "weights" in self.info else self._mlp(z, x, y)
        if decoder["kind"] == "light_mlp":
            return self._emitted_frame(z, self._emitted(decoder, x, y, up))
        if decoder["basis"] in ("ptm", "hsh"):
            return self._terms(v, z, x, y, up)
        return self._nodes(z, x, y, up)

    def example(self) -> dict[str, list[float]]:
        """The last section: its numbers by name."""
        text = self.readme.partition("A PIXEL WORKED OUT\n")[2]
        text = re.sub(r"\n {4}", " ", text)
        found = {
            name: [float(n) for n in numbers.split()] for name, numbers in re.findall(r"^(\w+) = (.*)$", text, re.M)
        }
        row, column = re.search(r"row (\d+), column (\d+)", text).groups()
        x, y, up = re.search(r"x = (\S+), y = (\S+), z = (\S+)", text).groups()
        return found | {"pixel": [int(row), int(column)], "light": [float(x), float(y), float(up)]}

    # --- the rules ---------------------------------------------------------------------------------------------------

    def _openlime(self, z: Vector, x: float, y: float) -> Vector:
        biases = [numbers(bias) for bias in self.info["biases"]]
        m = len(biases[0])
        first, second, third = (numbers(flat) for flat in self.info["weights"])
        h = affine(rows(first, 12), [*z, x, y, 0.0], biases[0])
        h = affine(rows(second, m), [elu(a) for a in h], biases[1])
        return affine(rows(third, m), [elu(a) for a in h], biases[2])

    def _mlp(self, z: Vector, x: float, y: float) -> Vector:
        decoder = self.info["decoder"]
        biases = [numbers(layer["bias"]) for layer in decoder["layers"]]
        weights = [
            rows(numbers(layer["weight"]), w) for layer, w in zip(decoder["layers"], [len(z) + 2, *map(len, biases)])
        ]
        biases[0] = [b + row[-2] * x + row[-1] * y for row, b in zip(weights[0], biases[0])]
        weights[0] = [row[:-2] for row in weights[0]]
        skip = rows(numbers(decoder["skip_weight"]), len(z)) if decoder["skip"] else None
        return self._frame(z, weights, biases, skip)

    def _frame(self, z: Vector, weights: list[Matrix], biases: list[Vector], skip: Matrix | None) -> Vector:
        phi = elu if "exp(a) - 1" in self.readme else lambda a: max(a, 0.0)
        h = z
        for weight, bias in zip(weights[:-1], biases[:-1]):
            h = [phi(a) for a in affine(weight, h, bias)]
        y = affine(weights[-1], h, biases[-1])
        return y if skip is None else [a + b for a, b in zip(y, affine(skip, z, [0, 0, 0]))]

    def _emitted(self, decoder: Any, x: float, y: float, up: float) -> Vector:
        exponents = rows(numbers(decoder["features"]), 3)
        g = [x**a * y**b * up**c for a, b, c in exponents]
        for number, layer in enumerate(decoder["light_layers"]):
            if number:
                g = [a / (1 + math.exp(-a)) for a in g]
            bias = numbers(layer["bias"])
            g = affine(rows(numbers(layer["weight"]), len(g)), g, bias)
        return g

    def _emitted_frame(self, z: Vector, g: Vector) -> Vector:
        widths = [int(n) for n in re.search(r"widths are ([\d ]+):", self.readme.replace("\n", " "))[1].split()]
        weights, biases = [], []
        for inputs, outputs in pairwise(widths):
            weights.append(rows(g[: inputs * outputs], inputs))
            biases.append(g[inputs * outputs : (inputs + 1) * outputs])
            g = g[(inputs + 1) * outputs :]
        return self._frame(z, weights, biases, rows(g, len(z)) if g else None)

    def _terms(self, v: list[int], z: Vector, x: float, y: float, up: float) -> Vector:
        """The terms are evaluated as they are printed."""
        t, p = up, math.atan2(y, x)
        names = {"x": x, "y": y, "t": t, "p": p, "q": math.sqrt(max(t - t * t, 0)), "pi": math.pi}
        names |= {"sqrt": math.sqrt, "sin": math.sin, "cos": math.cos}
        printed = re.findall(r"^ +L_\d+ = (.*)$", self.readme, re.M)
        terms = [eval(as_python(term), {"__builtins__": {}}, names) for term in printed]
        if "v_c / 255 *" in self.readme:
            total = sum(term * z[3 + j] for j, term in enumerate(terms))
            return [v[c] / 255 * total for c in range(3)]
        return [sum(term * z[3 * j + c] for j, term in enumerate(terms)) for c in range(3)]

    def _nodes(self, z: Vector, x: float, y: float, up: float) -> Vector:
        decoder = self.info["decoder"]
        if decoder["basis"] == "rbf":
            nodes, sigma = rows(numbers(decoder["nodes"]), 3), decoder["sigma"]
            e = [math.exp(-((a - x) ** 2 + (b - y) ** 2 + (c - up) ** 2) / sigma**2) for a, b, c in nodes]
            w = [value / sum(e) for value in e]
        else:
            r = decoder["resolution"]
            s = abs(x) + abs(y) + abs(up)
            column, row = ((x + y) / s + 1) / 2 * (r - 1), ((y - x) / s + 1) / 2 * (r - 1)
            i, j = min(math.floor(column), r - 2), min(math.floor(row), r - 2)
            f, g = column - i, row - j
            w = [0.0] * (r * r)
            w[j * r + i], w[j * r + i + 1] = (1 - g) * (1 - f), (1 - g) * f
            w[(j + 1) * r + i], w[(j + 1) * r + i + 1] = g * (1 - f), g * f
        table = numbers(decoder["table"])
        count = len(w)

        def entry(first: int, m: int, c: int) -> float:
            return table[(first * count + m) * 3 + c]

        return [
            sum(w[m] * (entry(0, m, c) + sum(entry(k + 1, m, c) * z[k] for k in range(len(z)))) for m in range(count))
            for c in range(3)
        ]


def numbers(value: Any) -> Vector:
    """A list of numbers, however it stands, flat."""
    if isinstance(value, dict):
        name = "f16" if "f16" in value else "f32"
        data = base64.b64decode(value[name])
        size, kind = {"f16": (2, "e"), "f32": (4, "f")}[name]
        return list(struct.unpack(f"<{len(data) // size}{kind}", data))
    return [n for inner in value for n in numbers(inner)] if value and isinstance(value[0], list) else list(value)


def rows(flat: Vector, columns: int) -> Matrix:
    """A matrix that is stored row by row."""
    return [flat[start : start + columns] for start in range(0, len(flat), columns)]


def affine(weight: Matrix, h: Vector, bias: Vector) -> Vector:
    """W h + b."""
    return [sum(w * a for w, a in zip(row, h, strict=True)) + b for row, b in zip(weight, bias, strict=True)]


def elu(a: float) -> float:
    """As it is printed."""
    return a if a > 0 else math.exp(a) - 1


def to_byte(y: float) -> int:
    """As it is printed."""
    return math.floor(255 * min(max(y, 0.0), 1.0) + 0.5)


def as_python(term: str) -> str:
    """A printed term with its products written out: `2 sqrt(35/pi) cos(3 p) q` has a * where a space is."""
    text = re.sub(r"(?<=[\w)]) (?=[\w(])", " * ", term)
    return text.replace("^", "**")
