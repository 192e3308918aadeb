"""The rule of each decoder as formulas in plain text, which a reader without fastrti can follow."""

from collections.abc import Callable, Sequence
from typing import Any

from fastrti.errors import ObjectError
from fastrti.formats.reading.openlime_form import openlime_expresses
from fastrti.objects.decoders import Decoder, LightBasisDecoder, LightMlpDecoder, MlpDecoder, NodeBasisDecoder
from fastrti.objects.experts import Experts

_FRAME = """\
The network of a pixel has the matrices W_1 ... W_n and the vectors b_1 ... b_n{skip}.
    h_0 = (z_0, ..., z_{last})
    h_i = phi(W_i h_(i-1) + b_i)    for i = 1 ... n - 1
    y = W_n h_(n-1) + b_n{plus}
    phi(a) = {phi}, for each number
W_i has rows for its outputs and columns for its inputs, and is stored row by row. Here n = {layers}.
"""

_EXPERTS = """\
Several networks draw the picture, each some of the pixels. labels.png (data/object/labels.png) has a
byte n for each pixel. Entry n of "experts" in "decoder" of info.json, counted from 0, is the network
of the pixel. There are {count} entries. In what follows, "decoder" of info.json stands for this entry.
"""
_MEANS = """\
A byte n of {count} or more names entry n - {count} of "means", counted from 0. The network of such a pixel
has the mean numbers of several networks: of the entries of "experts" that "of" lists, each times the number at
the same place of "shares", added up. This is done with the numbers of the network for one light.
"""

_PHI = {"relu": "max(a, 0)", "elu": "a where a > 0, else exp(a) - 1"}

_HSH = (
    "sqrt(1/(2 pi))",
    "sqrt(6/pi) cos(p) q",
    "sqrt(3/(2 pi)) (2 t - 1)",
    "sqrt(6/pi) sin(p) q",
    "sqrt(30/pi) cos(2 p) (t - t^2)",
    "sqrt(30/pi) cos(p) (2 t - 1) q",
    "sqrt(5/(2 pi)) (1 - 6 t + 6 t^2)",
    "sqrt(30/pi) sin(p) (2 t - 1) q",
    "sqrt(30/pi) sin(2 p) (t - t^2)",
    "2 sqrt(35/pi) cos(3 p) q (t - t^2)",
    "sqrt(210/pi) cos(2 p) (2 t - 1) (t - t^2)",
    "2 sqrt(21/pi) cos(p) q (1 - 5 t + 5 t^2)",
    "sqrt(7/(2 pi)) (-1 + 12 t - 30 t^2 + 20 t^3)",
    "2 sqrt(21/pi) sin(p) q (1 - 5 t + 5 t^2)",
    "sqrt(210/pi) sin(2 p) (2 t - 1) (t - t^2)",
    "2 sqrt(35/pi) sin(3 p) q (t - t^2)",
)
_PTM = ("x^2", "y^2", "x y", "x", "y", "1")


def check_decoder(decoder: Decoder | Experts) -> None:
    """Raises ObjectError for a decoder whose formulas are not here."""
    one = decoder.decoders[0] if isinstance(decoder, Experts) else decoder
    if type(one) not in _RULES:
        raise ObjectError(f"expected a decoder whose formulas an archive can hold, got {decoder.label}: convert it")


def formulas(decoder: Decoder | Experts) -> str:
    """How the values of a pixel and a light become a colour, with the places of all numbers in info.json.

    Raises:
        ObjectError: as `check_decoder`.
    """
    check_decoder(decoder)
    if isinstance(decoder, Experts):
        one = decoder.decoders[0]
        rule = _plain(one) if isinstance(one, MlpDecoder) else _RULES[type(one)](one)
        count = len(decoder.decoders)
        return _EXPERTS.format(count=count) + (_MEANS.format(count=count) if len(decoder.shares) else "") + rule
    return _RULES[type(decoder)](decoder)


def _frame(planes: int, hidden: Sequence[int], activation: str, skip: bool) -> str:
    return _FRAME.format(
        skip=", and a matrix S" if skip else "",
        last=planes - 1,
        plus=" + S h_0" if skip else "",
        phi=_PHI[activation],
        layers=len(hidden) + 1,
    )


def _mlp(decoder: MlpDecoder) -> str:
    if openlime_expresses(decoder):
        return (
            '"weights" and "biases" of info.json hold three matrices A_1, A_2, A_3 and vectors b_1, b_2, b_3.\n'
            "The length of b_1 is m. A_1 has m rows and 12 columns, A_2 has m rows and m columns, A_3 has\n"
            "3 rows and m columns. Each is stored row by row. x and y are those of the light.\n"
            "    h_0 = (z_0, ..., z_8, x, y, 0)\n"
            "    h_1 = phi(A_1 h_0 + b_1)\n"
            "    h_2 = phi(A_2 h_1 + b_2)\n"
            "    y = A_3 h_2 + b_3\n"
            f"    phi(a) = {_PHI['elu']}, for each number\n"
        )
    return _plain(decoder)


def _plain(decoder: MlpDecoder) -> str:
    return _frame(decoder.planes, decoder.hidden, decoder.activation, decoder.skip is not None) + (
        'They stand in "decoder" of info.json: W_i and b_i are "weight" and "bias" of the i-th entry of "layers"'
        + (', and S is "skip_weight"' if decoder.skip is not None else "")
        + ".\nThe rows of the stored W_1 have two more numbers at their ends, u and w. For a light (x, y, z)\n"
        "add u x + w y to the number of b_1 of the same row, and leave u and w out of W_1.\n"
    )


def _light_mlp(decoder: LightMlpDecoder) -> str:
    return _frame(decoder.planes, decoder.hidden, decoder.activation, decoder.skip) + (
        "A second network makes all these numbers from the light, once for the whole picture. It stands in\n"
        '"decoder" of info.json. "features" is a list of triples (a, b, c), which give\n'
        "    g_0 = (x^a y^b z^c, ...)    in the order of the list\n"
        'Its m layers are "light_layers", with the matrices "weight" V_i and the vectors "bias" d_i.\n'
        "    g_i = s(V_i g_(i-1) + d_i)    for i = 1 ... m - 1\n"
        "    g_m = V_m g_(m-1) + d_m\n"
        "    s(a) = a / (1 + exp(-a)), for each number\n"
        f"Here m = {len(decoder.light_weights)}. g_m is W_1, b_1, W_2, b_2 and so on"
        f"{', and S at the end,' if decoder.skip else ','} one after the other. Their\n"
        f"widths are {' '.join(map(str, (decoder.planes, *decoder.hidden, 3)))}: W_i has as many columns as the i-th"
        " of these numbers\nand as many rows as the next.\n"
    )


def _light_basis(decoder: LightBasisDecoder) -> str:
    names = (_PTM if decoder.basis == "ptm" else _HSH)[: decoder.terms]
    terms = "".join(f"    L_{number} = {name}\n" for number, name in enumerate(names))
    if decoder.basis == "hsh":
        terms = "With t = z, q = sqrt(t - t^2) and p = atan2(y, x) the terms of the light are\n" + terms
    else:
        terms = "The terms of the light are\n" + terms
    if decoder.base_colour:
        return terms + (
            "Planes 0, 1 and 2 are the colour of the surface. For the channel c (0 red, 1 green, 2 blue)\n"
            f"    y_c = v_c / 255 * (sum over j = 0 ... {decoder.terms - 1} of L_j z_(3 + j))\n"
        )
    return terms + (
        "For the channel c (0 red, 1 green, 2 blue)\n"
        f"    y_c = sum over j = 0 ... {decoder.terms - 1} of L_j z_(3 j + c)\n"
    )


def _node_basis(decoder: NodeBasisDecoder) -> str:
    if decoder.nodes is not None:
        weights = (
            '"nodes" in "decoder" of info.json are M directions n_m, and "sigma" is a number. A light l\n'
            "gives the weights\n"
            "    e_m = exp(-|n_m - l|^2 / sigma^2)    and    w_m = e_m / (e_0 + ... + e_(M-1))\n"
        )
    else:
        weights = (
            f"The nodes of a light are a square grid of R x R. Here R = {decoder.resolution}.\n"
            "    s = |x| + |y| + |z|\n"
            "    column = ((x + y) / s + 1) / 2 * (R - 1)\n"
            "    row = ((y - x) / s + 1) / 2 * (R - 1)\n"
            "The four nodes around this place share the weight. With i = min(floor(column), R - 2),\n"
            "f = column - i, j = min(floor(row), R - 2) and g = row - j the weights w_m of the nodes m are\n"
            "    m = j R + i: (1 - g) (1 - f)        m = j R + i + 1: (1 - g) f\n"
            "    m = (j + 1) R + i: g (1 - f)        m = (j + 1) R + i + 1: g f\n"
            "and 0 for all others.\n"
        )
    return weights + (
        '"table" in "decoder" of info.json has the shape (K + 1, M, 3), the last index moving fastest. For\n'
        "the channel c (0 red, 1 green, 2 blue)\n"
        "    y_c = sum over m of w_m * (table[0, m, c] + sum over k of table[k + 1, m, c] * z_k)\n"
        "where k runs from 0 to K - 1.\n"
    )


_RULES: dict[type[Decoder], Callable[[Any], str]] = {
    MlpDecoder: _mlp,
    LightMlpDecoder: _light_mlp,
    LightBasisDecoder: _light_basis,
    NodeBasisDecoder: _node_basis,
}
