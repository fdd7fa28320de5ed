"""Ties a widget to the studio's signals for exactly as long as the widget lives."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject

from studio.core.signals import SignalInstance


def connect_while_alive(
    signal: SignalInstance, receiver: QObject, method: Callable[..., Any]
) -> Callable[[], None]:
    """Connect a signal to a bound method of a Qt object until Qt destroys that object.

    A signal holds bound methods weakly, but a Python wrapper can outlive the C++ object it wraps;
    a signal that arrives then would raise. Nothing here keeps the receiver alive.

    Args:
        signal: a signal of the studio.
        receiver: the object that ``method`` belongs to.
        method: a bound method; it may take fewer arguments than the signal emits.

    Returns:
        A function that ends the connection earlier.
    """
    signal.connect(method)
    reference = weakref.WeakMethod(method)

    def forget() -> None:
        alive = reference()
        if alive is not None:
            signal.disconnect(alive, missing_ok=True)

    connection = receiver.destroyed.connect(forget)

    def end() -> None:
        forget()
        QObject.disconnect(connection)

    return end
