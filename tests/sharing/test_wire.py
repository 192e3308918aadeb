"""Objects whose planes travel as JPEG: few bytes, and a loss that is bounded and recorded."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from networks import random_planes
from objects import LIGHTS, assert_equal, relightable
from PIL import Image

from fastrti import ArgumentError, Relightable, Renderer, for_the_wire, load, save
from fastrti.cli import main
from fastrti.formats.wire import Wire
from fastrti.objects.experts import Experts
from fastrti.rendering.bands import many_lights
from fastrti.scoring.metrics import psnr
from fastrti.sharing.web import export_folder

PSNR = 22.0


def smooth(name: str, height: int = 32, width: int = 40, masked: bool = False) -> Relightable:
    """An object of one kind with planes like those of an object: soft forms and a little noise."""
    what = relightable(name, height, width, masked)
    coarse = random_planes(np.random.default_rng(5), len(what.planes), (4, 5))
    soft = [np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC)) for plane in coarse]
    planes = np.clip(np.array(soft) + np.random.default_rng(6).normal(0, 2, what.planes.shape), 0, 255)
    return replace(what, planes=planes.astype(np.uint8), training={"psnr": PSNR})


def bytes_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("plane_*"))


def lost(original: Relightable, opened: Relightable) -> float:
    """dB that the mean squared difference of 8-bit pictures costs beside the recorded error."""
    renderers = Renderer(original, "cpu"), Renderer(opened, "cpu")
    pairs = ([each.relight(light) for each in renderers] for light in many_lights(None)[::3])
    return float(np.mean([10 * np.log10(1 + 1.5 * 10 ** ((PSNR - psnr(*pair, original.mask)) / 10)) for pair in pairs]))


@pytest.mark.parametrize("name", ["light-mlp-relu-skip", "openlime-unequal-few-latents", "ptm-base"])
def test_planes_take_few_bytes_and_cost_at_most_what_was_allowed(tmp_path: Path, name: str) -> None:
    what = smooth(name, 48, 64, masked=len(name) % 2 == 0)
    coded, wire = for_the_wire(what, 0.2)
    save(what, tmp_path / "lossless")
    save(coded, tmp_path / "light", wire=wire)
    assert 0.1 < wire.loss_db <= 0.2, "less would waste bytes"
    assert bytes_of(tmp_path / "light") < bytes_of(tmp_path / "lossless")
    opened = load(tmp_path / "light")
    assert lost(what, opened) == pytest.approx(wire.loss_db, abs=0.1)  # other lights
    info = json.loads((tmp_path / "light" / "info.json").read_text())
    assert info["wire"] == {"codec": "jpeg", "steps": list(wire.steps), "loss_db": wire.loss_db}
    if name.startswith("light-mlp"):
        assert set(info["decoder"]["light_layers"][-1]["weight"]) == {"f16", "shape"}
    assert opened.extra["wire"] == info["wire"] and opened.training == what.training
    for file in (tmp_path / "light").glob("plane_*"):
        assert file.read_bytes().startswith(b"\xff\xd8")


def test_a_larger_loss_takes_fewer_bytes(tmp_path: Path) -> None:
    what, sizes = smooth("light-mlp-relu-skip"), []
    for loss in (0.05, 0.2, 1.0):
        coded, wire = for_the_wire(what, loss)
        assert wire.loss_db <= loss
        save(coded, tmp_path / "light", wire=wire)
        sizes.append(bytes_of(tmp_path / "light"))
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) == 3


@pytest.mark.parametrize("side", [1, 8, 257])
def test_the_steps_stand_in_the_file_and_channels_are_neither_mixed_nor_subsampled(side: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (side, side, 3)).astype(np.uint8)
    jpeg = Wire((1, 2, 200), 0.0).encode(noise, 0)
    opened = Image.open(io.BytesIO(jpeg))
    assert opened.mode == "RGB" and [set(table) for table in opened.quantization.values()] == [{1}, {2}, {200}]
    assert [component[1:3] for component in opened.layer] == [(1, 1)] * 3 and not opened.info.get("adobe_transform")
    error = abs(np.asarray(opened).astype(int) - noise)
    assert error[..., 0].max() <= 3 and error[..., 1].max() <= 9, "a coarse channel leaves the others alone"


def test_tiles_hold_the_bytes_of_the_whole(tmp_path: Path) -> None:
    what = smooth("light-mlp-one-layer", 260, 24, masked=True)
    export_folder(what, tmp_path / "tiled", tiles=True, loss_db=0.2)
    export_folder(what, tmp_path / "whole", loss_db=0.2)
    tiled, whole = (load(tmp_path / name / "object") for name in ("tiled", "whole"))
    assert_equal(tiled, whole)
    assert (tmp_path / "tiled/object/plane_1_files/1/0_1.png").read_bytes().startswith(b"\xff\xd8")
    save(tiled, tmp_path / "again")  # lossless: nothing is rounded twice
    assert np.array_equal(load(tmp_path / "again").planes, whole.planes)
    assert load(tmp_path / "again").extra["wire"] == whole.extra["wire"]


def test_experts_travel(tmp_path: Path) -> None:
    one = smooth("light-mlp-relu-skip")
    labels = np.zeros(one.planes.shape[1:], np.uint8)
    labels[:, 16:] = 1
    what = replace(one, decoder=Experts((one.decoder, one.decoder)), labels=labels)
    coded, wire = for_the_wire(what, 0.2)
    save(coded, tmp_path / "light", wire=wire)
    assert wire == for_the_wire(one, 0.2)[1], "two experts that are one"
    assert lost(what, load(tmp_path / "light")) == pytest.approx(wire.loss_db, abs=0.1)


def test_what_the_wire_cannot_do_is_a_sentence(tmp_path: Path) -> None:
    what = smooth("light-mlp-relu-skip")
    coded, wire = for_the_wire(what, 0.2)
    save(coded, tmp_path / "light", wire=wire)
    for bad, loss, sentence in (
        (what, 0, "expected loss_db above 0 and up to 10, got 0"),
        (what, float("inf"), "expected loss_db above 0"),
        (what, float("nan"), "expected loss_db above 0"),
        (load(tmp_path / "light"), 0.2, "got one whose planes were JPEG"),
        (replace(what, training={}), 0.2, "whose fit recorded its PSNR"),
        (replace(what, training={"psnr": "fine"}), 0.2, "whose fit recorded its PSNR"),
        (replace(what, training={"psnr": 90.0}), 0.01, "dB from the finest"),
    ):
        with pytest.raises(ArgumentError, match=sentence):
            for_the_wire(bad, loss)
    with pytest.raises(ArgumentError, match="expected wire for fastrti's own folder"):
        save(coded, tmp_path / "light.rti.tif", wire=wire)
    with pytest.raises(ArgumentError, match="9 planes"):
        save(coded, tmp_path / "light", wire=Wire((1, 2), 0.1))
    with pytest.raises(ArgumentError, match="expected steps from 1 to 255"):
        Wire((0,), 0.1)


def test_an_object_without_visible_pixels_and_one_without_colours(tmp_path: Path) -> None:
    what = smooth("light-mlp-relu-skip", 9, 11)
    for odd in (replace(what, mask=np.zeros((9, 11), bool)), replace(what, planes=0 * what.planes)):
        coded, wire = for_the_wire(odd, 0.2)
        save(coded, tmp_path / "odd", wire=wire)
        assert (
            abs(
                Renderer(load(tmp_path / "odd")).relight(LIGHTS[0]).astype(int) - Renderer(odd).relight(LIGHTS[0])
            ).max()
            <= 1
        )


def test_export_writes_light_planes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vase = str(tmp_path / "vase")
    save(smooth("light-mlp-relu-skip"), vase)
    sizes = {}
    for name, options in {"lossless": [], "light": ["--loss-db", "0.2"]}.items():
        assert main(["export", vase, "--to", "web", str(tmp_path / name), *options]) == 0
        assert main(["export", vase, "--to", "web", str(tmp_path / f"{name}.html"), "--single-file", *options]) == 0
        assert main(["export", vase, vase, "--to", "web", str(tmp_path / f"{name}s"), *options]) == 0
        folders = [tmp_path / name / "object", *(tmp_path / f"{name}s" / "objects").iterdir()]
        sizes[name] = [bytes_of(folder) for folder in folders] + [(tmp_path / f"{name}.html").stat().st_size]
    assert all(light < lossless for light, lossless in zip(sizes["light"], sizes["lossless"], strict=True))
    capsys.readouterr()
    for words, sentence in (
        (["web", "site", "--pack", "--loss-db", "0.2"], "expected lossless planes for a pack, got --loss-db"),
        (["archive", "vase.zip", "--loss-db", "0.2"], "expected --loss-db with --to web, got --to archive"),
        (["web", "site", "--loss-db", "0"], "expected --loss-db above 0 and up to 10, got 0: leave it out"),
    ):
        assert main(["export", vase, "--to", words[0], str(tmp_path / words[1]), *words[2:]]) == 1
        assert sentence in capsys.readouterr().err
    assert not (tmp_path / "site").exists()
