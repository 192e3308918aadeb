"""How a Renderer shows itself in Jupyter: as the viewer where anywidget is installed, and always as a still picture."""

import base64
import sys
from importlib.util import find_spec
from io import BytesIO
from typing import Any

from PIL import Image

from fastrti.rendering.renderer import Renderer
from fastrti.sharing.save import Picture, to_numpy

FIRST_LIGHT = (-0.35, 0.35)
MAX_SIDE = 1024
"""Pixels; larger pictures are reduced to it, since they travel to the browser and a notebook keeps them."""


def mimebundle(renderer: Renderer) -> dict[str, Any]:
    """What Jupyter chooses from, by MIME type.

    Returns:
        The text of `repr`; where pictures can be shown a PNG, the light from the top left; and with the optional extra
        "notebook" a widget, see `fastrti.sharing.widget.ViewerWidget`.
    """
    bundle: dict[str, Any] = {"text/plain": repr(renderer)}
    if not _shows_pictures():
        return bundle
    still = encoded(to_numpy(renderer.relight(FIRST_LIGHT)), "PNG")
    bundle["image/png"] = base64.b64encode(still).decode("ascii")
    if find_spec("anywidget") is None:
        return bundle
    from fastrti.sharing.widget import ViewerWidget

    shown: Any = ViewerWidget(renderer)._repr_mimebundle_()
    widget = shown[0] if isinstance(shown, tuple) else shown  # with or without metadata, by the version
    return {**(widget or {}), **bundle}


def encoded(picture: Picture, kind: str) -> bytes:
    """The bytes of a picture file of a kind Pillow knows, at most MAX_SIDE pixels wide and high."""
    image = Image.fromarray(picture)
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    file = BytesIO()
    image.save(file, kind, quality=92)
    return file.getvalue()


def _shows_pictures() -> bool:
    """False in IPython's terminal, which asks for the bundle too but can show text only."""
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    return shell is None or "image/png" in shell.display_formatter.active_types
