"""The page that the window shows for "Write": conversations, their settings, what is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.app.chat import new_thread
from studio.core.errors import StudioError
from studio.document import Thread, ThreadSettings
from studio.ui.chat.composer import Composer
from studio.ui.chat.conversation import ConversationView
from studio.ui.chat.settings_panel import SettingsPanel
from studio.ui.chat.thread_list import ThreadList
from studio.ui.theme import SPACING
from studio.ui.widgets import (
    ElidedLabel,
    EmptyState,
    IconButton,
    connect_while_alive,
    separator,
)

if TYPE_CHECKING:
    from studio.app.studio import Studio

_FRAME_MS = 50  # a growing answer is laid out at most this often

EXAMPLES = (
    "Write a short poem about a lighthouse in a storm.",
    "Suggest ten titles for a picture of a red mushroom in a meadow.",
    "Explain in two sentences what a haiku is.",
)


class ChatWorkspace(QWidget):
    """Conversations at the left, one of them in the middle, its settings at the right."""

    models_requested = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._thread = ""
        self._search = ""
        self.setAccessibleName(self.tr("Write"))
        self.threads = ThreadList()
        self.conversation = ConversationView()
        self.composer = Composer()
        self.panel = SettingsPanel(studio)
        self.title = ElidedLabel("", "strong")
        self.window_pill = QLabel()
        self.window_pill.setProperty("role", "pill")
        self.window_pill.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._frame = QTimer(self)
        self._frame.setSingleShot(True)
        self._frame.setInterval(_FRAME_MS)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._lay_out()
        self._connect()
        studio.background(_prepare, lambda _: None)
        studio.refresh_models()
        self._follow_project()

    # -- building ------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._middle = QStackedWidget()
        self._middle.addWidget(self._empty())
        self._middle.addWidget(self.conversation)
        centre = QVBoxLayout()
        centre.setSpacing(0)
        centre.addWidget(self._bar())
        centre.addWidget(separator())
        centre.addWidget(self._middle, 1)
        centre.addWidget(self.composer)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.threads)
        layout.addWidget(separator(vertical=True))
        layout.addLayout(centre, 1)
        layout.addWidget(separator(vertical=True))
        layout.addWidget(self.panel)
        self.setFocusProxy(self.composer.field)

    def _bar(self) -> QWidget:
        bar = QFrame()
        bar.setProperty("role", "panel")
        bar.setFixedHeight(40)
        row = QHBoxLayout(bar)
        row.setContentsMargins(SPACING[3], 0, SPACING[3], 0)
        row.setSpacing(SPACING[1])
        self.rename = IconButton("canvas", self.tr("Rename the conversation (F2)"), size=26)
        row.addWidget(self.title, 1)
        row.addWidget(self.window_pill)
        row.addWidget(self.rename)
        return bar

    def _empty(self) -> QWidget:
        place = QWidget()
        self.empty = EmptyState(
            "write",
            self.tr("Write with a language model"),
            self.tr(
                "Type below what you want: a poem, a list of titles, an explanation. "
                "Everything is computed on this machine and kept in the project."
            ),
        )
        layout = QVBoxLayout(place)
        layout.addStretch(1)
        layout.addWidget(self.empty)
        self.examples: list[QPushButton] = []
        for example in EXAMPLES:
            button = QPushButton(self.tr(example))
            button.setProperty("role", "pill")
            button.clicked.connect(lambda _=False, text=example: self._try(text))
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
            self.examples.append(button)
        layout.addStretch(2)
        return place

    def _connect(self) -> None:
        self.threads.chosen.connect(self.open_thread)
        self.threads.new_requested.connect(self.begin)
        self.threads.renamed.connect(self._rename)
        self.threads.remove_requested.connect(self._remove)
        self.threads.searched.connect(self._find)
        self.conversation.edit_requested.connect(self._edit)
        self.conversation.again_requested.connect(self._again)
        self.conversation.more_requested.connect(self._more)
        self.conversation.branch_chosen.connect(self._show_branch)
        self.panel.changed.connect(self._settings_changed)
        self.panel.send_requested.connect(self.send)
        self.panel.stop_requested.connect(self.stop)
        self.panel.models_requested.connect(self.models_requested)
        self.rename.clicked.connect(self.threads.rename_current)
        self._frame.timeout.connect(self.show_conversation)
        self._soon.timeout.connect(self._show_threads)
        for keys, call in (
            ("Ctrl+Return", self.send),
            ("Ctrl+Enter", self.send),
            ("Esc", self._escape),
            ("Ctrl+Shift+N", self.begin),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(call)
        connect_while_alive(self._studio.project_changed, self, self._follow_project)
        connect_while_alive(self._studio.live_changed, self, self._on_live)

    # -- the conversation that is shown --------------------------------------------------------

    @property
    def shown(self) -> Thread | None:
        """The conversation that is shown, None before the first message of a new one."""
        kept = self._studio.project.chat
        return kept.thread(self._thread) if kept.has(self._thread) else None

    def begin(self) -> None:
        """Begin a conversation; it is kept with its first message."""
        self._thread = ""
        self.composer.end_edit()
        self._show_threads()
        self.show_conversation()
        self.composer.field.setFocus()

    def open_thread(self, thread_id: str) -> None:
        """Show a conversation."""
        if not self._studio.project.chat.has(thread_id):
            return
        self._thread = thread_id
        self.composer.end_edit()
        thread = self._studio.project.chat.thread(thread_id)
        self.panel.show_settings(thread.settings, thread.system)
        self._show_threads()
        self.show_conversation()
        self.conversation.follow()

    def use_model(self, model_id: str) -> None:
        """Choose a model for the conversation that is shown."""
        self.panel.use_model(model_id)

    def send(self) -> None:
        """Send what is written; what is wrong with it is told in the plan line."""
        text, chat = self.composer.text(), self._studio.chat
        if not text.strip():
            self.composer.field.setFocus()
            return
        try:
            if self.composer.edited:
                chat.edit(self.composer.edited, text)
            else:
                chat.send(self._kept_thread(), text)
        except StudioError as error:
            self.panel.show_error(error)
            return
        self.composer.sent()
        self._show_threads()
        self.show_conversation()
        self.conversation.follow()

    def stop(self) -> None:
        """Stop the answer that is being written; what is there stays."""
        if self._thread:
            self._studio.chat.stop(self._thread)

    def show_conversation(self) -> None:
        """Show the branch of the thread as it is now."""
        kept, chat, thread = self._studio.project.chat, self._studio.chat, self.shown
        path = kept.path(thread.id) if thread is not None else []
        self._middle.setCurrentIndex(1 if path else 0)
        self.conversation.show_path(path, kept.siblings, chat.live)
        self.title.setText(thread.title if thread and thread.title else self.tr("New conversation"))
        self.rename.setEnabled(thread is not None)
        self.panel.set_writing(bool(thread and chat.writing(thread.id)))
        last = next((turn for turn in reversed(path) if turn.facts.context_tokens), None)
        self.window_pill.setVisible(last is not None)
        if last is not None:
            used = last.facts.prompt_tokens + last.facts.answer_tokens
            whole = last.facts.context_tokens
            self.window_pill.setText(self.tr("{0} of {1} tokens").format(f"{used:,}", f"{whole:,}"))
            self.window_pill.setToolTip(
                self.tr(
                    "How much of the model's window the conversation takes. When it is full, the "
                    "oldest messages are no longer told to the model; a notice says so."
                )
            )

    def _kept_thread(self) -> str:
        """Return the thread that is shown, made now if it is new."""
        if self.shown is None:
            made = new_thread(self._studio.chat, self.panel.settings(), self.panel.system.text())
            self._thread = made.id
        return self._thread

    # -- what the parts ask for ----------------------------------------------------------------

    def _try(self, text: str) -> None:
        self.composer.field.setText(text)
        self.send()

    def _escape(self) -> None:
        if self.composer.edited:
            self.composer.end_edit()
        else:
            self.stop()

    def _edit(self, turn_id: str) -> None:
        self.composer.begin_edit(turn_id, self._studio.project.chat.turn(turn_id).text)

    def _again(self, turn_id: str) -> None:
        self._guarded(lambda: self._studio.chat.regenerate(turn_id))

    def _more(self, turn_id: str) -> None:
        self._guarded(lambda: self._studio.chat.resume(turn_id))

    def _show_branch(self, turn_id: str) -> None:
        self._guarded(lambda: self._studio.project.chat.show(turn_id))

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except StudioError as error:
            self.panel.show_error(error)
        self.show_conversation()

    def _settings_changed(self) -> None:
        if self.shown is not None:
            self._studio.project.chat.change(
                self._thread, settings=self.panel.settings(), system=self.panel.system.text()
            )

    def _rename(self, thread_id: str, title: str) -> None:
        self._studio.project.chat.change(thread_id, title=title)
        self.show_conversation()

    def _remove(self, thread_id: str) -> None:
        self._studio.chat.stop(thread_id)
        self._studio.project.chat.remove(thread_id)
        if thread_id == self._thread:
            self.begin()

    def _find(self, text: str) -> None:
        self._search = text
        self._show_threads()

    # -- what happens in the studio ------------------------------------------------------------

    def _follow_project(self, _project: object = None) -> None:
        kept = self._studio.project.chat
        connect_while_alive(kept.changed, self, self._on_threads)
        connect_while_alive(kept.turn_changed, self, self._on_turn)
        threads = kept.threads()
        self._thread = ""
        if threads:
            self.open_thread(threads[0].id)
        else:
            self.panel.show_settings(ThreadSettings(), "")
            self.begin()

    def _on_threads(self, _ids: object) -> None:
        self._soon.start()

    def _on_turn(self, turn_id: str) -> None:
        if not self._frame.isActive() and self.isVisible():
            self._frame.start()

    def _on_live(self, _job: str) -> None:
        if not self._frame.isActive() and self.isVisible():
            self._frame.start()

    def _show_threads(self) -> None:
        self.threads.show_threads(self._studio.project.chat.search(self._search), self._thread)

    def showEvent(self, event: QShowEvent) -> None:
        """Take in what was written while another workspace was shown."""
        super().showEvent(event)
        self.show_conversation()


def _prepare() -> None:
    """Import what the first answer needs, off the event loop."""
    from studio.ui.chat import highlight
    from studio.ui.chat.markdown import html_of
    from studio.ui.theme import THEMES

    highlight.prepare()
    html_of("*ready*", THEMES["dark"])
