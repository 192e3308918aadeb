"""Checkpoints of a fit: one file, replaced atomically, refused by any other fit and where a bit of it is wrong.

The file is what PyTorch stores, and after it the SHA-256 of these bytes. `torch.load` opens it too.
"""

import hashlib
import io
import json
import math
import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from fastrti.errors import TrainingError
from fastrti.files import check_place, read_file, replace_file

State = dict[str, Any]
Parts = dict[str, nn.Module | Optimizer]

MAX_BYTES = 4 << 30
_DIGEST_BYTES = hashlib.sha256().digest_size
_TYPICAL_BYTES = 4 << 20


class Checkpoint:
    """The states of a fit's training loops on disk, by the loop's name.

    Args:
        path: the file, which is read if it exists. None keeps nothing.
        settings: everything that decides the fit's result, as JSON can hold it. A file of other settings is refused.

    Raises:
        TrainingError: the file is not a checkpoint, is damaged, belongs to another fit, or cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str] | None, settings: dict[str, Any]):
        self.path = None if path is None else Path(path)
        self._fit = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
        self._states: dict[str, State] = {}
        if self.path is None:
            return
        check_place(self.path, _TYPICAL_BYTES, TrainingError)  # known now, not after minutes of training
        if os.path.lexists(self.path):
            self._states = self._load(self.path)

    def steps_done(self, loop: str) -> int:
        """The steps of a loop when its state was last saved, as the file says. 0 where nothing was saved."""
        state = self._states.get(loop)
        step = state.get("step") if isinstance(state, dict) else None
        return step if type(step) is int else 0

    def resume(self, loop: str, parts: Parts, generator: torch.Generator, steps: int) -> int:
        """Brings a training loop to where it was when its state was last saved.

        Args:
            loop: its name.
            parts: what has a state, by name; changed in place.
            generator: of the loop; changed in place.
            steps: of the whole loop.

        Returns:
            The steps done; 0 where nothing was saved.

        Raises:
            TrainingError: a state that is not one of this loop.
        """
        if loop not in self._states:
            return 0
        state = self._states[loop]
        refused = _refused(self.path, f"a state of {loop} that is not one of its network")
        if not _fits(state, parts, generator, steps):
            raise refused
        try:
            generator.set_state(state["generator"])
        except RuntimeError as error:  # PyTorch's word for bytes that no generator has
            raise refused from error
        for name, part in parts.items():
            part.load_state_dict(state[name])
        done: int = state["step"]
        return done

    def save(self, loop: str, state: State) -> None:
        """Replaces the state of this loop: of its parts, by name, its generator, and its step. A save that is killed
        leaves the file as it was.

        Raises:
            TrainingError: the file cannot be written.
        """
        if self.path is None:
            return
        self._states[loop] = state
        buffer = io.BytesIO()  # in memory, where PyTorch finds no full disk
        torch.save({"fit": self._fit, "states": self._states}, buffer)
        content = buffer.getvalue()
        replace_file(self.path, content + hashlib.sha256(content).digest(), TrainingError)

    def _load(self, path: Path) -> dict[str, State]:
        data = read_file(path, MAX_BYTES, "a checkpoint", TrainingError)
        content, digest = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
        if digest != hashlib.sha256(content).digest():
            raise _refused(path, "a file that cannot be read as one, or a damaged one")
        try:
            loaded = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
            fit, states = loaded["fit"], loaded["states"]
        except Exception as error:  # torch.load raises a dozen unrelated types
            raise _refused(path, "a file that cannot be read as one") from error
        if fit != self._fit:
            raise TrainingError(
                f"expected a checkpoint of this fit in {path}, got one of other photographs, settings or versions: "
                "delete it, pass another path, or repeat the settings it was written with"
            )
        return dict(states)


def _refused(path: Path | None, got: str) -> TrainingError:
    return TrainingError(f"expected a checkpoint of this fit in {path}, got {got}: delete it or pass another path")


# --- what PyTorch does not check before it uses it -------------------------------------------------------------------


def _fits(state: Any, parts: Parts, generator: torch.Generator, steps: int) -> bool:
    """Whether a state is one of these parts: on other shapes PyTorch's optimisers crash."""
    if not isinstance(state, dict) or state.keys() != {*parts, "generator", "step"}:
        return False
    step = state["step"]
    return (
        type(step) is int
        and 0 <= step <= steps
        and _alike(state["generator"], generator.get_state())
        and all(_alike(state[name], _state_after_a_step(part, state[name])) for name, part in parts.items())
    )


def _state_after_a_step(part: nn.Module | Optimizer, stored: Any) -> State:
    """The state of a part; an optimiser that has done no step yet gets the averages that Adam keeps.

    It keeps none for what has no gradient. So only those are expected that are stored.
    """
    state = part.state_dict()
    if isinstance(part, Optimizer):
        kept = stored["state"] if isinstance(stored, dict) and isinstance(stored.get("state"), dict) else {}
        parameters = [parameter.detach() for group in part.param_groups for parameter in group["params"]]
        state["state"] = {
            number: {"step": torch.zeros(()), "exp_avg": parameter, "exp_avg_sq": parameter}
            for number, parameter in enumerate(parameters)
            if number in kept
        }
    return state


def _alike(got: Any, wanted: Any) -> bool:
    """Whether two states have the same keys and shapes, and, apart from finite floats, the same values."""
    if isinstance(wanted, Tensor):
        alike = isinstance(got, Tensor) and (got.shape, got.dtype) == (wanted.shape, wanted.dtype)
        return alike and bool(got.isfinite().all())
    if type(got) is not type(wanted):
        return False
    if isinstance(wanted, dict):
        return got.keys() == wanted.keys() and all(_alike(got[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list | tuple):
        return len(got) == len(wanted) and all(map(_alike, got, wanted))
    return math.isfinite(got) if isinstance(wanted, float) else bool(got == wanted)
