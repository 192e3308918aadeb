"""Whether the GPU's pictures are right: before anything is timed, on numbers nobody has seen before.

Every kind of decoder × every precision × RGB and RGBA, with and without a mask: random weights, bytes and light, drawn
into a poisoned buffer whose rows are apart, and compared with float64.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.common.subjects import DECODERS, random_object
from fastrti.kernels.reference import relight_reference
from fastrti.kernels.triton.error_bound import PRECISIONS, rounded
from fastrti.kernels.triton.kernel import TritonKernel
from fastrti.lights import unit_light
from fastrti.objects.decoders import Decoder, LightBasisDecoder, NodeBasisDecoder
from fastrti.objects.experts import Experts
from fastrti.objects.frame_network import FrameNetwork

KINDS: dict[str, Callable[[np.random.Generator], Decoder]] = {
    **DECODERS,
    "lrgb": lambda rng: LightBasisDecoder("ptm", 6, base_colour=True),
    "hsh9": lambda rng: LightBasisDecoder("hsh", 9),
    "rbf": lambda rng: NodeBasisDecoder(
        "rbf", rng.normal(0.2, 0.2, (10, 5, 3)).astype(np.float32), _nodes(rng, 5), sigma=0.7
    ),
    "bilinear": lambda rng: NodeBasisDecoder(
        "bilinear", rng.normal(0.2, 0.2, (10, 16, 3)).astype(np.float32), resolution=4
    ),
}
GAP = 5
"""Bytes between the rows of the picture, which must stay as they were."""

Row = dict[str, Any]


def correctness(size: tuple[int, int], device: torch.device) -> Iterator[Row]:
    """A row a case; `passed` is False where a picture is further off than its precision promises.

    Args:
        size: height and width; odd ones meet every tail.
        device: where to draw.
    """
    for kind in KINDS:
        for number, precision in enumerate(("auto", *PRECISIONS)):
            seed = secrets.randbits(32)
            yield _case(kind, precision, 3 + number % 2, np.random.default_rng(seed), size, device) | {"seed": seed}


def _case(
    kind: str, precision: str, channels: int, rng: np.random.Generator, size: tuple[int, int], device: torch.device
) -> Row:
    relightable = random_object(KINDS[kind](rng), size, rng)
    if rng.random() < 0.5:
        relightable = replace(relightable, mask=rng.random(size) < 0.7)
    if kind in DECODERS and rng.random() < 0.3:
        others = tuple(KINDS[kind](rng) for _ in range(int(rng.integers(1, 5))))
        labels = rng.integers(0, len(others) + 1, size, np.uint8)
        labels[size[0] // 2 :] = 1  # noise, and tiles of one expert
        relightable = replace(relightable, decoder=Experts((relightable.decoder, *others)), labels=labels)
    light = _light(rng)
    want = _wanted(relight_reference(relightable, light), relightable.mask, channels)
    kernel = TritonKernel(relightable, precision=precision, device=device)
    levels, share = drawn_errors(kernel, light, want)
    promise = _promise(kernel, relightable.frame_networks(light), precision)
    return {
        "kind": kind,
        "precision": precision,
        "channels": channels,
        "masked": relightable.mask is not None,
        "experts": len(relightable.decoders),
        "promised_levels": promise,
        "max_levels": levels,
        "differing_bytes": share,
        "passed": levels < promise + 1,  # both bytes are rounded
    }


def _promise(kernel: TritonKernel, networks: Sequence[FrameNetwork], precision: str) -> float:
    """Levels: no 255·y of the frame last drawn is further off than this."""
    if precision != "auto":
        return max(float(rounded(network, precision).error) for network in networks)
    bound = float(kernel.bounds()[0])
    return bound if bound < 1 else max(1.0, _promise(kernel, networks, "fp32"))  # which then drew an expert's pixels


def drawn_errors(kernel: TritonKernel, light: tuple[float, float, float], want: NDArray[np.uint8]) -> tuple[int, float]:
    """The errors of a picture drawn into poison; 255 levels if it wrote beside its pixels."""
    height, width, channels = want.shape
    memory = torch.randint(0, 256, (height, width * channels + GAP), dtype=torch.uint8, device=kernel.device)
    out = memory[:, : width * channels].unflatten(1, (width, channels))
    poison = torch.from_numpy(want ^ 128).to(kernel.device)  # 128 levels off everywhere: a byte not written shows
    out.copy_(poison)
    before = memory.clone()
    kernel.relight(light, out, 0, 0)
    picture = out.cpu().numpy().copy()
    out.copy_(poison)
    return errors(picture, want) if torch.equal(memory, before) else (255, 1.0)


def errors(picture: NDArray[np.uint8], want: NDArray[np.uint8]) -> tuple[int, float]:
    """The largest difference in levels, and the share of the bytes that differ."""
    difference = np.maximum(picture, want) - np.minimum(picture, want)
    return int(difference.max()), float(np.mean(difference > 0))


def _wanted(picture: NDArray[np.uint8], mask: NDArray[np.bool_] | None, channels: int) -> NDArray[np.uint8]:
    if channels == 3:
        return picture
    shown = np.ones(picture.shape[:2], np.bool_) if mask is None else mask
    return np.dstack([picture, shown.astype(np.uint8) * 255])


def _light(rng: np.random.Generator) -> tuple[float, float, float]:
    x, y, z = rng.normal(size=3)
    x, y, z = unit_light((x, y, abs(z))).tolist()
    return x, y, z


def _nodes(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    return np.array([_light(rng) for _ in range(count)], np.float32)
