"""Saving: where an object may be put, what stays there, and saves that are killed half-way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from objects import assert_equal, relightable

from fastrti import load, save
from fastrti.errors import ObjectError

posix = pytest.mark.skipif(os.name != "posix", reason="kills a forked process")


# --- where an object may be saved ------------------------------------------------------------------------------------


def test_saving_over_an_object_keeps_foreign_files_only(tmp_path):
    target = tmp_path / "object"
    save(relightable("hsh16", masked=True), target)
    (target / "notes.txt").write_text("mine")
    (target / "views").mkdir()
    (target / "views" / "front.html").write_text("mine too")
    (target / "views" / "plane_1.jpg").write_text("not a plane of the object")
    (target / "dangling").symlink_to("nowhere")
    save(relightable("ptm"), target)
    assert_equal(load(target), relightable("ptm"))
    kept = {path.relative_to(target).as_posix() for path in target.rglob("*") if not path.is_dir()}
    planes = {f"plane_{number}.jpg" for number in range(1, 7)}
    foreign = {"notes.txt", "views/front.html", "views/plane_1.jpg", "dangling"}
    assert kept == {"info.json", *planes, *foreign}
    assert (target / "notes.txt").read_text() == "mine" and os.readlink(target / "dangling") == "nowhere"
    assert [path.name for path in tmp_path.iterdir()] == ["object"]


@pytest.mark.parametrize("content", ["photo.jpg", "info.json", "info.json of Relight"])
def test_anything_but_an_object_is_not_replaced(content, tmp_path):
    target = tmp_path / "photos"
    target.mkdir()
    text = '{"type": "ptm", "width": 5}' if "Relight" in content else "not JSON"
    (target / content.split()[0]).write_text(text)
    with pytest.raises(ObjectError) as caught:
        save(relightable("ptm"), target)
    assert str(caught.value) == (
        f"{target}: expected a new folder or an existing object to replace, got something else: choose another name"
    )
    assert [path.read_text() for path in target.iterdir()] == [text]
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_an_empty_folder_and_missing_parents_are_fine(tmp_path):
    (tmp_path / "empty").mkdir()
    for target in (tmp_path / "empty", tmp_path / "a" / "b" / "object"):
        save(relightable("ptm"), target)
        assert_equal(load(target), relightable("ptm"))


def test_relative_paths(tmp_path, monkeypatch):
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    for path in ("object", "./other/../object", "../beside", Path("deep/er")):
        save(relightable("ptm"), path)
        assert_equal(load(path), relightable("ptm"))
    monkeypatch.chdir(tmp_path / "beside")
    assert_equal(load("."), relightable("ptm"))
    assert_equal(load(""), relightable("ptm"))


@pytest.mark.parametrize("path", [".", "..", "", "../../object", "/"])
def test_the_current_folder_is_not_replaced(path, tmp_path, monkeypatch):
    target = tmp_path / "object"
    save(relightable("ptm"), target)
    (target / "inside").mkdir()
    monkeypatch.chdir(target / "inside" if ".." in path else target)
    with pytest.raises(ObjectError, match=r"expected a .*, got the (current folder|root)"):
        save(relightable("hsh4"), path)
    assert_equal(load(target), relightable("ptm"))


def test_saving_through_a_symlink_replaces_what_it_points_to(tmp_path):
    (tmp_path / "link").symlink_to("real")
    for name in ("ptm", "hsh4"):
        save(relightable(name), tmp_path / "link")
        assert (tmp_path / "link").is_symlink()
        assert_equal(load(tmp_path / "real"), relightable(name))


@pytest.mark.parametrize("path", ["file/object", "file", "x" * 300, "loop"])
def test_places_that_cannot_be_written_are_object_errors(path, tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(ObjectError, match=r"expected a (new |file or )?folder"):
        save(relightable("ptm"), tmp_path / path)


def test_a_full_disk_leaves_the_old_object_and_no_litter(tmp_path, monkeypatch):
    save(relightable("ptm"), tmp_path / "object")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ObjectError, match="expected a folder that can be written, got No space left on device"):
        save(relightable("hsh4"), tmp_path / "object")
    assert_equal(load(tmp_path / "object"), relightable("ptm"))
    assert [path.name for path in tmp_path.iterdir()] == ["object"]


# --- killed saves ----------------------------------------------------------------------------------------------------

# Forks a save for each of its file system calls and ends it there, as SIGKILL would. After each it prints what a reader
# then finds, and what the next save leaves.
KILLED_SAVES = """
import os, shutil, sys
from pathlib import Path
import numpy as np
from fastrti.objects.decoders import LightBasisDecoder
from fastrti.errors import ObjectError
from fastrti.files import replacing as swaps
from fastrti.formats import load, save
from fastrti.objects.relightable import Relightable

EVENTS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.scandir", "os.listdir", "fsync"}

def vase(title, terms, mask=None):
    low, high = np.zeros(3 * terms), np.ones(3 * terms)
    planes = np.full((3 * terms, 4, 5), terms, np.uint8)
    return Relightable(planes, low, high, LightBasisDecoder("hsh", terms), mask, title=title)

first, second, third = vase("first", 4, np.ones((4, 5), bool)), vase("second", 9), vase("third", 1)

def found(path):
    try:
        loaded = load(path)
    except ObjectError as error:
        return "nothing" if "got no such folder" in str(error) else f"error {error}"
    whole = (loaded.planes == loaded.decoder.terms).all() and (loaded.mask is not None) == (loaded.title == "first")
    return loaded.title if whole else "mixed"

def killed(save, calls):
    '''Runs save in a fork that ends at its calls-th file system call; whether it ended there.'''
    child = os.fork()
    if child == 0:
        if sys.argv[2] == "two renames":
            swaps._exchange = lambda one, other: False
        left = calls
        def count(event, arguments=()):
            nonlocal left
            if event in EVENTS:
                left -= 1
                if left == 0:
                    os._exit(9)
        sys.addaudithook(count)
        os.fsync = lambda handle: count("fsync")
        save()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9

os.fsync = lambda handle: None  # a killed process loses nothing the system already has
root = Path(sys.argv[1])
for replacing in (False, True):
    calls = 0
    while True:
        calls += 1
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        target = root / "vase"
        if replacing:
            save(first, target)
            (target / "notes.txt").write_text("mine")
        ended = killed(lambda: save(second, target), calls)
        after = found(target)
        second_death = killed(lambda: save(third, target), calls // 2 + 1)
        between = found(target)
        save(third, target)
        left = sorted(path.name for path in root.iterdir())
        notes = (target / "notes.txt").exists()
        print(replacing, ended, after, between, found(target), left == ["vase"], notes == replacing, sep="\\t")
        if not ended:
            break
"""


@posix
@pytest.mark.parametrize("swap", ["exchange", "two renames"])
def test_a_killed_save_leaves_the_old_object_or_the_new_one(swap, tmp_path):
    script = subprocess.run(
        [sys.executable, "-c", KILLED_SAVES, str(tmp_path / "root"), swap], capture_output=True, text=True, check=True
    )
    rows = [line.split("\t") for line in script.stdout.splitlines()]
    for replacing, ended, after, between, last, no_litter, kept_notes in rows:
        before = "first" if replacing == "True" else "nothing"
        assert after in ((before, "second") if ended == "True" else ("second",))
        assert between in (after, "third")
        assert (last, no_litter, kept_notes) == ("third", "True", "True")
    assert sum(row[0] == "True" for row in rows) > 20 and sum(row[0] == "False" for row in rows) > 10
    assert {row[2] for row in rows} == {"nothing", "first", "second"}
