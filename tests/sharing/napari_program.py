"""Run by `test_qt.py` in a Python that has napari: opens an object, finds the dock, drags its dial.

The viewer has no canvas, which would need OpenGL.
"""

import sys

import npe2
import numpy as np
from napari.components import ViewerModel
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from fastrti import Renderer

folder = sys.argv[1]
application = QApplication([])
viewer = ViewerModel()
manager = npe2.PluginManager.instance()
manager.discover()
(layer,) = viewer.open(folder, plugin="fastrti")
renderer = Renderer(folder)
assert np.array_equal(layer.data, renderer.relight((-0.35, 0.35)))
assert (layer.name, tuple(layer.scale)) == ("A tablet", (0.5, 0.5)), (layer.name, layer.scale)

(widget,) = (each for each in manager.iter_widgets() if each.plugin_name == "fastrti")
assert widget.display_name == "Light"
dock = widget.get_callable()(viewer)
dial = dock.dial
dial.resize(214, 214)  # a disc of 200 pixels
assert dock._words.text() == "A tablet: light -0.35, 0.35"
QTest.mousePress(dial, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(107 + 50, 107 - 30))
QApplication.processEvents()
assert np.allclose(dial.light, (0.5, 0.3)), dial.light
assert np.array_equal(layer.data, renderer.relight(dial.light)) and "light 0.50, 0.30" in dock._words.text()
QTest.mouseMove(dial, QPoint(107 - 300, 107))  # outside, with the button held: a light at the horizon
dial.move_to(-3, 0)
QTest.keyClick(dial, Qt.Key.Key_Right)
QApplication.processEvents()
assert np.allclose(dial.light, (-0.95, 0)) and np.array_equal(layer.data, renderer.relight(dial.light))

plain = viewer.add_image(np.zeros((4, 4)), name="plain")
viewer.layers.selection = {plain}
before = plain.data.copy()
dial.move_to(0, 0)
QApplication.processEvents()
assert np.array_equal(plain.data, before) and dock._words.text().startswith("Open an object")
dial.grab().save(sys.argv[2])
print("all is well")
