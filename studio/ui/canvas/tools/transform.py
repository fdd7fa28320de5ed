"""The transform tool: moves, scales, turns, flips a layer or puts it into perspective."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPolygonF, QTransform

from studio.document import ImageSnapshot, Layer, Operation
from studio.ui.canvas.tools.base import Pointer, Tool, ToolContext
from studio.ui.canvas.tools.handles import hit, midpoints, paint_frame

if TYPE_CHECKING:
    from studio.app.painting.transforming import Cut
    from studio.ui.canvas.viewport import Viewport

PREVIEW = 2048  # px of the longer side that is shown while dragging
_TURN = math.radians(15)
_INSIDE, _OUTSIDE = 8, 9


class TransformTool(Tool):
    """Begins when it is chosen; Enter applies it as one undo step, Esc gives it up.

    Drag inside: move. A corner or side: scale, with Shift keeping the proportions. Outside: turn,
    with Shift in steps of 15 degrees. In perspective every corner goes where it is dragged. Arrow
    keys move by 1 px, with Shift by 10 px. With a selection only what is selected is taken.
    """

    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._layer: Layer | None = None
        self._picture: QImage | None = None
        self._source = QRectF()
        self.corners: list[QPointF] = []
        self._before: list[QPointF] = []
        self._grip = -1
        self._start = QPointF()
        self._perspective = False
        self._waiting = False

    @property
    def busy(self) -> bool:  # type: ignore[override]
        """Whether something is being transformed."""
        return bool(self.corners)

    def take_up(self) -> None:
        """Take the active layer, or what is selected of it."""
        if self.busy or self._waiting:
            return
        layer = self.context.paintable()
        if layer is None:
            return
        self._layer, self._waiting = layer, True
        snapshot, document = self.context.document.snapshot(), self.context.document

        def work() -> tuple[Cut, QImage] | None:
            from studio.app.painting.transforming import cut_for_transform
            from studio.ui.canvas.merged import image_of

            cut = cut_for_transform(snapshot, layer.id)
            if cut is None:
                return None
            image = image_of(cut.pixels)
            if max(image.width(), image.height()) > PREVIEW:
                image = image.scaled(
                    PREVIEW,
                    PREVIEW,
                    Qt.AspectRatioMode.KeepAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
            return cut, image

        def show(result: tuple[Cut, QImage] | None) -> None:
            self._waiting = False
            current = self.context.document is document and document.revision == snapshot.revision
            if result is not None and current and self.context.view.input.tool is self:
                self._begin(layer, *result)

        self.context.studio.background(work, show)

    def _begin(self, layer: Layer, cut: Cut, image: QImage) -> None:
        from studio.ui.canvas.tools.targets import whole_tiles

        box = cut.box
        self._source = QRectF(box.left, box.top, box.right - box.left, box.bottom - box.top)
        self._picture = image
        self.corners = _corners_of(self._source)
        self.context.compositor.begin_live(layer, cut.left.live)
        self.context.compositor.paint_live(whole_tiles(cut.left.live))
        self.context.view.update()

    def put_away(self) -> None:
        """Another tool is chosen: apply what was done."""
        if self.busy:
            self.finish()

    def cancel(self) -> None:
        """Give up: the layer is as it was."""
        if self._grip >= 0:
            self._grip, self.corners = -1, self._before
            self.context.view.update()
            return
        self._end()
        self.context.done()

    def _end(self) -> None:
        self.corners, self._picture, self._grip = [], None, -1
        self.context.compositor.end_live()
        self.context.view.update()

    def finish(self) -> None:
        """Apply it in the background: one undo step."""
        layer, corners = self._layer, list(self.corners)
        if layer is None or not corners:
            return
        self.corners, self._grip = [], -1
        if corners == _corners_of(self._source):
            self._applied(False)
            return
        points = [(point.x(), point.y()) for point in corners]
        self.context.in_background(partial(_transformed, layer.id, points), self._applied)

    def _applied(self, done: bool) -> None:
        del done
        if not self.corners:
            self._end()
            if self.context.view.input.tool is self:
                self.context.done()

    # -- what the buttons ask for --------------------------------------------------------------

    def set_kind(self, kind: str) -> None:
        """Choose "free" or "perspective"."""
        self._perspective = kind == "perspective"

    def flip_across(self) -> None:
        """Exchange left and right."""
        if self.busy:
            a, b, c, d = self.corners
            self._set([b, a, d, c])

    def flip_along(self) -> None:
        """Exchange above and below."""
        if self.busy:
            a, b, c, d = self.corners
            self._set([d, c, b, a])

    def turn_left(self) -> None:
        """Turn by 90 degrees, on whole px."""
        self._quarter(-90)

    def turn_right(self) -> None:
        """Turn by 90 degrees, on whole px."""
        self._quarter(90)

    def _quarter(self, degrees: float) -> None:
        if not self.busy:
            return
        middle = _middle(self.corners)
        turned = [
            QTransform().translate(middle.x(), middle.y()).rotate(degrees).map(p - middle)
            for p in self.corners
        ]
        # A box with odd sides would end between pixels.
        shift = QPointF(round(turned[0].x()) - turned[0].x(), round(turned[0].y()) - turned[0].y())
        self._set([point + shift for point in turned])

    def _set(self, corners: Sequence[QPointF]) -> None:
        self.corners = list(corners)
        self.context.view.update()

    # -- mouse and keyboard --------------------------------------------------------------------

    def press(self, pointer: Pointer) -> bool:
        """Take hold of a handle, of the inside, or of the outside."""
        if not self.busy:
            self.take_up()
            return False
        shown = [self.context.view.viewport.to_view(point) for point in self.corners]
        grip = hit(pointer.place, [*shown, *midpoints(shown)])
        if grip < 0:
            inside = QPolygonF(shown).containsPoint(pointer.place, Qt.FillRule.OddEvenFill)
            grip = _INSIDE if inside else _OUTSIDE
        self._grip, self._start, self._before = grip, pointer.point, list(self.corners)
        return True

    def move(self, pointer: Pointer) -> None:
        """Drag."""
        if self._grip < 0:
            return
        delta = pointer.point - self._start
        shift = pointer.has(Qt.KeyboardModifier.ShiftModifier)
        if self._grip == _INSIDE:
            whole = QPointF(round(delta.x()), round(delta.y()))
            self._set([point + whole for point in self._before])
        elif self._grip == _OUTSIDE:
            self._set(_turned(self._before, self._start, pointer.point, steps=shift))
        elif self._perspective and self._grip < 4:
            moved = list(self._before)
            moved[self._grip] = moved[self._grip] + delta
            if _is_convex(moved):
                self._set(moved)
        else:
            self._set(_scaled(self._before, self._grip, delta, keep=shift))

    def release(self, pointer: Pointer) -> None:
        """Leave it there until Enter."""
        self.move(pointer)
        self._grip = -1

    def key(self, event: QKeyEvent) -> bool:
        """Arrow keys move."""
        far = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        steps = {
            Qt.Key.Key_Left: QPointF(-far, 0),
            Qt.Key.Key_Right: QPointF(far, 0),
            Qt.Key.Key_Up: QPointF(0, -far),
            Qt.Key.Key_Down: QPointF(0, far),
        }
        if not self.busy or event.key() not in steps:
            return False
        self._set([point + steps[Qt.Key(event.key())] for point in self.corners])
        return True

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Paint the picture as it will be, and the frame."""
        if self._picture is None or not self.corners:
            return
        image = self._picture
        source = QPolygonF(_corners_of(QRectF(image.rect())))
        warp = QTransform.quadToQuad(source, QPolygonF(self.corners))
        painter.save()
        if isinstance(warp, QTransform):
            painter.setClipRect(QRectF(self.context.view.rect()))
            painter.setTransform(warp * viewport.transform(), True)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setOpacity(self._layer.opacity if self._layer is not None else 1.0)
            painter.drawImage(0, 0, image)
        painter.restore()
        shown = [viewport.to_view(point) for point in self.corners]
        paint_frame(painter, shown, [*shown, *midpoints(shown)], thirds=False)


def _transformed(
    layer_id: str, corners: list[tuple[float, float]], picture: ImageSnapshot
) -> Operation | None:
    from studio.app.painting.transforming import transformed

    return transformed(picture, layer_id, corners)


def _corners_of(box: QRectF) -> list[QPointF]:
    return [box.topLeft(), box.topRight(), box.bottomRight(), box.bottomLeft()]


def _middle(corners: Sequence[QPointF]) -> QPointF:
    return (corners[0] + corners[1] + corners[2] + corners[3]) / 4


def _turned(
    corners: Sequence[QPointF], start: QPointF, now: QPointF, *, steps: bool
) -> list[QPointF]:
    middle = _middle(corners)
    first, last = start - middle, now - middle
    angle = math.atan2(last.y(), last.x()) - math.atan2(first.y(), first.x())
    if steps:
        angle = round(angle / _TURN) * _TURN
    cosine, sine = math.cos(angle), math.sin(angle)
    return [
        middle
        + QPointF(
            (p - middle).x() * cosine - (p - middle).y() * sine,
            (p - middle).x() * sine + (p - middle).y() * cosine,
        )
        for p in corners
    ]


def _scaled(corners: Sequence[QPointF], grip: int, delta: QPointF, *, keep: bool) -> list[QPointF]:
    """Scale a parallelogram by a corner (0 .. 3) or a side (4 .. 7); what lies opposite stays."""
    along, down = corners[1] - corners[0], corners[3] - corners[0]
    # How far the drag goes along the two sides, as shares of them.
    area = along.x() * down.y() - along.y() * down.x()
    if abs(area) < 1e-6:
        return list(corners)
    u = (delta.x() * down.y() - delta.y() * down.x()) / area
    v = (along.x() * delta.y() - along.y() * delta.x()) / area
    right, left = grip in (1, 2, 5), grip in (0, 3, 7)
    bottom, top = grip in (2, 3, 6), grip in (0, 1, 4)
    wide = 1 + (u if right else -u if left else 0)
    high = 1 + (v if bottom else -v if top else 0)
    if keep:
        both = max(wide, high, key=lambda share: abs(share - 1))
        wide = high = both
    wide = wide if abs(wide) > 1e-3 else 1e-3
    high = high if abs(high) > 1e-3 else 1e-3
    fixed_u, fixed_v = (1.0 if left else 0.0), (1.0 if top else 0.0)
    if keep and grip >= 4:
        fixed_u, fixed_v = (fixed_u, 0.5) if grip in (5, 7) else (0.5, fixed_v)
    anchor = corners[0] + along * fixed_u + down * fixed_v
    shares = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    return [
        anchor + along * ((a - fixed_u) * wide) + down * ((b - fixed_v) * high) for a, b in shares
    ]


def _is_convex(corners: Sequence[QPointF]) -> bool:
    signs = set()
    for n in range(4):
        a, b, c = corners[n], corners[(n + 1) % 4], corners[(n + 2) % 4]
        turn = (b.x() - a.x()) * (c.y() - b.y()) - (b.y() - a.y()) * (c.x() - b.x())
        if abs(turn) < 1.0:
            return False
        signs.add(turn > 0)
    return len(signs) == 1
