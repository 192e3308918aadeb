"""Decoders: the rules that turn a light into a `FrameNetwork`. numpy only. Kernels take the one form all of them have,
a `LightNetwork`.

| kind | class | what the light changes |
|---|---|---|
| `mlp` | `MlpDecoder` | the first bias (NeuralRTI teacher, DisK student) |
| `light_mlp` | `LightMlpDecoder` | every weight (the light-conditioned student) |
| `light_basis` | `LightBasisDecoder`, `NodeBasisDecoder` | every weight; no hidden layer (PTM, HSH; RBF, bilinear) |
"""

from fastrti.objects.decoders.base import Decoder
from fastrti.objects.decoders.light_basis import LightBasisDecoder, NodeBasisDecoder
from fastrti.objects.decoders.light_mlp import LightMlpDecoder
from fastrti.objects.decoders.mlp import MlpDecoder

__all__ = ["Decoder", "LightBasisDecoder", "LightMlpDecoder", "MlpDecoder", "NodeBasisDecoder"]
