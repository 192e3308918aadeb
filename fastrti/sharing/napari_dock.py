"""The plug-in for napari: objects open as image layers, and a dock's dial moves their light.

`napari.yaml` beside this file tells napari what is here. Importing this module needs the extra "napari".
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from qtpy.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from fastrti.formats import FORMATS
from fastrti.rendering.renderer import STILL_LIGHT, Renderer

if TYPE_CHECKING:
    import napari

RENDERER = "fastrti"
"""The key of a layer's metadata under which its Renderer is."""

_HINT = "Open an object and select its layer: a folder of fastrti, a .ptm or an .rti file."
_STEP = 0.05  # of an arrow key
_SIDE = 200  # of the dial at first, in pixels
_MARK = 6.0  # radius of the light on it


def reader(path: str | list[str]) -> Callable[[str], list[tuple[Any, dict[str, Any], str]]] | None:
    """What opens a path that napari is to open, or None where it is no relightable object by its name."""
    if isinstance(path, list):
        return None
    suffixes = {suffix for row in FORMATS.values() for suffix in row.suffixes}
    return layers if (Path(path) / "info.json").is_file() or Path(path).suffix.lower() in suffixes else None


def layers(path: str) -> list[tuple[Any, dict[str, Any], str]]:
    """The layer of an object as napari takes it: (H, W, 3) uint8, its settings, "image".

    Raises:
        ObjectError: the folder or file is not a relightable object.
    """
    renderer = Renderer(path)
    name = renderer.relightable.title or Path(path).name
    settings: dict[str, Any] = {"name": name, "rgb": True, "metadata": {RENDERER: renderer}}
    if mm := renderer.relightable.mm_per_pixel:
        settings |= {"scale": (mm, mm), "units": ("mm", "mm")}
    return [(renderer.to_host(renderer.relight(STILL_LIGHT)), settings, "image")]


class LightDial(QWidget):
    """The hemisphere of lights as the camera sees it. The light is where one presses, drags, or moves it by arrow keys.

    Attributes:
        light: (x, y) in the unit circle: +x right, +y up.
        moved: emitted with x and y.
    """

    moved = Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self.light = STILL_LIGHT
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Light")

    def move_to(self, x: float, y: float) -> None:
        """Moves the light, to the rim where the point is outside."""
        beyond = max(1.0, math.hypot(x, y))
        self.light = (x / beyond, y / beyond)
        self.update()
        self.moved.emit(*self.light)

    def sizeHint(self) -> QSize:
        """Of Qt."""
        return QSize(_SIDE, _SIDE)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Of Qt."""
        disc, place = self._disc(), event.position()
        radius = disc.width() / 2
        self.move_to((place.x() - disc.center().x()) / radius, (disc.center().y() - place.y()) / radius)

    mouseMoveEvent = mousePressEvent  # only while a button is held

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Of Qt."""
        ways = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}
        if event.key() not in ways:
            super().keyPressEvent(event)
            return
        right, up = ways[event.key()]
        self.move_to(self.light[0] + _STEP * right, self.light[1] + _STEP * up)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Of Qt."""
        painter, disc, palette = QPainter(self), self._disc(), self.palette()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(palette.text().color())
        painter.setBrush(palette.base())
        painter.drawEllipse(disc)
        x, y = (value * disc.width() / 2 for value in self.light)
        painter.setBrush(palette.text())
        painter.drawEllipse(disc.center() + QPointF(x, -y), _MARK, _MARK)

    def _disc(self) -> QRectF:
        """The largest circle in the middle whose light stays inside."""
        side = min(self.width(), self.height()) - 2 * _MARK - 2
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)


class LightDock(QWidget):
    """A dock of napari: its dial moves the light of the selected layers that are objects.

    Args:
        napari_viewer: given by napari.

    Attributes:
        dial: moves the light.
    """

    def __init__(self, napari_viewer: "napari.Viewer") -> None:
        super().__init__()
        self._viewer = napari_viewer
        self.dial = LightDial()
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._waiting = QTimer(self, singleShot=True, interval=0)  # so that a fast hand does not queue up pictures
        self._waiting.timeout.connect(self._draw)
        self.dial.moved.connect(lambda x, y: self._waiting.start())
        self.setLayout(QVBoxLayout())
        self.layout().addWidget(self.dial)
        self.layout().addWidget(self._words)
        napari_viewer.layers.selection.events.changed.connect(self._tell)
        self._tell()

    def _chosen(self) -> list[Any]:
        return [layer for layer in self._viewer.layers.selection if RENDERER in layer.metadata]

    def _draw(self) -> None:
        for layer in self._chosen():
            renderer = layer.metadata[RENDERER]
            layer.data = renderer.to_host(renderer.relight(self.dial.light))
        self._tell()

    def _tell(self, event: object = None) -> None:
        names = ", ".join(layer.name for layer in self._chosen())
        x, y = self.dial.light
        self._words.setText(f"{names}: light {x:.2f}, {y:.2f}" if names else _HINT)
