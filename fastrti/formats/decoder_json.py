"""Decoders as JSON: the `decoder` key of the object folder, and OpenLIME's top-level numbers."""

from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ObjectError
from fastrti.formats.reading.json_fields import Fields, array_to_json
from fastrti.objects.decoders import Decoder, LightBasisDecoder, LightMlpDecoder, MlpDecoder, NodeBasisDecoder
from fastrti.objects.decoders.light_mlp import MAX_EXPONENT, MAX_FEATURES, MAX_LIGHT_LAYERS
from fastrti.objects.frame_network import MAX_HIDDEN, MAX_WIDTH, Activation
from fastrti.objects.planes import MAX_PLANES

OPENLIME_PLANES = 9
MAX_NODES = 4096

Matrices = list[NDArray[np.float32]]


def decoder_to_json(decoder: Decoder) -> dict[str, Any]:
    """The value of info.json's `decoder`. A plain network that OpenLIME can read leaves its numbers to
    `openlime_numbers`."""
    if isinstance(decoder, MlpDecoder):
        return _mlp_to_json(decoder)
    if isinstance(decoder, LightMlpDecoder):
        return {
            "kind": "light_mlp",
            "hidden": list(decoder.hidden),
            "activation": decoder.activation,
            "skip": decoder.skip,
            "features": [list(f) for f in decoder.features],
            "light_layers": _layers_to_json(decoder.light_weights, decoder.light_biases),
            "light_activation": "silu",
        }
    if isinstance(decoder, LightBasisDecoder):
        return {"kind": "light_basis", "basis": decoder.basis, "terms": decoder.terms, "base": decoder.base}
    if isinstance(decoder, NodeBasisDecoder):
        own: dict[str, Any] = {"resolution": decoder.resolution}
        if decoder.nodes is not None:
            own = {"nodes": array_to_json(decoder.nodes), "sigma": decoder.sigma}
        return {"kind": "light_basis", "basis": decoder.basis, "table": array_to_json(decoder.table), **own}
    raise ObjectError(f"expected a decoder of the object format, got {type(decoder).__name__}: it cannot be saved")


def decoder_from_json(info: Fields, planes: int) -> Decoder:
    """The decoder of an info.json with so many coefficient planes.

    Raises:
        ObjectError: a kind, key, shape or number that the object format does not allow.
    """
    fields = info.child("decoder")
    kind = fields.choice("kind", ("mlp", "light_mlp", "light_basis"))
    if kind == "mlp":
        return _mlp_from_json(info, fields, planes)
    if kind == "light_mlp":
        return _light_mlp_from_json(fields, planes)
    return _light_basis_from_json(fields, planes)


def _layers_to_json(weights: tuple[NDArray[np.float32], ...], biases: tuple[NDArray[np.float32], ...]) -> Any:
    return [{"weight": array_to_json(w), "bias": array_to_json(b)} for w, b in zip(weights, biases)]


def _layers_from_json(fields: Fields, key: str, at_most: int) -> tuple[Matrices, Matrices]:
    layers = fields.children(key, at_most)
    return [layer.float32("weight", (-1, -1)) for layer in layers], [layer.float32("bias", (-1,)) for layer in layers]


def _hidden(fields: Fields) -> tuple[int, ...]:
    return fields.integers("hidden", at_most=MAX_HIDDEN, low=1, high=MAX_WIDTH)


def _activation(fields: Fields) -> Activation:
    return cast(Activation, fields.choice("activation", ("relu", "elu")))


# --- plain networks --------------------------------------------------------------------------------------------------


def openlime_expresses(decoder: Decoder) -> bool:
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


def _mlp_to_json(decoder: MlpDecoder) -> dict[str, Any]:
    out: dict[str, Any] = {
        "kind": "mlp",
        "hidden": list(decoder.hidden),
        "latents": decoder.planes,
        "activation": decoder.activation,
        "skip": decoder.skip is not None,
    }
    if not openlime_expresses(decoder):
        out["layers"] = _layers_to_json(decoder.weights, decoder.biases)
        if decoder.skip is not None:
            out["skip_weight"] = array_to_json(decoder.skip)
    return out


def _mlp_from_json(info: Fields, fields: Fields, planes: int) -> MlpDecoder:
    hidden, activation = _hidden(fields), _activation(fields)
    latents = fields.integer("latents", 1, planes)
    if "weights" in info:
        if activation != "elu" or fields.boolean("skip"):
            raise ObjectError(f"{fields.where}: expected an ELU network without a skip beside top-level weights")
        return openlime_decoder(info, hidden, latents)
    weights, biases = _layers_from_json(fields, "layers", MAX_HIDDEN + 1)
    skip = fields.float32("skip_weight", (3, latents)) if fields.boolean("skip") else None
    decoder = MlpDecoder(tuple(weights), tuple(biases), activation, skip)
    if (decoder.planes, decoder.hidden) != (latents, hidden):
        raise ObjectError(
            f"{fields.where}: expected layers {latents} → {hidden}, got {decoder.planes} → {decoder.hidden}"
        )
    return decoder


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


# --- the others ------------------------------------------------------------------------------------------------------


def _light_mlp_from_json(fields: Fields, planes: int) -> LightMlpDecoder:
    fields.choice("light_activation", ("silu",))
    features = fields.array("features", (-1, 3))
    if len(features) > MAX_FEATURES or features.min(initial=0) < 0 or features.max(initial=0) > MAX_EXPONENT:
        raise fields.error("features", f"at most {MAX_FEATURES} exponents (a, b, c) from 0 to {MAX_EXPONENT}")
    if (features != np.rint(features)).any():
        raise fields.error("features", "whole exponents")
    weights, biases = _layers_from_json(fields, "light_layers", MAX_LIGHT_LAYERS)
    return LightMlpDecoder(
        planes=planes,
        hidden=_hidden(fields),
        light_weights=tuple(weights),
        light_biases=tuple(biases),
        activation=_activation(fields),
        skip=fields.boolean("skip"),
        features=tuple((int(a), int(b), int(c)) for a, b, c in features),
    )


def _light_basis_from_json(fields: Fields, planes: int) -> Decoder:
    basis = fields.choice("basis", ("ptm", "hsh", "rbf", "bilinear"))
    decoder: LightBasisDecoder | NodeBasisDecoder
    if basis in ("ptm", "hsh"):
        decoder = LightBasisDecoder(
            cast(Literal["ptm", "hsh"], basis), fields.integer("terms", 1, MAX_PLANES), fields.boolean("base")
        )
    else:
        table = fields.float32("table", (planes + 1, -1, 3))
        if table.shape[1] > MAX_NODES:
            raise ObjectError(f"{fields.where}: expected at most {MAX_NODES} nodes, got {table.shape[1]}")
        if basis == "rbf":
            nodes = fields.float32("nodes", (table.shape[1], 3))
            decoder = NodeBasisDecoder("rbf", table, nodes=nodes, sigma=fields.number("sigma"))
        else:
            resolution = fields.integer("resolution", 2, MAX_NODES)
            decoder = NodeBasisDecoder("bilinear", table, resolution=resolution)
    if decoder.planes != planes:
        raise ObjectError(f"{fields.where}: expected a decoder of {planes} planes, got {decoder.label}")
    return decoder
