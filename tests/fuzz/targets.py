"""What is fuzzed: for each reader, how an input is made of a fuzzer's bytes, and how it is read.

An input is a whole file or folder with something off. Reading it ends in an object, which is drawn, or in a
`FastrtiError`. Everything else is a fault.
"""

import json
import shutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from foreign_files import JPEG_LRGB_PREDICTION, ptm_jpeg, ptm_lrgb, ptm_rgb, relight_folder, rti
from fuzz.choices import WORDS, Choices, changed_bytes, changed_json
from fuzz.pictures import jpeg, png, tiff
from objects import relightable
from raw_files import mosaic, write_dng

from fastrti import load, save
from fastrti.kernels.backends import BACKENDS
from fastrti.kernels.triton.tuning import TuningTable, cache_file
from fastrti.photographs.lp_file import read_lp
from fastrti.photographs.photograph import read_photograph
from fastrti.rendering.renderer import Renderer

MOST_DRAWN = 1 << 14
"""Pixels of an object that is drawn by two backends to compare them."""

LIGHTS = ((0.3, -0.4), (0.0, 1.0), (0.0, 0.0))


@dataclass(frozen=True)
class Target:
    """A reader under attack.

    Attributes:
        make: writes an input below a folder and returns its path.
        read: reads it; raises FastrtiError where it is refused.
    """

    make: Callable[[Choices, Path], Path]
    read: Callable[[Path], object]


def read_object(path: Path) -> None:
    """Loads an object and draws it: float32 is within one level of the reference, whatever loads."""
    loaded = load(path)
    if loaded.width * loaded.height > MOST_DRAWN or BACKENDS["cpu"].why_not() is not None:
        return
    exact, drawn = Renderer(loaded, backend="reference"), Renderer(loaded, backend="cpu", threads=1, precision="fp32")
    for light in LIGHTS:
        assert np.abs(drawn.relight(light).astype(int) - exact.relight(light)).max() <= 1, light


# --- objects ---------------------------------------------------------------------------------------------------------


def _written(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def _text_and_bytes(choices: Choices, data: bytes, lines: int) -> bytes:
    """A text header with words replaced, and what follows it."""
    *head, rest = data.split(b"\n", lines)
    for _ in range(choices.below(4)):
        row = choices.below(len(head))
        words = head[row].decode("latin-1").split() or [""]
        words[choices.below(len(words))] = choices.pick([*WORDS, str(choices.below(1 << 16))])
        head[row] = " ".join(words).encode("latin-1")
    if choices.rarely():
        rest = changed_bytes(choices, rest)
    return b"\n".join([*head, rest])


def ptm_file(choices: Choices, folder: Path) -> Path:
    """A .ptm of any format; its planes may be other JPEGs of the right lengths."""
    forms = [ptm_rgb()[0], ptm_lrgb()[0], ptm_lrgb("PTM_1.1")[0], ptm_jpeg(9, *JPEG_LRGB_PREDICTION)[0]]
    which = choices.below(5)
    if which < 4:
        return _written(folder, "file.ptm", _text_and_bytes(choices, forms[which], 6 if which < 3 else 14))
    streams = [jpeg(choices, 5, 4, "L") for _ in range(9)]
    rows: list[list[object]] = [[1.0] * 6, [128] * 6, [90], [0] * 9, [0] * 9, [0] * 9, list(range(9)), [-1] * 9]
    rows += [[len(stream) for stream in streams], [0] * 9]
    head = "PTM_1.2\nPTM_FORMAT_JPEG_LRGB\n5\n4\n" + "".join(" ".join(map(str, row)) + "\n" for row in rows)
    return _written(folder, "file.ptm", head.encode() + b"".join(streams))


def rti_file(choices: Choices, folder: Path) -> Path:
    """An .rti of bytes or floats, with any scales and biases."""
    terms = choices.pick((4, 9, 1))
    data = rti(terms, end="\n")[0]
    if choices.rarely():
        values = np.frombuffer(choices.raw(4 * terms), "<f4") if choices.rarely() else np.linspace(-1, 1, 60 * terms)
        numbers = np.repeat(np.float32([1, 0]), terms)
        head = f"#HSH1.2\n3\n5 4 3\n{terms} 2 4\n".encode()
        data = head + numbers.tobytes() + np.resize(values, 60 * terms).astype("<f4").tobytes()
    head, rest = data[: (end := len(data) - _rti_payload(data, terms))], data[end:]
    if choices.rarely():
        place = 4 * choices.below(2 * terms)
        rest = rest[:place] + np.float32(choices.pick((0, -1, 1e5, 1e30, np.nan))).tobytes() + rest[place + 4 :]
    return _written(folder, "file.rti", _text_and_bytes(choices, head + rest, 4))


def _rti_payload(data: bytes, terms: int) -> int:
    return 8 * terms + 60 * terms * (4 if b" 2 4\n" in data[:60] else 1)


@cache
def _relight_template(root: Path, kind: str, colorspace: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    folder = relight_folder(root / f"{kind}-{colorspace}", kind, colorspace)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    return json.loads(files.pop("info.json")), files


def relight_object(choices: Choices, folder: Path) -> Path:
    """A Relight folder: whole pictures, DeepZoom or tarzoom."""
    kinds = [("ptm", "rgb"), ("ptm", "lrgb"), ("hsh", "rgb"), ("rbf", "mrgb"), ("rbf", "mycc"), ("bilinear", "mrgb")]
    info, files = _relight_template(folder.parent, *choices.pick(kinds))
    target = _fresh(folder)
    layout = choices.below(4)
    for name, data in files.items():
        path = target / name
        if not name.startswith("plane_") or layout == 0:
            path.write_bytes(changed_bytes(choices, data) if choices.rarely() else data)
        elif layout == 1:
            path.write_bytes(choices.pick([png, jpeg])(choices, 5, 4))
        elif layout == 2:
            _deepzoom(choices, path)
        else:
            _tarzoom(choices, path)
    (target / "info.json").write_text(json.dumps(changed_json(choices, info)))
    return target


def _deepzoom(choices: Choices, path: Path) -> None:
    keys = {"Format": "png", "TileSize": "4", "Overlap": "0", "Width": "5", "Height": "4"}
    if choices.rarely():
        keys[choices.pick(sorted(keys))] = choices.pick([*WORDS, "jpg", "2", "5"])
    attributes = [f'{key}="{value}"' for key, value in keys.items()]
    path.with_suffix(".dzi").write_text(f"<Image {' '.join(attributes[:3])}><Size {' '.join(attributes[3:])}/></Image>")
    level = path.with_name(path.stem + "_files") / choices.pick(("1", "3", "0"))
    level.mkdir(parents=True)
    (level / "0_0.png").write_bytes(png(choices, 4, 4))
    (level / "1_0.png").write_bytes(png(choices, 1, 4))


def _tarzoom(choices: Choices, path: Path) -> None:
    tiles = [png(choices, 4, 4), png(choices, 1, 4)]
    index = {"tilesize": 4, "overlap": 0, "format": "png", "width": 5, "height": 4, "nlevels": 1}
    index["offsets"] = [0, len(tiles[0]), sum(map(len, tiles))]  # type: ignore[assignment]
    path.with_suffix(".tzb").write_bytes(b"".join(tiles))
    path.with_suffix(".tzi").write_text(json.dumps(changed_json(choices, index) if choices.rarely() else index))


_OPENLIME = "openlime-one-layer-few-latents"
_OWN_KINDS = ("ptm-base", _OPENLIME, "mlp-9-3-skip", "light-mlp-linear", "hsh4", "rbf", "bilinear")


@cache
def _own_template(root: Path, kind: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    save(relightable(kind, masked=True), root / kind)
    files = {path.name: path.read_bytes() for path in (root / kind).iterdir()}
    return json.loads(files.pop("info.json")), files


def own_object(choices: Choices, folder: Path) -> Path:
    """fastrti's own folder of any decoder."""
    info, files = _own_template(folder.parent, choices.pick(_OWN_KINDS))
    return _folder(choices, folder, info, files)


def openlime_object(choices: Choices, folder: Path) -> Path:
    """The published form of plain networks, without fastrti's keys."""
    info, files = _own_template(folder.parent, _OPENLIME)
    published = {key: value for key, value in info.items() if key not in ("fastrti", "decoder")}
    return _folder(choices, folder, published | {"colorspace": choices.pick(("rgb", "bgr"))}, files)


def _folder(choices: Choices, folder: Path, info: dict[str, Any], files: dict[str, bytes]) -> Path:
    target = _fresh(folder)
    for name, data in files.items():
        if choices.rarely():
            data = png(choices, 4, 5, "L" if name == "mask.png" else "RGB")
        (target / name).write_bytes(data)
    (target / "info.json").write_text(json.dumps(changed_json(choices, info)))
    return target


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder / "object", ignore_errors=True)
    (folder / "object").mkdir()
    return folder / "object"


# --- photographs, lists, tables --------------------------------------------------------------------------------------


def light_list(choices: Choices, folder: Path) -> Path:
    """An .lp file: rows with words replaced, any line ends and encoding."""
    rows = ["3", "a.jpg 0.5 0.5 0.707", "b c.jpg -0.5 0.5 0.707", "d.jpg 0 0 1"]
    for _ in range(choices.below(4)):
        row = choices.below(len(rows))
        words = rows[row].split(" ")
        words[choices.below(len(words))] = choices.pick([*WORDS, "0,5", "é.jpg", "\x1b[2J", " " * 9, "a" * 300, "#"])
        rows[row] = choices.pick((" ", "\t", ",", "  ")).join(words)
    if choices.rarely():
        rows *= choices.below(300)
    text = choices.pick(("\n", "\r\n", "\r", "\n\n")).join(rows)
    data = text.encode(choices.pick(("utf-8", "utf-8-sig", "utf-16", "latin-1")), "replace")
    return _written(folder, "lights.lp", changed_bytes(choices, data) if choices.rarely() else data)


def photograph(choices: Choices, folder: Path) -> Path:
    """A PNG, JPEG or TIFF."""
    data = choices.pick([png, jpeg, tiff])(choices, 8, 5)
    return _written(folder, choices.pick(("a.png", "a.jpg", "a.tif")), data)


def raw_photograph(choices: Choices, folder: Path) -> Path:
    """A DNG with some bytes changed: of a mosaic, compressed or not, or of whole colours."""
    data = choices.pick(_raw_templates(folder.parent))
    return _written(folder, choices.pick(("a.dng", "a.nef", "a.tif")), changed_bytes(choices, data))


@cache
def _raw_templates(root: Path) -> list[bytes]:
    lossless = {"compression": "jpeg", "compressionargs": {"lossless": True, "bitspersample": 16}}
    colours = np.random.default_rng(0).integers(600, 9000, (24, 30, 3), np.uint16)
    forms: list[tuple[Any, dict[str, Any]]] = [(mosaic(colours), {}), (mosaic(colours), lossless), (colours, {})]
    return [write_dng(root / "whole.dng", samples, **settings).read_bytes() for samples, settings in forms]


def heif_photograph(choices: Choices, folder: Path) -> Path:
    """A HEIF file with some bytes changed."""
    return _written(folder, "a.heic", changed_bytes(choices, choices.pick(_heif_templates(folder.parent))))


@cache
def _heif_templates(root: Path) -> list[bytes]:
    import pillow_heif

    colours = np.random.default_rng(0).integers(0, 65536, (24, 32, 3), np.uint16)
    for name, mode, samples in (("8", "RGB", (colours >> 8).astype(np.uint8)), ("10", "RGB;16", colours)):
        pillow_heif.from_bytes(mode, (32, 24), samples.tobytes()).save(root / f"whole{name}.heic", quality=90)
    return [(root / f"whole{name}.heic").read_bytes() for name in ("8", "10")]


_LAUNCH = {"rows": 32, "warps": 2, "pixels": 1, "stages": 1, "programs": 4}


def tuning_table(choices: Choices, folder: Path) -> Path:
    """The file of `fastrti tune`."""
    table = {"version": 1, "launches": {"sm_90, 9-16-16-3 relu, skip, fp16": _LAUNCH}}
    return _written(
        folder, cache_file().name, changed_bytes(choices, json.dumps(changed_json(choices, table)).encode())
    )


def read_tuning_table(path: Path) -> None:
    """A damaged table is ignored with a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        TuningTable(path)


def checkpoint(choices: Choices, folder: Path) -> Path:
    """A checkpoint with bytes changed, under a right digest as a rule."""
    content, digest = _checkpoint_template(folder.parent)
    content = changed_bytes(choices, content)
    if choices.often():
        digest = sha256(content).digest()
    return _written(folder, "fit.checkpoint", content + digest)


_FIT = {"seed": 1}


@cache
def _checkpoint_template(root: Path) -> tuple[bytes, bytes]:
    from fastrti.training.checkpoint import Checkpoint  # here and below: no other target needs PyTorch

    parts, generator = _parts()
    path = root / "whole.checkpoint"
    state = {name: part.state_dict() for name, part in parts.items()}
    Checkpoint(path, _FIT).save("loop", state | {"generator": generator.get_state(), "step": 1})
    data = path.read_bytes()
    return data[:-32], data[-32:]


def _parts() -> tuple[dict[str, Any], Any]:
    """A network and an optimiser after one step, and a generator."""
    import torch

    network = torch.nn.Linear(2, 1)
    optimiser = torch.optim.Adam(network.parameters())
    network(torch.ones(2)).sum().backward()
    optimiser.step()
    return {"network": network, "optimiser": optimiser}, torch.Generator()


def read_checkpoint(path: Path) -> None:
    """Resumes the fit that wrote it."""
    from fastrti.training.checkpoint import Checkpoint

    parts, generator = _parts()
    Checkpoint(path, _FIT).resume("loop", parts, generator, steps=3)


TARGETS = {
    "lp": Target(light_list, read_lp),
    "photograph": Target(photograph, read_photograph),
    "raw": Target(raw_photograph, read_photograph),
    "heif": Target(heif_photograph, read_photograph),
    "ptm": Target(ptm_file, read_object),
    "rti": Target(rti_file, read_object),
    "relight": Target(relight_object, read_object),
    "fastrti": Target(own_object, read_object),
    "openlime": Target(openlime_object, read_object),
    "tuning": Target(tuning_table, read_tuning_table),
    "checkpoint": Target(checkpoint, read_checkpoint),
}
