"""The plain ELU network as OpenLIME's neural layer reads it: `samples`, `weights[3]` and `biases[3]` in info.json.

NeuralRTI and DisK-NeuralRTI publish the same form, and fastrti's own folder uses it where it can, so that OpenLIME
opens what fastrti saves.
"""

from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ObjectError
from fastrti.json_fields import Fields
from fastrti.objects.decoders import MlpDecoder

OPENLIME_PLANES = 9


def openlime_expresses(decoder: object) -> TypeGuard[MlpDecoder]:
    """Whether OpenLIME's neural layer can evaluate the decoder: ELU, one or two hidden layers, no skip, K ≤ 9."""
    return (
        isinstance(decoder, MlpDecoder)
        and decoder.activation == "elu"
        and len(decoder.hidden) in (1, 2)
        and decoder.skip is None
        and decoder.planes <= OPENLIME_PLANES
    )


def openlime_numbers(decoder: MlpDecoder) -> dict[str, Any]:
    """`samples`, `weights[3]`, `biases[3]` as OpenLIME reads them: zero-padded to a multiple of 4, flat, row-major."""
    weights, biases = _two_hidden_layers(decoder)
    width = max(decoder.hidden)
    padded = -(-width // 4) * 4
    shapes = ((padded, 12), (padded, padded), (3, padded))
    columns = [*range(decoder.planes), OPENLIME_PLANES, OPENLIME_PLANES + 1]  # z₀ … z₈, x, y, 0
    first = np.zeros((len(weights[0]), OPENLIME_PLANES + 2))
    first[:, columns] = weights[0]
    return {
        "samples": width,
        "weights": [_padded(w, s).ravel().tolist() for w, s in zip((first, *weights[1:]), shapes)],
        "biases": [_padded(b, s[:1]).tolist() for b, s in zip(biases, shapes)],
    }


def _two_hidden_layers(decoder: MlpDecoder) -> tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    """One hidden layer becomes two by h → ELU(h + 1) − 1, the identity since h > −1."""
    weights = [w.astype(np.float64) for w in decoder.weights]
    biases = [b.astype(np.float64) for b in decoder.biases]
    if len(weights) == 2:
        width = len(biases[0])
        weights.insert(1, np.eye(width))
        biases[1:] = [np.ones(width), biases[1] - weights[2].sum(1)]
    return weights, biases


def _padded(array: NDArray[np.floating], shape: tuple[int, ...]) -> NDArray[np.floating]:
    return np.pad(array, [(0, want - got) for want, got in zip(shape, array.shape)])


def openlime_decoder(info: Fields, hidden: tuple[int, ...], latents: int) -> MlpDecoder:
    """The plain ELU network of OpenLIME's `weights` and `biases`, trimmed to the given hidden widths and latents."""
    biases = [Fields({"b": b}, f"{info.where}: biases").array("b", (-1,)) for b in _three(info, "biases")]
    padded = len(biases[0])
    shapes = ((padded, 12), (padded, padded), (3, padded))
    flat = [Fields({"w": w}, f"{info.where}: weights").array("w", (-1,)) for w in _three(info, "weights")]
    if [len(b) for b in biases] != [s[0] for s in shapes] or [len(w) for w in flat] != [a * b for a, b in shapes]:
        raise ObjectError(
            f"{info.where}: expected weights of n·12, n·n and 3·n numbers for {padded} = n biases, "
            f"got {[len(w) for w in flat]} for biases of {[len(b) for b in biases]}"
        )
    weights = [w.reshape(s) for w, s in zip(flat, shapes)]
    if not 1 <= len(hidden) <= 2 or max(hidden) > padded or not 1 <= latents <= OPENLIME_PLANES:
        raise ObjectError(
            f"{info.where}: expected hidden widths up to {padded} and 1–9 latents, got {hidden}, {latents}"
        )
    first, second = hidden[0], hidden[-1]
    columns = [*range(latents), OPENLIME_PLANES, OPENLIME_PLANES + 1]
    weights = [weights[0][:first][:, columns], weights[1][:second, :first], weights[2][:, :second]]
    biases = [biases[0][:first], biases[1][:second], biases[2]]
    if len(hidden) == 1:  # undo the identity layer of `_two_hidden_layers`
        weights = [weights[0], weights[2]]
        biases = [biases[0], biases[2] + weights[1].sum(1)]
    with np.errstate(over="ignore"):  # the decoder refuses infinity
        layers = [tuple(array.astype(np.float32) for array in arrays) for arrays in (weights, biases)]
    return MlpDecoder(layers[0], layers[1], "elu")


def _three(info: Fields, key: str) -> list[Any]:
    value = info.values.get(key)
    if not isinstance(value, list) or len(value) != 3:
        raise info.error(key, "a list of three layers")
    return value
