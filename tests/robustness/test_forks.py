"""A child that is forked while other threads draw, reduce and estimate must do the same, and never wait for them."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from objects import relightable

from fastrti import Enhanced, Renderer
from fastrti.lazy import lazy
from fastrti.locks import Lock

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),  # CPython 3.12: it is the subject
]

HANG_S = 20.0
THREADS = 16


def lights(seed: int) -> Iterator[tuple[float, float]]:
    rng = random.Random(seed)
    while True:
        yield rng.uniform(-0.6, 0.6), rng.uniform(-0.6, 0.6)


@contextmanager
def busy(work: Callable[[tuple[float, float]], Any], threads: int = THREADS) -> Iterator[None]:
    """Threads that work all the time."""
    stop = threading.Event()

    def go_on(seed: int) -> None:
        for light in lights(seed):
            if stop.is_set():
                return
            work(light)

    started = [threading.Thread(target=go_on, args=(seed,), daemon=True) for seed in range(threads)]
    for thread in started:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in started:
            thread.join()


def outcome_in_a_child(work: Callable[[], object]) -> str:
    """What becomes of some work in a forked child: "done", "failed" or "hangs"."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    deadline = time.monotonic() + HANG_S
    while time.monotonic() < deadline:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return "done" if status == 0 else "failed"
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hangs"


def renderer(size: int = 24, threads: int = 1) -> Renderer:
    return Renderer(relightable("light-mlp-relu-skip", size, size), "cpu", threads)


def reduce_anew(_: object) -> None:
    renderer().relight((0.1, 0.2), scale=1 / 2)


def estimate_anew(light: tuple[float, float]) -> None:
    Enhanced(renderer(), "diffuse").relight(light)


def test_a_lock_that_another_thread_holds_is_free_in_a_child() -> None:
    lock, held, go = Lock(), threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            held.set()
            go.wait()

    def take() -> None:
        with lock, lock_of_the_child:
            pass

    lock_of_the_child = Lock()
    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    try:
        assert outcome_in_a_child(take) == "done"
    finally:
        go.set()
        thread.join()
    with lock:
        pass


def test_a_child_computes_a_property_that_another_thread_is_computing() -> None:
    parent, begun, go = os.getpid(), threading.Event(), threading.Event()

    class Slow:
        @lazy
        def answer(self) -> int:
            if os.getpid() == parent:
                begun.set()
                go.wait()
            return 42

    thread = threading.Thread(target=lambda: Slow().answer)
    thread.start()
    begun.wait()
    try:
        assert outcome_in_a_child(lambda: Slow().answer) == "done"
    finally:
        go.set()
        thread.join()


def test_all_threads_get_the_same_value_of_a_property() -> None:
    together = threading.Barrier(4, timeout=20)

    class Slow:
        @lazy
        def answer(self) -> object:
            together.wait()
            return object()

    slow, found = Slow(), list[object]()
    threads = [threading.Thread(target=lambda: found.append(slow.answer)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and set(found) == {slow.answer}


@pytest.mark.parametrize("held", ["_reducing", "_estimating"])
def test_a_child_draws_whatever_its_parent_s_threads_are_about(held: str) -> None:
    """While another thread reduces the planes, or estimates normals."""
    shown = Enhanced(renderer(), "specular")
    holder: Any = shown if held == "_estimating" else shown.renderer
    with getattr(holder, held):
        outcome = outcome_in_a_child(lambda: shown.relight((0.1, 0.2), scale=1 / 2))
    assert outcome == "done"


@pytest.mark.parametrize("threads", [1, 4])
def test_children_of_a_busy_object_draw(threads: int) -> None:
    shown = renderer(64, threads)
    with busy(shown.relight, 4):
        outcomes = {outcome_in_a_child(lambda: shown.relight((0.1, 0.2))) for _ in range(10)}
    assert outcomes == {"done"}


@pytest.mark.deep
@pytest.mark.parametrize(
    ("work", "threads"),
    [("same light", 1), ("other lights", 1), ("other lights", 4), ("reduce", 1), ("estimate", 1)],
)
def test_two_hundred_children_beside_sixteen_busy_threads(work: str, threads: int) -> None:
    shown = renderer(64, threads)
    works: dict[str, Callable[[tuple[float, float]], Any]] = {
        "same light": lambda light: shown.relight((0.3, 0.3)),
        "other lights": shown.relight,
        "reduce": reduce_anew,
        "estimate": estimate_anew,
    }
    draw: Callable[[tuple[float, float]], Any] = {"reduce": reduce_anew, "estimate": estimate_anew}.get(
        work, shown.relight
    )
    with busy(works[work]):
        outcomes = [outcome_in_a_child(lambda: draw((0.1, 0.2))) for _ in range(200)]
    assert outcomes == ["done"] * 200
