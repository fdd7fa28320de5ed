"""Icons: line drawings in the current theme's colours, sharp at every size and scale."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

from studio.core.paths import resources_dir
from studio.ui.theme.appearance import current_tokens

DESKTOP_SIZES = (16, 24, 32, 48, 64, 128, 256)  # px
LOGO_SIZES = (28, 56)  # px; the studio's own logo, for screens of ordinary and double density


@cache
def _drawing(name: str) -> bytes:
    return (resources_dir() / "icons" / f"{name}.svg").read_bytes()


def icon(name: str, *, role: str = "text_soft") -> QIcon:
    """Return the icon ``resources/icons/<name>.svg`` in the colour token ``role``.

    The colour is looked up whenever the icon is painted: after a change of theme the same QIcon
    shows the new colour. Disabled icons take ``text_disabled``; checked ones (state On) ``text``
    where the role is a softer text.

    Raises:
        FileNotFoundError: there is no such drawing.
    """
    _drawing(name)
    return QIcon(_LineIconEngine(name, role))


@cache
def app_icon(sizes: Sequence[int] = DESKTOP_SIZES) -> QIcon:
    """Return the application's icon at the given sides in px, those that desktops ask for."""
    result = QIcon()
    for side in sizes:
        result.addPixmap(_rendered("atelier", "", QSize(side, side)))
    return result


def _rendered(name: str, colour: str, size: QSize) -> QPixmap:
    """Return the drawing in device pixels; ``colour`` replaces the drawing's ``currentColor``."""
    key = f"atelier/{name}/{colour}/{size.width()}x{size.height()}"
    found = QPixmap()
    if QPixmapCache.find(key, found):
        return found
    pixmap = QPixmap(size)
    pixmap.fill(Qt.GlobalColor.transparent)
    data = _drawing(name).replace(b"currentColor", colour.encode())
    painter = QPainter(pixmap)
    side = min(size.width(), size.height())
    target = QRectF((size.width() - side) / 2, (size.height() - side) / 2, side, side)
    QSvgRenderer(QByteArray(data)).render(painter, target)
    painter.end()
    QPixmapCache.insert(key, pixmap)
    return pixmap


class _LineIconEngine(QIconEngine):
    """Renders one drawing on demand, so that icons follow the theme and the screen's scale.

    It has no ``clone()``, because PySide6 would free the copy under Qt's feet: nothing may add
    pixmaps to an icon that ``icon()`` returned.
    """

    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self._name = name
        self._role = role

    def _colour(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        tokens = current_tokens()
        role = self._role
        if mode == QIcon.Mode.Disabled:
            role = "text_disabled"
        elif state == QIcon.State.On and role in ("text_soft", "text_faint"):
            role = "text"
        return QColor(getattr(tokens, role)).name()

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        ratio = painter.device().devicePixelRatio()
        painter.drawPixmap(rect, self.scaledPixmap(rect.size(), mode, state, ratio))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return _rendered(self._name, self._colour(mode, state), size)

    def scaledPixmap(
        self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float
    ) -> QPixmap:
        return _rendered(self._name, self._colour(mode, state), size * scale)
