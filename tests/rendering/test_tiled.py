"""Packs drawn tile by tile: the same bytes as the object in memory, from the tiles that a picture shows."""

import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from objects import relightable

from fastrti import BackendError, ObjectError, Renderer, save
from fastrti.formats.pack import Pack
from fastrti.kernels.backends import BACKENDS
from fastrti.rendering import tiled

KIND, HEIGHT, WIDTH = "light-mlp-relu-skip", 520, 300
LIGHT = (0.35, -0.5)
NUMPY_BACKENDS = [name for name in ("cpu", "reference") if BACKENDS[name].why_not() is None]


@pytest.fixture(scope="module")
def made():
    return replace(relightable(KIND, HEIGHT, WIDTH, masked=True), mm_per_pixel=2.0)


@pytest.fixture(scope="module")
def path(made, tmp_path_factory):
    path = tmp_path_factory.mktemp("packs") / "a.rti.tif"
    save(made, path)
    return path


@pytest.mark.parametrize("backend", NUMPY_BACKENDS)
@pytest.mark.parametrize("scale", [1, 1 / 2, 1 / 4, 1 / 64])
def test_the_same_bytes_at_every_scale(made, path, backend, scale):
    whole, packed = Renderer(made, backend), Renderer(path, backend)
    wanted = whole.relight(LIGHT, scale=scale)
    assert (packed.relight(LIGHT, scale=scale) == wanted).all()
    assert (packed.at(scale).height, packed.at(scale).width) == wanted.shape[:2]
    assert packed.at(scale).relightable.mm_per_pixel == 2 / scale


@pytest.mark.parametrize("region", [(0, 0, 1, 1), (255, 255, 2, 2), (511, 3, 9, 290), (256, 256, 256, 44)])
def test_regions_batches_and_alpha(made, path, region):
    whole, packed = Renderer(made), Renderer(path)
    assert (packed.relight(LIGHT, region=region) == whole.relight(LIGHT, region=region)).all()
    lights = [LIGHT, (0, 0)]
    assert (packed.relight_batch(lights, region=region) == whole.relight_batch(lights, region=region)).all()
    outs = [np.zeros((*region[2:], 4), np.uint8) for _ in range(2)]
    for renderer, out in zip((whole, packed), outs):
        renderer.relight(LIGHT, out=out, region=region)
    assert (outs[0] == outs[1]).all()


def test_only_the_tiles_that_a_picture_shows_are_read(path, monkeypatch):
    read, tile = [], Pack.tile
    monkeypatch.setattr(Pack, "tile", lambda self, *place: read.append((self.number, *place)) or tile(self, *place))
    renderer = Renderer(path)
    assert not read
    for light in (LIGHT, (0, 0)):
        renderer.relight(light, region=(250, 10, 20, 20))
        renderer.relight(light, region=(100, 70, 65, 65), scale=1 / 2)
    assert sorted(read) == [(0, 0, 0), (0, 1, 0), (1, 0, 0)]


def test_few_tiles_are_kept(made, path, monkeypatch):
    monkeypatch.setattr(tiled, "CACHE_BYTES", 2 * 256 * 256 * 10)
    renderer, whole = Renderer(path), Renderer(made)
    with ThreadPoolExecutor(4) as pool:
        pictures = pool.map(lambda x: renderer.relight((x, 0)), np.linspace(-0.5, 0.5, 6))
        for x, picture in zip(np.linspace(-0.5, 0.5, 6), pictures):
            assert (picture == whole.relight((x, 0))).all()
    renderer.relight(LIGHT, scale=1 / 2)
    cache = renderer._kernel.cache
    assert cache is renderer.at(1 / 2)._kernel.cache
    assert 0 < cache._bytes <= tiled.CACHE_BYTES and cache._bytes == sum(size for _, size in cache._kernels.values())


def test_pickles_and_forks(made, path):
    wanted = Renderer(made).relight(LIGHT)
    renderer = Renderer(path)
    assert (pickle.loads(pickle.dumps(renderer)).relight(LIGHT) == wanted).all()
    assert (pickle.loads(pickle.dumps(renderer.at(1 / 2))).relight(LIGHT) == renderer.relight(LIGHT, scale=1 / 2)).all()
    if hasattr(os, "fork"):
        renderer = Renderer(path)
        child = os.fork()
        if child == 0:
            os._exit(0 if (renderer.relight(LIGHT) == wanted).all() else 1)
        assert (renderer.relight(LIGHT) == wanted).all()
        assert os.waitpid(child, 0)[1] == 0


def test_what_a_pack_cannot(path, tmp_path):
    renderer = Renderer(path)
    assert "by tiles" in repr(renderer) and f"{WIDTH}×{HEIGHT}" in repr(renderer)
    with pytest.raises(BackendError, match="expected an object in memory for a graph, got a pack"):
        renderer.graph()
    data = bytearray(path.read_bytes())
    data[-1] ^= 255  # of the checksum
    (tmp_path / "damaged.rti.tif").write_bytes(data)
    damaged = Renderer(tmp_path / "damaged.rti.tif")
    damaged.relight(LIGHT, region=(0, 0, 9, 9))
    with pytest.raises(ObjectError, match="tile 1, 2 of level 0: expected a whole tile, got a damaged one"):
        damaged.relight(LIGHT)
