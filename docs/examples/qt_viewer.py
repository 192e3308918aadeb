"""A window with an object whose light follows the mouse: python qt_viewer.py OBJECT. The wheel zooms."""

import math
import sys

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from fastrti import FastrtiError, Renderer


class RelightWidget(QWidget):
    """Shows an object, drawn at the resolution of the widget. Drag over it to move the light.

    Args:
        renderer: of the object.
    """

    def __init__(self, renderer: Renderer) -> None:
        super().__init__()
        self._renderer = renderer
        self._light = (-0.35, 0.35)
        self._whole = QRectF(0, 0, renderer.width, renderer.height)
        self._shown = self._whole  # pixels of the object
        self._pixels = np.empty((0, 0, 4), np.uint8)  # the Renderer writes, and Qt reads the same bytes
        self._image, self._source = QImage(), QRectF()
        self._waiting = QTimer(self, singleShot=True, interval=0)  # a fast hand does not queue up pictures
        self._waiting.timeout.connect(self.relight)

    def sizeHint(self) -> QSize:
        """Of Qt: the picture, or as much of it as a screen has room for."""
        return QSize(self._renderer.width, self._renderer.height).boundedTo(QSize(1200, 900))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Of Qt."""
        self.relight()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Of Qt: the middle of the widget is a light at the camera, and its shorter side the horizon."""
        place, half = event.position(), min(self.width(), self.height()) / 2
        x, y = (place.x() - self.width() / 2) / half, (self.height() / 2 - place.y()) / half
        beyond = max(1.0, math.hypot(x, y))
        self._light = (x / beyond, y / beyond)
        self._waiting.start()

    mousePressEvent = mouseMoveEvent

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Of Qt: what is under the mouse stays there."""
        target, place = self._target(), event.position()
        across, down = (place.x() - target.x()) / target.width(), (place.y() - target.y()) / target.height()
        size = self._shown.size() * min(2 ** (-event.angleDelta().y() / 480), self._whole.width() / self._shown.width())
        left = self._shown.x() + across * (self._shown.width() - size.width())
        top = self._shown.y() + down * (self._shown.height() - size.height())
        left = min(max(left, 0), self._whole.width() - size.width())
        top = min(max(top, 0), self._whole.height() - size.height())
        self._shown = QRectF(QPointF(left, top), size)
        self._waiting.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Of Qt."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self._target(), self._image, self._source)

    def relight(self) -> None:
        """Draws what the widget shows, at the smallest scale that has a pixel for each of the screen's."""
        needed = self._target().width() * self.devicePixelRatio() / self._shown.width()
        scale = 1 / 2 ** min(max(math.floor(-math.log2(needed)), 0), 6)
        drawn = self._renderer.at(scale)
        left, top = math.floor(self._shown.left() * scale), math.floor(self._shown.top() * scale)
        right = min(math.ceil(self._shown.right() * scale), drawn.width)
        bottom = min(math.ceil(self._shown.bottom() * scale), drawn.height)
        height, width = max(bottom - top, 1), max(right - left, 1)
        if self._pixels.shape != (height, width, 4):
            self._pixels = np.empty((height, width, 4), np.uint8)
            self._image = QImage(self._pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
        place = self._shown.topLeft() * scale - QPointF(left, top)
        self._source = QRectF(place, self._shown.size() * scale)
        drawn.relight(self._light, out=self._pixels, region=(top, left, height, width))
        self.update()

    def _target(self) -> QRectF:
        """Where the picture lies in the widget: it keeps its shape."""
        room = QRectF(self.rect())
        size = self._shown.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        return QRectF(room.center() - QPointF(size.width(), size.height()) / 2, size)


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
