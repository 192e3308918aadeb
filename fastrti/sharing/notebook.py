"""`show`: the viewer of an object in a Jupyter notebook."""

from os import PathLike
from typing import TYPE_CHECKING

from fastrti.extras import needs
from fastrti.objects.relightable import Relightable
from fastrti.rendering.renderer import Renderer

if TYPE_CHECKING:
    from fastrti.sharing.widget import ViewerWidget


def show(source: Renderer | Relightable | str | PathLike[str]) -> "ViewerWidget":
    """The viewer of an object for a Jupyter notebook, which shares its light with Python.

        >>> viewer = fastrti.show(vase)                          # doctest: +SKIP
        >>> viewer.light = (0.3, 0.5)                            # doctest: +SKIP

    A Renderer alone shows itself as a small still picture.

    Args:
        source: a Renderer, which also draws what the browser cannot, an object, or the folder or file of one.

    Returns:
        A widget; a notebook shows it where it is the last value of a cell.

    Raises:
        MissingPackageError: the extra "notebook" is not installed.
        ObjectError: the folder or file is not a relightable object.
    """
    with needs("notebook", "the viewer in a notebook"):
        from fastrti.sharing.widget import ViewerWidget
    return ViewerWidget(source if isinstance(source, Renderer) else Renderer(source))
