"""The order in which Tab goes through the window: as the eye does, whatever was built when."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def tab_stops(window: QWidget) -> list[QWidget]:
    """Return what Tab can stop at, in its present order, without the inner parts of fields."""
    found: list[QWidget] = []
    widget = window.nextInFocusChain()
    while widget is not None and widget is not window:
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not _is_part(widget):
            found.append(widget)
        widget = widget.nextInFocusChain()
    return found


def order_tabs(window: QWidget, groups: Sequence[QWidget]) -> None:
    """Let Tab go through the groups one after the other; within one the order stays.

    Qt puts what is built later at the end. What belongs to no group comes last.
    """

    def place(widget: QWidget) -> int:
        for number, group in enumerate(groups):
            if group is widget or group.isAncestorOf(widget):
                return number
        return len(groups)

    present = tab_stops(window)
    wanted = sorted(present, key=place)
    if wanted != present:
        for former, following in pairwise(wanted):
            QWidget.setTabOrder(former, following)


def _is_part(widget: QWidget) -> bool:
    """Whether a widget belongs to a field that takes the focus for it, such as a spin box."""
    holder = widget.parentWidget()
    return (
        holder is not None
        and not holder.isWindow()
        and widget.focusProxy() is not None
        and bool(holder.focusPolicy() & Qt.FocusPolicy.TabFocus)
    )
