"""Number and choice fields that behave inside a scrolling panel."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from studio.ui.theme import current_tokens, icon

_WIDEST_POPUP = 480  # px
# px beside the text of a ChoiceBox: border, padding and arrow, as the style sheet has them.
_CHOICE_EDGES = 2 * (1 + 9) + 24
_SEARCH_ICONS = 64  # px that the magnifier, the clear button and the margins take


def _prepare_spin_box(box: QAbstractSpinBox, accessible_name: str) -> None:
    box.setAccessibleName(accessible_name)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setKeyboardTracking(False)
    box.setCorrectionMode(QAbstractSpinBox.CorrectionMode.CorrectToNearestValue)
    box.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    # A style sheet with its own arrows ignores the padding on the left.
    box.lineEdit().setTextMargins(7, 0, 0, 0)


class NumberBox(QSpinBox):
    """A whole number; the wheel changes it only while it has the focus."""

    def __init__(
        self,
        accessible_name: str,
        minimum: int,
        maximum: int,
        parent: QWidget | None = None,
        *,
        step: int = 1,
        unit: str = "",
    ) -> None:
        super().__init__(parent)
        _prepare_spin_box(self, accessible_name)
        self.setRange(minimum, maximum)
        self.setSingleStep(step)
        if unit:
            self.setSuffix(f" {unit}")

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class DecimalBox(QDoubleSpinBox):
    """A number with decimals; the wheel changes it only while it has the focus."""

    def __init__(
        self,
        accessible_name: str,
        minimum: float,
        maximum: float,
        parent: QWidget | None = None,
        *,
        step: float = 0.1,
        decimals: int = 2,
    ) -> None:
        super().__init__(parent)
        _prepare_spin_box(self, accessible_name)
        self.setDecimals(decimals)
        self.setRange(minimum, maximum)
        self.setSingleStep(step)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ChoiceBox(QComboBox):
    """A drop-down list that elides what it shows and never widens its panel."""

    def __init__(self, accessible_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(accessible_name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setMaxVisibleItems(14)

    def showPopup(self) -> None:
        """Open the list wide enough for its entries, up to a limit."""
        view = self.view()
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        wanted = view.sizeHintForColumn(0) + view.verticalScrollBar().sizeHint().width() + 14
        view.setMinimumWidth(max(self.width(), min(wanted, _WIDEST_POPUP)))
        super().showPopup()

    def minimumSizeHint(self) -> QSize:
        return QSize(72, super().minimumSizeHint().height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        room = self.width() - _CHOICE_EDGES
        if (
            self.currentIndex() >= 0
            and self.fontMetrics().horizontalAdvance(self.currentText()) <= room
        ):
            super().paintEvent(event)
        else:
            self._paint_elided()

    def _paint_elided(self) -> None:
        # Here, not at the top: PySide6 makes QStyle's 566 constants when it is first named.
        from PySide6.QtWidgets import QStyle, QStyleOptionComboBox

        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        text, option.currentText = option.currentText, ""
        painter = QPainter(self)
        self.style().drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option, painter, self)
        area = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            self,
        )
        tokens = current_tokens()
        colour = tokens.text
        if self.currentIndex() < 0:
            text, colour = self.placeholderText(), tokens.text_faint
        shown = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.setPen(QColor(colour if self.isEnabled() else tokens.text_disabled))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        painter.end()


class SearchBox(QLineEdit):
    """A field to search in, with a magnifier; in a narrow place it says just "Search"."""

    def __init__(
        self, accessible_name: str, placeholder: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._placeholder = placeholder
        self.setAccessibleName(accessible_name)
        self.setToolTip(placeholder)
        self.setClearButtonEnabled(True)
        self.addAction(icon("search", role="text_faint"), QLineEdit.ActionPosition.LeadingPosition)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.width() - _SEARCH_ICONS
        fits = self.fontMetrics().horizontalAdvance(self._placeholder) <= room
        self.setPlaceholderText(self._placeholder if fits else self.tr("Search"))
