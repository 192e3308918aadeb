"""The Jupyter widget of an object; needs the optional extra "notebook"."""

import tempfile
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from fastrti.errors import ArgumentError
from fastrti.lights import unit_light
from fastrti.objects.relightable import Relightable
from fastrti.rendering.renderer import Renderer
from fastrti.sharing.notebook import FIRST_LIGHT, encoded
from fastrti.sharing.save import to_numpy
from fastrti.sharing.web import export_single_file


class ViewerWidget(anywidget.AnyWidget):
    """The web viewer in a notebook, sharing its light with Python.

    Where the browser has no WebGL2, or the object is too large for one page, the kernel renders each picture.

        >>> widget = ViewerWidget(Renderer("objects/vase"))      # doctest: +SKIP
        >>> widget.light = (0.3, 0.5)                            # doctest: +SKIP
        >>> widget.observe(print, "light")                       # doctest: +SKIP

    Args:
        renderer: of the object to show; its normals are estimated first, seconds a megapixel.

    Attributes:
        light: (x, y, z), unit; set it to (x, y) or (x, y, z), or watch it being dragged.
        page: the viewer and the object as one HTML text; empty where that is too large.
        size: width and height in pixels.
        framed: whether the browser asks for pictures from the kernel.
        frame: such a picture, a JPEG.

    Raises:
        LightError: light is set to one off the hemisphere.
    """

    _esm = Path(__file__).with_name("widget.js")

    light = traitlets.Any().tag(sync=True)
    page = traitlets.Unicode().tag(sync=True)
    size: traitlets.List[int] = traitlets.List().tag(sync=True)
    framed = traitlets.Bool(False).tag(sync=True)
    frame = traitlets.Bytes().tag(sync=True)

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        what = renderer.relightable
        super().__init__(light=FIRST_LIGHT, page=_page(what), size=[what.width, what.height])

    @traitlets.validate("light")
    def _unit(self, proposal: dict[str, Any]) -> list[float]:
        light: list[float] = unit_light(proposal["value"]).tolist()
        return light

    @traitlets.observe("light", "framed")
    def _render(self, change: dict[str, Any]) -> None:
        if self.framed:
            self.frame = encoded(to_numpy(self._renderer.relight(self.light)), "JPEG")


def _page(relightable: Relightable) -> str:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        try:
            export_single_file(relightable, page)
        except ArgumentError:  # too large; then the kernel renders
            return ""
        return page.read_text(encoding="utf-8")
