"""The field for a prompt: plain text that grows with what is written, up to a limit."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QTextOption, QWheelEvent
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

from studio.ui.widgets.prompt_weights import reweighted

_FRAME = 24  # px: padding, border and document margin above and below the text


class PromptEdit(QPlainTextEdit):
    """Plain text in which Tab moves on and Ctrl+Enter is left to the window.

    Ctrl+Up and Ctrl+Down give the selected words, or the word at the cursor, more or less weight.

    It is ``minimum_lines`` high when empty, grows with the text to ``maximum_lines`` and scrolls
    from there. ``textEdited`` comes when the artist changed the text, ``refused`` when something
    too long was pasted (its length in characters); the text stays as it was then.
    """

    textEdited = Signal()
    refused = Signal(int)

    def __init__(
        self,
        placeholder: str,
        parent: QWidget | None = None,
        *,
        minimum_lines: int = 4,
        maximum_lines: int = 10,
        maximum_characters: int = 0,
    ) -> None:
        super().__init__(parent)
        self._lines = (minimum_lines, maximum_lines)
        self._limit = maximum_characters
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(2)
        self.textChanged.connect(self._changed)
        self._grow()

    def text(self) -> str:
        """Return what is written."""
        return self.toPlainText()

    def setText(self, text: str) -> None:
        """Replace the text; it can be undone, and no ``textEdited`` comes."""
        if text == self.toPlainText():
            return
        blocked = self.blockSignals(True)
        cursor = self.textCursor()
        cursor.select(cursor.SelectionType.Document)
        cursor.insertText(text)
        self.blockSignals(blocked)
        self._grow()

    def insertFromMimeData(self, source: QMimeData) -> None:
        if self._limit and source.hasText():
            length = len(self.toPlainText()) + len(source.text())
            if length > self._limit:
                self.refused.emit(length)
                return
        super().insertFromMimeData(source)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        weights = {Qt.Key.Key_Up: 0.1, Qt.Key.Key_Down: -0.1}
        if event.modifiers() == Qt.KeyboardModifier.ControlModifier and event.key() in weights:
            self._weigh(weights[Qt.Key(event.key())])
            return
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape or (
            enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _weigh(self, change: float) -> None:
        cursor = self.textCursor()
        text, start, end = reweighted(
            self.toPlainText(), cursor.selectionStart(), cursor.selectionEnd(), change
        )
        if text != self.toPlainText():
            cursor.select(cursor.SelectionType.Document)
            cursor.insertText(text)
            cursor.setPosition(start)
            cursor.setPosition(end, cursor.MoveMode.KeepAnchor)
            self.setTextCursor(cursor)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.verticalScrollBar().maximum() > 0 and self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._grow()

    def sizeHint(self) -> QSize:
        return QSize(240, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.height())

    def _changed(self) -> None:
        self._grow()
        self.textEdited.emit()

    def _grow(self) -> None:
        line = self.fontMetrics().lineSpacing()
        fewest, most = self._lines
        # A plain text document counts its height in lines, not in px.
        lines = min(max(int(self.document().size().height()), fewest), most)
        height = lines * line + _FRAME
        if height != self.height() or height != self.minimumHeight():
            self.setFixedHeight(height)
