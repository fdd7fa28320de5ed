"""Notices: what the studio tells the artist without asking anything."""

from __future__ import annotations

from typing import Literal

import msgspec

from studio.core.errors import StudioError

Level = Literal["info", "warning", "error"]


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence about what happened, one that helps, and at most one button.

    ``action`` is the id of an action of the window; ``action_label`` is its button's text.
    """

    level: Level
    message: str
    hint: str = ""
    action: str = ""
    action_label: str = ""


def error_notice(error: StudioError) -> Notice:
    """Return the notice for an error, with the button that helps where there is one."""
    action, label = {
        "out_of_memory": ("memory.free", "Free memory"),
        "worker_died": ("log.open", "Open the log"),
        "worker_problem": ("log.open", "Open the log"),
        "engine_error": ("log.open", "Open the log"),
        "internal_error": ("log.open", "Open the log"),
        "unknown_model": ("workspace.models", "Show models"),
        "damaged_model": ("workspace.models", "Show models"),
    }.get(error.code, ("", ""))
    return Notice(
        level="error", message=error.message, hint=error.hint, action=action, action_label=label
    )
