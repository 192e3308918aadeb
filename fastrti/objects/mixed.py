"""The same object with other latents: planes mixed by a matrix, which the decoder undoes."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.objects.decoders import LightMlpDecoder
from fastrti.objects.experts import Experts
from fastrti.objects.planes import quantise
from fastrti.objects.relightable import Relightable

Floats = NDArray[np.float64]

_CHUNK = 1 << 20  # pixels mixed at once


def can_mix(relightable: Relightable) -> bool:
    """Whether every decoder can undo a mixing: its first matrix is free for every light."""
    return all(isinstance(decoder, LightMlpDecoder) for decoder in relightable.decoders)


def mixed(relightable: Relightable, mixing: Floats) -> Relightable:
    """An object whose planes are mixing·v, where v are the bytes of a pixel. Its pictures are the same, up to rounding.

    The new planes are rounded to 256 levels between their own extremes, over the pixels of the object. Outside the mask
    they are 0 or 255 at most. The promise for 8-bit arithmetic does not hold for the new planes, so it is left out.

    Args:
        relightable: with a decoder that `can_mix`.
        mixing: (K, K), invertible.

    Raises:
        ArgumentError: another decoder, or a matrix that is not invertible.
    """
    count, experts = len(relightable.planes), relightable.decoder
    if not can_mix(relightable):
        label = relightable.decoder.label
        raise ArgumentError(f"expected a light-conditioned decoder, got {label}: its planes cannot be mixed")
    if mixing.shape != (count, count) or not np.linalg.matrix_rank(mixing) == count:
        raise ArgumentError(f"expected an invertible matrix of {count}×{count}, got one of {mixing.shape}")
    bytes_of = relightable.planes.reshape(count, -1)
    inside = None if relightable.mask is None else relightable.mask.ravel()
    parts = [slice(start, start + _CHUNK) for start in range(0, bytes_of.shape[1], _CHUNK)]
    extremes = [
        (values.min(1), values.max(1))
        for part in parts
        if (values := mixing @ bytes_of[:, part][:, ... if inside is None else inside[part]]).size
    ]
    low = np.min([smallest for smallest, _ in extremes], 0) if extremes else np.zeros(count)
    high = np.max([largest for _, largest in extremes], 0) if extremes else np.zeros(count)
    planes = np.empty_like(bytes_of)
    for part in parts:
        planes[:, part] = quantise(mixing @ bytes_of[:, part], low, high)
    unit = (relightable.maximum - relightable.minimum) / 255  # of z, for each byte
    undone = unit[:, None] * np.linalg.inv(mixing)  # z = undone·u + minimum
    decoders = tuple(
        decoder.of_latents(undone, relightable.minimum).in_float16()
        for decoder in relightable.decoders
        if isinstance(decoder, LightMlpDecoder)
    )
    return replace(
        relightable,
        planes=planes.reshape(relightable.planes.shape),
        minimum=low,
        maximum=high,
        decoder=replace(experts, decoders=decoders) if isinstance(experts, Experts) else decoders[0],
        int8_loss_db=None,
    )
