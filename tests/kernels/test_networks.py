"""The generator of networks itself: deterministic, and as wide as the contract."""

from networks import network_cases

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
