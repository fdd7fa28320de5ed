"""On a scaled screen, in a process of its own: 100 % is still one pixel on one pixel."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from studio.core.ids import new_id
from studio.document import AddLayer, Layer, Project, split_into_tiles
from studio.ui.canvas.view import CanvasView

app = QApplication([])
project = Project.create(Path(sys.argv[1]), width=700, height=600)
pixels = np.random.default_rng(1).integers(0, 256, (600, 700, 4), dtype=np.uint8)
pixels[..., 3] = 255
layer = Layer(id=new_id(), name="Noise")
project.image.apply(AddLayer(layer=layer, tiles=split_into_tiles(pixels.tobytes(), 700, 600)))
view = CanvasView(project.image)
view.resize(401, 303)
view.show()
view.set_zoom(1.0)
view.viewport.pan_by(QPointF(-7.3, 11.9))
view.navigator.moved.emit()
while view.compositor.busy:
    app.processEvents()
app.processEvents()
shot = view.grab().toImage().convertToFormat(QImage.Format.Format_RGBA8888)
screen = np.frombuffer(shot.constBits(), np.uint8).reshape(shot.height(), shot.width(), 4)
ratio = view.devicePixelRatioF()
assert ratio == float(sys.argv[2]), ratio
left = round(-view.viewport.offset.x() * ratio)
top = round(-view.viewport.offset.y() * ratio)
# What of the picture is certainly inside the view, with the view's rounding at its edges left out.
rows, columns = min(shot.height() - 2, 600 - max(top, 0)), min(shot.width() - 2, 700 - max(left, 0))
y, x = max(0, -top), max(0, -left)
seen = screen[y:rows, x:columns, :3]
meant = pixels[top + y : top + rows, left + x : left + columns, :3]
assert seen.size > 100_000, seen.shape
assert (seen == meant).all()
view.close_document()
project.close()
"""


@pytest.mark.parametrize("ratio", ["1.5", "2"])
def test_a_hundred_percent_is_exact_on_a_scaled_screen(ratio: str, tmp_path: Path) -> None:
    environment = os.environ | {"QT_SCALE_FACTOR": ratio, "QT_QPA_PLATFORM": "offscreen"}
    subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "scaled.atelier"), ratio],
        check=True,
        timeout=120,
        env=environment,
        cwd=Path(__file__).resolve().parents[3],
    )
