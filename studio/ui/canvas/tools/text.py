"""The text tool: click and write; click a text layer to write it anew."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from studio.document import Layer, Text
from studio.ui.canvas import layer_edits
from studio.ui.canvas.colour_panel import hex_of
from studio.ui.canvas.paint_state import Colour
from studio.ui.canvas.text_layers import changed_text, font_of, new_text, text_at
from studio.ui.canvas.tools.base import Pointer, Tool, ToolContext

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class TextEditor(QPlainTextEdit):
    """Lies over the picture where the text will be, in its font, size and colour.

    Signals: ``finished`` (Ctrl+Enter or the focus goes elsewhere) and ``cancelled`` (Esc).
    """

    finished = Signal()
    cancelled = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Text on the picture"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self.textChanged.connect(self.fit)

    def dress(self, text: Text, scale: float) -> None:
        """Look like the text will at ``scale`` logical px a document px."""
        self.setFont(font_of(text, scale))
        self.setStyleSheet(
            f"QPlainTextEdit {{ background: transparent; border: 1px dashed {text.colour};"
            f" padding: 0; color: {text.colour}; }}"
        )
        self.fit()

    def fit(self) -> None:
        """Be as large as what is written."""
        metrics = QFontMetricsF(self.font())
        lines = self.toPlainText().split("\n")
        width = max(metrics.horizontalAdvance(line) for line in lines) + metrics.height()
        height = metrics.lineSpacing() * len(lines) + metrics.height() / 2
        self.resize(round(max(width, 60.0)), round(height))

    def event(self, event: QEvent) -> bool:
        """Keep Ctrl+Enter and Esc from the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() in _ENTER and control:
            self.finished.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)


class TextTool(Tool):
    """One text at a time; it becomes a layer, or changes one, when the writing ends.

    The layer keeps its words, so that they can be written anew: click it with this tool.
    """

    cursor = Qt.CursorShape.IBeamCursor

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self.editor: TextEditor | None = None
        self._layer: Layer | None = None
        self._place = QPointF()
        self._colour: Colour | None = None
        context.state.choices_changed.connect(self._dress)
        context.state.colours_changed.connect(self._on_colour)

    @property
    def busy(self) -> bool:  # type: ignore[override]
        """Whether a text is being written."""
        return self.editor is not None

    def press(self, pointer: Pointer) -> bool:
        """Write here, or go on writing the text that is here."""
        if self.busy:
            self.finish()
            return False
        layer = text_at(self.context.document, pointer.point)
        if layer is not None and layer.locked:
            return False
        self._open(layer, pointer.point)
        return False

    def _open(self, layer: Layer | None, place: QPointF) -> None:
        self._layer, self._place = layer, place
        state = self.context.state
        self.editor = TextEditor(self.context.view)
        if layer is not None and layer.text is not None:
            text = layer.text
            self.context.active.choose(layer.id)
            self._place = QPointF(layer.x + 4, layer.y + 4)
            state.change(
                font_family=text.family,
                font_size=round(text.size),
                bold=text.bold,
                italic=text.italic,
            )
            red, green, blue = bytes.fromhex(text.colour[1:])
            state.set_foreground((red, green, blue))
            self.editor.setPlainText(text.content)
            self.editor.selectAll()
        self._dress()
        self.editor.finished.connect(self.finish)
        self.editor.cancelled.connect(self.cancel)
        self.editor.move(self.context.view.viewport.to_view(self._place).toPoint())
        self.editor.show()
        self.editor.setFocus()

    def _text(self, content: str) -> Text:
        state = self.context.state
        choices = state.choices
        return Text(
            content=content,
            family=choices.font_family,
            size=float(choices.font_size),
            bold=choices.bold,
            italic=choices.italic,
            colour=hex_of(state.foreground),
        )

    def _dress(self) -> None:
        if self.editor is not None:
            viewport = self.context.view.viewport
            scale = viewport.zoom / viewport.device_pixel_ratio
            self.editor.dress(self._text(""), scale)

    def _on_colour(self) -> None:
        self._dress()

    def finish(self) -> None:
        """Make what was written a layer: one undo step."""
        editor, layer = self._close()
        if editor is None:
            return
        content = editor.toPlainText().rstrip()
        document = self.context.document
        there = layer is not None and layer.id in {one.id for one in document.layers}
        if content.strip():
            text = self._text(content[:20_000])
            if layer is not None and there:
                if text != layer.text:
                    self.context.apply(changed_text(document, layer, text))
            else:
                self.context.apply(new_text(text, self._place, self._above()))
            self.context.state.note_used(self.context.state.foreground)
        editor.deleteLater()

    def _above(self) -> int | None:
        active = self.context.active.layer()
        if active is None:
            return None
        return layer_edits.index_of(self.context.document, active.id) + 1

    def cancel(self) -> None:
        """Forget what was written."""
        editor, _ = self._close()
        if editor is not None:
            editor.deleteLater()

    def _close(self) -> tuple[TextEditor | None, Layer | None]:
        editor, self.editor = self.editor, None
        layer, self._layer = self._layer, None
        if editor is not None:
            editor.hide()
            self.context.view.setFocus()
        return editor, layer

    def put_away(self) -> None:
        """Another tool is chosen: keep what was written."""
        self.finish()
