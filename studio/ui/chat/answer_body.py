"""The body of an answer: its blocks one below the other, of which only the changed are redone."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.chat.blocks import Block, split_blocks
from studio.ui.chat.code_block import CodeBlock
from studio.ui.chat.markdown import html_of
from studio.ui.theme import SPACING, current_tokens, events


class TextBlock(QLabel):
    """A piece of Markdown as rich text that can be selected; links in it do nothing."""

    def __init__(self, block: Block, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.block = Block("")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setOpenExternalLinks(False)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        events.changed.connect(self._render)
        self.show_block(block)

    def minimumSizeHint(self) -> QSize:
        # QLabel's own is the height for a narrow place, which would leave a gap below the text.
        return QSize(0, self.fontMetrics().height())

    def show_block(self, block: Block) -> None:
        """Show a text."""
        if block != self.block:
            self.block = block
            self._render()

    def _render(self) -> None:
        self.setText(html_of(self.block.text, current_tokens()))
        self.setAccessibleName(self.block.text[:2000])


class AnswerBody(QWidget):
    """Shows an answer and lets it grow."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "plain")
        self._text = ""
        self._parts: list[TextBlock | CodeBlock] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(SPACING[1])

    def text(self) -> str:
        """Return what is shown, as Markdown."""
        return self._text

    def parts(self) -> list[TextBlock | CodeBlock]:
        """Return the widgets of the blocks, in order."""
        return list(self._parts)

    def set_text(self, text: str) -> None:
        """Show an answer; blocks that stay as they were are left alone."""
        if text == self._text:
            return
        self._text = text
        blocks = split_blocks(text)
        for number, block in enumerate(blocks):
            if number < len(self._parts) and self._takes(self._parts[number], block):
                self._parts[number].show_block(block)
            else:
                self._cut(number)
                part = CodeBlock(block) if block.code else TextBlock(block)
                self._parts.append(part)
                self._layout.addWidget(part)
        self._cut(len(blocks))

    def _takes(self, part: TextBlock | CodeBlock, block: Block) -> bool:
        if isinstance(part, CodeBlock):
            return block.code and block.language == part.block.language
        return not block.code

    def _cut(self, length: int) -> None:
        for part in self._parts[length:]:
            self._layout.removeWidget(part)
            part.hide()
            part.deleteLater()
        del self._parts[length:]
