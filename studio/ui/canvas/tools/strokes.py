"""Brush, eraser and clone stamp: tools that paint a stroke."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen

from studio.core.errors import DocumentProblem
from studio.document import Layer
from studio.ui.canvas import layer_edits
from studio.ui.canvas.tools.base import Pointer, Tool, ToolContext
from studio.ui.canvas.tools.eyedropper import pick
from studio.ui.canvas.tools.ring import paint_ring

if TYPE_CHECKING:
    from studio.app.painting.brush import Brush, Sample
    from studio.app.painting.stroke import Changed, Paint
    from studio.app.painting.symmetry import Symmetry
    from studio.ui.canvas.tools.targets import Target
    from studio.ui.canvas.viewport import Viewport

_SHIFT = Qt.KeyboardModifier.ShiftModifier
_ALT = Qt.KeyboardModifier.AltModifier


class StrokeTool(Tool):
    """Paints while the pen is down, live; the document learns of it once, on release.

    Shift and a press draw a straight line from the end of the last stroke. Alt picks a colour.
    Keys: [ and ] change the size, digits the opacity.
    """

    cursor = Qt.CursorShape.BlankCursor
    name = "brush"
    label = "Brush"

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._stroke: Any = None  # a Stroke or a SmudgeStroke
        self._target: Target | None = None
        self._picking = False
        self._last: QPointF | None = None
        self._seen: Pointer | None = None
        self._ring = QRectF()
        self._warm: tuple[int, int] | None = None

    @property
    def brush_name(self) -> str:
        """Whose brush is used: quick mask mode has its own."""
        return "quick_mask" if self.context.state.quick_mask else self.name

    @property
    def brush(self) -> Brush:
        """The brush of the next stroke."""
        return self.context.state.brush(self.brush_name)

    # -- from press to release -----------------------------------------------------------------

    def press(self, pointer: Pointer) -> bool:
        """Put the pen down."""
        if pointer.has(_ALT):
            return self.alt_press(pointer)
        target = self.target()
        if target is None:
            return False
        stroke = self.stroke_for(target, pointer)
        if stroke is None:
            return False
        self._target, self._stroke = target, stroke
        if target.layer is not None:
            self.context.compositor.begin_live(target.layer, target.canvas.live, target.canvas)
        else:
            self.context.view.selection_overlay.begin_live(target.canvas.live)
        if pointer.has(_SHIFT) and self._last is not None:
            start = pointer._replace(x=self._last.x(), y=self._last.y())
            self.show(stroke.begin(sample_of(start)))
            self.show(stroke.line_to(sample_of(pointer)))
        else:
            self.show(stroke.begin(sample_of(pointer)))
        self._last = pointer.point
        return True

    def alt_press(self, pointer: Pointer) -> bool:
        """Pick the colour under the pointer."""
        self._picking = True
        pick(self.context, pointer.point)
        return True

    def move(self, pointer: Pointer) -> None:
        """Draw on."""
        self.hover(pointer)
        if self._picking:
            pick(self.context, pointer.point)
        elif self._stroke is not None:
            changed = self._stroke.move(sample_of(pointer))
            self.show(changed)
            self._stroke.canvas.finish_some(changed)
            self._last = pointer.point

    def release(self, pointer: Pointer) -> None:
        """Lift the pen: what was painted becomes one undo step."""
        self._picking = False
        stroke, target = self._stroke, self._target
        if stroke is None or target is None:
            return
        self.show(stroke.finish())
        self._last = pointer.point
        self._stroke = self._target = None
        self.context.apply(target.operation(self.label))
        self._end_live()
        self.used()

    def cancel(self) -> None:
        """Take the stroke back."""
        self._stroke = self._target = None
        self._picking = False
        self._end_live()

    def _end_live(self) -> None:
        self.context.compositor.end_live()
        self.context.view.selection_overlay.end_live()

    def show(self, changed: Changed) -> None:
        """Bring what was just painted to the screen."""
        from studio.ui.canvas.tools.targets import rects

        if self._target is not None and self._target.layer is None:
            self.context.view.selection_overlay.paint_live(rects(changed))
        else:
            self.context.compositor.paint_live(rects(changed))

    # -- what a tool decides -------------------------------------------------------------------

    def target(self) -> Target | None:
        """Return what to paint on; an empty canvas gets its first layer."""
        from studio.ui.canvas.tools.targets import layer_target, selection_target

        if self.context.state.quick_mask:
            return selection_target(self.context)
        if self.context.active.layer() is None:
            layer_edits.add_empty(self.context.document, None)
        layer = self.context.paintable()
        return None if layer is None else layer_target(self.context, layer)

    def stroke_for(self, target: Target, pointer: Pointer) -> Any:
        """Return the stroke that begins here; None where there is nothing to paint with."""
        from studio.app.painting.stroke import Stroke

        paint = self.paint_for(target, pointer)
        if paint is None:
            return None
        return Stroke(
            target.canvas,
            self.brush,
            paint,
            limits=target.limits,
            clip=target.clip,
            origin=target.origin,
            copies=self.symmetry().copies,
        )

    def paint_for(self, target: Target, pointer: Pointer) -> Paint | None:
        """Return what the stroke does to the pixels."""
        from studio.app.painting.stroke import ColourPaint, ValuePaint

        if target.layer is None:
            return ValuePaint(255)
        return ColourPaint(self.context.state.foreground, keep_alpha=target.layer.alpha_locked)

    def used(self) -> None:
        """A stroke was finished."""
        if not self.context.state.quick_mask:
            self.context.state.note_used(self.context.state.foreground)

    def symmetry(self) -> Symmetry:
        """Return the axes through the middle of the canvas."""
        from studio.app.painting.symmetry import Symmetry

        choices, document = self.context.state.choices, self.context.document
        return Symmetry(
            x=document.width / 2,
            y=document.height / 2,
            across=choices.mirror_across,
            along=choices.mirror_along,
            turns=choices.turns,
        )

    # -- the ring around the pointer, and keys -------------------------------------------------

    def hover(self, pointer: Pointer) -> None:
        """Show where the brush is, and read what lies there from the disk beforehand."""
        self._seen = pointer
        self._refresh_ring()
        key = int(pointer.x // 256), int(pointer.y // 256)
        if key != self._warm:
            self._warm = key
            around = [(key[0] + dx, key[1] + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
            read = self.context.document.reader_ahead(around)
            if read is not None:
                self.context.studio.background(read, lambda _: None)

    def leave(self) -> None:
        """No pointer, no ring."""
        self._seen = None
        self._refresh_ring()

    def _refresh_ring(self) -> None:
        view, old = self.context.view, self._ring
        self._ring = QRectF()
        if self._seen is not None:
            reach = max(self._radius(), 8.0) + 3
            middle = self._seen.place
            self._ring = QRectF(middle.x() - reach, middle.y() - reach, 2 * reach, 2 * reach)
        for area in (old, self._ring):
            if not area.isEmpty():
                view.update(area.toAlignedRect())

    def _radius(self) -> float:
        viewport = self.context.view.viewport
        return self.brush.size / 2 * viewport.zoom / viewport.device_pixel_ratio

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Paint the ring of the brush's size."""
        if self._seen is None:
            return
        paint_ring(painter, self._seen.place, self._radius())

    def key(self, event: QKeyEvent) -> bool:
        """[ and ] for the size, with Shift for the hardness; digits for the opacity."""
        state, name = self.context.state, self.brush_name
        key, modifiers = event.key(), event.modifiers()
        if modifiers & (Qt.KeyboardModifier.ControlModifier | _ALT):
            return False
        brackets = {
            Qt.Key.Key_BracketLeft: -1,
            Qt.Key.Key_BraceLeft: -1,
            Qt.Key.Key_BracketRight: 1,
            Qt.Key.Key_BraceRight: 1,
        }
        if key in brackets:
            step = brackets[Qt.Key(key)]
            if modifiers & _SHIFT:
                hardness = min(max(round(self.brush.hardness + 0.1 * step, 2), 0.0), 1.0)
                state.change_brush(name, hardness=hardness)
            else:
                state.step_size(name, step)
            self._refresh_ring()
            return True
        if Qt.Key.Key_0 <= key <= Qt.Key.Key_9 and not modifiers & _SHIFT:
            tenth = key - Qt.Key.Key_0
            state.change_brush(name, opacity=tenth / 10 if tenth else 1.0)
            return True
        return False


class BrushTool(StrokeTool):
    """Paints with the foreground colour."""


class EraserTool(StrokeTool):
    """Takes paint away, or from the selection in quick mask mode."""

    name = "eraser"
    label = "Eraser"

    def paint_for(self, target: Target, pointer: Pointer) -> Paint | None:
        """Fade to nothing; on a layer with locked alpha to the background colour."""
        from studio.app.painting.stroke import ColourPaint, EraserPaint, ValuePaint

        if target.layer is None:
            return ValuePaint(0)
        if target.layer.alpha_locked:
            return ColourPaint(self.context.state.background, keep_alpha=True)
        return EraserPaint()

    def used(self) -> None:
        """An eraser has no colour."""


class CloneTool(StrokeTool):
    """Paints with what lies elsewhere; Alt and a press say where."""

    name = "clone"
    label = "Clone"

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._source: QPointF | None = None
        self._shift: QPointF | None = None

    def alt_press(self, pointer: Pointer) -> bool:
        """Take this place as the source."""
        self._source, self._shift = pointer.point, None
        self.context.view.update()
        return True

    def paint_for(self, target: Target, pointer: Pointer) -> Paint | None:
        """Copy from the source, which goes along with the pen."""
        from studio.app.painting.stroke import ClonePaint

        tr = self.context.view.tr
        if target.layer is None:
            return None
        if self._source is None:
            self.context.report(
                DocumentProblem(
                    tr("There is nothing to clone from yet."),
                    tr("Hold Alt and click the place to copy."),
                    code="no_source",
                )
            )
            return None
        if self._shift is None:
            self._shift = self._source - pointer.point
        return ClonePaint(self._reader(target, target.layer), keep_alpha=target.layer.alpha_locked)

    def _reader(self, target: Target, layer: Layer):  # type: ignore[no-untyped-def]
        assert self._shift is not None
        dx, dy = round(self._shift.x()), round(self._shift.y())
        if not self.context.state.choices.sample_all:
            return lambda box: target.canvas.region(box.shifted(dx, dy), before=True)
        from studio.ui.canvas.merged import MergedPixels

        merged = MergedPixels(self.context.document)
        return lambda box: merged.region(box.shifted(dx + layer.x, dy + layer.y))

    def used(self) -> None:
        """A clone has no colour."""

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Paint the ring, and a cross where the pixels come from."""
        super().paint(painter, viewport)
        place = self._source
        if place is not None and self._shift is not None and self._seen is not None:
            place = self._seen.point + self._shift
        if place is None:
            return
        middle = viewport.to_view(place)
        for colour, wide in ((QColor(0, 0, 0, 130), 3.0), (QColor(255, 255, 255, 220), 1.2)):
            painter.setPen(QPen(colour, wide))
            painter.drawLine(middle - QPointF(7, 0), middle + QPointF(7, 0))
            painter.drawLine(middle - QPointF(0, 7), middle + QPointF(0, 7))

    def hover(self, pointer: Pointer) -> None:
        """Move the cross along."""
        super().hover(pointer)
        if self._source is not None:
            self.context.view.update()


def sample_of(pointer: Pointer) -> Sample:
    """Return a pointer as the brush engine takes it."""
    from studio.app.painting.brush import Sample

    return Sample(pointer.x, pointer.y, pointer.pressure, pointer.tilt_x, pointer.tilt_y)
