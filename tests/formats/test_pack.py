"""Packs: what is written is read again to the last byte, by fastrti and by tifffile; levels are exact means."""

import os
import signal
import subprocess
import sys
import tracemalloc
import zlib
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from objects import DECODERS, assert_equal, relightable

from fastrti import ObjectError, Relightable, load, object_info, save
from fastrti.formats import open_object
from fastrti.formats.pack import Pack, Picture, write_pack
from fastrti.formats.pack.layout import MAX_TILES, levels
from fastrti.json_fields import json_text
from fastrti.objects.annotations import Annotation
from fastrti.objects.scales import reduced

HEIGHT, WIDTH = 270, 515


def blocks(name: str = "ptm-base", masked: bool = True, height: int = HEIGHT, width: int = WIDTH) -> Relightable:
    """An object of several tiles: noise in blocks, which is quick to compress."""
    small = relightable(name, -(-height // 4), -(-width // 4), masked)
    grown = np.repeat(np.repeat(small.planes, 4, 1), 4, 2)[:, :height, :width]
    rng = np.random.default_rng(height)
    return replace(small, planes=grown, mask=rng.random((height, width)) < 0.6 if masked else None)


@pytest.fixture(scope="module")
def full(tmp_path_factory) -> tuple[Relightable, Pack]:
    """An object with everything, and its pack."""
    rng = np.random.default_rng(1)
    made = replace(
        blocks(),
        normals=np.repeat(rng.integers(0, 256, (HEIGHT, 1, 3), np.uint8), WIDTH, 1),
        lights=np.array([[0.0, 0.6, 0.8]]),
        mm_per_pixel=0.25,
        title="Vase Ω",
        creator="c",
        rights="r",
        int8_loss_db=0.0,
        training={"shape": [1, 2]},
        provenance={"@context": {}, "@graph": [{"@id": "_:x"}]},
        annotations=(Annotation("ü", "point", ((3, 4),), created="2026-01-01T00:00:00+00:00", id="urn:a"),),
        extra={"somebody": {"else": [1, None]}},
    )
    path = tmp_path_factory.mktemp("packs") / "vase.rti.tif"
    save(made, path)
    return made, Pack(path)


def test_everything_comes_back(full, tmp_path):
    made, pack = full
    back = load(pack.path)
    assert object_info(back) == object_info(made)
    assert_equal(replace(back, provenance={}, annotations=()), replace(made, provenance={}, annotations=()))
    assert [replace(note, source={}) for note in back.annotations] == list(made.annotations)
    save(back, tmp_path / "again.rti.tif")
    assert (tmp_path / "again.rti.tif").read_bytes() == pack.path.read_bytes()


@pytest.mark.parametrize("name", [name for name in DECODERS if not name.startswith("mlp-46")])
def test_every_decoder_and_small_pictures(tmp_path, name):
    made = relightable(name, masked=True)
    save(made, tmp_path / "a.RTI.tif")
    assert_equal(load(tmp_path / "a.RTI.tif"), made)


@pytest.mark.parametrize("masked", [True, False])
def test_levels_are_what_a_scale_draws_from(tmp_path, masked):
    made = blocks(masked=masked)
    save(made, tmp_path / "a.rti.tif")
    pack = open_object(tmp_path / "a.rti.tif")
    for factor in (1, 2, 4, 16, 64):  # the file has the first three
        found = pack.at(factor)
        found = found.whole() if isinstance(found, Pack) else found
        assert_equal(found, made if factor == 1 else reduced(made, factor))
    assert_equal(pack.at(2).at(2).whole(), reduced(made, 4))
    assert_equal(pack.coarsest(), reduced(made, 4))


def test_tifffile_reads_the_same(full):
    made, pack = full
    with tifffile.TiffFile(pack.path) as file:
        pages = file.pages
        assert file.is_bigtiff and [page.is_reduced for page in pages] == [False, True, True] * 2
        for number, page in enumerate(pages[:3]):
            wanted = made if number == 0 else reduced(made, 2**number)
            stored = page.asarray()
            assert (stored[..., :-1].transpose(2, 0, 1) == wanted.planes).all()
            assert (stored[..., -1] == np.where(wanted.mask, 255, 0)).all()
        assert (pages[3].asarray() == made.normals).all() and pages[3].photometric == tifffile.PHOTOMETRIC.RGB
        assert [len(series.levels) for series in file.series] == [3, 3]
        offsets = [offset for page in (*pages[2::-1], *pages[:2:-1]) for offset in page.dataoffsets]
        assert offsets == sorted(offsets) and offsets[0] < 1 << 16  # coarse levels first, after all that is no pixel


def test_a_stream_that_a_browser_inflates(full):
    made, pack = full
    data = pack.path.read_bytes()
    with tifffile.TiffFile(pack.path) as file:
        start, count = file.pages[0].dataoffsets[0], file.pages[0].databytecounts[0]
    raw = np.frombuffer(zlib.decompress(data[start : start + count]), np.uint8).reshape(256, 256, -1)
    assert (raw.cumsum(1, dtype=np.uint8)[..., 0] == made.planes[0, :256, :256]).all()


def test_too_many_tiles(tmp_path):
    side = 256 * 1025
    with pytest.raises(ObjectError, match=f"expected at most {MAX_TILES:,} tiles of 256×256 pixels, got {side}×{side}"):
        write_pack(tmp_path / "a.rti.tif", b"{}", b"", Picture(levels(side, side, 3), False, lambda *_: None))
    assert not list(tmp_path.iterdir())


def test_a_limit_of_pixels(full):
    _, pack = full
    with pytest.raises(ObjectError, match=f"expected at most 1000 pixels, got {WIDTH}×{HEIGHT}"):
        load(pack.path, max_pixels=1000)


KILLED = """
import os, signal, sys
from pathlib import Path
from fastrti.formats.pack import Picture, write_pack
from fastrti.formats.pack.layout import levels
import numpy as np

def read(row, column):
    if row == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return np.zeros((256, 256, 3), np.uint8)

write_pack(Path(sys.argv[1]), b"{}", b"", Picture(levels(512, 512, 3), False, read))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
@pytest.mark.parametrize("old", [b"old", None])
def test_a_killed_pack_leaves_the_old_file_or_none(tmp_path, old):
    path = tmp_path / "a.rti.tif"
    if old:
        path.write_bytes(old)
    ran = subprocess.run([sys.executable, "-c", KILLED, path], check=False)
    assert ran.returncode == -signal.SIGKILL
    assert (path.read_bytes() if path.exists() else None) == old
    save(blocks(height=16, width=16), path)  # and clears up
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_pack_that_is_replaced_shows_the_old_object(tmp_path):
    path, old, new = tmp_path / "a.rti.tif", blocks(height=16, width=16), blocks("hsh4", height=20, width=20)
    save(old, path)
    pack = Pack(path)
    save(new, path)
    assert_equal(pack.whole(), old)
    assert_equal(load(path), new)
    with open(path, "r+b") as file:
        pack = Pack(path)
        file.truncate(os.path.getsize(path) - 1)
    with pytest.raises(ObjectError, match="got a file that was cut: open it again"):
        pack.whole()


def test_a_picture_of_many_tiles_is_packed_in_the_memory_of_some(tmp_path):
    size = levels(4096, 4096, 1)
    tile = np.zeros((256, 256, 1), np.uint8)
    info = json_text(object_info(relightable("ptm")))
    tracemalloc.start()
    write_pack(tmp_path / "a.rti.tif", info, b"", Picture(size, False, lambda *_: tile))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4096 * 4096 / 2
