"""A block of code in an answer: its language, its colours, and a button to copy it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QFontDatabase, QGuiApplication, QTextOption, QWheelEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from studio.ui.chat.blocks import Block
from studio.ui.chat.highlight import MAX_COLOURED, MAX_WHILE_GROWING, CodeHighlighter
from studio.ui.theme import SPACING, events
from studio.ui.widgets import ElidedLabel

_TOLD_MS = 1500  # how long the button says that it has copied


class _CodeText(QPlainTextEdit):
    """The lines themselves, as high as they are; the wheel scrolls what is around it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setProperty("role", "code")
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setWordWrapMode(QTextOption.WrapMode.NoWrap)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setTabChangesFocus(True)
        self.horizontalScrollBar().rangeChanged.connect(lambda *_: self.fit())

    def fit(self) -> None:
        """Take the height of all lines, and of the scroll bar where a line is too long."""
        lines = max(1, self.document().blockCount())
        bar = self.horizontalScrollBar()
        extra = bar.sizeHint().height() if bar.maximum() > 0 else 0
        margin = int(2 * self.document().documentMargin())
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + margin + extra + 2)

    def wheelEvent(self, event: QWheelEvent) -> None:
        sideways = abs(event.angleDelta().x()) > abs(event.angleDelta().y())
        if sideways or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            super().wheelEvent(event)
        else:
            event.ignore()

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())


class CodeBlock(QFrame):
    """Shows the content of a fence; while it grows, new lines are appended, not laid out anew."""

    def __init__(self, block: Block, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "code")
        self.block = Block("", True, block.language, closed=False)
        self._text = _CodeText()
        self._text.setAccessibleName(self.tr("Code"))
        self._highlighter = CodeHighlighter(self._text.document(), block.language)
        self.copy = QPushButton(self.tr("Copy"))
        self.copy.setProperty("role", "link")
        self.copy.setAccessibleName(self.tr("Copy the code"))
        self.copy.clicked.connect(self._copy)
        self._told = QTimer(self)
        self._told.setSingleShot(True)
        self._told.setInterval(_TOLD_MS)
        self._told.timeout.connect(lambda: self.copy.setText(self.tr("Copy")))
        heading = QHBoxLayout()
        heading.setContentsMargins(SPACING[2], 6, SPACING[2], 0)
        heading.addWidget(ElidedLabel(block.language or self.tr("code"), "faint"), 1)
        heading.addWidget(self.copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, SPACING[0])
        layout.setSpacing(2)
        layout.addLayout(heading)
        layout.addWidget(self._text)
        events.changed.connect(self._recolour)
        self.show_block(block)

    def show_block(self, block: Block) -> None:
        """Show more of the code, or other code."""
        if block == self.block:
            return
        before, self.block = self.block.text, block
        if before and block.text.startswith(before):
            cursor = self._text.textCursor()
            cursor.movePosition(cursor.MoveOperation.End)
            cursor.insertText(block.text[len(before) :])
        else:
            self._text.setPlainText(block.text)
        if len(block.text) <= (MAX_COLOURED if block.closed else MAX_WHILE_GROWING):
            self._recolour()
        self._text.fit()

    def code(self) -> str:
        """Return the code."""
        return self.block.text

    def _recolour(self) -> None:
        self._highlighter.recolour(self.block.text)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.block.text)
        self.copy.setText(self.tr("Copied"))
        self._told.start()
