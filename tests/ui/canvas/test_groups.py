"""Groups, mask layers and locked alpha: the panel, and that export shows what the canvas shows."""

from __future__ import annotations

import random

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.app.blend_names import KRITA, OPENRASTER, from_openraster
from studio.app.flatten import flatten
from studio.document import (
    AddLayer,
    ChangeLayer,
    ImageDocument,
    Layer,
    Select,
    layer_tree,
    mask_tiles,
    premultiply,
)
from studio.ui.canvas import layer_edits
from studio.ui.canvas.blending import NON_SEPARABLE_MODES, PAINTER_MODES
from studio.ui.canvas.layer_list import ROW_HEIGHT
from studio.ui.canvas.layers_panel import LayersPanel
from studio.ui.canvas.workspace import CanvasWorkspace
from tests.ui.canvas.hands import CTRL, LEFT, SHIFT, Hand
from tests.ui.canvas.making import Maker, plain

NO_KEY = Qt.KeyboardModifier.NoModifier
MODES = (*PAINTER_MODES, *NON_SEPARABLE_MODES)


@pytest.fixture
def panel(make: Maker, workspace: CanvasWorkspace) -> LayersPanel:
    """The panel of a document with the layers Red, Green and Blue, bottom first."""
    make.layer(plain((255, 0, 0, 255), 512, 384), name="Red")
    make.layer(plain((0, 255, 0, 255), 256, 256), name="Green", x=20)
    make.layer(plain((0, 0, 255, 128), 100, 100), name="Blue", x=30, y=40)
    QApplication.processEvents()
    return workspace.layers_panel()


def shape(document: ImageDocument) -> str:
    """Return the layers, topmost first, each group with what lies in it."""

    def words(nodes: object) -> str:
        return " ".join(
            node.layer.name
            + ("/" + "/".join(mask.name for mask in node.masks) if node.masks else "")
            + (f"({words(node.children)})" if node.layer.kind == "group" else "")
            for node in reversed(nodes)  # type: ignore[call-overload]
        )

    return words(layer_tree(document.layers))


def ids(document: ImageDocument) -> dict[str, str]:
    return {layer.name: layer.id for layer in document.layers}


def random_stack(document: ImageDocument, seed: int) -> None:
    """Add layers of noise in groups, some cut by masks, with any modes and opacities."""
    chance = random.Random(seed)
    noise = np.random.default_rng(seed)
    parents = [""]
    for number in range(9):
        kind = chance.choice(["pixels", "pixels", "pixels", "group", "mask"])
        layer = Layer(
            id=f"layer-{number}",
            name=f"Layer {number}",
            kind=kind,  # type: ignore[arg-type]
            parent=chance.choice(parents),
            visible=chance.random() < 0.9,
            opacity=round(chance.uniform(0.3, 1), 3),
            blend_mode=chance.choice(MODES),
            x=chance.randrange(-80, 80),
            y=chance.randrange(-80, 80),
        )
        tiles = {}
        if kind != "group":
            pixels = noise.integers(0, 256, (256, 256, 4), np.uint8)
            tiles = {(0, 0): premultiply(pixels).tobytes()}
        document.apply(AddLayer(layer=layer, tiles=tiles, index=0))
        if kind != "mask":
            parents.append(layer.id)


@pytest.mark.parametrize("seed", range(12))
def test_export_shows_what_the_canvas_shows_with_groups_and_masks(
    hand: Hand, document: ImageDocument, seed: int
) -> None:
    random_stack(document, seed)
    seen = hand.seen()
    flat = np.frombuffer(flatten(document), np.uint8).reshape(document.height, document.width, 4)
    exported = premultiply(flat)
    difference = np.abs(seen.astype(int) - exported)
    # QPainter works in 8 bits from layer to layer, the export in floats to the end.
    # Dodge, burn and the modes of hue magnify that where little is covered.
    assert np.quantile(difference, 0.999) <= 6
    assert difference.mean() < 0.7


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_of_a_group_is_that_of_a_layer(
    hand: Hand, make: Maker, document: ImageDocument, mode: str
) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (384, 512, 4), np.uint8)
    make.layer(plain((90, 140, 200, 255), 512, 384))
    layer = make.layer(noise, blend_mode=mode, opacity=0.6)
    alone = hand.seen()
    layer_edits.group(document, layer)
    group = document.layers[-1]
    plain_layer = msgspec.structs.replace(
        document.layer(layer.id), blend_mode="normal", opacity=1.0
    )
    document.apply(ChangeLayer(layer_id=layer.id, changes=plain_layer))
    changed = msgspec.structs.replace(group, blend_mode=mode, opacity=0.6)
    document.apply(ChangeLayer(layer_id=group.id, changes=changed))
    assert np.abs(hand.seen().astype(int) - alone).max() <= 1


def test_every_mode_has_its_names_in_other_programs() -> None:
    for names in (OPENRASTER, KRITA):
        assert set(names) == set(MODES)
        assert len(set(names.values())) == len(names)
    assert all(from_openraster(name) == mode for mode, name in OPENRASTER.items())
    assert from_openraster("svg:dst-out") is None


def test_ctrl_g_groups_and_ctrl_shift_g_ungroups(
    panel: LayersPanel, hand: Hand, document: ImageDocument, workspace: CanvasWorkspace
) -> None:
    before = hand.seen()
    workspace.active.choose(ids(document)["Green"])
    hand.key(Qt.Key.Key_G, CTRL)
    assert shape(document) == "Blue Group 1(Green) Red"
    assert document.undo_label == "Group Green"
    assert (hand.seen() == before).all()
    workspace.active.choose(ids(document)["Group 1"])
    hand.key(Qt.Key.Key_G, CTRL | SHIFT)
    assert shape(document) == "Blue Green Red"
    assert (hand.seen() == before).all()


def test_dragging_into_a_group_and_out_of_it(
    panel: LayersPanel, hand: Hand, document: ImageDocument, workspace: CanvasWorkspace
) -> None:
    workspace.active.choose(ids(document)["Green"])
    hand.key(Qt.Key.Key_G, CTRL)
    drag_row(panel, 0, 2)
    assert shape(document) == "Group 1(Blue Green) Red"
    drag_row(panel, 1, 3)
    assert shape(document) == "Group 1(Green Blue) Red", "a layer of the group stays in it"
    drag_row(panel, 2, 4)
    assert shape(document) == "Group 1(Green) Red Blue"
    drag_row(panel, 0, 3)
    assert shape(document) == "Red Group 1(Green) Blue", "a group takes along what lies in it"
    drag_row(panel, 0, 1)
    assert shape(document) == "Red Group 1(Green) Blue"


def drag_row(panel: LayersPanel, row: int, gap: int) -> None:
    """Drag a row of the list into a gap (0 is above the first row)."""
    viewport = panel.list.viewport()
    start = QPoint(120, row * ROW_HEIGHT + ROW_HEIGHT // 2)
    end = QPoint(120, gap * ROW_HEIGHT + (2 if gap == 0 else -1))
    QTest.mousePress(viewport, LEFT, NO_KEY, start)
    QTest.mouseMove(viewport, (start + end) / 2)
    QTest.mouseMove(viewport, end)
    QTest.mouseRelease(viewport, LEFT, NO_KEY, end)
    QApplication.processEvents()


def test_ctrl_brackets_walk_through_groups(
    panel: LayersPanel, hand: Hand, document: ImageDocument, workspace: CanvasWorkspace
) -> None:
    workspace.active.choose(ids(document)["Green"])
    hand.key(Qt.Key.Key_G, CTRL)
    workspace.active.choose(ids(document)["Blue"])
    hand.key(Qt.Key.Key_BracketLeft, CTRL)
    assert shape(document) == "Group 1(Blue Green) Red"
    hand.key(Qt.Key.Key_BracketLeft, CTRL)
    assert shape(document) == "Group 1(Green Blue) Red"
    hand.key(Qt.Key.Key_BracketLeft, CTRL)
    assert shape(document) == "Group 1(Green) Red Blue"
    for _ in range(4):
        hand.key(Qt.Key.Key_BracketRight, CTRL)
    assert shape(document) == "Blue Group 1(Green) Red"


def test_a_group_hides_fades_moves_and_goes_with_what_lies_in_it(
    panel: LayersPanel, hand: Hand, document: ImageDocument, workspace: CanvasWorkspace
) -> None:
    workspace.active.choose(ids(document)["Green"])
    hand.key(Qt.Key.Key_G, CTRL)
    group = document.layer(ids(document)["Group 1"])
    panel.toggle_visible(group.id)
    hand.settle()
    assert hand.on_screen((200, 100)) == (255, 0, 0)
    panel.toggle_visible(group.id)
    workspace.active.choose(group.id)
    layer_edits.change(document, document.layer(group.id), opacity=0.5)
    hand.settle()
    assert hand.on_screen((200, 100))[1] == pytest.approx(128, abs=2)
    hand.drag([(200, 100), (250, 130)])
    assert (document.layer(ids(document)["Green"]).x) == 70
    assert document.undo_label == "Move Group 1"
    workspace.layers_panel().trigger("layer.duplicate")
    assert shape(document) == "Blue Group 1 copy(Green) Group 1(Green) Red"
    workspace.layers_panel().trigger("layer.delete")
    assert shape(document) == "Blue Group 1(Green) Red"
    document.undo()
    assert shape(document) == "Blue Group 1 copy(Green) Group 1(Green) Red"


def test_a_mask_from_the_selection_cuts_its_layer(
    panel: LayersPanel, hand: Hand, document: ImageDocument, workspace: CanvasWorkspace
) -> None:
    workspace.active.choose(ids(document)["Green"])
    document.apply(Select(tiles=dict(mask_tiles(np.full((50, 50), 255, np.uint8), 150, 100))))
    panel.trigger("layer.mask")
    hand.settle(lambda: len(document.layers) == 4)
    assert shape(document) == "Blue Green/Mask Red"
    assert hand.on_screen((170, 120)) == (0, 255, 0)
    assert hand.on_screen((220, 200)) == (255, 0, 0)
    hand.key(Qt.Key.Key_D, CTRL)
    mask = document.layer(ids(document)["Mask"])
    workspace.active.choose(mask.id)
    hand.key(Qt.Key.Key_B)
    workspace.state.change_brush("brush", size=30, hardness=1.0)
    hand.drag([(215, 200), (225, 200)])
    assert hand.on_screen((220, 200)) == (0, 255, 0), "painting on the mask shows more"
    hand.key(Qt.Key.Key_E)
    hand.drag([(165, 120), (175, 120)])
    assert hand.on_screen((170, 120)) == (255, 0, 0), "erasing on it hides"
    workspace.active.choose(ids(document)["Green"])
    before = hand.seen()
    workspace.layers_panel().trigger("layer.merge")
    assert shape(document) == "Blue Red"
    assert (hand.seen() == before).all()


def test_locked_alpha_by_its_button_and_key(
    panel: LayersPanel, hand: Hand, document: ImageDocument
) -> None:
    QTest.mouseClick(panel.alpha_button, LEFT)
    assert document.layers[-1].alpha_locked
    assert document.undo_label == "Lock alpha of Blue"
    hand.key(Qt.Key.Key_Slash)
    assert not document.layers[-1].alpha_locked


def test_a_group_merges_down(
    panel: LayersPanel, hand: Hand, document: ImageDocument, workspace: CanvasWorkspace
) -> None:
    workspace.active.choose(ids(document)["Green"])
    hand.key(Qt.Key.Key_G, CTRL)
    before = hand.seen()
    workspace.active.choose(ids(document)["Group 1"])
    hand.key(Qt.Key.Key_E, CTRL)
    assert shape(document) == "Blue Red"
    assert (hand.seen() == before).all()


@pytest.mark.parametrize("seed", range(8))
def test_any_moves_keep_groups_whole(document: ImageDocument, seed: int) -> None:
    chance = random.Random(seed)
    random_stack(document, seed)
    for _ in range(40):
        layer = chance.choice(document.layers)
        if chance.random() < 0.5:
            layer_edits.drop(document, layer.id, chance.randrange(len(document.layers) + 1))
        else:
            layer_edits.shift(document, layer.id, chance.choice([-2, -1, 1, 2]))
        names = [layer.id for layer in document.layers]
        assert len(set(names)) == 9
        by_id = {layer.id: layer for layer in document.layers}
        for one in document.layers:
            if one.parent:
                assert one.parent in by_id
