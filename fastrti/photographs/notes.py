"""What a collection says about how it was read."""


class Doubt(str):
    """A note about a guess that can be wrong. `--strict` makes an error of it; other notes are plain strings."""

    __slots__ = ()
