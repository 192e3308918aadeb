"""A frame network as an ONNX graph."""

from typing import Any, Literal

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from fastrti.objects.frame_network import FrameNetwork, Matrix

OPERATORS = {"relu": "Relu", "elu": "Elu"}
Form = Literal["rows", "planes"]


def onnx_model(network: FrameNetwork, form: Form) -> bytes:
    """The graph of a network that emits levels, serialised.

    Args:
        network: folded, its outputs in levels, with the half that makes a cast round.
        form: "rows", bytes (P, K) uint8 -> levels (P, 3) uint8, each layer a matrix product; or "planes",
            (1, K, P) -> (1, P, 3), each layer a convolution of one pixel.
    """
    graph = _Graph(form)
    graph.node("Cast", ["bytes"], "x", to=TensorProto.FLOAT)
    h = "x"
    for number, (weight, bias) in enumerate(zip(network.weights[:-1], network.biases[:-1])):
        graph.layer(h, weight, bias, f"a{number}")
        h = graph.node(OPERATORS[network.activation], [f"a{number}"], f"h{number}")
    y = graph.layer(h, network.weights[-1], network.biases[-1], "y")
    if network.skip is not None:
        graph.layer("x", network.skip, np.zeros(3, np.float32), "linear")
        y = graph.node("Add", [y, "linear"], "sum")
    graph.node("Clip", [y, graph.constant("low", np.float32(0)), graph.constant("high", np.float32(255))], "clamped")
    graph.node("Cast", ["clamped"], "levels" if form == "rows" else "colours", to=TensorProto.UINT8)
    if form == "planes":
        graph.node("Transpose", ["colours"], "levels", perm=[0, 2, 1])
    return graph.serialised(network.planes)


class _Graph:
    """Collects nodes and constants."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def constant(self, name: str, value: Any) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name))
        return name

    def layer(self, source: str, weight: Matrix, bias: Matrix, output: str) -> str:
        """weight (out, in) times the source, plus bias."""
        operator, matrix = ("Gemm", weight.T) if self.form == "rows" else ("Conv", weight[:, :, None])
        inputs = [source, self.constant(f"{output}_weight", matrix), self.constant(f"{output}_bias", bias)]
        return self.node(operator, inputs, output)

    def serialised(self, planes: int) -> bytes:
        shapes: dict[str, list[Any]] = {"rows": ["p", planes], "planes": [1, planes, "p"]}
        colours: dict[str, list[Any]] = {"rows": ["p", 3], "planes": [1, "p", 3]}
        source = helper.make_tensor_value_info("bytes", TensorProto.UINT8, shapes[self.form])
        result = helper.make_tensor_value_info("levels", TensorProto.UINT8, colours[self.form])
        graph = helper.make_graph(self.nodes, "network", [source], [result], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        stored: bytes = model.SerializeToString()
        return stored
