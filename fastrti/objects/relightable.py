"""`Relightable`: coefficient planes + the rule that turns a light into a network. Where making and rendering meet."""

from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastrti.errors import ArgumentError
from fastrti.objects.decoders import Decoder
from fastrti.objects.frame_network import FrameNetwork
from fastrti.objects.planes import check_planes

INT8_LOSS_DB = 0.1
"""What int8 may cost for the CPU to choose it by itself."""


@dataclass
class Relightable:
    """A relightable image: what `fit` makes, `save` keeps and `Renderer` shows.

    Attributes:
        planes: (K, H, W) uint8, row 0 on top; the stored latents or coefficients.
        minimum, maximum: (K,) float64; z_k = v/255·(maximum_k − minimum_k) + minimum_k.
        decoder: turns a light into a network of z.
        mask: (H, W) bool, True = object; False pixels are black in every picture. None = all object.
        lights: (N, 3) float64, the photographed light directions, or None.
        mm_per_pixel: the object's scale in millimetres a pixel, or None.
        title, creator, rights: provenance, free text.
        int8_loss_db: dB of PSNR that drawing in int8 costs, as the fit measured it (may be negative), or None where it
            did not; the CPU draws in int8 of its own accord up to `INT8_LOSS_DB`.
        training: settings and results of the fit; anything JSON can hold.
        extra: unknown keys of the loaded file, kept when saved again.

    Raises:
        ArgumentError: parts that do not fit together.
    """

    planes: NDArray[np.uint8]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    decoder: Decoder
    mask: NDArray[np.bool_] | None = None
    lights: NDArray[np.float64] | None = None
    mm_per_pixel: float | None = None
    title: str = ""
    creator: str = ""
    rights: str = ""
    int8_loss_db: float | None = None
    training: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.minimum = np.asarray(self.minimum, np.float64)
        self.maximum = np.asarray(self.maximum, np.float64)
        self.planes = np.ascontiguousarray(self.planes)
        check_planes(self.planes, self.minimum, self.maximum)
        if self.decoder.planes != len(self.planes):
            raise ArgumentError(
                f"expected {self.decoder.planes} planes for this decoder ({self.decoder.label}), got {len(self.planes)}"
            )
        if self.mask is not None and (self.mask.shape != self.planes.shape[1:] or self.mask.dtype != np.bool_):
            raise ArgumentError(
                f"expected a bool mask of {self.height}×{self.width}, got {self.mask.shape} {self.mask.dtype}"
            )
        if self.lights is not None and (
            self.lights.shape[1:] != (3,) or not self.lights.size or not np.isfinite(self.lights).all()
        ):
            raise ArgumentError(f"expected finite lights of shape (N, 3), N ≥ 1, got {self.lights.shape}")
        if self.mm_per_pixel is not None and not (np.isfinite(self.mm_per_pixel) and self.mm_per_pixel > 0):
            raise ArgumentError(f"expected a positive number of millimetres a pixel, got {self.mm_per_pixel}")
        if self.int8_loss_db is not None and not np.isfinite(self.int8_loss_db):
            raise ArgumentError(f"expected a finite number of dB that int8 costs, got {self.int8_loss_db}")

    @property
    def height(self) -> int:
        """H in pixels."""
        return int(self.planes.shape[1])

    @property
    def width(self) -> int:
        """W in pixels."""
        return int(self.planes.shape[2])

    def frame_network(self, light_dir: ArrayLike) -> FrameNetwork:
        """The network of one light on the raw bytes of the planes: what every kernel evaluates.

        Args:
            light_dir: (x, y) or (x, y, z); see `fastrti.lights.unit_light`.

        Raises:
            LightError: a light off the hemisphere.
        """
        return self.decoder.frame_network(light_dir).folded(self.minimum, self.maximum)

    @classmethod
    def load(cls, path: str | PathLike[str], max_pixels: int | None = None) -> "Relightable":
        """Reads an object folder; NeuralRTI, OpenLIME and Relight folders; `.ptm` and HSH `.rti` files.

        Nothing in it is trusted: sizes, counts and numbers are checked before memory is taken.

        Args:
            path: the folder that holds info.json, or the file.
            max_pixels: allow pictures of more pixels than the default of about 89 million.

        Raises:
            ObjectError: not of a known format, or damaged; one sentence naming the file.
        """
        from fastrti.formats.load import load

        return load(path, max_pixels)

    def save(self, path: str | PathLike[str]) -> None:
        """Writes the object folder. A save that is killed leaves the old object or the new one, never neither.

        Args:
            path: the folder to make, or an object to replace (files in it that are not the object's are kept).

        Raises:
            ObjectError: the path is something else than an object, or cannot be written.
        """
        from fastrti.formats.fastrti_folder import save

        save(self, path)
