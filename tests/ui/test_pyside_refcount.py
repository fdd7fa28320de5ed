"""Keeps watch over a defect of PySide6 6.12.0 that aborts the studio.

Every QPainter.drawImage call dropped a reference to None there; after some thousand of them Python
3.11 ends the process with "none_dealloc". The project therefore stays below 6.12.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import PySide6

REPOSITORY = Path(__file__).resolve().parents[2]
CALLS = 20_000

DRAW = f"""
import sys
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF
from PySide6.QtGui import QGuiApplication, QImage, QPainter, QPixmap

app = QGuiApplication([])
target = QImage(8, 8, QImage.Format.Format_ARGB32_Premultiplied)
source = QImage(4, 4, QImage.Format.Format_ARGB32_Premultiplied)
source.fill(0)
pixmap = QPixmap.fromImage(source)
painter = QPainter(target)
before = sys.getrefcount(None)
for _ in range({CALLS // 4}):
    painter.drawImage(QPoint(0, 0), source)
    painter.drawImage(QPointF(0, 0), source)
    painter.drawImage(QRect(0, 0, 4, 4), source)
    painter.drawImage(QRectF(0, 0, 4, 4), source, QRectF(0, 0, 2, 2))
    painter.drawPixmap(QRect(0, 0, 4, 4), pixmap)
after = sys.getrefcount(None)
painter.end()
print(after - before)
"""


def test_drawing_pictures_leaves_none_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-c", DRAW],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert abs(int(done.stdout)) < CALLS // 100


def test_the_project_stays_below_the_broken_version() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    [requirement] = [line for line in project["dependencies"] if line.startswith("pyside6")]
    assert "<6.12" in requirement
    installed = tuple(int(part) for part in PySide6.__version__.split(".")[:2])
    assert installed < (6, 12), "uv.lock and pyproject.toml disagree"
