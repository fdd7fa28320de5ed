"""A heading that folds what is below it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.theme import RADIUS, SPACING, TYPE, body_font, current_tokens, icon


class _Heading(QAbstractButton):
    """The clickable line of a section: a small arrow and text that elides."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setText(text)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFont(body_font(TYPE[0]))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        return QSize(
            self.fontMetrics().horizontalAdvance(self.text()) + 24,
            max(24, self.fontMetrics().height() + 8),
        )

    def minimumSizeHint(self) -> QSize:
        return QSize(48, self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        wanted = {Qt.Key.Key_Right: True, Qt.Key.Key_Left: False}.get(Qt.Key(event.key()))
        if wanted is None:
            super().keyPressEvent(event)
        else:
            self.setChecked(wanted)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bright = self.underMouse() or self.hasFocus()
        name = "chevron-down" if self.isChecked() else "chevron-right"
        arrow = icon(name, role="text" if bright else "text_soft")
        arrow.paint(painter, QRect(-1, (self.height() - 14) // 2, 14, 14), mode=QIcon.Mode.Normal)
        painter.setFont(self.font())
        painter.setPen(QColor(tokens.text if bright else tokens.text_soft))
        area = self.rect().adjusted(18, 0, 0, 0)
        text = painter.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, area.width()
        )
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.focus), 1))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), RADIUS - 2, RADIUS - 2)
        painter.end()


class Section(QWidget):
    """Folds away what is needed less often: "▸ Advanced · seed, sampler".

    ``body_layout`` takes the content. ``toggled`` tells that the artist (or ``setExpanded``) opened
    or closed it.
    """

    toggled = Signal(bool)

    def __init__(
        self, title: str, parent: QWidget | None = None, *, expanded: bool = False
    ) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING[1])
        self._heading = _Heading(title)
        self._body = QWidget()
        self._body.setProperty("role", "plain")
        self.body_layout = QVBoxLayout(self._body)
        self.body_layout.setContentsMargins(0, 0, 0, 0)
        self.body_layout.setSpacing(SPACING[2])
        layout.addWidget(self._heading)
        layout.addWidget(self._body)
        self._body.setVisible(expanded)
        self._heading.setChecked(expanded)
        self._heading.toggled.connect(self._toggle)

    def setTitle(self, title: str) -> None:
        """Change the heading."""
        self._heading.setText(title)
        self._heading.setAccessibleName(title)

    def heading(self) -> QAbstractButton:
        """Return the clickable line."""
        return self._heading

    def is_expanded(self) -> bool:
        """Whether the body is shown."""
        return self._heading.isChecked()

    def setExpanded(self, expanded: bool) -> None:
        """Open or close the section."""
        self._heading.setChecked(expanded)

    def _toggle(self, expanded: bool) -> None:
        self._body.setVisible(expanded)
        self.toggled.emit(expanded)
