"""A window with an object whose light follows the mouse: python qt_viewer.py OBJECT."""

import math
import sys

import numpy as np
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from fastrti import FastrtiError, Renderer


class RelightWidget(QWidget):
    """Shows an object. Drag over it to move the light.

    Args:
        renderer: of the object.
    """

    def __init__(self, renderer: Renderer) -> None:
        super().__init__()
        self._renderer = renderer
        height, width = renderer.relightable.height, renderer.relightable.width
        self._pixels = np.empty((height, width, 4), np.uint8)  # the Renderer writes, and Qt reads the same bytes
        self._image = QImage(self._pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
        self._light = (-0.35, 0.35)
        self._waiting = QTimer(self, singleShot=True, interval=0)  # a fast hand does not queue up pictures
        self._waiting.timeout.connect(self._relight)
        self._relight()

    def sizeHint(self) -> QSize:
        """Of Qt: the picture, or as much of it as a screen has room for."""
        return self._image.size().boundedTo(QSize(1200, 900))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Of Qt: the middle of the widget is a light at the camera, and its shorter side the horizon."""
        place, half = event.position(), min(self.width(), self.height()) / 2
        x, y = (place.x() - self.width() / 2) / half, (self.height() / 2 - place.y()) / half
        beyond = max(1.0, math.hypot(x, y))
        self._light = (x / beyond, y / beyond)
        self._waiting.start()

    mousePressEvent = mouseMoveEvent

    def paintEvent(self, event: QPaintEvent) -> None:
        """Of Qt."""
        shown = self._image.scaled(
            self.size(), Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        QPainter(self).drawImage((self.width() - shown.width()) // 2, (self.height() - shown.height()) // 2, shown)

    def _relight(self) -> None:
        self._renderer.relight(self._light, out=self._pixels)
        self.update()


def main() -> None:
    """The window."""
    application = QApplication(sys.argv)
    try:
        widget = RelightWidget(Renderer(sys.argv[1], backend="cpu"))
    except FastrtiError as error:
        sys.exit(str(error))
    widget.show()
    sys.exit(application.exec())


if __name__ == "__main__":
    main()
