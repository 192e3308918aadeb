"""The Jupyter widget behind `fastrti.show`; importing this module needs the extra "notebook"."""

import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from PIL import Image

from fastrti.errors import ArgumentError
from fastrti.formats.fastrti_folder import write_object
from fastrti.lights import unit_light
from fastrti.objects.annotations import Annotation, annotation_page, read_annotations
from fastrti.objects.relightable import Relightable
from fastrti.rendering.normals import encoded_normals
from fastrti.rendering.renderer import STILL_LIGHT, Renderer
from fastrti.sharing.site import needs_tiles
from fastrti.sharing.web import inlined_page

MAX_PAGE_BYTES = 24 << 20
"""Of all planes; more would take seconds to pack into the page, and the Renderer draws the pictures instead."""

FRAME_SIDE = 1024
"""Pixels: larger pictures of the Renderer are reduced to it on their way to the browser."""


class ViewerWidget(anywidget.AnyWidget):
    """The web viewer in a notebook, sharing its light with Python.

    Where the browser has no WebGL2, or the object is too large for one page, the Renderer draws each picture in the
    kernel. Normals that are not kept with the object are estimated when the viewer first needs them.

        >>> widget = ViewerWidget(Renderer("objects/vase"))      # doctest: +SKIP
        >>> widget.light = (0.3, 0.5)                            # doctest: +SKIP
        >>> widget.observe(print, "light")                       # doctest: +SKIP

    Args:
        renderer: of the object to show.

    Attributes:
        light: (x, y, z), unit; set it to (x, y) or (x, y, z), or watch it being dragged.
        annotations: those of the object, and what is changed of them in the notebook. Set it, or watch it; the object
            itself stays as it is.
        page: the viewer and the object as one HTML text; empty where that is too large.
        size: width and height in pixels.
        framed: whether the browser asks for pictures from the kernel.
        frame: such a picture, a JPEG.
        shaped: whether the browser asks for the normals.
        normals: the normals as a PNG; empty until they are asked for.

    Raises:
        LightError: light is set to one off the hemisphere.
        ArgumentError: annotations are set to something else.
    """

    _esm = Path(__file__).with_name("widget.js")

    light = traitlets.Any().tag(sync=True)
    annotations = traitlets.Any().tag(
        sync=True,
        to_json=lambda annotations, _: annotation_page(annotations)["items"],
        from_json=lambda items, _: read_annotations(items, "annotations"),
    )
    page = traitlets.Unicode().tag(sync=True)
    size: traitlets.List[int] = traitlets.List().tag(sync=True)
    framed = traitlets.Bool(False).tag(sync=True)
    frame = traitlets.Bytes().tag(sync=True)
    shaped = traitlets.Bool(False).tag(sync=True)
    normals = traitlets.Bytes().tag(sync=True)

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        what = renderer.relightable
        size = [what.width, what.height]
        super().__init__(light=STILL_LIGHT, annotations=what.annotations, page=_page(what), size=size)

    @traitlets.validate("light")
    def _unit(self, proposal: dict[str, Any]) -> list[float]:
        light: list[float] = unit_light(proposal["value"]).tolist()
        return light

    @traitlets.validate("annotations")
    def _notes(self, proposal: dict[str, Any]) -> tuple[Annotation, ...]:
        notes = tuple(proposal["value"])
        for note in notes:
            if not isinstance(note, Annotation):
                raise ArgumentError(f"expected annotations, got {note!r:.60}")
        return notes

    @traitlets.observe("light", "framed")
    def _render(self, change: dict[str, Any]) -> None:
        if self.framed:
            picture = Image.fromarray(self._renderer.to_host(self._renderer.relight(self.light)))
            picture.thumbnail((FRAME_SIDE, FRAME_SIDE), Image.Resampling.LANCZOS)
            self.frame = _encoded(picture, "JPEG", quality=92)

    @traitlets.observe("shaped")
    def _estimate(self, change: dict[str, Any]) -> None:
        if self.shaped and not self.normals:
            self.normals = _encoded(Image.fromarray(encoded_normals(self._renderer)), "PNG")


def _page(relightable: Relightable) -> str:
    if needs_tiles(relightable) or relightable.planes.nbytes > MAX_PAGE_BYTES:
        return ""
    with tempfile.TemporaryDirectory() as temporary:
        write_object(relightable, Path(temporary))
        return inlined_page(Path(temporary), relightable.title)


def _encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
