"""What the server of `fastrti view` shows: an object in every form, and the normals that are made for it."""

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from local_servers import ask, running, serving
from objects import relightable
from PIL import Image

from fastrti import ObjectError, Relightable, Renderer, estimate_normals, load, save
from fastrti.rendering.normals import encode_normals
from fastrti.sharing.local_server import LocalServer
from fastrti.sharing.local_site import PackedSite, Site
from fastrti.sharing.opened import OpenedObject
from fastrti.sharing.web import export_folder


def expected_normals(what: Relightable) -> np.ndarray:
    return encode_normals(estimate_normals(Renderer(what)))


def test_normals_are_computed_when_they_are_asked_for_and_kept_with_the_object(
    server: LocalServer, vase: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert ask(server, "object/normals.png", "HEAD")[0] == 202
    assert not (vase / "normals.png").exists()
    sent = np.asarray(Image.open(BytesIO(ask(server, "object/normals.png")[2])))
    assert np.array_equal(sent, expected_normals(relightable("ptm", 7, 9)))
    assert ask(server, "object/normals.png", "HEAD")[0] == 200
    for _ in range(200):
        if "normals.png" in capfd.readouterr().err:
            break
        time.sleep(0.05)
    kept = load(vase)
    assert kept.normals is not None and np.array_equal(kept.normals, sent)
    with serving(vase, tmp_path / "again") as again:
        assert ask(again, "object/normals.png", "HEAD")[0] == 200
        assert ask(again, "object/normals.png")[2] == (vase / "normals.png").read_bytes()
    assert not list((tmp_path / "again").iterdir())


def test_nobody_reads_half_of_the_normals(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that come while the normals are written wait for the whole file, and one thread makes it for all."""
    half, go, calls = threading.Event(), threading.Event(), []
    make = Site.make_normals

    def slow(site: Site) -> str:
        calls.append(site)
        half.set()
        assert go.wait(20)
        return make(site)

    monkeypatch.setattr(Site, "make_normals", slow)
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(ask, server, "object/normals.png") for _ in range(3)]
        assert half.wait(20)
        assert ask(server, "object/plane_1.jpg")[0] == 200, "others do not wait"
        assert not any(request.done() for request in asked)
        go.set()
        bodies = {request.result()[2] for request in asked}
    assert len(bodies) == len(calls) == 1 and Image.open(BytesIO(bodies.pop())).size == (9, 7)


def test_normals_that_cannot_be_made_are_said(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(site: Site) -> str:
        raise ObjectError("expected memory, found less")

    monkeypatch.setattr(Site, "make_normals", fail)
    assert ask(server, "object/normals.png")[0] == 404
    assert "note: the normals cannot be made: expected memory, found less" in capfd.readouterr().err


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="whoever is root may write everywhere")
def test_a_folder_that_cannot_be_written_still_shows_normals(vase: Path, tmp_path: Path) -> None:
    vase.chmod(0o555)
    try:
        with serving(vase, tmp_path / "own") as server:
            assert ask(server, "object/normals.png")[0] == 200
    finally:
        vase.chmod(0o755)


def test_normals_do_not_go_to_an_object_that_took_the_place(vase: Path) -> None:
    opened = OpenedObject(vase)
    save(relightable("ptm", 7, 9, masked=True), vase)
    opened.estimate_normals()
    assert opened.keep_normals() == "" and not (vase / "normals.png").exists()


def test_a_saved_object_does_not_keep_the_normals_of_the_one_before(vase: Path) -> None:
    opened = OpenedObject(vase)
    opened.estimate_normals()
    assert "kept for the next time" in opened.keep_normals() and (vase / "normals.png").exists()
    save(opened.relightable, vase)
    assert load(vase).normals is not None
    save(relightable("hsh9", 7, 9), vase)
    assert load(vase).normals is None and not (vase / "normals.png").exists()


def test_a_foreign_object_is_turned_into_a_folder(tmp_path: Path) -> None:
    save(relightable("ptm", 7, 9), tmp_path / "vase.ptm")
    with serving(tmp_path / "vase.ptm", tmp_path / "own") as server:
        assert json.loads(ask(server, "object/info.json")[2])["width"] == 9
        assert ask(server, "object/normals.png")[0] == 200
    assert load(tmp_path / "own").width == 9


def test_a_tiled_object_is_served_as_it_is_and_its_normals_are_tiled(tmp_path: Path) -> None:
    export_folder(relightable("ptm", 300, 9), tmp_path / "site", tiles=True)
    source = tmp_path / "site" / "object"
    (source / "normals_files").rename(tmp_path / "normals_files")
    with serving(source, tmp_path / "own") as server:
        tile = "plane_1_files/1/0_1.png"
        assert ask(server, f"object/{tile}")[2] == (source / tile).read_bytes()
        assert ask(server, "object/normals.dzi", "HEAD")[0] == 202
        answers = [ask(server, f"object/normals_files/{tile}") for tile in ("1/0_1.png", "1/0_9.png")]
    assert [status for status, *_ in answers] == [200, 404]
    assert answers[0][2] == (tmp_path / "normals_files/1/0_1.png").read_bytes()
    assert not list((tmp_path / "own").glob("plane*"))


def test_a_pack_is_served_in_parts_and_nothing_beside_it(tmp_path: Path) -> None:
    save(replace(relightable("ptm", 300, 9), title="Vase"), tmp_path / "vase.rti.tif")
    whole = (tmp_path / "vase.rti.tif").read_bytes()
    (tmp_path / "object.rti.tif").write_text("secret")
    opened = OpenedObject(tmp_path / "vase.rti.tif")
    assert opened.pack is not None
    with running(LocalServer(PackedSite(opened.pack))) as server:
        page = ask(server, "")[2]
        assert (
            b"<title>Vase</title>" in page and b'src="object.rti.tif"' in page and page == ask(server, "index.html")[2]
        )
        status, headers, part = ask(server, "object.rti.tif", Range="bytes=16-99")
        assert (status, part, headers["Content-Type"]) == (206, whole[16:100], "image/tiff")
        for path in ("object/info.json", "object/normals.png", "vase.rti.tif", "object.rti.tif/", "../vase.rti.tif"):
            assert ask(server, path)[0] == 404
