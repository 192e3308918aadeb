"""Sentences of the library in the words of the command line: options, where Python has arguments."""

from fastrti.picture_limits import ALLOW_MORE

_OPTIONS = {
    ALLOW_MORE: "give --max-pixels ",
    "with match=": "with --match",
    "as lp=": "with --lp",
    "leave out transfer=": "leave out --transfer",
    "leave out loss_db": "leave out --loss-db",
    "expected loss_db above": "expected --loss-db above",
    "in spheres=": "with --sphere X,Y,R",
}
"""What sentences of errors say to do in Python, and what one types instead."""


def in_options(sentence: str) -> str:
    """An error's sentence, for somebody at the command line."""
    for argument, option in _OPTIONS.items():
        sentence = sentence.replace(argument, option)
    return sentence
