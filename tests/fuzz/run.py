"""Attacks one reader for some seconds: `python tests/fuzz/run.py ptm --seconds 120`.

With atheris (`pip install atheris`) the inputs follow the branches that they reach. Without it, hypothesis makes them.
The end is an error, with the input in `--failures`, where an input is neither read nor refused, takes more than
`CPU_SECONDS`, or `MEMORY` more than the process had.
"""

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from hashlib import sha256
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings, strategies

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "support"), str(HERE.parents[1])]

try:
    import atheris
except ImportError:
    atheris = None

with atheris.instrument_imports(include=["fastrti"]) if atheris else nullcontext():
    from fuzz.choices import Choices
    from fuzz.targets import TARGETS

    from fastrti.errors import FastrtiError

CPU_SECONDS = 5.0
MEMORY = 300 << 20
LONGEST_INPUT = 512

_SETTINGS = settings(
    max_examples=200,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # memory that a process once had does not shrink with the input
    suppress_health_check=list(HealthCheck),
)


def saved_inputs(name: str) -> list[bytes]:
    """The corpus of a target: one input per line, in hexadecimal. The empty one is a whole file."""
    return [bytes.fromhex(line) for line in (HERE / "corpus" / f"{name}.txt").read_text().splitlines()]


def attack(name: str, data: bytes, folder: Path) -> bool:
    """Whether the input was read; False where it was refused.

    Raises:
        AssertionError: it took too long.
        Exception: whatever is no FastrtiError.
    """
    target = TARGETS[name]
    path = target.make(Choices(data), folder)
    started = time.process_time()
    try:
        target.read(path)
    except FastrtiError as error:
        assert "\n" not in str(error), error
        return False
    finally:
        took = time.process_time() - started
        assert took < CPU_SECONDS, f"{took:.1f} s"
    return True


def _with_hypothesis(once: Callable[[bytes], None], seconds: float) -> None:
    ends, number = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        test = _SETTINGS(given(strategies.binary(min_size=8, max_size=LONGEST_INPUT))(once))
        seed(number)(test)()
        number += 1


def _with_atheris(once: Callable[[bytes], None], seconds: float, corpus: Path) -> None:
    """Does not return: libFuzzer ends the process."""
    options = [f"-max_total_time={int(seconds)}", f"-max_len={LONGEST_INPUT}", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], once)
    atheris.Fuzz()


def _peak() -> int:
    """Bytes; not `getrusage`, which counts what the parent held when this process was started."""
    found = re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())
    return 1024 * int(found[1]) if found else 0


def main() -> None:
    """See the top of this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--failures", type=Path, default=Path(tempfile.gettempdir()) / "fastrti_fuzz")
    arguments = parser.parse_args()
    counts = [0, 0]
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "input"
        folder.mkdir()

        def once(data: bytes) -> None:
            try:
                counts[attack(arguments.target, data, folder)] += 1
                grown = _peak() - before
                assert grown < MEMORY, f"{grown >> 20} MiB"
            except BaseException:
                arguments.failures.mkdir(parents=True, exist_ok=True)
                failure = arguments.failures / f"{arguments.target}-{sha256(data).hexdigest()[:16]}"
                failure.write_bytes(data)
                print(f"failing input: {failure}", flush=True)
                raise

        before = MEMORY  # the first inputs import and warm up
        corpus = Path(root) / "corpus"
        corpus.mkdir()
        for number, data in enumerate(saved_inputs(arguments.target)):
            once(data)
            (corpus / str(number)).write_bytes(data)
        print(f"{arguments.target}: the saved inputs pass", flush=True)
        before = _peak()
        if atheris:
            _with_atheris(once, arguments.seconds, corpus)
        else:
            _with_hypothesis(once, arguments.seconds)
        print(f"{arguments.target}: {counts[1]} inputs read, {counts[0]} refused")


if __name__ == "__main__":
    main()
