"""Decoders: the rules that turn a light into a `FrameNetwork`. numpy only.

| kind | class | what the light changes |
|---|---|---|
| `mlp` | `MlpDecoder` | the first bias (NeuralRTI teacher, DisK student) |
| `light_mlp` | `LightMlpDecoder` | every weight (the light-conditioned student) |
| `light_basis` | `LightBasisDecoder`, `NodeBasisDecoder` | every weight; no hidden layer (PTM, HSH; RBF, bilinear) |
"""

from collections.abc import Callable

from fastrti.json_fields import Fields
from fastrti.objects.decoders.base import Decoder
from fastrti.objects.decoders.light_basis import LightBasisDecoder, NodeBasisDecoder, light_basis_from_json
from fastrti.objects.decoders.light_mlp import LightMlpDecoder
from fastrti.objects.decoders.mlp import MlpDecoder

__all__ = ["KINDS", "Decoder", "LightBasisDecoder", "LightMlpDecoder", "MlpDecoder", "NodeBasisDecoder"]

KINDS: dict[str, Callable[[Fields, int], Decoder]] = {
    MlpDecoder.kind: MlpDecoder.from_json,
    LightMlpDecoder.kind: LightMlpDecoder.from_json,
    LightBasisDecoder.kind: light_basis_from_json,
}
"""What reads a decoder of each kind, see `Decoder.from_json`."""
