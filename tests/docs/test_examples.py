"""The examples of docs/architecture.md: each is added to its table and used."""

import importlib.util
from types import ModuleType

import numpy as np
import pytest
from docs_pages import ROOT
from objects import DECODERS, LIGHTS, experts, relightable
from PIL import Image

import fastrti
from fastrti import cli, formats
from fastrti.errors import ObjectError
from fastrti.kernels.backends import BACKENDS
from fastrti.objects import decoders

LIGHT = (0.3, 0.5)


def example(name: str) -> ModuleType:
    """A file of docs/examples as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / "examples" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def matt() -> fastrti.Relightable:
    """A grey ball of the example's decoder: planes of colour times normal, from −1 to 1."""
    y, x = np.mgrid[1:-1:9j, -1:1:11j]
    z = np.sqrt(np.clip(1 - x * x - y * y, 0, 1))
    planes = np.repeat(np.rint((np.stack([x, y, z]) * 0.8 + 1) * 127.5), 3, axis=0).astype(np.uint8)
    return fastrti.Relightable(planes, np.full(9, -1.0), np.full(9, 1.0), example("lambert_decoder").LambertDecoder())


@pytest.mark.parametrize("backend", [name for name, row in BACKENDS.items() if row.why_not() is None])
def test_the_decoder_is_drawn(matt, backend):
    picture = fastrti.Renderer(matt, backend=backend).relight(LIGHT)
    light = np.array([*LIGHT, np.sqrt(1 - 0.3**2 - 0.5**2)])
    colour = np.einsum("achw,a->hwc", (matt.planes / 127.5 - 1).reshape(3, 3, 9, 11), light)
    assert np.abs(np.asarray(picture) - 255 * np.clip(colour, 0, 1)).max() <= 1.5


def test_the_decoder_is_saved(matt, tmp_path, monkeypatch):
    kind = type(matt.decoder)
    with monkeypatch.context() as row:
        row.setitem(decoders.KINDS, kind.kind, kind.from_json)
        fastrti.save(matt, tmp_path / "ball")
        loaded = fastrti.load(tmp_path / "ball")
    assert isinstance(loaded.decoder, kind) and (loaded.planes == matt.planes).all()
    with pytest.raises(ObjectError, match="lambert"):
        fastrti.load(tmp_path / "ball")


@pytest.fixture
def raw(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The example's format as a row of the table."""
    module = example("raw_format")
    monkeypatch.setitem(formats.FORMATS, "raw", module.FORMAT)
    return module


def test_the_format_is_written_and_read(raw, matt, tmp_path, monkeypatch):
    monkeypatch.setitem(decoders.KINDS, "lambert", type(matt.decoder).from_json)
    fastrti.save(matt, tmp_path / "ball.rawrti")
    loaded = fastrti.load(tmp_path / "ball.rawrti")
    assert (loaded.planes == matt.planes).all() and loaded.decoder.label == matt.decoder.label


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"no JSON\n", "expected a line of JSON"),
        (b"[]\n", "planes"),
        (b'{"width": 9, "height": 9, "planes": 9}\n', "expected 9 planes"),
        (b'{"width": 99999, "height": 99999, "planes": 9}\n', "pixels"),
        (b'{"width": 10000, "height": 9999, "planes": 9}\n', "expected 9 planes"),
    ],
)
def test_the_format_trusts_nothing(raw, tmp_path, content, wanted):
    (tmp_path / "ball.rawrti").write_bytes(raw.MAGIC + content)
    with pytest.raises(ObjectError, match=wanted):
        fastrti.load(tmp_path / "ball.rawrti")


@pytest.fixture
def numpy_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example's backend as a row of the table."""
    monkeypatch.setitem(BACKENDS, "numpy", example("numpy_backend").BACKEND)


@pytest.mark.parametrize("kind", DECODERS)
def test_the_backend_draws_every_decoder(numpy_backend, kind):
    ball = relightable(kind, 7, 6, masked=True)
    exact = fastrti.Renderer(ball, backend="reference").relight_batch(LIGHTS).astype(int)
    drawn = fastrti.Renderer(ball, backend="numpy").relight_batch(LIGHTS)
    assert np.ptp(exact) > 50 and np.abs(drawn - exact).max() <= 1


def test_the_backend_draws_experts(numpy_backend):
    ball = experts("light-mlp-relu-skip", 3, 7, 6)
    exact = fastrti.Renderer(ball, backend="reference").relight(LIGHT).astype(int)
    assert np.abs(fastrti.Renderer(ball, backend="numpy").relight(LIGHT) - exact).max() <= 1


def test_the_backend_draws_regions_with_alpha(numpy_backend):
    ball = relightable("ptm", 7, 6, masked=True)
    region, out = (2, 1, 4, 3), np.empty((4, 3, 4), np.uint8)
    fastrti.Renderer(ball, backend="numpy").relight(LIGHT, out=out, region=region)
    whole = np.empty((7, 6, 4), np.uint8)
    fastrti.Renderer(ball, backend="reference").relight(LIGHT, out=whole)
    assert np.abs(out - whole[2:6, 1:4].astype(int)).max() <= 1 and set(out[..., 3].flat) == {0, 255}


def test_the_backend_serves_the_command_line(numpy_backend, tmp_path):
    fastrti.save(relightable("ptm", 7, 6), tmp_path / "ball")
    arguments = ["relight", str(tmp_path / "ball"), "--light", "0.3,0.5", "--backend", "numpy"]
    assert cli.main([*arguments, "-o", str(tmp_path / "ball.png")]) == 0
    drawn = np.asarray(Image.open(tmp_path / "ball.png").convert("RGB")).astype(int)
    assert np.abs(drawn - fastrti.Renderer(tmp_path / "ball", backend="reference").relight(LIGHT)).max() <= 1


def test_the_command_writes_pictures(matt, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cli, "COMMANDS", (*cli.COMMANDS, example("planes")))
    monkeypatch.setitem(decoders.KINDS, "lambert", type(matt.decoder).from_json)
    fastrti.save(matt, tmp_path / "ball")
    assert cli.main(["planes", str(tmp_path / "ball"), "-o", str(tmp_path / "planes")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 9
    assert (np.asarray(Image.open(tmp_path / "planes" / "plane_3.png")) == matt.planes[2]).all()
