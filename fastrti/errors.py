"""The errors fastrti raises for what a caller, a file or a machine can cause.

    FastrtiError
    ├── LightError          a light direction off the hemisphere or not a direction (also a ValueError)
    ├── ArgumentError       any other argument out of its documented range (also a ValueError)
    ├── CollectionError     photographs, .lp file or mask that cannot be read or do not fit together
    ├── ObjectError         a relightable object that cannot be read, written or trusted
    ├── BackendError        a backend that cannot run here
    ├── TrainingError       a fit that cannot start, resume or converge
    └── MissingPackageError an optional package that is not installed (also an ImportError)

Every message is one sentence of three parts: what was wanted, what came, what to do. It is one printable line,
whatever the names of files hold.
"""

from fastrti.text import printable


class FastrtiError(Exception):
    """Base of every error fastrti raises on purpose."""

    def __str__(self) -> str:
        return printable(super().__str__())


class LightError(FastrtiError, ValueError):
    """A light direction is malformed or points below the object's plane."""


class ArgumentError(FastrtiError, ValueError):
    """An argument is outside its documented range."""


class CollectionError(FastrtiError):
    """A multi-light image collection cannot be read, or its parts do not fit together."""


class ObjectError(FastrtiError):
    """A relightable object cannot be read, written or trusted."""


class BackendError(FastrtiError):
    """The asked-for backend cannot run on this machine."""


class TrainingError(FastrtiError):
    """A fit cannot start, resume or converge."""


class MissingPackageError(FastrtiError, ImportError):
    """An optional package is needed and not installed; the message has the command that installs it."""
