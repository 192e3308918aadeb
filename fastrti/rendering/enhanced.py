"""Diffuse gain and specular enhancement: shape that colour hides, shown with the normals of an object.

After Malzbender, Gelb and Wolters, *Polynomial Texture Maps*, SIGGRAPH 2001, sections 4.2 and 4.1. The web viewer's
shader (fastrti/sharing/viewer/shaders.js) has the same formulas, on the same 8-bit normals.
"""

import threading
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastrti.errors import ArgumentError
from fastrti.lights import unit_light

if TYPE_CHECKING:
    from fastrti.rendering.renderer import Region, Renderer

Enhancement = Literal["diffuse", "specular"]

GAIN = 1.5
"""As the viewer starts."""

MIN_GAIN, MAX_GAIN = 1, 5

_BLOCK_PIXELS = 1 << 16
_SMALLEST_COSINE = 0.3  # a darker answer says too little of the albedo it is divided by
_SHININESS = 20  # Blinn's exponent at gain 1
_MATT, _WHITE_GLOSS, _COLOURED_GLOSS = 0.5, 0.2, 0.3  # of the enhanced colour at the highlight's middle: at most white

_estimating = threading.Lock()  # shared: a Renderer with a lock of its own could not be pickled


class Enhancer:
    """Enhances the pictures of one Renderer, whose normals it estimates once, when the first is asked for.

    Thread-safe: of threads that ask at once, one estimates and the others wait.
    """

    def __init__(self) -> None:
        self._normals: NDArray[np.uint8] | None = None

    def apply(
        self, renderer: "Renderer", out: Any, light_dir: ArrayLike, region: "Region", enhance: Enhancement, gain: float
    ) -> None:
        """Replaces a relit picture by its enhancement.

        Args:
            renderer: the same in every call.
            out: (height, width, 3) uint8, relit; a numpy array or a tensor of any device.
            light_dir: the light it was relit with.
            region: (top, left, height, width), the part of the picture it is.
            enhance: "diffuse" or "specular".
            gain: 1 to 5; see `enhanced`.
        """
        top, left, height, width = region
        window = np.s_[top : top + height, left : left + width]
        on_host = isinstance(out, np.ndarray)
        picture = out if on_host else out.cpu().numpy()
        result = enhanced(picture, self._normals_of(renderer)[window], unit_light(light_dir), enhance, gain)
        if renderer.relightable.mask is not None:
            result[~renderer.relightable.mask[window]] = 0
        out[...] = result if on_host else out.new_tensor(result)

    def _normals_of(self, renderer: "Renderer") -> NDArray[np.uint8]:
        """(H, W, 3), as the viewer stores them; kept, since they take seconds a megapixel."""
        from fastrti.rendering.normals import encode_normals, estimate_normals  # which imports the Renderer

        with _estimating:
            if self._normals is None:
                self._normals = encode_normals(estimate_normals(renderer)).astype(np.uint8)
            return self._normals


def check_enhancement(enhance: object, gain: float) -> None:
    """Raises ArgumentError unless `enhance` is None or an enhancement, and `gain` is from 1 to 5."""
    if enhance is not None and enhance not in get_args(Enhancement):
        raise ArgumentError(f"expected an enhancement of {', '.join(get_args(Enhancement))} or None, got {enhance!r}")
    if not (isinstance(gain, Real) and MIN_GAIN <= gain <= MAX_GAIN):
        raise ArgumentError(f"expected a gain from {MIN_GAIN} to {MAX_GAIN}, got {gain!r}")


def enhanced(
    picture: NDArray[np.uint8],
    normals: NDArray[np.uint8],
    light: NDArray[np.float64],
    enhance: Enhancement,
    gain: float = GAIN,
) -> NDArray[np.uint8]:
    """A relit picture whose shape is exaggerated.

    A Lambertian surface of albedo a answers a·s, s = N·l. The diffuse gain keeps the brightness where the light is
    along the normal and falls off `gain` times as steeply: a·(1 − gain·(1 − s)). The specular enhancement puts Blinn's
    highlight (N·H)ⁿ, n = 20·gain, on half of the colour.

    Args:
        picture: (H, W, 3), relit with the light.
        normals: (H, W, 3), byte = (component + 1)·127.5.
        light: (3,) unit vector.
        enhance: "diffuse" or "specular".
        gain: from 1; larger is a steeper fall-off, or a smaller highlight.

    Returns:
        (H, W, 3), a new array.
    """
    result = np.empty(picture.shape, np.uint8)
    rows = max(1, _BLOCK_PIXELS // picture.shape[1])  # the floats of so many pixels stay in the cache
    for top in range(0, len(picture), rows):
        block = slice(top, top + rows)
        colour = picture[block].astype(np.float32) / np.float32(255)
        lifted = _ENHANCEMENTS[enhance](colour, _unit_normals(normals[block]), light.astype(np.float32), gain)
        result[block] = 255 * np.clip(lifted, 0, 1) + 0.5
    return result


def _unit_normals(encoded: NDArray[np.uint8]) -> NDArray[np.float32]:
    vectors = encoded.astype(np.float32) - np.float32(127.5)
    unit: NDArray[np.float32] = vectors / np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))
    return unit


def _diffuse(
    colour: NDArray[np.float32], normals: NDArray[np.float32], light: NDArray[np.float32], gain: float
) -> NDArray[np.float32]:
    cosine = np.maximum(normals @ light, 0)[..., None]
    albedo = colour / np.maximum(cosine, _SMALLEST_COSINE)
    darker: NDArray[np.float32] = colour - (gain - 1) * albedo * (1 - cosine)
    return darker


def _specular(
    colour: NDArray[np.float32], normals: NDArray[np.float32], light: NDArray[np.float32], gain: float
) -> NDArray[np.float32]:
    half = light + np.array([0, 0, 1], np.float32)
    half /= np.linalg.norm(half)
    highlight = np.maximum(normals @ half, 0)[..., None] ** np.float32(_SHININESS * gain)
    glossy: NDArray[np.float32] = _MATT * colour + (_WHITE_GLOSS + _COLOURED_GLOSS * colour) * highlight
    return glossy


_ENHANCEMENTS = {"diffuse": _diffuse, "specular": _specular}
