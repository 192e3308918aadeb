"""info.json: everything an object holds beside its pictures. Folders and packs have the same; docs/object_format.md."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ObjectError
from fastrti.formats.reading.openlime_form import (
    OPENLIME_PLANES,
    openlime_decoder,
    openlime_expresses,
    openlime_numbers,
)
from fastrti.json_fields import Fields
from fastrti.objects.annotations import Annotation
from fastrti.objects.decoders import KINDS, Decoder, MlpDecoder
from fastrti.objects.decoders.base import hidden_from_json
from fastrti.objects.experts import MAX_EXPERTS, MAX_LABELS, Experts
from fastrti.objects.planes import MAX_PLANES
from fastrti.objects.provenance import credited
from fastrti.objects.relightable import Relightable

VERSION, EXPERTS_VERSION = 1, 2
"""Of objects of one decoder, and of several experts."""

SOFTWARE = "fastrti"

WIRE = "wire"
"""The key of an object whose planes are, or once were, JPEG: see `fastrti.formats.wire`."""

FIRST_LOOK = "first"
"""The key of a folder that has a first look: see `fastrti.formats.stored_pictures`."""

_OWN_KEYS = {"fastrti", "type", "format", "colorspace", "width", "height", "planes", "min", "max", "decoder", "lights"}
_OWN_KEYS |= {"samples", "weights", "biases", "mm_per_pixel", "int8_loss_db", "title", "creator", "rights", "software"}
_OWN_KEYS |= {"annotations", "training", "tiles", "provenance", FIRST_LOOK}


# --- reading ---------------------------------------------------------------------------------------------------------


def checked_plane_count(info: Fields) -> int:
    """K as stored, of an info.json of a version that is known.

    Raises:
        ObjectError: a newer version, or keys that do not fit the object format.
    """
    version = info.integer("fastrti", 1, 1 << 30)
    if version > EXPERTS_VERSION:
        raise ObjectError(
            f"{info.where}: expected object version {VERSION} or {EXPERTS_VERSION}, got {version}: install a newer "
            "fastrti to open it"
        )
    for key, wanted in (("type", "neural"), ("format", "png"), ("colorspace", "rgb")):
        info.choice(key, (wanted,))
    return info.integer("planes", 1, MAX_PLANES)


def read_decoder(info: Fields, planes: int) -> Decoder | Experts:
    """The decoder of an info.json with so many stored planes, or its experts."""
    fields = info.child("decoder")
    if has_experts(info):
        fields.choice("kind", (Experts.kind,))
        experts = fields.children("experts", MAX_EXPERTS)
        decoders = tuple(KINDS[each.choice("kind", KINDS)](each, planes) for each in experts)
        return Experts(decoders, _shares(fields, len(decoders)))
    kind = fields.choice("kind", KINDS)
    if kind == MlpDecoder.kind and "weights" in info:
        if fields.choice("activation", ("relu", "elu")) != "elu" or fields.boolean("skip"):
            raise ObjectError(f"{fields.where}: expected an ELU network without a skip beside top-level weights")
        return openlime_decoder(info, hidden_from_json(fields), fields.integer("latents", 1, planes))
    return KINDS[kind](fields, planes)


def _shares(fields: Fields, experts: int) -> NDArray[np.float64]:
    """(M, E), of the means of experts."""
    means = fields.children("means", MAX_LABELS) if "means" in fields else []
    shares = np.zeros((len(means), experts))
    for row, mean in zip(shares, means):
        of = list(mean.integers("of", experts, 0, experts - 1))
        if not of or len(set(of)) < len(of):
            raise mean.error("of", "different experts")
        row[of] = mean.array("shares", (len(of),))
    return shares


def has_experts(info: Fields) -> bool:
    """Whether an info.json is of an object of several experts, which has labels."""
    return info.values.get("fastrti") == EXPERTS_VERSION


def described(
    info: Fields,
    decoder: Decoder | Experts,
    planes: NDArray[np.uint8],
    mask: NDArray[np.bool_] | None = None,
    labels: NDArray[np.uint8] | None = None,
    normals: NDArray[np.uint8] | None = None,
    annotations: tuple[Annotation, ...] = (),
) -> Relightable:
    """The object of an info.json.

    Args:
        info: checked by `checked_plane_count`.
        decoder: as `read_decoder` returns it.
        planes: (K or more, H, W) as stored: OpenLIME's form pads to nine planes.
        mask: (H, W).
        labels: (H, W), of experts.
        normals: (H, W, 3).
        annotations: of `annotations.json`.

    Raises:
        ObjectError: keys that do not fit the object format.
    """
    stored, count = checked_plane_count(info), decoder.planes
    minimum, maximum = info.array("min", (stored,)), info.array("max", (stored,))
    return Relightable(
        planes=planes[:count],
        minimum=minimum[:count],
        maximum=maximum[:count],
        decoder=decoder,
        mask=mask,
        labels=labels,
        normals=normals,
        lights=info.array("lights", (-1, 3)) if info.values.get("lights") is not None else None,
        mm_per_pixel=info.number("mm_per_pixel") if info.values.get("mm_per_pixel") is not None else None,
        int8_loss_db=info.number("int8_loss_db") if info.values.get("int8_loss_db") is not None else None,
        title=info.text("title"),
        creator=info.text("creator"),
        rights=info.text("rights"),
        training=info.child("training").values if "training" in info else {},
        provenance=info.child("provenance").values if "provenance" in info else {},
        annotations=annotations,
        extra={key: value for key, value in info.values.items() if key not in _OWN_KEYS},
    )


# --- writing ---------------------------------------------------------------------------------------------------------


def stored_plane_count(relightable: Relightable) -> int:
    """K as stored: OpenLIME reads nine planes, whatever the decoder uses of them."""
    return OPENLIME_PLANES if openlime_expresses(relightable.decoder) else len(relightable.planes)


def stored_planes(relightable: Relightable) -> NDArray[np.uint8]:
    """The planes padded with zeros to whole pictures of three."""
    spare = -(-stored_plane_count(relightable) // 3) * 3 - len(relightable.planes)
    return np.pad(relightable.planes, ((0, spare), (0, 0), (0, 0))) if spare else relightable.planes


def object_info(relightable: Relightable) -> dict[str, Any]:
    """What info.json of the object's folder says, as JSON can hold it; docs/object_format.md explains its keys."""
    count = stored_plane_count(relightable)
    spare = (0, count - len(relightable.planes))
    info: dict[str, Any] = {
        "fastrti": EXPERTS_VERSION if isinstance(relightable.decoder, Experts) else VERSION,
        "type": "neural",
        "format": "png",
        "colorspace": "rgb",
        "width": relightable.width,
        "height": relightable.height,
        "planes": count,
        "min": np.pad(relightable.minimum, spare).tolist(),
        "max": np.pad(relightable.maximum, spare).tolist(),
        "decoder": {"kind": relightable.decoder.kind, **relightable.decoder.to_json()},
        "software": SOFTWARE,
    }
    if openlime_expresses(relightable.decoder):  # the layers stand where OpenLIME reads them, and only there
        del info["decoder"]["layers"]
        info |= openlime_numbers(relightable.decoder)
    optional = {
        "mm_per_pixel": relightable.mm_per_pixel,
        "title": relightable.title,
        "creator": relightable.creator,
        "rights": relightable.rights,
        "training": relightable.training,
        "provenance": credited(relightable.provenance, relightable.title, relightable.creator, relightable.rights),
    }
    info |= {key: value for key, value in optional.items() if value}
    if relightable.annotations:
        info["annotations"] = True
    if relightable.int8_loss_db is not None:  # 0 is a promise too
        info["int8_loss_db"] = relightable.int8_loss_db
    if relightable.lights is not None:
        info["lights"] = relightable.lights.tolist()
    return info | {key: value for key, value in relightable.extra.items() if key not in _OWN_KEYS}
