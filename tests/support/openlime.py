"""A model of OpenLIME, written from its contract and without the exporter's code, and objects to show with it.

What the real program does with colours, and what the models of it below therefore do:

- The shaders of both layers draw with WebGL into a canvas of 8-bit sRGB.
- `LayerNeuralRTI` draws the network into a texture of one tile, and its `imageShader` copies that. With `isLinear` the
  copy is left alone, else it is converted from sRGB to linear.
- `ShaderRTI` converts its colours from sRGB to linear since 1.2.3, whatever `isLinear` says. Before, it does not.
- `Canvas` has the option `useOffscreenFramebuffer`, true by default. Then all layers are drawn into a texture of 8
  bits, which is converted from linear to sRGB on its way to the screen.
- Both conversions are powers of 2.2 by default (`isSrgbSimplified`).
- A network's tile is drawn at the full size of a tile, and stretched over the place of a smaller one.
- The layer of an object with light-conditioned weights has one set of them: a page without uniforms.js shows one light.
"""

import json
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from objects import light_mlp
from PIL import Image

from fastrti import Relightable, Renderer
from fastrti.lights import unit_light
from fastrti.sharing.openlime import export_openlime

SIZE = (23, 37)
CONDITIONED = {
    "nine-planes": light_mlp(9, (16, 16), "elu", skip=False),
    "six-planes": light_mlp(6, (8, 8), "elu", skip=False),
    "one-layer": light_mlp(9, (11,), "elu", skip=False),
    "unequal-three-planes": light_mlp(3, (10, 21), "elu", skip=False),
}


def exported(tmp_path: Path, what: Relightable, **options: bool) -> Path:
    export_openlime(what, tmp_path / "site", **options)
    return tmp_path / "site" / "object"


def make(decoder, size: tuple[int, int] = SIZE) -> Relightable:
    rng = np.random.default_rng(len(decoder.label))
    planes = rng.integers(0, 256, (decoder.planes, *size), np.uint8)
    half = rng.uniform(0.5, 1, decoder.planes)
    return Relightable(planes, -half, half, decoder)


def assert_equal(picture: NDArray[np.uint8], what: Relightable, light) -> None:
    wanted = Renderer(what).relight(light)
    assert wanted.std() > 10  # a picture, not a flat colour
    assert np.abs(picture.astype(int) - wanted).max() <= 1


# --- the neural layer -------------------------------------------------------------------------------------------------


def pixels(folder: Path, stem: str) -> NDArray[np.uint8]:
    """A picture as OpenLIME loads it: stem.jpg in the layout `image`, the finest level of stem.dzi in `deepzoom`."""
    if not (folder / f"{stem}.dzi").exists():
        return np.asarray(Image.open(folder / f"{stem}.jpg"))
    text = (folder / f"{stem}.dzi").read_text()
    keys = dict(re.findall(r'(\w+)="([\w/:.]+)"', text))
    assert (keys["Format"], keys["Overlap"]) == ("png", "0")
    width, height, side = int(keys["Width"]), int(keys["Height"]), int(keys["TileSize"])
    levels = 1 + int(np.ceil(np.log2(max(width, height) / side)))  # level 0 fits one tile
    assert levels >= 1 and len(list((folder / f"{stem}_files").iterdir())) == levels
    whole = np.zeros((height, width, 3), np.uint8)
    for row in range(-(-height // side)):
        for column in range(-(-width // side)):
            tile = np.asarray(Image.open(folder / f"{stem}_files/{levels - 1}/{column}_{row}.png"))[..., :3]
            whole[row * side : row * side + len(tile), column * side : column * side + tile.shape[1]] = tile
    return whole


def elu(values):
    return np.where(values > 0, values, np.expm1(np.minimum(values, 0)))


def shown_by_neural_layer(folder: Path, light, uniforms: dict[str, list[float]] | None = None) -> NDArray[np.uint8]:
    """What LayerNeuralRTI draws of the folder; `uniforms` are what a page script has set after it read info.json."""
    info = json.loads((folder / "info.json").read_text())
    assert info["planes"] == 9 and info["colorspace"] == "rgb"
    numbers = {f"layer{i + 1}_{kind}": info[kind][i] for i in range(3) for kind in ("weights", "biases")}
    numbers |= uniforms or {}
    n = -(-info["samples"] // 4) * 4
    w1, w2, w3 = (
        np.array(numbers[f"layer{i}_weights"], np.float32).reshape(shape)
        for i, shape in ((1, (n, 12)), (2, (n, n)), (3, (3, n)))
    )
    b1, b2, b3 = (np.array(numbers[f"layer{i}_biases"], np.float32)[:, None] for i in (1, 2, 3))
    v = np.concatenate([pixels(folder, f"plane_{i}") for i in (1, 2, 3)], axis=2) / np.float32(255)
    low, high = (np.array(info[key], np.float32) for key in ("min", "max"))
    z = (v * (high - low) + low).reshape(-1, 9).T
    x, y = unit_light(light)[:2]
    inputs = np.concatenate([z, np.full((1, z.shape[1]), x), np.full((1, z.shape[1]), y), np.zeros((1, z.shape[1]))])
    output = w3 @ elu(w2 @ elu(w1 @ inputs + b1) + b2) + b3
    return np.rint(255 * np.clip(output.T, 0, 1)).astype(np.uint8).reshape(*v.shape[:2], 3)


# --- the RTI layer ----------------------------------------------------------------------------------------------------


def ptm_weights(x: float, y: float, z: float) -> list[float]:
    return [1, x, y, x * x, x * y, y * y]


def hsh_weights(x: float, y: float, z: float) -> list[float]:
    phi, p, q = np.arctan2(y, x), z - z * z, np.sqrt(z - z * z)
    root = lambda value: np.sqrt(value / np.pi)  # noqa: E731
    return [
        root(1 / 2),
        root(6) * np.cos(phi) * q,
        root(3 / 2) * (2 * z - 1),
        root(6) * np.sin(phi) * q,
        root(30) * np.cos(2 * phi) * -p,
        root(30) * np.cos(phi) * (2 * z - 1) * q,
        root(5 / 2) * (1 - 6 * z + 6 * z * z),
        root(30) * np.sin(phi) * (2 * z - 1) * q,
        root(30) * np.sin(2 * phi) * -p,
    ]


def node_weights(info: dict, light) -> NDArray[np.float64]:
    """Σ_m w_m · basis[:, m], (nplanes + 1, 3), with Gaussian weights of the nodes."""
    nodes = np.reshape(info["lights"], (-1, 3))
    weights = np.exp(-((nodes - light) ** 2).sum(1) / info["sigma"] ** 2)
    basis = np.reshape(info["basis"], (info["nplanes"] + 1, len(nodes), 3)).astype(float)
    scaled = [basis[:1] / 255, (basis[1:] - 127) / np.reshape(info["materials"][0]["range"], (-1, 1, 1))]
    return np.einsum("pmk,m->pk", np.concatenate(scaled), weights / weights.sum())


def shown_by_rti_layer(folder: Path, light, version: str = "1.2.0", off_screen: bool = False) -> NDArray[np.uint8]:
    """What LayerRTI of a version draws of the folder, with its off-screen picture or without."""
    colour = colours_of_rti_layer(folder, light)
    if version != "1.2.0":
        colour = np.clip(colour, 0, None) ** 2.2
    if off_screen:
        colour = (np.rint(255 * np.clip(colour, 0, 1)) / 255) ** (1 / 2.2)
    return np.rint(255 * np.clip(colour, 0, 1)).astype(np.uint8)


def colours_of_rti_layer(folder: Path, light) -> NDArray[np.float64]:
    """(H, W, 3), as the photographs were encoded."""
    info = json.loads((folder / "info.json").read_text())
    assert info["isLinear"] is True
    planes = np.concatenate([pixels(folder, f"plane_{i}") for i in range(info["nplanes"] // 3)], axis=2) / 255
    material, direction = info["materials"][0], unit_light(light)
    coefficients = (planes - material["bias"]) * material["scale"]
    if info["colorspace"] == "mrgb":
        basis = node_weights(info, direction)
        colour = basis[0] + coefficients @ basis[1:]
    else:
        terms = np.array({"ptm": ptm_weights, "hsh": hsh_weights}[info["type"]](*direction))
        if info["colorspace"] == "lrgb":
            colour = coefficients[..., :3] * (coefficients[..., 3:] @ terms)[..., None]
        else:
            colour = np.einsum("hwjc,j->hwc", coefficients.reshape(*planes.shape[:2], -1, 3), terms)
    return colour
