"""Files and folders that take their place when they are whole: what is kept, what is cleaned, and what is refused."""

import errno
import os
import shutil
import stat
from collections import namedtuple
from pathlib import Path

import pytest

from fastrti.errors import ArgumentError, ObjectError
from fastrti.files import (
    check_place,
    new_folder,
    places,
    replace_file,
    replace_folder,
    replacing,
    scratch_folder,
    unchanged,
    write_file,
)

posix = pytest.mark.skipif(os.name != "posix", reason="the locks and links of POSIX")


def fill(path: Path, **files: str) -> None:
    with replace_folder(path) as fresh:
        for name, text in files.items():
            write_file(fresh / name, text.encode())


def content(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


@pytest.fixture(params=["exchange", "two renames"])
def swap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways in which a folder takes its place."""
    if request.param == "two renames":
        monkeypatch.setattr(replacing, "_exchange", lambda one, other: False)
    return str(request.param)


# --- what takes its place --------------------------------------------------------------------------------------------


def test_a_folder_replaces_another_and_keeps_what_is_not_its_own(tmp_path: Path, swap: str) -> None:
    target = tmp_path / "site"
    fill(target, a="old", b="old")
    (target / "deep" / "er").mkdir(parents=True)
    (target / "deep" / "er" / "mine").write_text("mine")
    os.mkfifo(target / "pipe")
    (target / "link").symlink_to("nowhere")
    target.chmod(0o750)
    with replace_folder(target, owned=("b*",)) as fresh:
        write_file(fresh / "a", b"new")
    assert content(target) == {"a": "new", "deep/er/mine": "mine"}
    assert stat.S_ISFIFO((target / "pipe").stat().st_mode) and os.readlink(target / "link") == "nowhere"
    assert stat.S_IMODE(target.stat().st_mode) == 0o750
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_failed_write_leaves_the_old_folder_and_nothing_else(tmp_path: Path, swap: str) -> None:
    fill(tmp_path / "site", a="old")
    with pytest.raises(ZeroDivisionError), replace_folder(tmp_path / "site") as fresh:
        write_file(fresh / "a", b"new")
        raise ZeroDivisionError
    assert content(tmp_path) == {"site/a": "old"} and not hidden(tmp_path)


def test_the_last_of_two_writers_wins_as_a_whole(tmp_path: Path, swap: str) -> None:
    """The second begins and ends while the first still writes."""
    starts: list[dict[str, str]] = [{}, {"a": "0", "b": "0"}]
    for start in starts:
        shutil.rmtree(tmp_path / "site", ignore_errors=True)
        if start:
            fill(tmp_path / "site", **start)
        with replace_folder(tmp_path / "site", owned=("*",)) as fresh:
            write_file(fresh / "a", b"1")
            fill(tmp_path / "site", a="2", c="2")
        assert content(tmp_path) == {"site/a": "1"} and not hidden(tmp_path)


def test_a_name_as_long_as_the_system_takes(tmp_path: Path) -> None:
    name = "n" * 255
    replace_file(tmp_path / name, b"1")
    replace_file(tmp_path / name, lambda file: file.write(b"2"))
    assert content(tmp_path) == {name: "2"}
    with pytest.raises(ObjectError, match="got File name too long: choose a shorter name"):
        replace_file(tmp_path / (name + "n"), b"3")


@posix
def test_links_are_followed_and_permissions_are_kept(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("below/file")
    replace_file(tmp_path / "link", b"1")
    (tmp_path / "below" / "file").chmod(0o640)
    replace_file(tmp_path / "link", b"2")
    assert os.readlink(tmp_path / "link") == "below/file"
    assert (tmp_path / "below" / "file").read_bytes() == b"2"
    assert stat.S_IMODE((tmp_path / "below" / "file").stat().st_mode) == 0o640


# --- what is left by processes that died -----------------------------------------------------------------------------


@posix
def test_what_dead_processes_left_is_deleted_and_what_living_ones_write_is_not(tmp_path: Path) -> None:
    dead_file, dead_folder = (places.beside(tmp_path / name, "new") for name in ("a", "b"))
    dead_file.write_text("half")
    dead_folder.mkdir()
    (dead_folder / "half").touch()
    foreign = tmp_path / ".fastrti-notes.new"
    foreign.write_text("mine")
    with scratch_folder(tmp_path / "film.mp4") as living, scratch_folder(tmp_path / "film.mp4") as other:
        replace_file(tmp_path / "c", b"")
        assert hidden(tmp_path) == sorted([foreign.name, living.name, other.name])
    assert hidden(tmp_path) == [foreign.name]


@posix
def test_what_is_deleted_before_it_is_locked_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []

    def make(path: Path) -> None:
        path.touch()
        made.append(path)
        if len(made) == 1:
            path.unlink()  # by a process that took it for abandoned

    with places.claimed(tmp_path / "vase", make) as path:
        assert path.exists() and len(made) == 2


def test_a_swap_that_died_between_two_renames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "vase"
    fill(target, a="old")
    target.rename(places.beside(target, "old"))
    places.beside(tmp_path / "other", "old").mkdir()  # of another folder
    assert unchanged(target, content) == {"a": "old"}
    with pytest.raises(ZeroDivisionError), replace_folder(target):
        raise ZeroDivisionError
    assert content(target) == {"a": "old"}
    fill(target, a="new")
    assert content(target) == {"a": "new"} and len(hidden(tmp_path)) == 1


# --- readers ---------------------------------------------------------------------------------------------------------


def test_a_folder_that_is_replaced_while_it_is_read_is_read_again(tmp_path: Path, swap: str) -> None:
    target = tmp_path / "vase"
    fill(target, a="1", b="1")
    times: list[str] = []

    def read(place: Path) -> str:
        first = (place / "a").read_text()
        times.append(first)
        if len(times) == 1:
            fill(target, a="2", b="2")
        if len(times) == 2:
            fill(target, a="3", b="3")
            raise ObjectError("damaged")  # as a half of it would be
        return first + (place / "b").read_text()

    assert unchanged(target, read) == "33"
    assert times == ["1", "2", "3"]


def test_what_comes_while_nothing_is_there_is_read_again(tmp_path: Path) -> None:
    target = tmp_path / "vase"

    def read(place: Path) -> str:
        if not target.exists():
            fill(target, a="1", b="1")
            first = (place / "a").read_text()
            fill(target, a="2", b="2")
        else:
            first = (place / "a").read_text()
        return first + (place / "b").read_text()

    assert unchanged(target, read) == "22"


def test_what_is_replaced_all_the_time_is_refused(tmp_path: Path) -> None:
    for name in ("one", "vase"):
        (tmp_path / name).mkdir()

    def turn(place: Path) -> None:
        (tmp_path / "one").rename(tmp_path / "x")
        place.rename(tmp_path / "one")
        (tmp_path / "x").rename(place)

    with pytest.raises(ObjectError, match="got one that is replaced all the time"):
        unchanged(tmp_path / "vase", turn)


# --- what is refused -------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("path", ["/dev/null", "/dev/full", "pipe", "folder", "/", "", "a\0b", "\ud800", "file/x"])
def test_a_file_is_not_written_over_anything_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("folder").mkdir()
    Path("file").touch()
    with pytest.raises(ArgumentError, match=r"expected a .*, got .*: "):
        replace_file(path, b"", ArgumentError)
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode) and stat.S_ISFIFO(os.stat("pipe").st_mode)


@pytest.mark.parametrize(
    "path", ["file", ".", "..", "", "/", "x" * 256, "file/x", "a\0b", "y/" * 3000 + "z", "/proc/x", "/sys/x"]
)
def test_places_that_cannot_be_written_are_known_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    Path("file").touch()
    with pytest.raises(ArgumentError, match=r"expected a .*, got .*: "):
        if path != "file":
            check_place(path, error=ArgumentError)
        with replace_folder(path, error=ArgumentError):
            pass
    assert [path.name for path in Path().iterdir()] == ["file"]


def test_a_place_that_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    for place in ("vase", "deep/er/vase", "n" * 255):
        check_place(tmp_path / place, 1)
    assert not list(tmp_path.iterdir())


def test_too_little_space_is_known_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 10**6, 10**6))
    check_place(tmp_path / "vase", 10**6)
    with pytest.raises(ObjectError, match=r"vase: expected 2\.0 MB of free space, got 1\.0 MB: free some space"):
        check_place(tmp_path / "vase", 2 * 10**6)


def test_a_folder_with_a_mount_point_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "site", a="old")
    (tmp_path / "site" / "volume").mkdir()
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path).name == "volume")
    with pytest.raises(ObjectError, match=r"got one with the mount point .*volume: choose another name"):
        fill(tmp_path / "site", a="new")
    assert content(tmp_path / "site") == {"a": "old"}


def test_a_folder_with_files_is_not_new(tmp_path: Path) -> None:
    with new_folder(tmp_path / "vase") as fresh:
        write_file(fresh / "a", b"1")
    with pytest.raises(ObjectError, match="expected a new or an empty folder"), new_folder(tmp_path / "vase"):
        pass
    assert content(tmp_path) == {"vase/a": "1"}


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "free some space"), (errno.EROFS, "choose another place"), (errno.EACCES, "permissions")],
)
def test_what_the_system_says_comes_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, remedy: str
) -> None:
    def refuse(path: Path, data: bytes) -> None:
        raise OSError(number, os.strerror(number))

    replace_file(tmp_path / "coin.ptm", b"old")
    monkeypatch.setattr(replacing, "write_file", refuse)
    with pytest.raises(ObjectError, match=rf"coin\.ptm: expected a file that can be written, got .*: .*{remedy}"):
        replace_file(tmp_path / "coin.ptm", b"new")
    assert content(tmp_path) == {"coin.ptm": "old"}
