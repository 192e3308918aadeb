"""`Enhanced`: diffuse gain and specular enhancement, which show with an object's normals the shape that colour hides.

After Malzbender, Gelb and Wolters, *Polynomial Texture Maps*, SIGGRAPH 2001, sections 4.2 and 4.1. The web viewer's
shader (fastrti/sharing/viewer/shaders.js) has the same formulas, on the same 8-bit normals.
"""

from collections.abc import Sequence
from numbers import Real
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastrti.errors import ArgumentError
from fastrti.lights import unit_light
from fastrti.locks import Lock
from fastrti.objects.relightable import Relightable
from fastrti.rendering.normals import decoded_normals, encoded_normals
from fastrti.rendering.renderer import Region, Renderer
from fastrti.srgb import to_bytes
from fastrti.text import represented

Enhancement = Literal["diffuse", "specular"]

GAIN = 1.5
"""As the viewer starts."""

MIN_GAIN, MAX_GAIN = 1, 5

_BLOCK_PIXELS = 1 << 16
_SMALLEST_COSINE = 0.3  # a darker answer says too little of the albedo it is divided by
_SHININESS = 20  # Blinn's exponent at gain 1
_MATT, _WHITE_GLOSS, _COLOURED_GLOSS = 0.5, 0.2, 0.3  # of the enhanced colour at the highlight's middle: at most white


class Enhanced:
    """A Renderer whose pictures exaggerate the shape of the object.

        >>> glossy = Enhanced(renderer, "specular", gain=2)      # doctest: +SKIP
        >>> picture = glossy.relight((0.3, 0.5))                 # doctest: +SKIP

    The enhancement runs on the host and is much slower than relighting. The first picture of each scale estimates the
    normals, unless they are kept with the object (`Relightable.normals`). Thread-safe: of threads that ask at once, one
    estimates and the others wait. A pickled Enhanced estimates its normals anew.

    Args:
        renderer: what draws the pictures.
        enhancement: "diffuse" makes the fall-off from light to dark steeper, "specular" the surface glossy.
        gain: strength of the enhancement, 1 to 5; see `enhanced`.

    Raises:
        ArgumentError: another enhancement, or a gain out of range.
    """

    def __init__(self, renderer: Renderer, enhancement: Enhancement, gain: float = GAIN) -> None:
        _check(enhancement, gain)
        self.renderer = renderer
        self.enhancement: Enhancement = enhancement
        self.gain = gain
        self._normals: dict[Renderer, NDArray[np.uint8]] = {}
        self._estimating = Lock()

    def __reduce__(self) -> tuple[type["Enhanced"], tuple[Any, ...]]:
        return Enhanced, (self.renderer, self.enhancement, self.gain)

    @property
    def relightable(self) -> Relightable:
        """The object."""
        return self.renderer.relightable

    def relight(self, light_dir: ArrayLike, *, out: Any = None, region: Region | None = None, scale: float = 1) -> Any:
        """The enhanced picture under one light; arguments, result and errors are those of `Renderer.relight`."""
        renderer = self.renderer.at(scale)
        picture = renderer.relight(light_dir, out=out, region=region)
        self._enhance(renderer, picture, light_dir, region)
        return picture

    def relight_batch(
        self, lights: Sequence[ArrayLike], *, out: Any = None, region: Region | None = None, scale: float = 1
    ) -> Any:
        """The enhanced pictures under several lights; otherwise like `relight`."""
        renderer = self.renderer.at(scale)
        pictures = renderer.relight_batch(lights, out=out, region=region)
        for picture, light_dir in zip(pictures, lights):
            self._enhance(renderer, picture, light_dir, region)
        return pictures

    def to_host(self, picture: Any) -> NDArray[np.uint8]:
        """See `Renderer.to_host`."""
        return self.renderer.to_host(picture)

    def __repr__(self) -> str:
        return f"Enhanced, {self.enhancement}, gain {self.gain:g}, of a {self.renderer!r}"

    def _enhance(self, renderer: Renderer, drawn: Any, light_dir: ArrayLike, region: Region | None) -> None:
        """Replaces what the renderer has drawn, (height, width, 3 or 4), by its enhancement."""
        top, left, height, width = region or (0, 0, renderer.relightable.height, renderer.relightable.width)
        window = np.s_[top : top + height, left : left + width]
        picture = renderer.to_host(drawn)
        normals = self._normals_of(renderer)[window]
        colours = enhanced(picture[..., :3], normals, unit_light(light_dir), self.enhancement, self.gain)
        if renderer.relightable.mask is not None:
            colours[~renderer.relightable.mask[window]] = 0
        picture[..., :3] = colours
        renderer.from_host(picture, drawn)

    def _normals_of(self, renderer: Renderer) -> NDArray[np.uint8]:
        """(H, W, 3), as the viewer stores them."""
        with self._estimating:
            if renderer not in self._normals:
                self._normals[renderer] = encoded_normals(renderer)
            return self._normals[renderer]


def _check(enhancement: object, gain: object) -> None:
    if not (isinstance(enhancement, str) and enhancement in get_args(Enhancement)):
        raise ArgumentError(
            f"expected an enhancement of {' or '.join(get_args(Enhancement))}, got {represented(enhancement)}"
        )
    if not (isinstance(gain, Real) and MIN_GAIN <= cast(float, gain) <= MAX_GAIN):
        raise ArgumentError(f"expected a gain from {MIN_GAIN} to {MAX_GAIN}, got {represented(gain)}")


def enhanced(
    picture: NDArray[np.uint8],
    normals: NDArray[np.uint8],
    light: NDArray[np.float64],
    enhancement: Enhancement,
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
        enhancement: "diffuse" or "specular".
        gain: from 1; larger is a steeper fall-off, or a smaller highlight.

    Returns:
        (H, W, 3), a new array.
    """
    result = np.empty(picture.shape, np.uint8)
    rows = max(1, _BLOCK_PIXELS // picture.shape[1])  # the floats of so many pixels stay in the cache
    for top in range(0, len(picture), rows):
        block = slice(top, top + rows)
        colour = picture[block].astype(np.float32) / np.float32(255)
        lifted = _ENHANCEMENTS[enhancement](colour, decoded_normals(normals[block]), light.astype(np.float32), gain)
        result[block] = to_bytes(lifted)
    return result


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
