"""What every tool is given and what it answers to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QPainter

from studio.core.errors import DocumentProblem, StudioError
from studio.document import ImageDocument, Layer, Operation
from studio.ui.canvas.margins import MarginState

if TYPE_CHECKING:
    from studio.app.studio import Studio
    from studio.document import ImageSnapshot
    from studio.ui.canvas.active_layer import ActiveLayer
    from studio.ui.canvas.compositor import Compositor
    from studio.ui.canvas.paint_state import PaintState
    from studio.ui.canvas.view import CanvasView
    from studio.ui.canvas.viewport import Viewport

_RETRIES = 3


class Pointer(NamedTuple):
    """Mouse or pen: where it is in document px, and how it is held.

    ``pressure`` lies in 0 .. 1 and is 1 for a mouse; tilt is in degrees from upright. ``place``
    is the same point on the view, in logical px.
    """

    x: float
    y: float
    pressure: float = 1.0
    tilt_x: float = 0.0
    tilt_y: float = 0.0
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    place: QPointF = QPointF()
    double: bool = False

    @property
    def point(self) -> QPointF:
        """Document px."""
        return QPointF(self.x, self.y)

    def has(self, modifier: Qt.KeyboardModifier) -> bool:
        """Whether a key is held."""
        return bool(self.modifiers & modifier)


class ToolContext:
    """What tools work on; it follows the view from document to document."""

    def __init__(
        self, studio: Studio, view: CanvasView, active: ActiveLayer, state: PaintState
    ) -> None:
        self.studio = studio
        self.view = view
        self.active = active
        self.state = state
        self.margins = MarginState(view)
        self.done: Callable[[], object] = lambda: None
        """Puts the former tool back into the hand."""

    @property
    def document(self) -> ImageDocument:
        """The picture that is worked on."""
        return self.view.document

    @property
    def compositor(self) -> Compositor:
        """What brings it to the screen."""
        return self.view.compositor

    def report(self, error: StudioError) -> None:
        """Tell the artist why something could not be done."""
        self.studio.report(error)

    def apply(self, operation: Operation) -> bool:
        """Do one undo step; what is wrong with it is told. Returns whether it was done."""
        try:
            self.document.apply(operation)
        except StudioError as error:
            self.report(error)
            return False
        return True

    def paintable(self) -> Layer | None:
        """Return the active layer if it can be painted on; otherwise say why not."""
        tr = self.view.tr
        layer = self.active.layer()
        if layer is None:
            return None
        if layer.kind == "group":
            problem = tr("A group has no pixels of its own."), tr("Choose a layer inside it.")
        elif layer.locked:
            problem = tr("The layer {0} is locked.").format(layer.name), tr("Unlock it first.")
        elif not layer.visible:
            problem = tr("The layer {0} is hidden.").format(layer.name), tr("Show it first.")
        else:
            return layer
        self.report(DocumentProblem(*problem, code="not_paintable"))
        return None

    def in_background(
        self,
        work: Callable[[ImageSnapshot], Operation | None],
        then: Callable[[bool], None] = lambda _: None,
        tries: int = _RETRIES,
    ) -> None:
        """Work out an operation off the main thread and do it.

        If the picture was changed meanwhile the work is done again on what it is now. ``then`` is
        told whether the operation was done.
        """
        document = self.document
        snapshot = document.snapshot()

        def finish(operation: Operation | None) -> None:
            if self.document is not document:
                then(False)
            elif document.revision != snapshot.revision and tries > 0:
                self.in_background(work, then, tries - 1)
            elif operation is None:
                then(False)
            else:
                then(self.apply(operation))

        def give_up(error: StudioError) -> None:
            self.report(error)
            then(False)

        self.studio.background(lambda: work(snapshot), finish, give_up)


class Tool:
    """Takes the pointer in document px, from press to release; does nothing by itself.

    ``busy`` says that something is going on that Esc ends and Enter finishes, also between
    presses, such as a polygon or a transform.
    """

    cursor: Qt.CursorShape = Qt.CursorShape.CrossCursor
    busy = False

    def __init__(self, context: ToolContext) -> None:
        self.context = context

    def press(self, pointer: Pointer) -> bool:
        """Begin; False when there is nothing to do here."""
        return False

    def move(self, pointer: Pointer) -> None:
        """Go on."""

    def release(self, pointer: Pointer) -> None:
        """End: what was done becomes one undo step."""

    def cancel(self) -> None:
        """Give up: as if nothing had happened."""

    def finish(self) -> None:
        """Do what is still open (Enter)."""

    def hover(self, pointer: Pointer) -> None:
        """The pointer moves with no button held."""

    def leave(self) -> None:
        """The pointer left the view."""

    def key(self, event: QKeyEvent) -> bool:
        """Take a key; False if it means nothing to this tool."""
        return False

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Paint what belongs over the picture; the painter is in logical px of the view."""

    def take_up(self) -> None:
        """The tool was chosen, perhaps once more."""

    def put_away(self) -> None:
        """Another tool takes over: end what is open."""
        if self.busy:
            self.cancel()
