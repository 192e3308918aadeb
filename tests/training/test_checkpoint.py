"""Checkpoints: what is damaged, altered or of other code is refused before PyTorch uses it."""

import copy
import errno
import hashlib
import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import fastrti
from fastrti import TrainingError
from fastrti.files import replacing
from fastrti.training.checkpoint import Checkpoint, Parts

SETTINGS = {"student": "lc4", "versions": [fastrti.__version__]}


class Loop:
    """A training loop of two parameters, one of which has no gradient."""

    def __init__(self, seed: int = 0) -> None:
        self.generator = torch.Generator().manual_seed(seed)
        network = torch.nn.Linear(3, 2)
        network.spare = torch.nn.Parameter(torch.ones(2))
        optimizer = torch.optim.Adam(network.parameters(), fused=True)
        self.parts: Parts = {"network": network, "optimizer": optimizer}

    def step(self) -> "Loop":
        network, optimizer = self.parts.values()
        assert isinstance(network, torch.nn.Module) and isinstance(optimizer, torch.optim.Adam)
        network(torch.rand(4, 3, generator=self.generator)).square().mean().backward()
        optimizer.step()
        return self

    def state(self, done: int) -> dict[str, Any]:
        state = {name: part.state_dict() for name, part in self.parts.items()}
        return {**state, "generator": self.generator.get_state(), "step": done}

    def resumed(self, path: Path, steps: int = 8) -> int:
        return Checkpoint(path, SETTINGS).resume("loop", self.parts, self.generator, steps)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A checkpoint at step 4."""
    Checkpoint(tmp_path / "c.pt", SETTINGS).save("loop", Loop().step().state(4))
    return tmp_path / "c.pt"


def test_a_loop_goes_on_where_it_was(path: Path) -> None:
    loop, original = Loop(seed=1), Loop()
    torch.manual_seed(5)
    assert loop.resumed(path) == 4
    stored = torch.load(path, weights_only=True)["states"]["loop"]
    for name, tensor in stored["network"].items():
        assert torch.equal(loop.parts["network"].state_dict()[name], tensor)
    assert torch.equal(loop.generator.get_state(), stored["generator"])
    assert Checkpoint(path, SETTINGS).resume("another loop", original.parts, original.generator, 8) == 0
    assert [entry.name for entry in path.parent.iterdir()] == ["c.pt"]


def test_a_flipped_bit_is_refused_wherever_it_is(path: Path) -> None:
    whole = path.read_bytes()
    draw = random.Random(0)
    for position in [0, len(whole) - 1, *(draw.randrange(len(whole)) for _ in range(30))]:
        damaged = bytearray(whole)
        damaged[position] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        with pytest.raises(TrainingError, match=r"or a damaged one: delete it or pass another path"):
            Checkpoint(path, SETTINGS)
    for length in (0, 31, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(TrainingError, match=r"delete it or pass another path"):
            Checkpoint(path, SETTINGS)


def altered(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """The same file with another state, and the digest of it."""
    stored = torch.load(path, weights_only=True)
    states = copy.deepcopy(stored["states"])
    change(states["loop"])
    buffer = io.BytesIO()
    torch.save({**stored, "states": states}, buffer)
    path.write_bytes(buffer.getvalue() + hashlib.sha256(buffer.getvalue()).digest())


def averages(state: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = state["optimizer"]["state"][1]
    return found


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "another shape": lambda state: state["network"].update(weight=torch.zeros(2, 4)),
    "another kind of number": lambda state: state["network"].update(weight=torch.zeros(2, 3, dtype=torch.float64)),
    "NaN": lambda state: state["network"].update(weight=torch.full((2, 3), float("nan"))),
    "no weight": lambda state: state["network"].pop("weight"),
    "a weight too many": lambda state: state["network"].update(more=torch.zeros(1)),
    "averages of another shape": lambda state: averages(state).update(exp_avg=torch.zeros(1)),
    "no averages": lambda state: averages(state).pop("exp_avg_sq"),
    "averages of nothing": lambda state: state["optimizer"]["state"].update({9: averages(state)}),
    "another count": lambda state: averages(state).update(step=torch.zeros(2)),
    "other options": lambda state: state["optimizer"]["param_groups"][0].update(amsgrad=True),
    "other parameters": lambda state: state["optimizer"]["param_groups"][0].update(params=[0, 1, 5]),
    "an endless rate": lambda state: state["optimizer"]["param_groups"][0].update(lr=float("inf")),
    "a text": lambda state: state.update(network="x"),
    "no optimiser": lambda state: state.pop("optimizer"),
    "a part too many": lambda state: state.update(more={}),
    "a short generator": lambda state: state.update(generator=torch.zeros(7, dtype=torch.uint8)),
    "an impossible generator": lambda state: state["generator"].fill_(255),
    "a step below 0": lambda state: state.update(step=-1),
    "a step beyond the last": lambda state: state.update(step=9),
    "half a step": lambda state: state.update(step=1.5),
    "no state": lambda state: state.clear(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_state_of_another_form_is_refused(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    altered(path, change)
    loop = Loop()
    with pytest.raises(TrainingError, match="got a state of loop that is not one of its network: delete it"):
        loop.resumed(path)


def test_a_checkpoint_of_another_version_is_refused(path: Path) -> None:
    with pytest.raises(TrainingError, match="got one of other photographs, settings or versions: delete it"):
        Checkpoint(path, {**SETTINGS, "versions": ["0.0.1"]})


def test_a_full_disk_leaves_the_last_checkpoint(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(place: Path, data: bytes) -> None:
        place.write_bytes(data[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    checkpoint = Checkpoint(path, SETTINGS)
    monkeypatch.setattr(replacing, "write_file", full)
    with pytest.raises(TrainingError, match=r"c\.pt: expected a file that can be written, got No space left"):
        checkpoint.save("loop", Loop().state(8))
    assert [entry.name for entry in path.parent.iterdir()] == ["c.pt"]
    assert Loop().resumed(path) == 4


@pytest.mark.parametrize("kind", ["folder", "file/c.pt", "/dev/null", "n" * 300])
def test_a_place_for_no_checkpoint_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("file").touch()
    with pytest.raises(TrainingError, match=r"expected a .*, got .*: "):
        Checkpoint(kind, SETTINGS)
