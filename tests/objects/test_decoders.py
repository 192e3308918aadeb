"""Decoders: their formulas against independent ones, their parameter order, and their checks."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from objects import DECODERS, LIGHTS, light_mlp, mlp, node_basis

from fastrti.errors import ArgumentError, LightError
from fastrti.kernels.reference import evaluate_network
from fastrti.lights import unit_light
from fastrti.objects.decoders import LightBasisDecoder, LightMlpDecoder, MlpDecoder, NodeBasisDecoder
from fastrti.objects.light_network import parameter_shapes
from fastrti.objects.light_terms import hsh_terms, monomial_terms, monomials, ptm_terms

azimuths = st.floats(-math.pi, math.pi)
heights = st.floats(0, 1)


def at(z, phi):
    radius = math.sqrt(1 - z * z)
    return np.array([radius * math.cos(phi), radius * math.sin(phi), z])


def latents(decoder, count=12):
    return np.random.default_rng(count).uniform(-1, 1, (decoder.planes, count))


# --- every kind ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DECODERS)
def test_every_decoder_gives_its_planes_a_network_at_every_light(name):
    decoder = DECODERS[name]
    for light in LIGHTS:
        network = decoder.frame_network(light)
        assert network.planes == decoder.planes
        assert all(array.flags.c_contiguous for array in (*network.weights, *network.biases))


@pytest.mark.parametrize("name", DECODERS)
def test_every_decoder_refuses_lights_off_the_hemisphere(name):
    with pytest.raises(LightError):
        DECODERS[name].frame_network((0, 0, -1))


@pytest.mark.parametrize("name", DECODERS)
def test_two_and_three_numbers_mean_the_same_light(name):
    two, three = (DECODERS[name].frame_network(light) for light in ((0.48, 0.64), (0.96, 1.28, 1.2)))
    z = latents(DECODERS[name])
    assert evaluate_network(two, z) == pytest.approx(evaluate_network(three, z), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("mlp-9-3", "plain 9→3"),
        ("mlp-9-16-3-relu-skip", "plain 9→16→3 ReLU, skip"),
        ("openlime", "plain 9→10→10→3 ELU"),
        ("light-mlp-relu-skip", "light-conditioned 9→16→16→3 ReLU, skip"),
        ("ptm", "PTM 6 terms"),
        ("hsh9-base", "HSH 9 terms, base colour"),
        ("rbf", "rbf 7 nodes, 9→3"),
        ("bilinear", "bilinear 16 nodes, 9→3"),
    ],
)
def test_labels(name, label):
    assert DECODERS[name].label == label


# --- PTM and HSH -----------------------------------------------------------------------------------------------------


def associated_legendre(degree, order, x):
    """P_l^m(x) without the Condon–Shortley phase: (1 − x²)^{m/2} · d^m/dx^m of the Legendre polynomial."""
    polynomial = np.polynomial.legendre.Legendre.basis(degree)
    return (1 - x * x) ** (order / 2) * (polynomial.deriv(order)(x) if order else polynomial(x))


def hemispherical_harmonic(degree, order, light):
    """Gautron et al. 2004, eq. 3 and 4: spherical harmonics with the polar polynomials shifted to 2·cosθ − 1."""
    m = abs(order)
    z, phi = light[2], math.atan2(light[1], light[0])
    norm = math.sqrt((2 * degree + 1) * math.factorial(degree - m) / (2 * math.pi * math.factorial(degree + m)))
    value = norm * associated_legendre(degree, m, 2 * z - 1)
    if order == 0:
        return value
    return math.sqrt(2) * value * (math.cos(m * phi) if order > 0 else math.sin(m * phi))


# By degree; within one, cosines from the highest order down, then the zonal one, then sines up.
ORDER = [(degree, order) for degree in range(4) for order in range(degree, -degree - 1, -1)]


@given(heights, azimuths)
def test_hsh_terms_are_the_hemispherical_harmonics(z, phi):
    light = at(z, phi)
    expected = [hemispherical_harmonic(degree, order, light) for degree, order in ORDER]
    assert hsh_terms(light[None])[0] == pytest.approx(expected, abs=1e-6)


def test_hsh_terms_are_orthonormal_on_the_hemisphere():
    nodes, weights = np.polynomial.legendre.leggauss(32)
    z, dz = (nodes + 1) / 2, weights / 2
    phi = np.linspace(0, 2 * math.pi, 32, endpoint=False)
    lights = np.array([at(height, azimuth) for height in z for azimuth in phi])
    solid_angles = np.repeat(dz, len(phi)) * 2 * math.pi / len(phi)
    values = hsh_terms(lights)
    gram = values.T @ (values * solid_angles[:, None])
    assert gram == pytest.approx(np.eye(16), abs=1e-3)  # cosθ·sinθ under a root converges slowly at its ends
    assert gram[0, 0] == pytest.approx(1, abs=1e-12)


def test_hsh_at_the_camera_and_on_the_horizon():
    zenith, horizon = hsh_terms(np.array([[0, 0, 1.0], [1, 0, 0]]))
    assert np.flatnonzero(zenith).tolist() == np.flatnonzero(horizon).tolist() == [0, 2, 6, 12]


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_ptm_terms_are_the_polynomial(x, y):
    coefficients = np.array([0.3, -0.2, 0.7, 1.1, -0.4, 0.5])
    a0, a1, a2, a3, a4, a5 = coefficients
    expected = a0 * x**2 + a1 * y**2 + a2 * x * y + a3 * x + a4 * y + a5
    assert ptm_terms(np.array([[x, y, 0.0]]))[0] @ coefficients == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["ptm", "hsh4", "hsh9", "hsh16"])
@pytest.mark.parametrize("light", LIGHTS)
def test_plane_3j_plus_c_is_term_j_of_channel_c(name, light):
    decoder = DECODERS[name]
    z = latents(decoder)
    terms = (ptm_terms if name == "ptm" else hsh_terms)(unit_light(light)[None])[0]
    expected = [sum(terms[j] * z[3 * j + c] for j in range(decoder.terms)) for c in range(3)]
    assert evaluate_network(decoder.frame_network(light), z) == pytest.approx(np.array(expected), abs=1e-5)


@pytest.mark.parametrize("name", ["ptm-base", "hsh9-base"])
@pytest.mark.parametrize("light", LIGHTS)
def test_base_colour_times_one_sum_of_terms(name, light):
    decoder = DECODERS[name]
    assert decoder.planes == 3 + decoder.terms
    z = latents(decoder)
    z[:3] = np.random.default_rng(0).integers(0, 256, z[:3].shape)  # the base is read as bytes
    terms = (ptm_terms if name == "ptm-base" else hsh_terms)(unit_light(light)[None])[0, : decoder.terms]
    assert evaluate_network(decoder.frame_network(light), z) == pytest.approx(z[:3] / 255 * (terms @ z[3:]), abs=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sh", 9), "expected basis 'ptm' or 'hsh', got 'sh'"),
        (("ptm", 7), "expected 1–6 terms of ptm, got 7"),
        (("ptm", 0), "expected 1–6 terms of ptm, got 0"),
        (("hsh", 17), "expected 1–16 terms of hsh, got 17"),
        (("hsh", 4.0), "expected 1–16 terms of hsh, got 4.0"),
    ],
)
def test_light_basis_checks(arguments, message):
    with pytest.raises(ArgumentError) as caught:
        LightBasisDecoder(*arguments)
    assert str(caught.value) == message


# --- RBF and bilinear ------------------------------------------------------------------------------------------------


def table_at(decoder, light):
    """What the decoder interpolated: (K+1, 3), row 0 the bias."""
    network = decoder.frame_network(light)
    return np.vstack([network.biases[0], network.weights[0].T])


def grid_light(column, row, resolution):
    """The unit light of a node: the inverse of u = (x + y)/s, v = (y − x)/s, s = |x| + |y| + |z|."""
    u, v = 2 * column / (resolution - 1) - 1, 2 * row / (resolution - 1) - 1
    x, y = (u - v) / 2, (u + v) / 2
    return unit_light((x, y, max(0, 1 - abs(x) - abs(y))))


def test_bilinear_reproduces_its_nodes():
    decoder = node_basis("bilinear")
    for row in range(4):
        for column in range(4):
            expected = decoder.table[:, 4 * row + column]
            assert table_at(decoder, grid_light(column, row, 4)) == pytest.approx(expected, abs=1e-6)


@given(st.floats(0, 3), st.floats(0, 3))
def test_bilinear_between_nodes(column, row):
    decoder = node_basis("bilinear")
    left, below = min(int(column), 2), min(int(row), 2)
    dx, dy = column - left, row - below
    grid = decoder.table.astype(float).reshape(10, 4, 4, 3)
    corners = grid[:, below : below + 2, left : left + 2]
    expected = np.einsum("kyxc,y,x->kc", corners, [1 - dy, dy], [1 - dx, dx])
    assert table_at(decoder, grid_light(column, row, 4)) == pytest.approx(expected, abs=1e-5)


@given(heights, azimuths, st.floats(-1e-6, 1e-6))
def test_bilinear_is_continuous(z, phi, step):
    decoder = node_basis("bilinear")
    # Near the horizon the radius changes by sqrt(2·step): the allowance is for that.
    near = at(min(max(z + step, 0), 1), phi + step)
    assert table_at(decoder, near) == pytest.approx(table_at(decoder, at(z, phi)), abs=0.02)


def test_narrow_rbf_reproduces_its_nodes():
    decoder = replace(node_basis("rbf"), sigma=0.05)
    for number, node in enumerate(decoder.nodes):
        assert table_at(decoder, node) == pytest.approx(decoder.table[:, number], abs=1e-4)


def test_wide_rbf_is_the_mean_of_all_nodes():
    decoder = replace(node_basis("rbf"), sigma=1e6)
    assert table_at(decoder, (0.3, 0.4)) == pytest.approx(decoder.table.mean(axis=1), abs=1e-6)


@pytest.mark.parametrize("light", LIGHTS)
def test_rbf_weights_are_normalised_gaussians_of_the_chord(light):
    decoder = node_basis("rbf")
    chords = [math.dist(node, unit_light(light)) for node in decoder.nodes.astype(float)]
    weights = np.array([math.exp(-((chord / decoder.sigma) ** 2)) for chord in chords])
    expected = np.einsum("kmc,m->kc", decoder.table, weights / weights.sum())
    assert table_at(decoder, light) == pytest.approx(expected, abs=1e-5)


def test_rbf_far_from_every_node_takes_the_nearest():
    decoder = replace(node_basis("rbf"), sigma=1e-6)
    nearest = np.argmin(np.linalg.norm(decoder.nodes - unit_light((-0.8, 0.1)), axis=1))
    assert table_at(decoder, (-0.8, 0.1)) == pytest.approx(decoder.table[:, nearest], abs=1e-6)


NODES = np.eye(3, dtype=np.float32)
TABLE = np.zeros((10, 3, 3), np.float32)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rbf", TABLE[0], NODES, 1.0), r"expected a finite table of shape \(K\+1, M, 3\), got \(3, 3\)"),
        (("rbf", TABLE[:, :0], NODES[:0], 1.0), r"expected a finite table of shape .*, got \(10, 0, 3\)"),
        (("rbf", TABLE[:1], NODES, 1.0), "expected a finite table"),
        (("rbf", TABLE[:, :, :2], NODES, 1.0), "expected a finite table"),
        (("rbf", TABLE + np.float32(np.nan), NODES, 1.0), "expected a finite table"),
        (("rbf", TABLE, None, 1.0), r"expected 3 finite nodes \(x, y, z\), one per column of the table"),
        (("rbf", TABLE, NODES[:2], 1.0), "expected 3 finite nodes"),
        (("rbf", TABLE, np.full_like(NODES, np.inf), 1.0), "expected 3 finite nodes"),
        (("rbf", TABLE, NODES, 0.0), r"expected sigma from 1e-06 to 1e\+06, got 0.0"),
        (("rbf", TABLE, NODES, math.nan), "expected sigma from"),
        (("rbf", TABLE, NODES, 1e200), "expected sigma from"),
        (("bilinear", TABLE, None, 0.0, 2), "expected resolution² = 3 nodes, got a resolution of 2"),
        (("bilinear", TABLE[:, :1], None, 0.0, 1), "expected resolution² = 1 nodes, got a resolution of 1"),
        (("bilinear", np.zeros((10, 4, 3), np.float32), NODES, 0.0, 2), "expected no nodes for a bilinear grid"),
        (("nearest", TABLE, NODES, 1.0), "expected basis 'rbf' or 'bilinear', got 'nearest'"),
        (("rbf", np.zeros((50, 3, 3), np.float32), NODES, 1.0), "expected 1–48 inputs"),
    ],
)
def test_node_basis_checks(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        NodeBasisDecoder(*arguments)


# --- plain networks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mlp-9-3-skip", "mlp-9-16-3-elu-skip", "mlp-9-16-16-3-relu", "openlime"])
@pytest.mark.parametrize("light", LIGHTS)
def test_light_is_the_last_two_inputs(name, light):
    decoder = DECODERS[name]
    z = latents(decoder)
    h = np.vstack([z, np.repeat(unit_light(light)[:2, None], z.shape[1], axis=1)])
    for weight, bias in zip(decoder.weights[:-1], decoder.biases[:-1]):
        h = weight @ h + bias[:, None]
        h = np.maximum(h, 0) if decoder.activation == "relu" else np.where(h > 0, h, np.exp(np.minimum(h, 0)) - 1)
    y = decoder.weights[-1] @ h + decoder.biases[-1][:, None]
    if decoder.skip is not None:
        y += decoder.skip @ z
    assert evaluate_network(decoder.frame_network(light), z) == pytest.approx(y, abs=1e-5)


def with_nan(array):
    return np.full_like(array, np.nan)


PLAIN = mlp(9, (8,), "elu", skip=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights": ()}, r"expected a first layer of K \+ 2 inputs"),
        ({"weights": (PLAIN.weights[0][:, :2], PLAIN.weights[1])}, r"expected a first layer of K \+ 2 inputs"),
        ({"biases": ()}, r"expected a first bias of shape \(8,\)"),
        ({"biases": PLAIN.biases[::-1]}, r"expected a first bias of shape \(8,\)"),
        ({"biases": PLAIN.biases[:1]}, "expected 1 to 3 layers"),
        ({"weights": (with_nan(PLAIN.weights[0]), PLAIN.weights[1])}, "expected finite weights"),
        ({"biases": (PLAIN.biases[0] + np.float32(np.inf), PLAIN.biases[1])}, "expected finite weights"),
        ({"weights": (PLAIN.weights[0], with_nan(PLAIN.weights[1]))}, "expected weights within"),
        ({"skip": with_nan(PLAIN.skip)}, "expected weights within"),
        ({"skip": PLAIN.skip[:, :8]}, "expected a skip of shape"),
        ({"activation": "silu"}, "expected activation 'relu' or 'elu', got 'silu'"),
    ],
)
def test_plain_network_checks(changes, message):
    with pytest.raises(ArgumentError, match=message):
        replace(PLAIN, **changes)


def test_a_decoder_damaged_at_some_lights_only_still_gives_networks():
    weights = (PLAIN.weights[0].copy(), PLAIN.weights[1])
    weights[0][:, -1] = np.finfo(np.float32).max
    decoder = MlpDecoder(weights, (PLAIN.biases[0] + np.finfo(np.float32).max, PLAIN.biases[1]))
    assert np.isfinite(decoder.frame_network((0, 1)).biases[0]).all()


# --- the light-conditioned network -----------------------------------------------------------------------------------


def test_default_features_are_the_sixteen_monomials():
    exponents = monomials(3)
    assert len(exponents) == len(set(exponents)) == 16
    assert all(a + b + c <= 3 and c <= 1 for a, b, c in exponents)
    assert [len(monomials(degree)) for degree in (0, 1, 2, 4)] == [1, 4, 9, 25]


@given(heights, azimuths)
def test_features_are_monomials(z, phi):
    light = at(z, phi)
    x, y, _ = light
    features = monomial_terms(light[None], ((0, 0, 0), (1, 0, 0), (0, 2, 0), (2, 1, 0), (1, 0, 1)))[0]
    assert features == pytest.approx([1, x, y * y, x * x * y, x * z])


def test_monomials_of_degree_three_span_all_polynomials_of_the_sphere():
    lights = np.random.default_rng(0).normal(size=(200, 3))
    lights /= np.linalg.norm(lights, axis=1, keepdims=True)
    every = [(a, b, c) for a in range(4) for b in range(4 - a) for c in range(4 - a - b)]
    rank = np.linalg.matrix_rank(monomial_terms(lights, monomials(3)))
    assert rank == np.linalg.matrix_rank(monomial_terms(lights, tuple(every))) == 16


@pytest.mark.parametrize("skip", [False, True])
def test_parameters_are_cut_in_order(skip):
    shapes = parameter_shapes(9, (16, 8), skip)
    assert shapes == [(16, 9), (16,), (8, 16), (8,), (3, 8), (3,)] + [(3, 9)] * skip
    count = sum(math.prod(shape) for shape in shapes)
    constant = (np.zeros((count, 1), np.float32),), (np.arange(count, dtype=np.float32),)
    network = LightMlpDecoder(9, (16, 8), *constant, skip=skip, features=((0, 0, 0),)).frame_network((0, 0))
    arrays = [array for layer in zip(network.weights, network.biases) for array in layer] + [network.skip] * skip
    assert [array.shape for array in arrays] == shapes
    assert np.concatenate([array.ravel() for array in arrays]).tolist() == list(range(count))
    assert (network.skip is not None) == skip


@pytest.mark.parametrize("light", LIGHTS)
def test_light_network_is_silu_between_linear_layers(light):
    decoder = light_mlp(4, (5,), "relu", skip=True)
    x, y, z = unit_light(light)
    features = np.array([x**a * y**b * z**c for a, b, c in monomials(3)])
    first, last = (weight.astype(float) for weight in decoder.light_weights)
    h = first @ features + decoder.light_biases[0]
    numbers = last @ (h / (1 + np.exp(-h))) + decoder.light_biases[1]
    network = decoder.frame_network(light)
    arrays = (network.weights[0], network.biases[0], network.weights[1], network.biases[1], network.skip)
    assert np.concatenate([array.ravel() for array in arrays]) == pytest.approx(numbers, rel=1e-6, abs=1e-6)


def test_silu_of_large_negative_sums_is_zero_without_a_warning():
    decoder = light_mlp(4, (), "relu", skip=False)
    biases = (np.full_like(decoder.light_biases[0], -1e30), decoder.light_biases[1])
    network = replace(decoder, light_biases=biases).frame_network((0, 0))
    assert network.weights[0].ravel() == pytest.approx(decoder.light_biases[1][:12])


CONDITIONED = light_mlp(4, (5,), "relu", skip=True)
FIRST, LAST = CONDITIONED.light_weights


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features": ()}, r"expected 1–256 light features \(a, b, c\) with exponents 0–12, got 0"),
        ({"features": ((1, 0, 0),) * 257}, "expected 1–256 light features"),
        ({"features": ((0, 0, 13),) * 16}, "expected 1–256 light features"),
        ({"features": ((0, -1, 0),) * 16}, "expected 1–256 light features"),
        ({"features": ((0, 0),) * 16}, "expected 1–256 light features"),
        ({"features": ((0, 0, 0.5),) * 16}, "expected 1–256 light features"),
        ({"features": monomials(2)}, r"expected light layer 1 of shape \(out, 9\) with a bias \(out,\), got \(7, 16\)"),
        ({"light_weights": (), "light_biases": ()}, "expected 1–4 light layers"),
        ({"light_biases": CONDITIONED.light_biases[:1]}, "expected 1–4 light layers, each a weight and a bias"),
        ({"light_weights": (FIRST, LAST[:, :6])}, r"expected light layer 2 of shape \(out, 7\)"),
        ({"light_weights": (FIRST[0], LAST)}, "expected light layer 1"),
        ({"light_weights": (FIRST, with_nan(LAST))}, "expected finite light layers, got NaN or infinity"),
        ({"skip": False}, "expected a light network that emits 43 numbers for light-conditioned 4→5→3 ReLU"),
        ({"planes": 5}, "expected a light network that emits 63 numbers"),
        ({"activation": "tanh"}, "expected activation 'relu' or 'elu', got 'tanh'"),
        ({"activation": "tanh", "skip": False}, "expected a light network that emits 43 numbers .* tanh"),
    ],
)
def test_light_conditioned_checks(changes, message):
    with pytest.raises(ArgumentError, match=message):
        replace(CONDITIONED, **changes)


def test_light_layers_may_not_be_wider_than_the_contract():
    wide = np.zeros((1025, 16), np.float32), np.zeros((43, 1025), np.float32)
    with pytest.raises(ArgumentError, match="expected light layers up to 1024 wide, got 1025"):
        replace(CONDITIONED, skip=False, light_weights=wide, light_biases=(wide[0][:, 0], wide[1][:, 0]))
