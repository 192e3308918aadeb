"""What was done to a collection, as a person reads it and as an object keeps it."""

import json
from dataclasses import dataclass, field
from typing import Any

from fastrti.errors import ArgumentError


@dataclass(frozen=True)
class Correction:
    """One step that changed photographs or lights.

    Attributes:
        name: what was corrected, such as "exposures" or "near lights".
        sentence: what was done, for a person.
        numbers: all that is needed to do it again; anything that JSON can hold.

    Raises:
        ArgumentError: numbers that JSON cannot hold, now and not when the object is saved.
    """

    name: str
    sentence: str
    numbers: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            json.dumps(self.numbers, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise ArgumentError(
                f"expected numbers that JSON can hold for the correction {self.name!r}, got other values ({error}): "
                "make lists and finite floats of them"
            ) from None
