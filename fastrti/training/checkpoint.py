"""Checkpoints of a fit: one file, replaced atomically, refused by any other fit."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import torch

from fastrti.errors import TrainingError
from fastrti.files import replace_file

State = dict[str, Any]


class Checkpoint:
    """The states of a fit's training loops on disk, by the loop's name.

    Args:
        path: the file, which is read if it exists. None keeps nothing.
        settings: everything that decides the fit's result, as JSON can hold it. A file of other settings is refused.

    Raises:
        TrainingError: the file is not a checkpoint, belongs to another fit, or has no folder to be written in.
    """

    def __init__(self, path: str | os.PathLike[str] | None, settings: dict[str, Any]):
        self.path = None if path is None else Path(path)
        self._fit = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
        self._states: dict[str, State] = {}
        if self.path is None:
            return
        if not self.path.parent.is_dir():  # known now, not after minutes of training
            raise TrainingError(
                f"expected a folder to write the checkpoint in, got {self.path.parent}: make it or pass another path"
            )
        if self.path.exists():
            self._states = self._load(self.path)

    def state(self, loop: str) -> State | None:
        """What was last saved for this training loop, or None."""
        return self._states.get(loop)

    def save(self, loop: str, state: State) -> None:
        """Replaces the state of this loop. A save that is killed leaves the file as it was."""
        if self.path is None:
            return
        self._states[loop] = state
        content = {"fit": self._fit, "states": self._states}
        replace_file(self.path, lambda file: torch.save(content, file), TrainingError)

    def _load(self, path: Path) -> dict[str, State]:
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            fit, states = content["fit"], content["states"]
        except Exception as error:  # torch.load raises a dozen unrelated types for a damaged file
            raise TrainingError(
                f"expected a checkpoint of this fit in {path}, got a file that cannot be read as one: "
                "delete it or pass another path"
            ) from error
        if fit != self._fit:
            raise TrainingError(
                f"expected a checkpoint of this fit in {path}, got one of other photographs or settings: "
                "delete it, pass another path, or repeat the settings it was written with"
            )
        loaded: dict[str, State] = states
        return loaded
