"""Text of files and names, as people read it on a terminal."""

import re
from collections.abc import Sequence

_LISTED_AT_MOST = 5
_QUOTED_AT_MOST = 40
_NAMED_AT_MOST = 80
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def printable(text: str) -> str:
    r"""The text with everything escaped that a terminal would obey or could not show.

    Names of files may hold control characters, marks that turn the direction of writing, and bytes that are no text.
    They come out as `\x1b`, `\u202e` and `\udce9`.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def storable(text: str) -> str:
    """The text with U+FFFD in the place of lone surrogates, which names of files can bring and no file can hold."""
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def quoted(text: str) -> str:
    """The text as an error quotes it: in quotation marks, printable and at most 40 characters long."""
    return repr(shortened(text.strip(), _QUOTED_AT_MOST))


def shortened(name: str, most: int = _NAMED_AT_MOST) -> str:
    """The name, or its beginning where it is longer than a line."""
    return name if len(name) <= most else f"{name[:most]}…"


def listed(names: Sequence[str]) -> str:
    """The first names with commas, and how many more there are."""
    shown = ", ".join(names[:_LISTED_AT_MOST])
    return shown if len(names) <= _LISTED_AT_MOST else f"{shown} and {len(names) - _LISTED_AT_MOST} more"


def represented(value: object) -> str:
    """A value as an error quotes it: at most 80 characters of its `repr`, whatever the value is."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # of somebody's own class, or of a whole number of more than 4,300 digits
        text = f"a {type(value).__name__}"
    return shortened(text)
