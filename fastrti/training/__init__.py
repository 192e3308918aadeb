"""Making a relightable object: networks, teachers and the training loop (PyTorch)."""

from fastrti.training.fitting import fit
from fastrti.training.students import PRESETS, Preset

__all__ = ["PRESETS", "Preset", "fit"]
