"""A hand that does anything at random: the document stays what its journal says."""

from __future__ import annotations

import contextlib
import gc
import random
import sqlite3
import tracemalloc
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.app.studio import Studio
from studio.document import Project
from studio.document.loading import replay
from studio.document.tiles import tile_hash
from studio.ui.canvas import layer_edits
from studio.ui.canvas.image_actions import frame_canvas, scale_picture
from studio.ui.canvas.workspace import CanvasWorkspace
from tests.ui.canvas.hands import ALT, CTRL, NO_KEY, SHIFT, Hand
from tests.ui.canvas.making import Maker, plain

TOOLS = ("brush", "eraser", "fill", "gradient", "clone", "smudge", "move")
SELECTING = ("rectangle", "ellipse", "lasso", "wand", "colour_range")
LETTERS = "BEGISTMLWCVHXDQ"


class RandomHand:
    """Chooses what to do next from a seed."""

    def __init__(self, hand: Hand, make: Maker, seed: int) -> None:
        self.hand = hand
        self.make = make
        self.workspace = hand.workspace
        self.chance = random.Random(seed)
        self.done: list[str] = []

    @property
    def document(self):  # type: ignore[no-untyped-def]
        return self.workspace.document

    def act(self) -> None:
        kinds: list[tuple[int, Callable[[], object]]] = [
            (30, self.stroke),
            (8, self.pen),
            (12, self.select),
            (14, self.undo_or_redo),
            (8, self.layer),
            (6, self.properties),
            (4, self.key),
            (4, self.transform),
            (3, self.crop),
            (2, self.clipboard),
            (3, self.generate),
            (2, self.give_up),
        ]
        weights = [weight for weight, _ in kinds]
        _, action = self.chance.choices(kinds, weights)[0]
        self.done.append(action.__name__)
        action()

    def place(self) -> tuple[float, float]:
        document = self.document
        return (
            self.chance.uniform(-20, min(document.width, 700) + 20),
            self.chance.uniform(-20, min(document.height, 500) + 20),
        )

    def places(self, most: int = 5) -> list[tuple[float, float]]:
        return [self.place() for _ in range(self.chance.randrange(2, most + 1))]

    def stroke(self) -> None:
        tool = self.chance.choice(TOOLS)
        self.workspace.choose_tool(tool)
        state = self.workspace.state
        state.set_foreground(tuple(self.chance.randrange(256) for _ in range(3)))  # type: ignore[arg-type]
        if tool in ("brush", "eraser", "clone", "smudge"):
            state.change_brush(
                tool,
                size=self.chance.choice([1, 5, 20, 60]),
                hardness=self.chance.random(),
                opacity=self.chance.choice([0.3, 1.0]),
                tip=self.chance.choice(["round", "chalk", "bristle"]),
            )
        if tool == "clone":
            self.hand.click(self.place(), ALT)
        self.hand.drag(self.places(), self.chance.choice([NO_KEY, NO_KEY, SHIFT]))

    def pen(self) -> None:
        self.workspace.choose_tool("brush")
        samples = [(*self.place(), self.chance.random()) for _ in range(4)]
        self.hand.pen(samples, eraser=self.chance.random() < 0.2)

    def select(self) -> None:
        self.workspace.choose_tool(self.chance.choice(SELECTING))
        choices = {"feather": self.chance.choice([0, 0, 7]), "grow": self.chance.choice([0, 5])}
        self.workspace.state.change(**choices)
        self.hand.drag(self.places(), self.chance.choice([NO_KEY, SHIFT, ALT, SHIFT | ALT]))
        if self.chance.random() < 0.3:
            self.hand.key(self.chance.choice([Qt.Key.Key_A, Qt.Key.Key_D]), CTRL)
        elif self.chance.random() < 0.3:
            self.hand.key(Qt.Key.Key_I, CTRL | SHIFT)

    def undo_or_redo(self) -> None:
        for _ in range(self.chance.randrange(1, 5)):
            keys = self.chance.choice([CTRL, CTRL, CTRL | SHIFT])
            self.hand.key(Qt.Key.Key_Z, keys)

    def layer(self) -> None:
        names = ("add", "duplicate", "merge", "up", "down", "visible", "group", "ungroup")
        name = self.chance.choice((*names, "delete", "mask", "lock_alpha"))
        if name in ("add", "duplicate") and len(self.document.layers) > 9:
            name = "delete"
        self.workspace.layers_panel().trigger(f"layer.{name}")
        if self.document.layers and self.chance.random() < 0.7:
            self.workspace.active.choose(self.chance.choice(self.document.layers).id)
        self.hand.settle()

    def properties(self) -> None:
        if not self.document.layers:
            return
        layer = self.chance.choice(self.document.layers)
        changes = self.chance.choice(
            [
                {"opacity": round(self.chance.random(), 2)},
                {"blend_mode": self.chance.choice(["normal", "multiply", "hue", "plus"])},
                {"name": f"Name {self.chance.randrange(99)}"},
                {"locked": self.chance.random() < 0.1},
            ]
        )
        layer_edits.change(self.document, layer, **changes)
        self.hand.settle()

    def key(self) -> None:
        letter = self.chance.choice(LETTERS)
        self.hand.key(Qt.Key(ord(letter)), self.chance.choice([NO_KEY, SHIFT]))

    def transform(self) -> None:
        self.hand.key(Qt.Key.Key_T, CTRL)
        self.hand.drag(self.places(3))
        end = Qt.Key.Key_Return if self.chance.random() < 0.7 else Qt.Key.Key_Escape
        self.hand.key(end)

    def crop(self) -> None:
        draw = self.chance.random()
        if draw < 0.5:
            self.workspace.choose_tool("crop")
            self.hand.drag(self.places(3))
            end = Qt.Key.Key_Return if self.chance.random() < 0.5 else Qt.Key.Key_Escape
            self.hand.key(end)
        elif draw < 0.8:
            x, y = self.chance.randrange(-40, 40), self.chance.randrange(-40, 40)
            frame_canvas(self.workspace, x, y, 512, 384)
        else:
            scale_picture(self.workspace, 512, 384)
        self.hand.settle()
        if self.document.width * self.document.height > 1 << 20 or self.document.width < 64:
            frame_canvas(self.workspace, 0, 0, 512, 384)
            self.hand.settle()

    def clipboard(self) -> None:
        self.hand.key(self.chance.choice([Qt.Key.Key_C, Qt.Key.Key_X]), CTRL)
        if len(self.document.layers) < 9:
            self.hand.key(Qt.Key.Key_V, CTRL)

    def generate(self) -> None:
        """A candidate arrives and is kept or dropped; a run is shown and cancelled."""
        if self.chance.random() < 0.5:
            job = self.make.live(step=1, steps=4)
            self.hand.settle()
            self.make.finish(job)
            return
        colour = tuple(self.chance.randrange(256) for _ in range(3))
        self.make.candidate(colour)  # type: ignore[arg-type]
        self.hand.settle()
        if len(self.document.layers) < 9 and self.chance.random() < 0.6:
            self.hand.key(Qt.Key.Key_Return)
        else:
            self.hand.key(Qt.Key.Key_Delete)

    def give_up(self) -> None:
        """Press, draw, change one's mind."""
        self.workspace.choose_tool(self.chance.choice((*TOOLS, *SELECTING)))
        self.hand.drag(self.places(), release=False)
        self.hand.key(Qt.Key.Key_Escape)
        point = self.hand.at(self.place())
        QTest.mouseRelease(self.hand.view, Qt.MouseButton.LeftButton, NO_KEY, point)
        self.hand.settle()


def equals_its_journal(project: Project) -> bool:
    """Whether replaying the journal of the file gives the document."""
    document = project.image
    assert project.flush(60)
    with contextlib.closing(sqlite3.connect(project.path)) as reader:
        state = replay(reader)
    assert state is not None
    assert (state.width, state.height) == (document.width, document.height)
    assert state.layers == list(document.layers)
    assert set(state.selection) == document.selection.tiles
    for key, name in state.selection.items():
        assert document.selection.name(key) == name
    for layer in document.layers:
        assert set(state.tiles[layer.id]) == document.occupied(layer.id)
        for key, name in state.tiles[layer.id].items():
            raw = document.tile(layer.id, key)
            assert raw is not None
            assert tile_hash(raw) == name
    return True


def run(
    workspace: CanvasWorkspace, studio: Studio, make: Maker, hand: Hand, seed: int, count: int
) -> None:
    told: list[str] = []
    studio.notice.connect(lambda notice: told.append(f"{notice.level}: {notice.message}"))
    make.layer(plain((255, 255, 255, 255), 512, 384), name="Paper")
    hand.settle()
    random_hand = RandomHand(hand, make, seed)
    for _ in range(count):
        random_hand.act()
        # What was left open ends, so that every operation is a whole one.
        if hand.view.input.busy:
            hand.key(Qt.Key.Key_Escape)
            hand.settle()
    assert len(random_hand.done) == count
    assert equals_its_journal(studio.project)
    allowed = ("is locked", "is hidden", "no pixels of its own", "nothing to clone", "inside out",
               "pressed that flat", "is empty",
        "too large",
        "beyond the canvas")  # fmt: skip
    unexpected = [message for message in told if not any(part in message for part in allowed)]
    assert unexpected == []
    hand.key(Qt.Key.Key_V)
    shown = hand.view.grab().toImage()
    hand.view._frame.invalidate()
    hand.view.compositor.end_live()
    hand.settle()
    assert hand.view.grab().toImage() == shown, "the screen shows the document"
    while studio.project.image.undo() is not None:
        pass
    hand.settle()
    assert studio.project.image.layers == ()
    assert studio.project.image.selection.is_empty


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2])
def test_random_work_ends_as_the_journal_says(
    workspace: CanvasWorkspace, studio: Studio, make: Maker, hand: Hand, seed: int
) -> None:
    run(workspace, studio, make, hand, seed, 75)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10, 14))
def test_a_thousand_random_operations(
    workspace: CanvasWorkspace, studio: Studio, make: Maker, hand: Hand, seed: int
) -> None:
    tracemalloc.start()
    run(workspace, studio, make, hand, seed, 1000)
    gc.collect()
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The cache of tiles alone may hold 128 MiB.
    assert used < 400 * 2**20
