"""The flat icon button and the one orange button of a panel."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QToolButton, QWidget

from studio.ui.theme import RADIUS, TYPE, body_font, current_tokens, icon


class IconButton(QToolButton):
    """A 32 x 32 px flat button that shows one icon; its tooltip is its accessible name too.

    It takes the focus by Tab only: a click leaves the focus with the artist's work.
    """

    def __init__(
        self,
        icon_name: str,
        tooltip: str,
        parent: QWidget | None = None,
        *,
        checkable: bool = False,
        size: int = 32,
        role: str = "text_soft",
    ) -> None:
        super().__init__(parent)
        self._role = role
        self.icon_name = icon_name
        self.setIcon(icon(icon_name, role=role))
        side = 20 if size >= 28 else 16
        self.setIconSize(QSize(side, side))
        self.setFixedSize(size, size)
        self.setCheckable(checkable)
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(tooltip)

    def setToolTip(self, text: str) -> None:
        """Set the tooltip and the accessible name."""
        super().setToolTip(text)
        self.setAccessibleName(text.partition("\n")[0])

    def set_icon(self, icon_name: str, role: str = "") -> None:
        """Show another icon, in another colour if ``role`` names one."""
        self._role = role or self._role
        self.icon_name = icon_name
        self.setIcon(icon(icon_name, role=self._role))


class PrimaryButton(QAbstractButton):
    """The orange button: what a panel is for, with its shortcut beside the text.

    While busy it shows another text and refuses clicks, at the same size.
    """

    def __init__(self, text: str, shortcut_text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shortcut = shortcut_text
        self._idle_text = text
        self.setText(text)
        self.setMinimumHeight(40)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._tell()

    def setText(self, text: str) -> None:
        """Set what the button does, in the artist's words."""
        self._idle_text = text
        super().setText(text)
        self._tell()

    def setShortcutText(self, text: str) -> None:
        """Show ``text``, such as "Ctrl+Enter", after the caption."""
        self._shortcut = text
        self._tell()

    def setBusy(self, text: str) -> None:
        """Show ``text`` and refuse clicks; an empty text ends that."""
        super().setText(text or self._idle_text)
        self.setEnabled(not text)
        self._tell()

    def _tell(self) -> None:
        self.setAccessibleName(self.text())
        self.setAccessibleDescription(self._shortcut)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance(self.text() + self._shortcut) + 64
        return QSize(width, max(40, self.fontMetrics().height() + 22))

    def minimumSizeHint(self) -> QSize:
        return QSize(96, self.sizeHint().height())

    def _background(self) -> str:
        tokens = current_tokens()
        if not self.isEnabled():
            return tokens.hover
        if self.isDown():
            return tokens.accent_pressed
        return tokens.accent_hover if self.underMouse() else tokens.accent

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._background()))
        painter.drawRoundedRect(self.rect(), RADIUS, RADIUS)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.on_accent), 1.5))
            inside = self.rect().toRectF().adjusted(2.5, 2.5, -2.5, -2.5)
            painter.drawRoundedRect(inside, RADIUS - 2, RADIUS - 2)
        self._paint_text(painter)
        painter.end()

    def _paint_text(self, painter: QPainter) -> None:
        tokens = current_tokens()
        bold, small = body_font(TYPE[1], bold=True), body_font(TYPE[0])
        shortcut = self._shortcut if self.isEnabled() else ""
        gap = 10 if shortcut else 0
        painter.setFont(small)
        shortcut_width = painter.fontMetrics().horizontalAdvance(shortcut)
        painter.setFont(bold)
        room = self.width() - 24
        if painter.fontMetrics().horizontalAdvance(self.text()) + gap + shortcut_width > room:
            shortcut, gap, shortcut_width = "", 0, 0
        text = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        text_width = painter.fontMetrics().horizontalAdvance(text)
        left = (self.width() - text_width - gap - shortcut_width) // 2
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setPen(QColor(tokens.on_accent if self.isEnabled() else tokens.text_disabled))
        painter.drawText(QRect(left, 0, text_width + 2, self.height()), flags, text)
        painter.setFont(small)
        painter.setPen(QColor(tokens.on_accent_soft))
        rest = QRect(left + text_width + gap, 1, shortcut_width + 2, self.height())
        painter.drawText(rest, flags, shortcut)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.click()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave):
            self.update()
        return super().event(event)
