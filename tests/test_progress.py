"""Progress: what a person at a terminal sees of long tasks, and that nobody else sees anything."""

import io
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from fastrti import progress
from fastrti.cli import main
from fastrti.progress import Progress, counted, shown
from fastrti.synth import render_collection


class Terminal(io.StringIO):
    """What was written to it; "\\r" goes back to the start of the line."""

    def isatty(self) -> bool:
        return True

    def lines(self) -> list[str]:
        """Every text that stood in the line."""
        texts = [text.strip() for text in self.getvalue().split("\r")]
        return [text for text in texts if text]

    def now(self) -> str:
        """What stands in the line now."""
        return self.getvalue().rpartition("\r")[2]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """The terminal that stderr is; its clock moves by a second whenever it is read."""
    clock = iter(range(10**6))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    terminal = Terminal()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=terminal, modules={}))
    return terminal


def test_a_task_counts_and_is_gone_when_it_is_done(terminal: Terminal) -> None:
    with shown():
        assert list(counted("abc", "reading photographs")) == ["a", "b", "c"]
        assert terminal.now() == ""
    seen = terminal.lines()
    assert seen[0] == "reading photographs: 0 of 3"
    assert [text.partition(",")[0] for text in seen[1:]] == [f"reading photographs: {done} of 3" for done in (1, 2, 3)]
    assert seen[2].endswith(" s left")


def test_a_task_resumes_says_more_or_has_no_number(terminal: Terminal) -> None:
    with shown():
        with Progress("training", 3_000, done=1_500) as training:
            training.step(1_400, "held-out 24.31 dB")
        with Progress("loading PyTorch"):
            assert terminal.now() == "loading PyTorch …"
    assert terminal.lines()[:2] == ["training: 1,500 of 3,000", "training: 2,900 of 3,000, 0 s left, held-out 24.31 dB"]


def test_an_error_leaves_a_clean_line(terminal: Terminal) -> None:
    with pytest.raises(ZeroDivisionError) as error, shown():  # the traceback keeps the loop's generator alive
        for _ in counted("abc", "reading"):
            raise ZeroDivisionError
    assert error.value is not None and terminal.now() == "" and terminal.lines() == ["reading: 0 of 3"]


def test_a_long_line_is_cut_at_the_terminal_s_width(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    with shown(), Progress("a" * 50, 3):
        assert terminal.now() == "a" * 19


def test_nobody_else_sees_it(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    list(counted("abc", "a library call"))
    with shown(), shown(False):
        list(counted("abc", "a task that was told to be silent"))
    assert terminal.lines() == []
    file = io.StringIO()
    for stderr in (file, None):  # None: a program without a console
        monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=stderr))
        with shown():
            assert list(counted("abc", "a task")) == ["a", "b", "c"]
    assert file.getvalue() == ""


def test_a_notebook_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=stream()))
    with shown():
        list(counted("abc", "reading"))
    assert "reading: 0 of 3" in progress.sys.stderr.getvalue()


def test_every_long_task_of_a_command_is_named(tmp_path: Path, terminal: Terminal) -> None:
    render_collection(tmp_path / "sample", 20, 16, lights=9)
    assert terminal.lines() == []
    vase, coin = str(tmp_path / "vase"), str(tmp_path / "coin")
    for command, tasks in {
        f"synth -o {tmp_path}/other --size 16x16 --lights 2": ["writing the normal map", "rendering photographs"],
        f"fit {tmp_path}/sample/Dome -o {vase} --steps 2": [
            "loading PyTorch", "reading photographs", "looking at photographs", "gathering pixels",
            "training teacher lc32x32", "comparing interpolators", "weighing interpolators",
            "training the interpolator", "comparing the network with the photographs", "training lc16x16",
            "encoding pixels", "rounding planes", "scoring", "writing planes",
        ],
        f"fit {tmp_path}/sample/Dome -o {coin} --basis rbf": [
            "reading photographs", "looking at photographs", "finding principal components",
            "finding the ranges of planes", "fitting", "scoring", "writing planes",
        ],
        f"evaluate {vase} {tmp_path}/sample/Test --measures psnr": ["reading photographs", "reading planes", "scoring"],
        f"export {vase} --to web {tmp_path}/site --tiles": [
            "reading planes", "estimating normals", "writing planes", "writing normals",
        ],
        f"relight {vase} --sweep -o {tmp_path}/vase.webp": ["reading planes", "drawing"],
        f"normals {vase} -o {tmp_path}/normals.png": ["reading planes", "estimating normals", "writing the normal map"],
    }.items():  # fmt: skip
        before = len(terminal.lines())
        assert main(command.split()) == 0, terminal.lines()
        named = [text.partition(":")[0].removesuffix(" …") for text in terminal.lines()[before:]]
        assert list(dict.fromkeys(named)) == tasks, command
        assert terminal.now() == ""
