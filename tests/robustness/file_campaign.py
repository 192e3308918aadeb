"""Kills, flipped bits, and several processes at one path: what is found afterwards is always whole.

`make robustness` runs the long form and prints its figures: so many kills, bits and rounds. `test_file_campaign.py`
runs the short one.
Each function returns how often it found what: keys that begin with "WRONG" are what must not happen.
"""

import hashlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from fastrti import FastrtiError, Mlic, Preset, Relightable, fit, load, save
from fastrti.cli import main
from fastrti.objects.decoders import LightBasisDecoder

torch.set_num_threads(1)

Figures = Counter[str]
_PRESET = Preset(1200, pixels=8, photographed_lights=2, new_lights=1)


def vase(value: int, terms: int = 9, height: int = 96, width: int = 128) -> Relightable:
    """An object whose planes and title hold the same number."""
    planes = np.full((3 * terms, height, width), value, np.uint8)
    return Relightable(
        planes, np.zeros(3 * terms), np.ones(3 * terms), LightBasisDecoder("hsh", terms), title=str(value)
    )


def forked(run: Callable[[], object]) -> int:
    """Starts a process that ends with 0 when `run` has returned 0 or nothing."""
    child = os.fork()
    if child == 0:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        try:
            os._exit(int(bool(run())))
        except BaseException:
            os._exit(99)
    return child


def ended(child: int) -> int:
    """How a process ended: its exit code, or minus the signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed(run: Callable[[], object], after: float) -> bool:
    """Kills a process so many seconds after its start; whether it was still running."""
    child = forked(run)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    return ended(child) == -signal.SIGKILL


def seconds(run: Callable[[], object]) -> float:
    """How long a process takes that is not killed."""
    start = time.perf_counter()
    code = ended(forked(run))
    assert code == 0, code
    return time.perf_counter() - start


def digest(path: Path) -> str:
    """Of a file, or of all files of a folder with their names."""
    files = [path] if path.is_file() else sorted(entry for entry in path.rglob("*") if entry.is_file())
    total = hashlib.sha256()
    for file in files:
        total.update(os.fsencode(file.relative_to(path)) + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest() if files else "nothing"


# --- kills -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Writer:
    """A command that replaces what another one wrote.

    Attributes:
        leaf: what it writes.
        before: the command that writes the old one; None for nothing.
        command: the command that is killed.
        files: whether each file of the folder is old or new by itself.
    """

    leaf: str
    before: str | None
    command: str
    files: bool = False


WRITERS = {
    "save over an object": Writer("out", "convert ONE -o OUT", "convert TWO -o OUT"),
    "convert to .ptm": Writer("out.ptm", "convert PTM -o OUT", "convert PTM2 -o OUT"),
    "convert to .rti": Writer("out.rti", None, "convert ONE -o OUT"),
    "convert to Relight": Writer("out", None, "convert ONE -o OUT --to relight"),
    "export web": Writer("out", "export ONE --to web OUT", "export TWO --to web OUT"),
    "export tiles": Writer("out", "export ONE --to web OUT --tiles", "export TWO --to web OUT --tiles"),
    "export single file": Writer(
        "out.html", "export ONE --to web OUT --single-file", "export TWO --to web OUT --single-file"
    ),
    "export openlime": Writer("out", "export ONE --to openlime OUT", "export PTM --to openlime OUT"),
    "relight": Writer("out.png", "relight ONE --light 0,0 -o OUT", "relight TWO --light 0.5,0 -o OUT"),
    "relight several": Writer(
        "out", "relight ONE --light 0,0 --light 0,1 -o OUT", "relight TWO --light 0.5,0 --light 1,0 -o OUT", True
    ),
    "relight sweep": Writer(
        "out.gif", "relight ONE --sweep --scale 1/8 -o OUT", "relight TWO --sweep --scale 1/8 -o OUT"
    ),
    "normals": Writer("out.png", "normals ONE -o OUT", "normals PTM -o OUT"),
    "synth": Writer("out", None, "synth -o OUT --size 16x16 --lights 3", True),
}


def kill_writer(writer: Writer, sources: dict[str, Path], folder: Path, kills: int, draw: random.Random) -> Figures:
    """Kills a command at random moments; looks at what is there, and at what the same command leaves after it."""
    box, temporary = folder / "box", folder / "temporary"
    target = box / writer.leaf
    words = {"OUT": target, **sources}

    def command(line: str) -> Callable[[], int]:
        def run() -> int:  # in a process of its own, which alone has this folder for temporary files
            os.environ["TMPDIR"] = tempfile.tempdir = str(temporary)
            return main([str(words.get(word, word)) for word in line.split()])

        return run

    def restore() -> None:
        for place in (box, temporary):
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
        if writer.before is not None:
            assert ended(forked(command(writer.before))) == 0

    restore()
    old = states(target, writer.files)
    time_taken = seconds(command(writer.command))
    new = states(target, writer.files)
    whole = digest(target)
    found: Figures = Counter()
    while found["kills"] < kills:
        restore()
        if not killed(command(writer.command), draw.uniform(0, 1.1 * time_taken)):
            continue
        found["kills"] += 1
        now = states(target, writer.files)
        right = all(state in (old.get(name), new.get(name)) for name, state in now.items())
        found["old" if now == old else "new" if now == new else "each old or new" if right else "WRONG half"] += 1
        if writer.leaf == "out" and writer.before is None and target.exists():
            shutil.rmtree(target)  # a folder that is not replaced
        assert ended(forked(command(writer.command))) == 0
        litter = [path.name for path in [*box.rglob(".*"), *temporary.iterdir()]]
        found["clean and new afterwards" if digest(target) == whole and not litter else f"WRONG left {litter}"] += 1
    return found


def states(target: Path, files: bool) -> dict[str, str]:
    """The digest of what stands at a path: as a whole, or of each visible part."""
    if not files:
        return {"": digest(target)} if target.exists() else {}
    parts = [path for path in target.glob("*") if not path.name.startswith(".")] if target.exists() else []
    return {path.name: digest(path) for path in parts}


def photographs() -> Mlic:
    """Six photographs of noise, 6×5 pixels."""
    draw = np.random.default_rng(0)
    lights = draw.normal(size=(6, 3))
    lights[:, 2] = abs(lights[:, 2]) + 0.2
    lights /= np.linalg.norm(lights, axis=1, keepdims=True)
    return Mlic(draw.integers(0, 256, (6, 6, 5, 3), np.uint8), lights, tuple("abcdef"))


def fit_with(checkpoint: Path | None, output: Path | None = None) -> None:
    """A fit of 1,200 tiny steps, which keeps its state every 500 as every fit does."""
    fitted = fit(photographs(), student="lc4", teacher="none", preset=_PRESET, checkpoint=checkpoint, progress=False)
    if output is not None:
        save(fitted, output)


def numbers(path: Path) -> bytes:
    """Everything that a fit has found."""
    fitted = load(path)
    weights = fitted.decoder.light_network.weights + fitted.decoder.light_network.biases
    return b"".join(array.tobytes() for array in (fitted.planes, fitted.minimum, fitted.maximum, *weights))


def kill_fits(folder: Path, kills: int, draw: random.Random) -> Figures:
    """Kills a fit again and again until it comes through, and compares its object with that of one never killed."""
    folder.mkdir()
    time_taken = seconds(lambda: fit_with(folder / "c.pt", folder / "whole"))
    wanted = numbers(folder / "whole")
    found: Figures = Counter()
    while found["kills"] < kills:
        (folder / "c.pt").unlink(missing_ok=True)
        shutil.rmtree(folder / "vase", ignore_errors=True)
        while killed(lambda: fit_with(folder / "c.pt", folder / "vase"), draw.uniform(0.1, 1) * time_taken):
            found["kills"] += 1
            time_taken *= 1.03  # on a machine that became slower no fit would come as far as its next checkpoint
        equal = (folder / "vase").exists() and numbers(folder / "vase") == wanted
        found["resumed to the same object" if equal else "WRONG object"] += 1
        litter = [path.name for path in folder.iterdir() if path.name.startswith(".")]
        found["clean afterwards" if not litter else f"WRONG left {litter}"] += 1
    return found


def kill_all(folder: Path, each: int, fits: int, seed: int = 0) -> Iterator[tuple[str, Figures]]:
    """Kills every writer so many times, and fits: the figures of one after the other."""
    draw = random.Random(seed)
    folder.mkdir()
    save(vase(10), folder / "one")
    save(vase(20, terms=16), folder / "two")
    ptm = LightBasisDecoder("ptm", 6)
    for name, value in (("ptm", 30), ("ptm2", 40)):
        planes = np.full((18, 96, 128), value, np.uint8)
        save(Relightable(planes, np.zeros(18), np.ones(18), ptm), folder / name)
    sources = {"ONE": folder / "one", "TWO": folder / "two", "PTM": folder / "ptm", "PTM2": folder / "ptm2"}
    for name, writer in WRITERS.items():
        yield name, kill_writer(writer, sources, folder / "kills", each, draw)
    yield "fit", kill_fits(folder / "fits", fits, draw)


# --- flipped bits ----------------------------------------------------------------------------------------------------


def flip_bits(folder: Path, bits: int, seed: int = 0) -> Figures:
    """Flips one bit of a checkpoint and resumes the fit."""
    draw = random.Random(seed)
    folder.mkdir()
    path = folder / "c.pt"
    fit_with(path)
    whole = path.read_bytes()
    found: Figures = Counter()
    for _ in range(bits):
        damaged = bytearray(whole)
        damaged[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        try:
            fit_with(path)
        except FastrtiError as error:
            found["refused" if "delete it or pass another path" in str(error) else f"WRONG words {error}"] += 1
        except Exception as error:
            found[f"WRONG {type(error).__name__}"] += 1
        else:
            found["WRONG resumed"] += 1
    path.write_bytes(whole)
    fit_with(path)
    return found


# --- two writers and a reader ----------------------------------------------------------------------------------------


def write_and_read(folder: Path, rounds: int, seed: int = 0) -> Figures:
    """Two processes save to one path at almost the same time, and a third reads what is there all the while."""
    draw = random.Random(seed)
    folder.mkdir()
    target, done, seen = folder / "vase", folder / "done", folder / "seen"
    objects = [vase(value, height=40, width=50) for value in (10, 20)]
    found: Figures = Counter()
    for number in range(rounds):
        shutil.rmtree(target, ignore_errors=True)
        done.unlink(missing_ok=True)
        if number % 2:
            save(vase(1, height=40, width=50), target)
        reader = forked(lambda: read_until(done, target, seen))
        first = forked(partial(save, objects[0], target))
        time.sleep(draw.uniform(0, 0.02))
        codes = [ended(forked(partial(save, objects[1], target))), ended(first)]
        done.touch()
        found["reader ended" if ended(reader) == 0 else "WRONG reader"] += 1
        for line in seen.read_text().splitlines():
            allowed = line.startswith("whole") or (line == "nothing" and number % 2 == 0)
            found["loads" if allowed else f"WRONG load {line}"] += 1
        found["both saved" if codes == [0, 0] else f"WRONG exit codes {codes}"] += 1
        last = looked_at(target)
        found["whole" if last in ("whole 10", "whole 20") else f"WRONG {last}"] += 1
        found["WRONG litter"] += len([path for path in folder.iterdir() if path.name.startswith(".")])
    return +found


def read_until(done: Path, target: Path, seen: Path) -> None:
    """Loads an object again and again, and writes what it found."""
    lines = []
    while not done.exists():
        lines.append(looked_at(target))
    seen.write_text("\n".join(lines))


def looked_at(target: Path) -> str:
    """What somebody finds who loads an object."""
    try:
        found = load(target)
    except FastrtiError as error:
        return "nothing" if "no such folder" in str(error) else str(error)
    values = set(np.unique(found.planes).tolist())
    return f"whole {found.title}" if values == {int(found.title)} else f"mixed {found.title} {values}"


def report(kills: int, bits: int, rounds: int) -> int:
    """Prints the figures of a run, each when it is known; 1 where something was wrong."""
    each = -(-kills // (len(WRITERS) + 3))
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, figures in kill_all(folder / "kills", each, 3 * each):
            wrong += printed(name, figures)
        wrong += printed("flipped bits", flip_bits(folder / "bits", bits))
        wrong += printed("two writers and a reader", write_and_read(folder / "writers", rounds))
    return int(wrong > 0)


def printed(name: str, figures: Figures) -> int:
    """Prints figures, and counts the wrong ones."""
    print(f"{name}: " + ", ".join(f"{count:,} {what}" for what, count in sorted(figures.items())), flush=True)
    return sum(what.startswith("WRONG") for what in figures)


if __name__ == "__main__":
    sys.exit(report(*map(int, sys.argv[1:])))
