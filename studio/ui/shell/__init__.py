"""The frame around every workspace: rail, status bar, queue, notices and the welcome."""

from __future__ import annotations

from studio.ui.shell.device_meter import DeviceMeter
from studio.ui.shell.queue_panel import QueuePanel
from studio.ui.shell.rail import Rail, RailItem
from studio.ui.shell.status_bar import StatusBar
from studio.ui.shell.welcome_card import WelcomeCard
from studio.ui.widgets import NoticeBar

__all__ = [
    "DeviceMeter",
    "NoticeBar",
    "QueuePanel",
    "Rail",
    "RailItem",
    "StatusBar",
    "WelcomeCard",
]
