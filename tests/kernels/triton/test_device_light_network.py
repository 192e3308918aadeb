"""The parameters of a frame as the device computes them: from the light to what the pixels' kernel reads."""

from dataclasses import replace

import networks
import numpy as np
import pytest
from objects import DECODERS, experts, relightable

torch = pytest.importorskip("torch")
pytest.importorskip("triton", reason="Triton is published for Linux only")

from fastrti.kernels.triton.device_light_network import DeviceLightNetwork, FrameBuffers  # noqa: E402
from fastrti.kernels.triton.error_bound import ALL_BYTES, Precision, RoundedNetwork, rounded  # noqa: E402
from fastrti.kernels.triton.tile_arithmetic import INTERPRETED  # noqa: E402
from fastrti.lights import unit_light  # noqa: E402
from fastrti.objects.experts import Experts  # noqa: E402
from fastrti.objects.frame_network import to_weights  # noqa: E402
from fastrti.objects.light_terms import harmonics, hsh_terms  # noqa: E402
from fastrti.objects.relightable import Relightable  # noqa: E402

pytestmark = pytest.mark.gpu

OBJECTS = {name: relightable(name) for name in DECODERS} | {
    f"default-student-{seed}": Relightable(
        np.zeros((9, 1, 1), np.uint8), -np.ones(9), np.ones(9), networks.light_conditioned(np.random.default_rng(seed))
    )
    for seed in range(2)
}
EDGES = [(0, 0, 1), (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (1, 1, 0), (-1, -1, 0), (1e-3, 0, 1), (1, 1, 1e-9)]
CASES = {case.name: case for case in networks.network_cases(height=1, width=1)}


def many_lights() -> np.ndarray:
    directions = np.random.default_rng(7).normal(size=(12, 3)) * (1, 1, 0.7)
    return np.array([unit_light((x, y, abs(z))) for x, y, z in [*EDGES, *directions]])


def computed(
    original: Relightable, precision: Precision, lights: np.ndarray, boxes: np.ndarray = ALL_BYTES
) -> tuple[DeviceLightNetwork, FrameBuffers]:
    device = torch.device("cpu" if INTERPRETED.value else "cuda")
    networks_of = [decoder.light_network for decoder in original.decoders]
    shares = original.decoder.shares if isinstance(original.decoder, Experts) else None
    light_network = DeviceLightNetwork(
        networks_of, original.minimum, original.maximum, precision, True, boxes, device, shares
    )
    buffers = light_network.buffers(len(lights))
    buffers.lights.copy_(torch.tensor(lights))
    light_network.compute(buffers, 0)
    return light_network, buffers


def packed(network: RoundedNetwork, light_network: DeviceLightNetwork) -> tuple[np.ndarray, np.ndarray]:
    """The biases and matrices of a network as the pixels' kernel reads them."""
    inputs, *hidden = (width for width in light_network.shape.padded if width)
    widths = [*hidden, 4]
    biases, matrices = [], []
    for layer, width in zip(network.layers, widths):
        biases.append(np.pad(layer.bias, (0, width - len(layer.bias))).astype(np.float32))
        own = light_network.shape.planes if not matrices else light_network.shape.hidden[len(biases) - 2]
        for part in (slice(own), slice(own, None))[: 1 if len(layer.high) == own else 2]:
            height = inputs if part.start or not matrices else hidden[len(biases) - 2]
            for half in (layer.high, layer.low)[: 2 if network.precision == "fp16 hi/lo" else 1]:
                rows, columns = half[part].shape
                matrices.append(np.pad(half[part], ((0, height - rows), (0, width - columns))).ravel())
    return np.concatenate(biases), np.concatenate(matrices)


@pytest.mark.parametrize("name", OBJECTS)
def test_the_numbers_are_the_specification_s(name):
    """Up to one unit in the last place of float32; harmonics near the camera's axis, where theirs cancel, to 1e-9."""
    lights = many_lights()
    _, buffers = computed(OBJECTS[name], "fp32", lights)
    for light, numbers in zip(lights, buffers.parameters.cpu().numpy()):
        expected = networks.numbers_of(OBJECTS[name].decoder.frame_network(light))
        off = np.abs(to_weights(numbers) - expected)
        assert (off <= np.maximum(np.spacing(np.abs(expected)), 1e-9 if "hsh" in name else 0)).all()


@pytest.mark.parametrize("name", ["light-mlp-relu-skip", "rbf"])
def test_means_of_experts_are_the_specification_s(name):
    """Nearly always to the bit, since the numbers of each expert are rounded first; one of them is out of bounds."""
    several, shares = experts(name), np.array([[0.5, 0.25, 0.25], [0.1, 0.9, 0], [0, 0, 1], [1 / 3, 0, 2 / 3]])
    one = several.decoders[1]
    if name == "rbf":
        one = replace(one, table=one.table * np.float32([1, 1, 1e12]))
    decoder = Experts((several.decoders[0], one, several.decoders[2]), shares)
    lights, boxes = many_lights()[::4], np.repeat(ALL_BYTES, 2, axis=0)
    _, buffers = computed(replace(several, decoder=decoder), "fp32", lights, boxes)
    alone = [[each.frame_network(light) for each in decoder.decoders] for light in lights]
    expected = np.array([[networks.numbers_of(each) for each in decoder.with_means(found)] for found in alone])
    off = np.abs(to_weights(buffers.parameters.cpu().numpy()).reshape(expected.shape) - expected)
    largest = np.abs(expected[:, :3]).max(1, keepdims=True)
    assert (off <= 2 * np.spacing(largest)).all() and np.mean(off > 0) < 1e-3
    assert expected.max() == 1e9 or name != "rbf"


def test_harmonics_are_polynomials():
    lights = many_lights()
    x, y, z = lights.T
    stretch = np.sqrt(z / (1 + z))
    exponents, factors = harmonics(16)
    monomials = np.prod(np.stack([x * stretch, y * stretch, z], axis=1)[:, None] ** exponents, axis=2)
    np.testing.assert_allclose(monomials @ factors.T, hsh_terms(lights), rtol=0, atol=1e-7)
    assert len(harmonics(1)[0]) == 1


@pytest.mark.parametrize("precision", ["fp16", "fp16 hi/lo"])
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.origin is None and "wide" not in name])
def test_folding_rounding_and_the_bound_are_their_twin_s(name, precision):
    """The same numbers in, the same halves out; biases and bounds are sums, in another order."""
    case = CASES[name]
    light_network, buffers = computed(networks.relightable_of(case), precision, np.array([[0.0, 0.0, 1.0]]))
    expected = rounded(case.network, precision)
    biases, matrices = packed(expected, light_network)
    np.testing.assert_array_equal(buffers.matrices[0].cpu().numpy(), matrices)
    np.testing.assert_allclose(buffers.vectors[0].cpu().numpy(), biases, rtol=3e-7, atol=1e-12)
    np.testing.assert_allclose(buffers.bounds[0, 0].item(), expected.error, rtol=1e-9)


@pytest.mark.parametrize("precision", ["fp16", "fp16 hi/lo"])
@pytest.mark.parametrize("name", ["9-16-16-3-relu-skip", "9-16-16-3-elu-skip", "18-3-relu"])
def test_the_bounds_of_boxes_are_their_twin_s(name, precision):
    """The largest of them, and the biases, which the box around all of them centres."""
    case = CASES[name]
    corners = np.random.default_rng(1).integers(0, 256, (2, 2, case.network.planes))
    boxes = np.sort(corners, axis=1).astype(np.uint8)
    light_network, buffers = computed(networks.relightable_of(case), precision, np.array([[0.0, 0.0, 1.0]]), boxes)
    expected = rounded(case.network, precision, boxes)
    biases, matrices = packed(expected, light_network)
    np.testing.assert_array_equal(buffers.matrices[0].cpu().numpy(), matrices)
    np.testing.assert_allclose(buffers.vectors[0].cpu().numpy(), biases, rtol=3e-7, atol=1e-12)
    np.testing.assert_allclose(buffers.bounds.amax().item(), expected.error, rtol=1e-9)
    assert len(set(buffers.bounds[0].tolist())) == len(boxes)


@pytest.mark.filterwarnings("ignore:(invalid value|All-NaN):RuntimeWarning")  # of numpy in Triton's interpreter
def test_what_overflows_has_no_bound():
    for name in ("wide-relu", "wide-elu"):
        _, buffers = computed(networks.relightable_of(CASES[name]), "fp16 hi/lo", np.array([[0.0, 0.0, 1.0]]))
        assert buffers.bounds[0, 0].item() == rounded(CASES[name].network, "fp16 hi/lo").error == np.inf
