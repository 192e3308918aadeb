"""The generator of networks itself: deterministic, as wide as the contract, and read the same by the specification."""

import numpy as np
import pytest
import torch
from networks import NetworkCase, evaluate, network_cases, picture

from fastrti.kernels.torch_reference import evaluate_network, relight_network
from fastrti.objects.frame_network import MAX_WIDTH
from fastrti.objects.planes import MAX_PLANES

CASES = tuple(network_cases())


def test_is_deterministic_and_named_once() -> None:
    again = tuple(network_cases())
    assert len({case.name for case in CASES}) == len(CASES) == len(again)
    for one, other in zip(CASES, again):
        assert (one.planes == other.planes).all()
        assert all((a == b).all() for a, b in zip(one.network.weights, other.network.weights))


def test_reaches_both_ends_of_the_contract() -> None:
    networks = [case.network for case in CASES]
    assert {len(network.hidden) for network in networks} == {0, 1, 2}
    assert {1, MAX_PLANES} <= {network.planes for network in networks}
    assert {1, MAX_WIDTH} <= {width for network in networks for width in network.hidden}
    assert {network.activation for network in networks if network.hidden} == {"relu", "elu"}
    assert (
        {network.base_colour for network in networks}
        == {network.skip is not None for network in networks}
        == {True, False}
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_specification_agrees_with_numpy(case: NetworkCase) -> None:
    planes = torch.from_numpy(case.planes)
    y = evaluate_network(case.network, planes.flatten(1)).numpy()
    assert np.allclose(y, evaluate(case.network, case.planes).reshape(3, -1), rtol=1e-9, atol=1e-9)
    mask = np.random.default_rng(0).random(case.planes.shape[1:]) < 0.5
    drawn = relight_network(planes, torch.from_numpy(mask), case.network).numpy()
    assert np.abs(drawn.astype(int) - picture(case.network, case.planes, mask)).max() <= 1  # at y = n + ½ exactly
