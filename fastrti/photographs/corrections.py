"""What was done to a collection, as a person reads it and as an object keeps it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Correction:
    """One step that changed photographs or lights.

    Attributes:
        name: what was corrected, such as "exposures" or "near lights".
        sentence: what was done, for a person.
        numbers: all that is needed to do it again; anything that JSON can hold.
    """

    name: str
    sentence: str
    numbers: dict[str, Any] = field(default_factory=dict)
