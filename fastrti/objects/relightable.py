"""`Relightable`: coefficient planes + the rule that turns a light into a network. Where making and rendering meet."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastrti.errors import ArgumentError
from fastrti.objects.annotations import MAX_ANNOTATIONS, Annotation
from fastrti.objects.decoders import Decoder
from fastrti.objects.experts import Experts
from fastrti.objects.frame_network import FrameNetwork
from fastrti.objects.planes import check_planes
from fastrti.objects.provenance import check_provenance
from fastrti.text import storable

INT8_LOSS_DB = 0.1
"""The CPU chooses 8-bit arithmetic by itself when it costs at most this much."""


@dataclass(frozen=True, eq=False)
class Relightable:
    """A relightable image: what `fit` makes, `save` keeps and `Renderer` shows.

    A Relightable never changes. `dataclasses.replace` makes a changed copy, which is checked again. Two objects are
    equal only if they are the same one.

    Attributes:
        planes: (K, H, W) uint8, row 0 on top; the stored latents or coefficients.
        minimum: (K,) float64, what the byte 0 of each plane means: z = v/255·(maximum − minimum) + minimum.
        maximum: (K,) float64, what the byte 255 of each plane means.
        decoder: turns a light into a network of z. Or several that do, each for its own pixels.
        mask: (H, W) bool, True on the object; False pixels are black in every picture. None: all pixels are object.
        lights: (N, 3) float64, the photographed light directions, or None.
        mm_per_pixel: the object's scale in millimetres per pixel, or None.
        title: what the object is called.
        creator: who made it.
        rights: its licence, or who holds the rights. In these three texts U+FFFD takes the place of lone surrogates,
            which JSON and file names can bring and no file or page can hold.
        labels: (H, W) uint8, which of the `Experts`, or which mean of them, draws each pixel. None for an object of one
            decoder.
        normals: (H, W, 3) uint8, what `fastrti.rendering.normals.encoded_normals` makes of this object, or None. A copy
            with other planes or another decoder needs its own: pass `normals=None` with them.
        int8_loss_db: how many dB of PSNR 8-bit arithmetic costs, as the fit measured it (may be negative). None if it
            was not measured. Up to `INT8_LOSS_DB` the CPU draws in 8-bit arithmetic by itself.
        training: settings and results of the fit; anything that JSON can hold.
        provenance: where it comes from, as JSON-LD: see `fastrti.objects.provenance`. Empty where nothing is known.
        annotations: notes on places of the picture, see `fastrti.objects.annotations`.
        extra: unknown keys of the loaded file, kept when saved again.

    Raises:
        ArgumentError: parts that do not fit together.
    """

    planes: NDArray[np.uint8]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    decoder: Decoder | Experts
    mask: NDArray[np.bool_] | None = None
    lights: NDArray[np.float64] | None = None
    mm_per_pixel: float | None = None
    title: str = ""
    creator: str = ""
    rights: str = ""
    labels: NDArray[np.uint8] | None = None
    normals: NDArray[np.uint8] | None = None
    int8_loss_db: float | None = None
    training: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    annotations: tuple[Annotation, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._settle("minimum", np.asarray(self.minimum, np.float64))
        self._settle("maximum", np.asarray(self.maximum, np.float64))
        self._settle("planes", np.ascontiguousarray(self.planes))
        for name in ("title", "creator", "rights"):
            self._settle(name, storable(getattr(self, name)))
        check_provenance(self.provenance)
        self._settle("annotations", tuple(self.annotations))
        if len(self.annotations) > MAX_ANNOTATIONS:
            raise ArgumentError(f"expected at most {MAX_ANNOTATIONS} annotations, got {len(self.annotations)}")
        check_planes(self.planes, self.minimum, self.maximum)
        if self.decoder.planes != len(self.planes):
            raise ArgumentError(
                f"expected {self.decoder.planes} planes for this decoder ({self.decoder.label}), got {len(self.planes)}"
            )
        if self.mask is not None and (self.mask.shape != self.planes.shape[1:] or self.mask.dtype != np.bool_):
            raise ArgumentError(
                f"expected a bool mask of {self.height}×{self.width}, got {self.mask.shape} {self.mask.dtype}"
            )
        self._check_labels()
        size = (self.height, self.width, 3)
        if self.normals is not None and (self.normals.shape != size or self.normals.dtype != np.uint8):
            raise ArgumentError(f"expected uint8 normals of {size}, got {self.normals.shape} {self.normals.dtype}")
        if self.lights is not None and (
            self.lights.shape[1:] != (3,) or not self.lights.size or not np.isfinite(self.lights).all()
        ):
            raise ArgumentError(f"expected finite lights of shape (N, 3), N ≥ 1, got {self.lights.shape}")
        if self.lights is not None and not self.lights.any(axis=1).all():
            raise ArgumentError(
                "expected light directions of non-zero length, got (0, 0, 0) among them: leave out the lights"
            )
        if self.mm_per_pixel is not None and not (np.isfinite(self.mm_per_pixel) and self.mm_per_pixel > 0):
            raise ArgumentError(f"expected a positive number of millimetres per pixel, got {self.mm_per_pixel}")
        if self.int8_loss_db is not None and not np.isfinite(self.int8_loss_db):
            raise ArgumentError(f"expected a finite int8_loss_db, got {self.int8_loss_db}")

    def _check_labels(self) -> None:
        if not isinstance(self.decoder, Experts):
            if self.labels is not None:
                raise ArgumentError("expected no labels for an object of one decoder, got some: leave them out")
            return
        size, count = (self.height, self.width), self.decoder.label_count
        if self.labels is None or self.labels.shape != size or self.labels.dtype != np.uint8:
            found = "none" if self.labels is None else f"{self.labels.shape} {self.labels.dtype}"
            raise ArgumentError(
                f"expected uint8 labels of {size}, one per pixel for {count} experts and means, got {found}"
            )
        largest = int(self.labels.max())
        if largest >= count:
            raise ArgumentError(f"expected labels from 0 to {count - 1} for {count} experts and means, got {largest}")
        self._settle("labels", np.ascontiguousarray(self.labels))

    def _settle(self, name: str, value: Any) -> None:
        """Sets a field of this frozen object while it is made."""
        object.__setattr__(self, name, value)

    @property
    def height(self) -> int:
        """H in pixels."""
        return int(self.planes.shape[1])

    @property
    def width(self) -> int:
        """W in pixels."""
        return int(self.planes.shape[2])

    @property
    def decoders(self) -> tuple[Decoder, ...]:
        """The decoder of each expert, or the only one."""
        return self.decoder.decoders if isinstance(self.decoder, Experts) else (self.decoder,)

    def frame_network(self, light_dir: ArrayLike) -> FrameNetwork:
        """The one of `frame_networks`, of an object of one decoder.

        Raises:
            ArgumentError: an object of several experts.
            LightError: a light off the hemisphere.
        """
        if isinstance(self.decoder, Experts):
            raise ArgumentError(f"expected an object of one decoder for one frame network, got {self.decoder.label}")
        return self.frame_networks(light_dir)[0]

    def frame_networks(self, light_dir: ArrayLike) -> list[FrameNetwork]:
        """The network of one light for each label, on the raw bytes of the planes: what kernels evaluate.

        Args:
            light_dir: (x, y) or (x, y, z); see `fastrti.lights.unit_light`.

        Raises:
            LightError: a light off the hemisphere.
        """
        networks = [decoder.frame_network(light_dir) for decoder in self.decoders]
        if isinstance(self.decoder, Experts):
            networks = self.decoder.with_means(networks)
        return [network.folded(self.minimum, self.maximum) for network in networks]
