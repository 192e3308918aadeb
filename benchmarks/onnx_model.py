"""A frame network as an ONNX graph."""

from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from fastrti.frame_network import FrameNetwork

OPERATORS = {"relu": "Relu", "elu": "Elu"}


def onnx_model(network: FrameNetwork) -> bytes:
    """The graph bytes (P, K) uint8 -> levels (P, 3) uint8 of a network that emits levels, serialised."""
    constants: dict[str, Any] = {"low": np.float32(0), "high": np.float32(255)}
    nodes = [helper.make_node("Cast", ["bytes"], ["x"], to=TensorProto.FLOAT)]
    h, bias = "x", "b"
    for layer, (weight, hidden_bias) in enumerate(zip(network.weights[:-1], network.biases[:-1])):
        constants |= {f"w{layer}": weight.T, f"b{layer}": hidden_bias}
        nodes.append(helper.make_node("Gemm", [h, f"w{layer}", f"b{layer}"], [f"a{layer}"]))
        nodes.append(helper.make_node(OPERATORS[network.activation], [f"a{layer}"], [f"h{layer}"]))
        h = f"h{layer}"
    constants |= {"w": network.weights[-1].T, "b": network.biases[-1]}
    if network.skip is not None:
        constants["s"] = network.skip.T
        nodes.append(helper.make_node("Gemm", ["x", "s", "b"], ["linear"]))
        bias = "linear"
    nodes += [
        helper.make_node("Gemm", [h, "w", bias], ["y"]),
        helper.make_node("Clip", ["y", "low", "high"], ["clamped"]),
        helper.make_node("Cast", ["clamped"], ["levels"], to=TensorProto.UINT8),
    ]
    return _serialised(nodes, constants, network.planes)


def _serialised(nodes: list[Any], constants: dict[str, Any], planes: int) -> bytes:
    inputs = [helper.make_tensor_value_info("bytes", TensorProto.UINT8, ["p", planes])]
    outputs = [helper.make_tensor_value_info("levels", TensorProto.UINT8, ["p", 3])]
    initializers = [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "network", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    stored: bytes = model.SerializeToString()
    return stored
