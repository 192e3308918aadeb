"""The file system says no: special files, places that cannot be written, folders that are gone, output nobody reads."""

import io
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from objects import assert_equal, relightable
from PIL import Image

from fastrti import FastrtiError, Mlic, ObjectError, load, save
from fastrti.cli import fit as fit_command
from fastrti.cli import main
from fastrti.photographs.lp_file import read_lp, write_lp
from fastrti.sharing.save import save_picture

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes, devices and signals of POSIX")


@pytest.fixture(autouse=True)
def no_hang() -> Iterator[None]:
    """What waits for a pipe is interrupted, and fails."""

    def interrupt(*_: object) -> None:
        raise TimeoutError("it hangs")

    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 60)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Eight photographs with their list and a mask."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    angles = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    lights = np.stack([np.cos(angles), np.sin(angles), np.linspace(0.5, 2, 8)], axis=1)
    lights /= np.linalg.norm(lights, axis=1, keepdims=True)
    names = [f"{number}.png" for number in range(8)]
    for name, pixels in zip(names, np.random.default_rng(0).integers(0, 256, (8, 6, 5, 3), np.uint8)):
        Image.fromarray(pixels).save(folder / name)
    Image.new("L", (5, 6), 255).save(folder / "mask.png")
    write_lp(folder / "dome.lp", names, lights)
    return folder


@pytest.fixture
def vase(tmp_path: Path) -> Path:
    save(relightable("ptm", 6, 5, masked=True), tmp_path / "vase")
    return tmp_path / "vase"


# --- special files ---------------------------------------------------------------------------------------------------


def to_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        here = os.open(".", os.O_RDONLY)
        os.chdir(path.parent)  # the address of a socket is short
        server.bind(path.name)
        os.chdir(here)
        os.close(here)


SPECIAL: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a socket": to_socket,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a folder": os.mkdir,
}


@pytest.mark.parametrize("kind", ["a pipe", "a socket", "a device"])
@pytest.mark.parametrize("name", ["3.png", "dome.lp", "mask.png"])
def test_a_special_file_among_photographs_is_a_sentence(photographs: Path, name: str, kind: str) -> None:
    (photographs / name).unlink()
    SPECIAL[kind](photographs / name)
    with pytest.raises(FastrtiError, match=rf"{name}: expected a .*, got {kind}: put a file in its place"):
        Mlic.load(photographs)


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("name", ["info.json", "plane_1.jpg", "plane_6.jpg", "mask.png"])
def test_a_special_file_in_an_object_is_a_sentence(vase: Path, name: str, kind: str) -> None:
    (vase / name).unlink()
    SPECIAL[kind](vase / name)
    with pytest.raises(ObjectError, match=rf"{name}: expected a .*, got {kind}: put a file in its place"):
        load(vase)


@pytest.mark.parametrize("kind", ["a pipe", "a socket", "a device"])
def test_a_special_file_in_the_place_of_an_object_or_list_is_a_sentence(tmp_path: Path, kind: str) -> None:
    SPECIAL[kind](tmp_path / "coin")
    with pytest.raises(ObjectError, match=f"coin: expected a relightable object, got {kind}"):
        load(tmp_path / "coin")
    with pytest.raises(FastrtiError, match=f"coin: expected a list of light directions, got {kind}"):
        read_lp(tmp_path / "coin")


def test_a_mask_that_is_named_but_gone_is_not_forgotten(vase: Path, photographs: Path) -> None:
    for folder, read in ((vase, load), (photographs, Mlic.load)):
        (folder / "mask.png").unlink()
        (folder / "mask.png").symlink_to("nowhere")
        with pytest.raises(FastrtiError, match=r"mask\.png: expected .*, got No such file"):
            read(folder)


@pytest.mark.parametrize("path", ["a\0b", "\ud800", "x" * 300, "loop"])
def test_names_that_no_file_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    for use in (
        load,
        Mlic.load,
        read_lp,
        lambda path: save(relightable("ptm"), path),
        lambda path: save(relightable("ptm"), path, "ptm"),
        lambda path: save(relightable("ptm"), path, "relight"),
        lambda path: save_picture(f"{path}/1.png", np.zeros((2, 2, 3), np.uint8)),
    ):
        with pytest.raises(FastrtiError, match=r"expected .*, got .*: "):
            use(path)


# --- places that cannot be written -----------------------------------------------------------------------------------

WRITERS = [
    "convert VASE -o PLACE",
    "convert VASE -o PLACE.ptm",
    "convert VASE -o PLACE --to relight",
    "export VASE --to web PLACE",
    "export VASE --to web PLACE.html --single-file",
    "export VASE --to openlime PLACE",
    "relight VASE --light 0,0 -o PLACE.png",
    "relight VASE --light 0,0 --light 0,1 -o PLACE",
    "relight VASE --sweep -o PLACE.gif",
    "normals VASE -o PLACE.png",
    "synth -o PLACE --size 16x16 --lights 1",
    "fit PHOTOGRAPHS -o PLACE --basis ptm",
    "evaluate VASE PHOTOGRAPHS --measures psnr --csv PLACE",
]


@pytest.mark.parametrize("place", ["n" * 300, "p/" * 2500 + "q", "file/vase", "/sys/vase", "gone"])
@pytest.mark.parametrize("command", WRITERS)
def test_a_place_that_cannot_be_written_is_a_sentence(
    vase: Path,
    photographs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    place: str,
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    Path("file").touch()
    if place == "gone":
        (tmp_path / "here" / "file").unlink()
        (tmp_path / "here").rmdir()
    words = [word.replace("PLACE", place) for word in command.split()]
    names = {"VASE": str(vase), "PHOTOGRAPHS": str(photographs)}
    assert main([names.get(word, word) for word in words]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and "expected" in said[0] and "got" in said[0]
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "here") == ["photographs", "vase"]


def test_a_deleted_current_folder_does_not_harm_absolute_paths(
    vase: Path, photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "here").rmdir()
    assert main(["fit", str(photographs), "-o", str(tmp_path / "coin"), "--basis", "ptm"]) == 0
    assert main(["relight", str(vase), "--light", "0,0", "-o", str(tmp_path / "vase.png")]) == 0
    assert load(tmp_path / "coin").width == 5


@pytest.mark.parametrize("beside", [True, False])
def test_a_result_that_cannot_be_written_is_saved_elsewhere(
    photographs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    beside: bool,
) -> None:
    """While the fit runs, somebody puts something in its place, or takes the folder away."""
    place = tmp_path / "results" / "vase"
    place.parent.mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "temporary"))
    fit_classical = fit_command.fit_classical

    def disturbed(*arguments: object) -> object:
        fitted = fit_classical(*arguments)
        if beside:
            place.mkdir()
            (place / "mine").touch()
        else:
            place.parent.rmdir()
            place.parent.touch()
        return fitted

    monkeypatch.setattr(fit_command, "fit_classical", disturbed)
    assert main(["fit", str(photographs), "-o", str(place), "--basis", "ptm"]) == 1
    said = capsys.readouterr().err.strip()
    (saved,) = (place.parent if beside else tmp_path / "temporary").glob("vase-*")
    assert said.endswith(f"; the object was saved as {saved} instead")
    assert load(saved).width == 5


def test_space_is_checked_before_a_fit(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"total": 10**9, "free": 18 * 6 * 5 - 1}))
    monkeypatch.setattr(fit_command, "fit_classical", lambda *arguments: pytest.fail("it fits"))
    assert main(["fit", str(photographs), "-o", str(tmp_path / "coin"), "--basis", "ptm"]) == 1
    assert "of free space, got 0.0 MB: free some space" in capsys.readouterr().err


# --- the terminal ----------------------------------------------------------------------------------------------------


def run(*words: str, stdout: int) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-X", "dev", "-W", "error", "-m", "fastrti", *words]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, env=environment)


def test_output_that_nobody_reads_ends_quietly(vase: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = run("info", str(vase), stdout=writer)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.parametrize("words", ["info VASE", "--help"])
def test_output_on_a_full_disk_is_a_sentence(vase: Path, words: str) -> None:
    with open("/dev/full", "wb") as full:
        ended = run(*words.replace("VASE", str(vase)).split(), stdout=full.fileno())
    assert ended.returncode == 1
    assert ended.stderr.decode().count("\n") == 1
    assert "expected a standard output that can be written, got No space left" in ended.stderr.decode()


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_every_title_is_shown_on_every_terminal(vase: Path, monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    title = "coin\x1b[31m\r\n\x9b2J \u202eabc"
    save(replace(load(vase), title=title), vase)
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding, errors="strict"))
    assert main(["info", str(vase)]) == 0
    (line,) = (line for line in written.getvalue().decode(encoding).splitlines() if line.startswith("title"))
    assert line.endswith(r" coin\x1b[31m\r\n\x9b2J \u202eabc")


def test_a_name_that_is_no_text_does_not_stop_a_command(
    vase: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "utf-8", errors="strict"))
    assert main(["convert", str(vase), "-o", name]) == 0
    assert r"caf\udce9: 5×6 pixels" in written.getvalue().decode()
    assert_equal(load(name), load(vase))


def test_ctrl_c_while_python_imports_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    script = "import builtins, fastrti.__main__ as m; i = builtins.__import__\n"
    script += "def stop(name, *a): \n if name == 'fastrti.cli': raise KeyboardInterrupt\n return i(name, *a)\n"
    script += "builtins.__import__ = stop\nraise SystemExit(m.main())"
    ended = subprocess.run([sys.executable, "-c", script], stderr=subprocess.PIPE)
    assert (ended.returncode, ended.stderr) == (130, b"fastrti: interrupted\n")


@pytest.mark.parametrize("scale", ["1e400", "1e999999999", "-1", "nan", "1/0", "1/1e400", "1/2/2", "0x1", "", "2"])
def test_odd_scales_are_refused(vase: Path, capsys: pytest.CaptureFixture[str], scale: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["relight", str(vase), "--light", "0,0", f"--scale={scale}"])
    assert ended.value.code == 2
    assert "expected a scale of 1, 1/2, 1/4, … 1/64, got" in capsys.readouterr().err
