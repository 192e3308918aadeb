"""Run by `test_qt.py` in a Python that has PySide6: an object in docs/examples/qt_viewer.py is dragged over."""

import runpy
import sys

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from fastrti import Renderer

example, folder, screenshot = sys.argv[1:]
application = QApplication([])
renderer = Renderer(folder, backend="cpu")
widget = runpy.run_path(example)["RelightWidget"](renderer)
width, height = renderer.relightable.width, renderer.relightable.height
assert (widget.sizeHint().width(), widget.sizeHint().height()) == (width, height)


def seen() -> np.ndarray:
    """What the widget shows, (H, W, 3)."""
    application.processEvents()
    shown = widget.grab().toImage().convertToFormat(widget._image.Format.Format_RGB888)
    rows = np.frombuffer(shown.constBits(), np.uint8).reshape(shown.height(), shown.bytesPerLine())
    return rows[:, : 3 * shown.width()].reshape(shown.height(), shown.width(), 3).copy()


widget.resize(width, height)
assert np.array_equal(seen(), renderer.relight((-0.35, 0.35)))
right = QPoint(width // 2 + height // 4, height // 2)
QTest.mousePress(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, right)
assert np.allclose(widget._light, (0.5, 0)) and np.array_equal(seen(), renderer.relight((0.5, 0)))
QTest.mousePress(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(-9 * width, height // 2))
assert np.allclose(widget._light, (-1, 0)) and np.array_equal(seen(), renderer.relight((-1, 0)))


def turn_wheel(clicks: int, x: float, y: float) -> None:
    """Each click of it is a step of 120."""
    keys, buttons, phase = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    place = QPointF(x, y)
    turned = QPoint(0, 120 * clicks)
    application.sendEvent(widget, QWheelEvent(place, place, QPoint(), turned, buttons, keys, phase, False))
    application.processEvents()


widget.resize(width // 2, height // 2)  # smaller than the object: half of its pixels are drawn
assert np.array_equal(seen(), renderer.relight((-1, 0), scale=1 / 2))
turn_wheel(4, 0, 0)  # twice as large: the first quarter, pixel for pixel
assert np.array_equal(seen(), renderer.relight((-1, 0), region=(0, 0, height // 2, width // 2)))
turn_wheel(-9, width, height)
assert np.array_equal(seen(), renderer.relight((-1, 0), scale=1 / 2))
widget.resize(2 * width, 3 * height)  # the picture keeps its shape
assert widget.grab().toImage().pixelColor(width, 2).value() == widget.grab().toImage().pixelColor(0, 0).value()
widget.resize(8 * width, 8 * height)
application.processEvents()
widget.grab().save(screenshot)
print("all is well")
