"""The rail at the left edge: one button a workspace."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QToolButton, QVBoxLayout, QWidget

from studio.ui.theme import (
    LOGO_SIZES,
    RADIUS,
    SPACING,
    TYPE,
    app_icon,
    body_font,
    current_tokens,
    icon,
)

_WIDTH = 64  # px
_LOGO = 28  # px


class RailItem(msgspec.Struct, frozen=True, kw_only=True):
    """One workspace: ``icon`` names a drawing, ``shortcut`` is shown in the tooltip ("Ctrl+1")."""

    id: str
    title: str
    icon: str
    shortcut: str = ""


class _RailButton(QAbstractButton):
    """An icon above a short caption; the chosen one carries the accent at its left edge."""

    def __init__(self, item: RailItem) -> None:
        super().__init__()
        self._item = item
        self.setText(item.title)
        self.setAccessibleName(item.title)
        self.setToolTip(f"{item.title} ({item.shortcut})" if item.shortcut else item.title)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFont(body_font(TYPE[0]))
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH - 2 * SPACING[0], 36 + self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(area, RADIUS + 1, RADIUS + 1)
        bright = self.isChecked() or self.underMouse()
        if self.isChecked():
            painter.fillPath(shape, QColor(tokens.raised))
            inner = QPainterPath()
            inner.addRoundedRect(area.adjusted(2, 0, RADIUS + 2, 0), RADIUS + 1, RADIUS + 1)
            painter.fillPath(shape.subtracted(inner), QColor(tokens.accent))
        elif bright:
            painter.fillPath(shape, QColor(tokens.raised))
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.focus), 1))
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS + 1, RADIUS + 1)
        picture = icon(self._item.icon, role="text" if bright else "text_faint")
        picture.paint(painter, QRect((self.width() - 20) // 2, 7, 20, 20))
        painter.setFont(self.font())
        painter.setPen(QColor(tokens.text if bright else tokens.text_faint))
        line = QRect(2, 30, self.width() - 4, self.fontMetrics().height())
        text = painter.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, line.width()
        )
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()


class Rail(QWidget):
    """Switches between workspaces; arrow keys move between its buttons, the logo is the menu."""

    currentChanged = Signal(str)
    menu_requested = Signal()

    def __init__(self, items: Sequence[RailItem], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Workspaces"))
        self.setFixedWidth(_WIDTH)
        self._current = ""
        self._buttons: dict[str, _RailButton] = {}
        self._group = QButtonGroup(self)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(SPACING[0], SPACING[2], SPACING[0], SPACING[2])
        self._layout.setSpacing(SPACING[0])
        self.menu_button = QToolButton()
        self.menu_button.setProperty("role", "logo")
        self.menu_button.setIcon(app_icon(LOGO_SIZES))
        self.menu_button.setIconSize(QSize(_LOGO, _LOGO))
        self.menu_button.setToolTip(self.tr("Menu (F10)"))
        self.menu_button.setAccessibleName(self.tr("Menu"))
        self.menu_button.setAutoRaise(True)
        self.menu_button.clicked.connect(self.menu_requested)
        self._layout.addWidget(self.menu_button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._layout.addSpacing(SPACING[2])
        self._layout.addStretch(1)
        for item in items:
            self.add(item)
        if items:
            self.setCurrent(items[0].id)

    def add(self, item: RailItem) -> None:
        """Append a workspace, such as a plugin's."""
        button = _RailButton(item)
        self._buttons[item.id] = button
        self._group.addButton(button)
        self._layout.insertWidget(self._layout.count() - 1, button)
        button.toggled.connect(lambda checked: self._toggled(item.id, checked))

    def current(self) -> str:
        """Return the id of the chosen workspace."""
        return self._current

    def setCurrent(self, workspace: str) -> None:
        """Choose a workspace by its id; KeyError if there is none of it."""
        self._buttons[workspace].setChecked(True)

    def button(self, workspace: str) -> QAbstractButton:
        """Return the button of a workspace."""
        return self._buttons[workspace]

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.fillRect(self.width() - 1, 0, 1, self.height(), QColor(current_tokens().line))
        painter.end()

    def _toggled(self, workspace: str, checked: bool) -> None:
        if checked and workspace != self._current:
            self._current = workspace
            self.currentChanged.emit(workspace)
