"""The Triton kernel in Triton's interpreter: every network against the float64 evaluation, every shape of picture.

On a machine with a CUDA GPU, `make test-gpu` runs the same rows on it.
"""

import pickle
import weakref
from dataclasses import replace
from itertools import product

import networks
import numpy as np
import pytest
from numpy.typing import NDArray
from objects import EXPERT_KINDS, composed, expert_of, experts

from fastrti.kernels.reference import relight_network, relight_reference
from fastrti.objects.decoders import LightMlpDecoder
from fastrti.objects.experts import Experts
from fastrti.objects.relightable import Relightable

torch = pytest.importorskip("torch")
pytest.importorskip("triton", reason="Triton is published for Linux only")

from fastrti.kernels.triton import choose_precision  # noqa: E402
from fastrti.kernels.triton import kernel as relight_triton  # noqa: E402
from fastrti.kernels.triton.error_bound import PRECISIONS, rounded  # noqa: E402
from fastrti.kernels.triton.kernel import TritonKernel  # noqa: E402
from fastrti.lights import unit_light  # noqa: E402

pytestmark = pytest.mark.gpu

UNIT_LIGHT = tuple(unit_light(networks.LIGHT).tolist())
TOLERANCE = 1  # levels of 255, for every precision that is promised and for the last resort
# Few rows, since each takes the interpreter a tile, however short it is; they start at every pixel of a word.
HEIGHT, WIDTH = 5, 139
CASES = {case.name: case for case in networks.network_cases(HEIGHT, WIDTH)}
STUDENT = "9-16-16-3-relu-skip"


@pytest.fixture(autouse=True)
def _few_boxes(monkeypatch):
    """The interpreter draws one program after the other, and each box has one."""
    monkeypatch.setattr(choose_precision, "BOXES", (4,))


def levels(picture) -> NDArray[np.int64]:
    return picture.cpu().numpy().astype(np.int64)


def kernel_of(case, mask=None, precision="auto") -> TritonKernel:
    return TritonKernel(networks.relightable_of(case, mask), precision=precision)


def kernel_for(network, planes, mask=None, precision="auto") -> TritonKernel:
    return kernel_of(networks.NetworkCase("", network, planes), mask, precision)


def with_alpha(want, mask=None):
    """The exact RGBA picture."""
    alpha = np.full(want.shape[:2], 255) if mask is None else mask * 255
    return np.dstack([want, alpha]).astype(np.uint8)


def drawn(kernel: TritonKernel, want, top=0, left=0, row_gap=7) -> NDArray[np.int64]:
    """The picture, drawn into a poisoned buffer whose rows are apart, after a check of the bytes around it."""
    height, width, channels = want.shape
    buffer = torch.full((height + 2, channels * width + row_gap), 0, dtype=torch.uint8, device=kernel.device)
    strides = (buffer.stride(0), channels, 1)
    out = buffer[1:-1].as_strided(want.shape, strides, buffer.stride(0) + row_gap // 2)
    poison = torch.from_numpy(want ^ 128).to(kernel.device)  # 128 levels off everywhere
    buffer += 99
    out.copy_(poison)
    before = buffer.clone()
    kernel.relight(UNIT_LIGHT, out, top, left)
    picture = levels(out)
    out.copy_(poison)
    assert torch.equal(buffer, before), "bytes around the picture were written"
    return picture


@pytest.mark.parametrize("name", CASES)
def test_every_network_is_within_a_level_of_the_reference(name):
    case = CASES[name]
    want = relight_network(case.network, case.planes)
    picture = drawn(kernel_of(case), want)
    assert np.abs(picture - want).max() <= TOLERANCE


PROMISED = [
    (name, precision) for name in CASES for precision in PRECISIONS if rounded(CASES[name].network, precision).error < 1
]


@pytest.mark.parametrize("name, precision", PROMISED)
def test_every_promised_precision_keeps_its_promise(name, precision):
    case = CASES[name]
    want = relight_network(case.network, case.planes)
    picture = drawn(kernel_of(case, precision=precision), want)
    assert np.abs(picture - want).max() <= TOLERANCE
    if precision != "fp16":  # two bytes may differ where 255·y lies next to a half, and nowhere else
        assert np.count_nonzero(picture - want) <= 2


# One pixel, one short of and one past 16 bytes, past one and two of the interpreter's tiles, and a narrow tower.
SIZES = [(1, 1), (1, 15), (3, 17), (1, 1024), (5, 205), (1, 1025), (3, 1027), (41, 63), (40, 2)]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("row_gap", [0, 5])
@pytest.mark.parametrize("channels", [3, 4])
def test_every_size_is_drawn_to_its_last_pixel(size, row_gap, channels):
    network = CASES[STUDENT].network
    planes = networks.random_planes(np.random.default_rng(3), 9, size)
    want = relight_network(network, planes)
    want = want if channels == 3 else with_alpha(want)
    picture = drawn(kernel_for(network, planes, precision="fp16 hi/lo"), want, row_gap=row_gap)
    assert np.abs(picture - want).max() <= TOLERANCE


@pytest.fixture(scope="module", params=product([48, 37], [False, True]), ids=str)
def whole(request):
    """A kernel and its picture, of rows that start on 16 bytes and of rows that do not, with and without a mask."""
    width, masked = request.param
    rng = np.random.default_rng(5)
    network = CASES[STUDENT].network
    planes, mask = networks.random_planes(rng, 9, (19, width)), rng.random((19, width)) < 0.6
    kernel = kernel_for(network, planes, mask if masked else None, "fp16")
    return kernel, drawn(kernel, relight_network(network, planes, mask if masked else None))


@pytest.mark.parametrize("region", [(0, 0, 4, 16), (2, 16, 5, 17), (18, 31, 1, 6), (3, 1, 9, 35), (7, 0, 12, None)])
def test_a_region_is_the_crop_of_the_picture(whole, region):
    kernel, whole = whole
    top, left, height, columns = region
    crop = whole[top : top + height, left:][:, :columns]
    assert np.array_equal(drawn(kernel, crop.astype(np.uint8), top, left), crop)


def test_masked_pixels_are_black_and_the_others_untouched():
    case = CASES["ptm"]
    mask = np.random.default_rng(1).random(case.planes.shape[1:]) < 0.5
    without = drawn(kernel_of(case), relight_network(case.network, case.planes))
    within = drawn(kernel_of(case, mask), relight_network(case.network, case.planes, mask))
    assert np.array_equal(within, without * mask[..., None])
    rgba = drawn(kernel_of(case, mask), with_alpha(relight_network(case.network, case.planes, mask), mask))
    assert np.array_equal(rgba, with_alpha(within, mask))


@pytest.mark.parametrize("name", [STUDENT, "ptm", "ptm-base", "9-16-16-3-elu-skip"])
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("channels", [3, 4])
def test_a_batch_is_its_pictures(name, precision, channels):
    case = CASES[name]
    mask = np.random.default_rng(1).random(case.planes.shape[1:]) < 0.5
    kernel = kernel_of(case, mask, precision)
    lights = [UNIT_LIGHT, (0.6, 0.8, 0.0)]
    size = (3, 90, channels)
    batch = kernel.empty((3, *size))
    kernel.relight_batch(lights, batch[:2], 1, 5)
    for light, picture in zip(lights, batch):
        single = kernel.empty(size)
        kernel.relight(light, single, 1, 5)
        assert torch.equal(single, picture)


def test_a_batch_of_no_light_draws_nothing():
    kernel = kernel_of(CASES["ptm"])
    kernel.relight_batch([], kernel.empty((0, 5, 5, 3)), 0, 0)


def test_halves_round_to_even_nowhere():
    """floor(255·y + 0.5): 0.5 is 1 and 1.5 is 2."""
    network = networks.FrameNetwork((np.full((3, 1), 1 / 255, np.float32),), (np.full(3, 0.5 / 255, np.float32),))
    planes = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    kernel = kernel_for(network, planes, precision="fp32")
    out = kernel.empty((16, 16, 3))
    kernel.relight(UNIT_LIGHT, out, 0, 0)
    want = np.minimum(planes[0, ..., None].astype(np.int64) + 1, 255)
    assert np.array_equal(levels(out), np.broadcast_to(want, out.shape))


@pytest.mark.deep
def test_pixels_past_two_to_the_31_are_addressed():
    planes = np.zeros((1, 46341, 46342), np.uint8)  # 2 147 534 622 pixels; the pages never written take no memory
    planes[0, -3:, -5:] = networks.random_planes(np.random.default_rng(0), 1, (3, 5))[0]
    network = CASES["1-3-relu"].network
    want = relight_network(network, planes[:, -3:, -5:])
    picture = drawn(kernel_for(network, planes), want, top=46338, left=46337)
    assert np.abs(picture - want).max() <= TOLERANCE


def test_a_kernel_says_what_runs():
    kernel = kernel_of(CASES[STUDENT])
    assert kernel.precision == "fp16 hi/lo" and kernel.label.endswith(", fp16 hi/lo")
    assert kernel.label.startswith("Triton's interpreter") or "NVIDIA" in kernel.label


def steep_at_the_top() -> networks.NetworkCase:
    """A network eighty times as steep under the light (0, 1, 0), between the lights that precision="auto" looks at."""
    case = CASES["18-3-relu"]
    numbers = networks.numbers_of(case.network)
    weights = np.stack([numbers, 80 * numbers], axis=1)
    decoder = LightMlpDecoder(
        18, (), (weights,), (np.zeros_like(numbers),), "relu", False, features=((0, 0, 0), (0, 12, 0))
    )
    origin = (decoder, np.zeros(18), np.full(18, 255.0))
    return networks.NetworkCase("steep", decoder.frame_network((0, 1, 0)), case.planes, origin)


def test_a_frame_without_a_promise_is_drawn_in_float32():
    case = steep_at_the_top()
    kernel, halves = kernel_of(case), kernel_of(case, precision="fp16")
    assert kernel.precision == "fp16"
    want = relight_network(case.network, case.planes)
    pictures, unpromised = kernel.empty((2, *want.shape)), kernel.empty(want.shape)
    kernel.relight_batch([(1.0, 0.0, 0.0), (0.0, 1.0, 0.0)], pictures, 0, 0)
    halves.relight((0.0, 1.0, 0.0), unpromised, 0, 0)
    bounds = kernel.bounds(2)
    assert bounds[0] < 1 < bounds[1]
    assert np.count_nonzero(levels(pictures[1]) - want) == 0 < np.count_nonzero(levels(unpromised) - want)
    flat = relight_network(CASES["18-3-relu"].network, case.planes)
    assert np.abs(levels(pictures[0]) - flat).max() <= TOLERANCE


@pytest.mark.parametrize("name", [STUDENT, "ptm"])
def test_a_graph_draws_what_relight_draws(name):
    kernel = kernel_of(CASES[name], np.random.default_rng(1).random(CASES[name].planes.shape[1:]) < 0.5)
    graph = kernel.graph(kernel.empty((2, 3, 33, 4)), 1, 5)
    for lights in ([UNIT_LIGHT, (0.0, 0.0, 1.0)], [(0.6, 0.8, 0.0), UNIT_LIGHT]):
        want = kernel.empty((2, 3, 33, 4))
        kernel.relight_batch(lights, want, 1, 5)
        assert graph.replay(*lights) is graph.out and torch.equal(graph.out, want)
    graph.lights.copy_(torch.tensor([UNIT_LIGHT] * 2))
    assert torch.equal(*graph.launch())
    assert (graph.bounds < 1).all()


def test_a_pickled_kernel_is_made_again():
    case = CASES[STUDENT]
    kernel = kernel_of(case, precision="fp16")
    kernel.relight(UNIT_LIGHT, kernel.empty((HEIGHT, WIDTH, 3)), 0, 0)  # with buffers, which stay behind
    copy = pickle.loads(pickle.dumps(kernel))
    assert (copy.precision, copy.device) == ("fp16", kernel.device)
    want, picture = kernel.empty((HEIGHT, WIDTH, 3)), copy.empty((HEIGHT, WIDTH, 3))
    kernel.relight(UNIT_LIGHT, want, 0, 0)
    copy.relight(UNIT_LIGHT, picture, 0, 0)
    assert torch.equal(picture, want)


def test_the_buffers_of_a_few_counts_of_lights_are_kept(monkeypatch):
    monkeypatch.setattr(relight_triton, "KEPT_BUFFERS", 3)
    kernel = kernel_of(CASES["1-3-relu"])
    made = []
    new = kernel.light_network.buffers
    monkeypatch.setattr(kernel.light_network, "buffers", lambda count: made.append(fresh := new(count)) or fresh)
    for count in range(1, 7):
        out = kernel.empty((count, 1, 1, 3))
        kernel.relight_batch([UNIT_LIGHT] * count, out, 0, 0)
        kernel.relight_batch([UNIT_LIGHT] * count, out, 0, 0)
        assert len(kernel.bounds(count)) == count
    assert [len(buffers.lights) for buffers in made] == list(range(1, 7))  # each made once
    made = list(map(weakref.ref, made))
    kept = [buffers().lights.shape[0] for buffers in made if buffers() is not None]
    assert kept == [4, 5, 6]


def test_a_kernel_that_nobody_uses_leaves_its_memory_at_once():
    kernel = kernel_of(CASES["1-3-relu"])
    kernel.relight(UNIT_LIGHT, kernel.empty((HEIGHT, WIDTH, 3)), 0, 0)
    planes = weakref.ref(kernel._planes)
    del kernel
    assert planes() is None


def picture_of(kernel, shape, light=UNIT_LIGHT):
    picture = kernel.empty(shape)
    kernel.relight(light, picture, 0, 0)
    return levels(picture)


ALL_OF_EXPERTS = [(name, precision) for name in EXPERT_KINDS for precision in PRECISIONS]
SOME_OF_EXPERTS = [("ptm-base", "fp16"), ("light-mlp-relu-skip", "fp16 hi/lo")]
of_experts = pytest.mark.parametrize(
    "name, precision",
    [*SOME_OF_EXPERTS, *(pytest.param(*case, marks=pytest.mark.deep) for case in ALL_OF_EXPERTS)],
)


@of_experts
def test_experts_draw_their_own_pixels(name, precision):
    """What each expert alone would draw, to the bit: a whole picture, and a region of RGBA under two lights."""
    several = experts(name, 3, 2, 150, masked=True)
    kernel = TritonKernel(several, precision=precision)
    alone = [TritonKernel(expert_of(several, number), precision=precision) for number in range(3)]
    want = composed(several, [picture_of(each, (2, 150, 3)) for each in alone])
    assert np.array_equal(picture_of(kernel, (2, 150, 3)), want)
    region = kernel.empty((2, 1, 70, 4))
    kernel.relight_batch([(0.6, 0.8, 0.0), UNIT_LIGHT], region, 1, 77)
    assert np.array_equal(levels(region[1, ..., :3]), want[1:, 77:147])
    assert np.array_equal(levels(region[1, ..., 3]), several.mask[1:, 77:147] * 255)


def with_means(several, shares):
    """The object with means of its experts; its labels are noise, but begin with each label there is."""
    decoder = replace(several.decoder, shares=np.array(shares))
    labels = np.random.default_rng(1).integers(0, decoder.label_count, several.labels.shape, np.uint8)
    labels.flat[: decoder.label_count] = np.arange(decoder.label_count)
    return replace(several, decoder=decoder, labels=labels)


@of_experts
def test_means_of_experts_are_drawn(name, precision):
    """A whole picture, and a region of RGBA under two lights, within what the kernel promises for each light."""
    shares = [[0.5, 0.25, 0.25], [0.9, 0.1, 0], [0, 0.3, 0.7], [0, 0, 1]]
    several = with_means(experts(name, 3, 2, 70, masked=True), shares)
    kernel, lights = TritonKernel(several, precision=precision), [(0.6, 0.8, 0.0), UNIT_LIGHT]
    exact = np.stack([relight_reference(several, light) for light in lights]).astype(np.int64)
    region = kernel.empty((2, 1, 40, 4))
    kernel.relight_batch(lights, region, 1, 27)
    promised = np.full(2, TOLERANCE) if precision == "fp32" else np.ceil(kernel.bounds(2))
    assert (np.abs(levels(region[..., :3]) - exact[:, 1:, 27:67]).max((1, 2, 3)) <= promised).all()
    assert np.array_equal(levels(region[..., 3]), np.stack([several.mask[1:, 27:67] * 255] * 2))
    assert np.abs(picture_of(kernel, (2, 70, 3)) - exact[1]).max() <= promised[1]


@pytest.mark.parametrize("labels", [130, pytest.param(256, marks=pytest.mark.deep)])
def test_a_label_may_be_any_byte(labels):
    share = np.linspace(0, 1, labels - 2)
    several = with_means(experts("mlp-9-3", 2, 1, 256), np.stack([share, 1 - share], axis=1))
    kernel = TritonKernel(several, precision="fp32")
    assert np.abs(picture_of(kernel, (1, 256, 3)) - relight_reference(several, UNIT_LIGHT)).max() <= TOLERANCE


def test_each_expert_has_its_own_promise():
    """Of labels of noise, one expert is steep under one light: its pixels alone are drawn in float32 there."""
    steep, *_ = steep_at_the_top().origin
    flat = replace(steep, light_weights=(steep.light_weights[0] * np.float32([1, 0]),))
    rng = np.random.default_rng(1)
    planes, labels = networks.random_planes(rng, 18, (1, 70)), rng.integers(0, 2, (1, 70), np.uint8)
    several = Relightable(planes, np.zeros(18), np.full(18, 255.0), Experts((flat, steep)), labels=labels)
    kernel, top = TritonKernel(several), (0.0, 1.0, 0.0)
    drawn_in_halves = picture_of(TritonKernel(expert_of(several, 0), precision="fp16"), (1, 70, 3), top)
    exact, picture = relight_reference(several, top), picture_of(kernel, (1, 70, 3), top)
    assert kernel.precision == "fp16" and kernel.bounds()[0] > 1
    assert np.array_equal(picture, np.where((labels == 1)[..., None], exact, drawn_in_halves))
    picture_of(kernel, (1, 70, 3), (1.0, 0.0, 0.0))
    assert kernel.bounds()[0] < 1
