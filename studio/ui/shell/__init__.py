"""The frame around every workspace: rail, status bar, queue, notices and the welcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio.ui.shell.device_meter import DeviceMeter
from studio.ui.shell.rail import Rail, RailItem
from studio.ui.shell.status_bar import StatusBar
from studio.ui.shell.welcome_card import WelcomeCard
from studio.ui.widgets import NoticeBar

if TYPE_CHECKING:
    from studio.ui.shell.queue_panel import QueuePanel

__all__ = [
    "DeviceMeter",
    "NoticeBar",
    "QueuePanel",
    "Rail",
    "RailItem",
    "StatusBar",
    "WelcomeCard",
]


def __getattr__(name: str) -> Any:
    """Import the queue panel when it is first asked for: the first frame does without it."""
    if name == "QueuePanel":
        from studio.ui.shell.queue_panel import QueuePanel

        return QueuePanel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
