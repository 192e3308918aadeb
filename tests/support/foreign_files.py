"""Small valid files of other programs' formats, seeded, built from the formats' descriptions and not by fastrti."""

import io
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fastrti.lights import unit_light

WIDTH, HEIGHT = 5, 4
SCALES = np.array([2.0, 1.5, 1.0, -1.25, 1.0, 0.5])
BIASES = np.array([127, 100, 128, 140, 90, -20])
RELIGHT_KINDS = [
    ("ptm", "rgb"),
    ("ptm", "lrgb"),
    ("hsh", "rgb"),
    ("hsh", "lrgb"),
    ("rbf", "mrgb"),
    ("bilinear", "mrgb"),
    ("rbf", "mycc"),
]

Bytes = NDArray[np.uint8]


def random_bytes(*shape: int, seed: int = 0) -> Bytes:
    return np.random.default_rng([seed, *shape]).integers(0, 256, shape, np.uint8)


# --- .ptm ------------------------------------------------------------------------------------------------------------


def ptm_header(name: str, version: str = "PTM_1.2", size: str = f"{WIDTH}\n{HEIGHT}") -> str:
    scales, biases = (" ".join(map(str, numbers)) for numbers in (SCALES, BIASES))
    return f"{version}\n{name}\n{size}\n{scales}\n{biases} \n"


def ptm_rgb(seed: int = 0) -> tuple[bytes, Bytes]:
    """The file, and its coefficients (3, H, W, 6) as stored."""
    blocks = random_bytes(3, HEIGHT, WIDTH, 6, seed=seed)
    return ptm_header("PTM_FORMAT_RGB").encode() + blocks.tobytes(), blocks


def ptm_lrgb(version: str = "PTM_1.2") -> tuple[bytes, Bytes, Bytes]:
    """The file, its coefficients (H, W, 6) and its base colour (H, W, 3) as stored."""
    luminance, base = random_bytes(HEIGHT, WIDTH, 6), random_bytes(HEIGHT, WIDTH, 3)
    header = ptm_header("PTM_FORMAT_LRGB", version).encode()
    if version == "PTM_1.2":
        return header + luminance.tobytes() + base.tobytes(), luminance, base
    return header + np.concatenate([luminance, base], axis=2).tobytes(), luminance, base


def ptm_jpeg(count: int, references: list[int], inverted: list[int], order: list[int]) -> tuple[bytes, Bytes]:
    """A JPEG-compressed file of so many planes, and the planes (S, H, W) as they are once decoded.

    Each plane's first and last pixel are set by side information.
    """
    name = {9: "PTM_FORMAT_JPEG_LRGB", 18: "PTM_FORMAT_JPEG_RGB"}[count]
    stored = random_bytes(count, HEIGHT, WIDTH, seed=3)
    streams, planes = [], np.empty_like(stored)
    for number in sorted(range(count), key=lambda n: order[n]):
        decoded = np.asarray(Image.open(io.BytesIO(jpeg(stored[number]))), np.int64)
        if references[number] >= 0:
            reference = planes[references[number]].astype(np.int64)
            decoded = decoded + (255 - reference if inverted[number] else reference) - 128
        planes[number] = (decoded % 256).astype(np.uint8)
        planes[number, 0, 0], planes[number, -1, -1] = number, 200
    last = WIDTH * HEIGHT - 1
    side = [b"\0\0\0\0" + bytes([n]) + last.to_bytes(4, "big") + bytes([200]) for n in range(count)]
    streams = [jpeg(plane) for plane in stored]
    zeros = [0] * count
    sizes = [len(stream) for stream in streams]
    rows = [[90], inverted, zeros, zeros, order, references, sizes, [len(s) for s in side]]
    header = ptm_header(name) + "".join(" ".join(map(str, row)) + "\n" for row in rows)
    return header.encode() + b"".join(a + b for a, b in zip(streams, side)), planes


JPEG_LRGB_PREDICTION = ([5, -1, -1, -1, -1, 1, 7, -1, 7], [1, 0, 0, 0, 0, 1, 0, 0, 0], [8, 4, 3, 2, 1, 7, 5, 0, 6])
"""References, inversions and order of a file in the wild."""


def jpeg(plane: Bytes) -> bytes:
    file = io.BytesIO()
    Image.fromarray(plane).save(file, "JPEG", quality=90)
    return file.getvalue()


# --- .rti ------------------------------------------------------------------------------------------------------------


def rti(terms: int = 9, end: str = "\r\n", comments: str = "") -> tuple[bytes, NDArray[np.float32], Bytes]:
    """The file, its scales and biases (2, T), and its bytes (H, W, 3, T) as stored."""
    rng = np.random.default_rng(terms)
    numbers = np.stack([rng.uniform(0.5, 1.5, terms), rng.uniform(-0.8, 0, terms)]).astype("<f4")
    numbers[:, -1] = -numbers[:, -1]  # a scale that falls
    pixels = random_bytes(HEIGHT, WIDTH, 3, terms)
    header = f"#HSH1.2{end}{comments}3{end}{WIDTH} {HEIGHT} 3{end}{terms} 2 1{end}"
    return header.encode() + numbers.tobytes() + pixels.tobytes(), numbers, pixels


# --- Relight folders -------------------------------------------------------------------------------------------------


def relight_folder(folder: Path, kind: str, colorspace: str) -> Path:
    """Writes a folder of random bytes: hsh of nine terms, components over six lights or a grid of 3 × 3."""
    rng = np.random.default_rng(5)
    count = {"rgb": 27 if kind == "hsh" else 18, "lrgb": 12 if kind == "hsh" else 9, "mrgb": 9, "mycc": 12}[colorspace]
    lights = rng.normal(size=(6, 3))
    lights[:, 2] = abs(lights[:, 2])
    lights /= np.linalg.norm(lights, axis=1, keepdims=True)
    material = {"scale": rng.uniform(0.2, 0.6, count).tolist(), "bias": rng.uniform(0, 1, count).tolist()}
    material["scale"][-1] *= -1
    if colorspace == "lrgb":  # bright: the constant term is positive everywhere
        material["scale"][3], material["bias"][3] = 3.0, -0.3
    info = {"width": WIDTH, "height": HEIGHT, "format": "jpg", "type": kind, "colorspace": colorspace, "nplanes": count}
    info |= {"sigma": 0.5, "lights": lights.ravel().tolist(), "materials": [material]}
    folder.mkdir()
    if kind in ("rbf", "bilinear"):
        nodes = 6 if kind == "rbf" else 9
        info["resolution"] = 3
        material["range"] = rng.uniform(200, 400, count).tolist()
        random_bytes(count + 1, nodes, 3, seed=1).tofile(folder / "materials.bin")
    if colorspace == "mycc":
        info["yccplanes"] = [8, 2, 2]
        del info["nplanes"]
    for number in range(count // 3):
        Image.fromarray(random_bytes(HEIGHT, WIDTH, 3, seed=number)).save(folder / f"plane_{number}.jpg", "PNG")
    (folder / "info.json").write_text(json.dumps(info))
    return folder


def harmonics(light_dir):
    """The 16 terms as RTIViewer and Relight have them (cos²θ − cosθ in those of cos2φ and sin2φ)."""
    x, y, c = unit_light(light_dir)
    phi, p, pi = np.arctan2(y, x), c - c * c, np.pi
    return np.array(
        [
            np.sqrt(1 / (2 * pi)),
            np.sqrt(6 / pi) * np.cos(phi) * np.sqrt(p),
            np.sqrt(3 / (2 * pi)) * (2 * c - 1),
            np.sqrt(6 / pi) * np.sqrt(p) * np.sin(phi),
            np.sqrt(30 / pi) * np.cos(2 * phi) * -p,
            np.sqrt(30 / pi) * np.cos(phi) * (2 * c - 1) * np.sqrt(p),
            np.sqrt(5 / (2 * pi)) * (1 - 6 * c + 6 * c * c),
            np.sqrt(30 / pi) * (2 * c - 1) * np.sqrt(p) * np.sin(phi),
            np.sqrt(30 / pi) * -p * np.sin(2 * phi),
            2 * np.sqrt(35 / pi) * np.cos(3 * phi) * p**1.5,
            np.sqrt(210 / pi) * np.cos(2 * phi) * (2 * c - 1) * -p,
            2 * np.sqrt(21 / pi) * np.cos(phi) * np.sqrt(p) * (1 - 5 * c + 5 * c * c),
            np.sqrt(7 / (2 * pi)) * (-1 + 12 * c - 30 * c * c + 20 * c**3),
            2 * np.sqrt(21 / pi) * np.sqrt(p) * (1 - 5 * c + 5 * c * c) * np.sin(phi),
            np.sqrt(210 / pi) * (2 * c - 1) * -p * np.sin(2 * phi),
            2 * np.sqrt(35 / pi) * p**1.5 * np.sin(3 * phi),
        ]
    )


def levels(values):
    return np.floor(255 * np.clip(values, 0, 1) + 0.5)
