"""The specification: read the same in numpy and in PyTorch, whatever the chunks; how colours become bytes."""

import numpy as np
import pytest
import torch
import torch_reference
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import NetworkCase, network_cases

from fastrti.kernels.reference import evaluate_network, relight_network
from fastrti.srgb import to_bytes

CASES = list(network_cases())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_numpy_and_pytorch_read_the_same_formula(case: NetworkCase) -> None:
    planes = torch.from_numpy(case.planes)
    y = evaluate_network(case.network, case.planes.reshape(len(case.planes), -1))
    again = torch_reference.evaluate_network(case.network, planes.flatten(1)).numpy()
    assert y.dtype == again.dtype == np.float64
    np.testing.assert_allclose(y, again, rtol=1e-12, atol=1e-12)
    mask = np.random.default_rng(0).random(case.planes.shape[1:]) < 0.5
    picture = torch_reference.relight_network(case.network, planes, torch.from_numpy(mask)).numpy()
    assert np.array_equal(relight_network(case.network, case.planes, mask), picture)


@given(st.integers(1, 400))
@settings(max_examples=20)
def test_chunks_change_no_pixel(chunk: int) -> None:
    network, planes = CASES[0].network, CASES[0].planes
    assert np.array_equal(relight_network(network, planes, chunk=chunk), relight_network(network, planes))


def test_bytes_round_half_up_and_clamp() -> None:
    y = np.array([-1, -1e-9, 0, 0.5 / 255, 1.4999 / 255, 1.5 / 255, 1, 1 + 1e-9, 300])
    assert to_bytes(y).tolist() == [0, 0, 0, 1, 1, 2, 255, 255, 255]
