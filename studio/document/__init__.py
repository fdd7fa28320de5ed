"""The artist's work: layers, undo, the history of generations and the queue, in one file.

One ``.atelier`` file is an SQLite database (https://sqlite.org/appfileformat.html). The main
thread holds the truth in memory and hands small writes to one writer thread; nothing that the
artist does waits for the disk.
"""

from __future__ import annotations

from studio.document.chat import Conversations
from studio.document.chat_items import Thread, ThreadSettings, Turn, TurnFacts, TurnStatus
from studio.document.history import History
from studio.document.image import ImageDocument
from studio.document.items import HistoryItem, HistoryOutput, HistoryStatus, OutputState
from studio.document.layers import (
    MASK_BYTES,
    MAX_CANVAS_SIDE,
    TILE,
    TILE_BYTES,
    BlendMode,
    ChangeSet,
    Layer,
    LayerKind,
    Text,
    TileKey,
)
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
from studio.document.project import Project
from studio.document.selection import Selection
from studio.document.snapshot import ImageSnapshot, LayeredPicture
from studio.document.tiles import (
    join_tiles,
    mask_tiles,
    premultiply,
    split_into_tiles,
    unpremultiply,
)
from studio.document.tree import Drawn, Node, descendants, drawn, layer_tree, parents, shows

__all__ = [
    "MASK_BYTES",
    "MAX_CANVAS_SIDE",
    "TILE",
    "TILE_BYTES",
    "AddLayer",
    "Batch",
    "BlendMode",
    "ChangeLayer",
    "ChangeSet",
    "Conversations",
    "Drawn",
    "History",
    "HistoryItem",
    "HistoryOutput",
    "HistoryStatus",
    "ImageDocument",
    "ImageSnapshot",
    "Layer",
    "LayerKind",
    "LayeredPicture",
    "Node",
    "Operation",
    "OutputState",
    "PaintTiles",
    "Project",
    "RemoveLayer",
    "ReorderLayer",
    "ResizeCanvas",
    "Select",
    "Selection",
    "Text",
    "Thread",
    "ThreadSettings",
    "TileKey",
    "Turn",
    "TurnFacts",
    "TurnStatus",
    "descendants",
    "drawn",
    "join_tiles",
    "layer_tree",
    "mask_tiles",
    "parents",
    "premultiply",
    "shows",
    "split_into_tiles",
    "unpremultiply",
]
