"""The picture: layers of tiles, changed by operations, each of which can be undone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

import msgspec

from studio.core.errors import DamagedProject, DocumentProblem, StudioError
from studio.core.signals import Signal
from studio.document.edits import (
    AnyEdit,
    CanvasResized,
    LayerAdded,
    LayerChanged,
    LayerMoved,
    LayerRemoved,
    SelectionChanged,
    Step,
    TilesPainted,
    change_set,
    decoded_step,
    inverted,
)
from studio.document.layers import TILE, ChangeSet, Layer, TileKey
from studio.document.operations import (
    AddLayer,
    Batch,
    ChangeLayer,
    Operation,
    PaintTiles,
    RemoveLayer,
    ReorderLayer,
    ResizeCanvas,
    Select,
)
from studio.document.selection import Selection
from studio.document.snapshot import ImageSnapshot
from studio.document.state import ImageState
from studio.document.store import Pending, Store, TileStore
from studio.document.writes import (
    AppendStep,
    DropLayer,
    DropSteps,
    PlaceLayers,
    PutCanvas,
    PutLayer,
    PutLayerTiles,
    PutSelectionTiles,
    PutTile,
    SetStep,
    Write,
)

_RECENT_STEPS = 64


class Position(msgspec.Struct, kw_only=True):
    """Where in the journal the document stands.

    ``step`` steps are applied and ``last`` are recorded. Where the file lost steps, undo goes
    back to ``floor`` and redo up to ``ceiling`` only.
    """

    step: int = 0
    last: int = 0
    floor: int = 0
    ceiling: int = 0


class ImageDocument:
    """The artist's picture. Every method is called on the main thread and never waits for writing.

    Equal to replaying the journal, so undo works after a restart or a crash as it did before.
    """

    changed = Signal(ChangeSet)

    def __init__(self, store: Store, state: ImageState, position: Position) -> None:
        self._store = store
        self._state = state
        self._position = position
        self._tiles = TileStore(store)
        self.selection = Selection(lambda: state.selection, self._tiles.get)
        self.revision = 0  # grows with every change, undo and redo included
        self._pending_steps: Pending[int, Step] = Pending()
        self._recent_steps: OrderedDict[int, Step] = OrderedDict()

    @property
    def width(self) -> int:
        """Width of the canvas in px."""
        return self._state.width

    @property
    def height(self) -> int:
        """Height of the canvas in px."""
        return self._state.height

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, bottom first."""
        return tuple(self._state.layers)

    def layer(self, layer_id: str) -> Layer:
        """Return one layer; raises DocumentProblem if it is not there."""
        return self._state.layers[self._state.index_of(layer_id)]

    def occupied(self, layer_id: str) -> frozenset[TileKey]:
        """Return where a layer has tiles; raises DocumentProblem if it is not there."""
        self._state.index_of(layer_id)
        return frozenset(self._state.tiles[layer_id])

    def tile(self, layer_id: str, key: TileKey) -> bytes | None:
        """Return 256 x 256 px of premultiplied RGBA, 8 bits each; None where it is empty.

        A tile that the file has lost is None too, and is reported through ``Project.failed``.

        Raises:
            DocumentProblem: there is no such layer.
        """
        self._state.index_of(layer_id)
        name = self._state.tiles[layer_id].get(key)
        return None if name is None else self._tiles.get(name)

    def snapshot(self) -> ImageSnapshot:
        """Return the picture as it is now, to be read on another thread."""
        return ImageSnapshot(self._state, self._tiles, self.revision)

    def reader_ahead(self, keys: Iterable[TileKey]) -> Callable[[], object] | None:
        """Return what reads the pixels under some document tiles into memory, on any thread.

        None where they are all there, or where nothing shows.
        """
        missing: list[bytes] = []
        wanted = set(keys)
        for layer in self._state.layers:
            own = self._state.tiles[layer.id] if layer.visible else {}
            near = {
                (column + (dx - layer.x) // TILE, row + (dy - layer.y) // TILE)
                for column, row in wanted
                for dx in (0, TILE - 1)
                for dy in (0, TILE - 1)
            }
            names = (own[key] for key in near if key in own)
            missing += [name for name in names if not self._tiles.is_near(name)]
        return (lambda: [self._tiles.get(name) for name in missing]) if missing else None

    def bounds(self, layer_id: str) -> tuple[int, int, int, int] | None:
        """Return (x, y, width, height) in document px around a layer's tiles; None if empty."""
        layer = self.layer(layer_id)
        keys = self._state.tiles[layer_id]
        if not keys:
            return None
        columns, rows = [key[0] for key in keys], [key[1] for key in keys]
        left, top = min(columns), min(rows)
        return (
            layer.x + left * TILE,
            layer.y + top * TILE,
            (max(columns) - left + 1) * TILE,
            (max(rows) - top + 1) * TILE,
        )

    def apply(self, operation: Operation) -> ChangeSet:
        """Do an operation as one undo step; what had been undone can no longer be redone.

        An operation that changes nothing makes no step and returns an empty change set.

        Raises:
            DocumentProblem: the operation is not possible; nothing has changed.
            StorageProblem: the project was opened for reading only.
        """
        self._store.ensure_writable()
        label = _label(operation, self._state).encode("utf-8", "replace").decode()
        tiles: list[PutTile] = []
        try:
            edits = self._state.carry_out(operation, lambda raw: self._tiles.put(raw, tiles))
        except StudioError:
            self._tiles.forget(tiles)
            raise
        if not edits:
            return ChangeSet()
        step = Step(label, edits)
        self._record(step, tiles)
        return self._announce(edits)

    def _record(self, step: Step, tiles: list[PutTile]) -> None:
        position = self._position
        writes: list[Write] = []
        if position.step < position.last:
            writes.append(DropSteps(position.step))
            for number in [n for n in self._recent_steps if n > position.step]:
                del self._recent_steps[number]
        number = position.step + 1
        position.step = position.last = position.ceiling = number
        self._pending_steps.put(number, step)
        self._remember(number, step)
        writes += [*tiles, AppendStep(number, step), SetStep(number), *self._writes(step.edits)]

        def committed() -> None:
            self._tiles.settle(tiles)
            self._pending_steps.forget(number, step)

        self._store.submit(*writes, committed=committed)

    def _writes(self, edits: Iterable[AnyEdit]) -> list[Write]:
        """Return what brings the tables of the present state up to date after the edits."""
        writes: list[Write] = []
        reordered = False
        for edit in edits:
            match edit:
                case LayerAdded(layer, _, tiles):
                    placed = tuple(((column, row), tile) for column, row, tile in tiles)
                    writes += [PutLayer(layer), PutLayerTiles(layer.id, placed)]
                    reordered = True
                case LayerRemoved(layer):
                    writes.append(DropLayer(layer.id))
                    reordered = True
                case LayerChanged(_, layer):
                    writes.append(PutLayer(layer))
                case LayerMoved():
                    reordered = True
                case TilesPainted(layer_id, painted):
                    after = tuple(((column, row), tile) for column, row, _, tile in painted)
                    writes.append(PutLayerTiles(layer_id, after))
                case SelectionChanged(painted):
                    after = tuple(((column, row), tile) for column, row, _, tile in painted)
                    writes.append(PutSelectionTiles(after))
                case CanvasResized(_, (width, height)):
                    writes.append(PutCanvas(width, height))
        if reordered:
            writes.append(PlaceLayers(tuple(layer.id for layer in self._state.layers)))
        return writes

    def _announce(self, edits: Iterable[AnyEdit]) -> ChangeSet:
        changes = change_set(edits)
        self.revision += 1
        if changes.selection:
            self.selection.forget()
        self.changed.emit(changes)
        if changes.selection:
            self.selection.changed.emit()
        return changes

    @property
    def can_undo(self) -> bool:
        """Whether ``undo`` would do something."""
        return self.undo_label != ""

    @property
    def can_redo(self) -> bool:
        """Whether ``redo`` would do something."""
        return self.redo_label != ""

    @property
    def undo_label(self) -> str:
        """What ``undo`` would take back, for a menu; empty where there is nothing."""
        position = self._position
        step = self._step(position.step) if position.step > position.floor else None
        return step.label if step else ""

    @property
    def redo_label(self) -> str:
        """What ``redo`` would do again, for a menu; empty where there is nothing."""
        position = self._position
        step = self._step(position.step + 1) if position.step < position.ceiling else None
        return step.label if step else ""

    def undo(self) -> ChangeSet | None:
        """Take the last step back; None where there is nothing to undo.

        Raises:
            DamagedProject: the step does not fit the picture; nothing has changed.
            StorageProblem: the project was opened for reading only.
        """
        self._store.ensure_writable()
        number = self._position.step
        step = self._step(number) if number > self._position.floor else None
        if step is None:
            return None
        return self._travel(inverted(step.edits), number - 1)

    def redo(self) -> ChangeSet | None:
        """Do the step again that was undone last; None where there is nothing to redo.

        Raises:
            DamagedProject: the step does not fit the picture; nothing has changed.
            StorageProblem: the project was opened for reading only.
        """
        self._store.ensure_writable()
        number = self._position.step + 1
        step = self._step(number) if number <= self._position.ceiling else None
        if step is None:
            return None
        return self._travel(step.edits, number)

    def _travel(self, edits: tuple[AnyEdit, ...], number: int) -> ChangeSet:
        try:
            self._state.apply(edits)
        except DocumentProblem as error:
            self._cut_off(max(number, self._position.step))
            raise DamagedProject(
                "The undo history is damaged here and cannot be followed further.",
                "The picture itself is as it was.",
            ) from error
        self._position.step = number
        self._store.submit(SetStep(number), *self._writes(edits))
        return self._announce(edits)

    def _step(self, number: int) -> Step | None:
        """Return a step of the journal; None where the file lost it, which is reported once."""
        step = self._recent_steps.get(number) or self._pending_steps.get(number)
        if step is None:
            try:
                rows = self._store.rows("SELECT body FROM journal WHERE id = ?", number)
                step = decoded_step(rows[0][0] if rows else None)
            except StudioError as error:
                self._cut_off(number)
                self._store.report(error)
                return None
        self._remember(number, step)
        return step

    def _cut_off(self, number: int) -> None:
        """Give up a damaged step, and those that can only be reached through it."""
        position = self._position
        if number <= position.step:
            position.floor = position.step
        else:
            position.ceiling = position.step

    def _remember(self, number: int, step: Step) -> None:
        self._recent_steps[number] = step
        self._recent_steps.move_to_end(number)
        while len(self._recent_steps) > _RECENT_STEPS:
            self._recent_steps.popitem(last=False)


def _label(operation: Operation, state: ImageState) -> str:
    """Return the words for the Edit menu."""
    match operation:
        case AddLayer(layer=layer):
            return f"Add {layer.name}"
        case RemoveLayer(layer_id=layer_id):
            return f"Remove {state.layers[state.index_of(layer_id)].name}"
        case ReorderLayer():
            return "Reorder layers"
        case ResizeCanvas():
            return "Resize canvas"
        case PaintTiles(label=label) | Select(label=label) | Batch(label=label):
            return label or "Change"
        case ChangeLayer(layer_id=layer_id, changes=after):
            return _change_label(state.layers[state.index_of(layer_id)], after)
    return "Change"


def _change_label(before: Layer, after: Layer) -> str:
    if (before.x, before.y) != (after.x, after.y):
        return f"Move {before.name}"
    if before.name != after.name:
        return f"Rename {before.name}"
    if before.visible != after.visible:
        return f"{'Show' if after.visible else 'Hide'} {before.name}"
    if before.alpha_locked != after.alpha_locked:
        return f"{'Lock' if after.alpha_locked else 'Unlock'} alpha of {before.name}"
    if before.parent != after.parent:
        return f"Regroup {before.name}"
    if before.locked != after.locked:
        return f"{'Lock' if after.locked else 'Unlock'} {before.name}"
    if before.opacity != after.opacity:
        return f"Opacity of {before.name}"
    return f"Blending of {before.name}"
