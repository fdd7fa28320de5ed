"""Signals: how the app side tells whoever listens, without knowing who that is, and without Qt.

The idea and the names are those of psygnal (https://psygnal.readthedocs.io), whose import took a
tenth of the window's start-up; this is the small part of it that the studio uses.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import overload

Slot = Callable[..., object]

_CO_VARARGS = 0x04  # inspect.CO_VARARGS, without the 10 ms import of inspect


class Signal:
    """Declares a signal on a class: ``changed = Signal(int)``; each instance gets its own.

    The argument types document what is emitted.
    """

    def __init__(self, *types: type) -> None:
        self.types = types
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Signal: ...

    @overload
    def __get__(self, instance: object, owner: type) -> SignalInstance: ...

    def __get__(self, instance: object | None, owner: type) -> Signal | SignalInstance:
        if instance is None:
            return self
        # Found in the instance's own dictionary from then on: this is a non-data descriptor.
        own = instance.__dict__[self._name] = SignalInstance(len(self.types))
        return own


class SignalInstance:
    """One object's signal. Belongs to one thread; slots are called in the order of connection.

    Bound methods are held weakly, so that listening keeps nobody alive; functions, lambdas and
    methods of built-in types are held until they are disconnected.
    """

    def __init__(self, arity: int) -> None:
        self._arity = arity
        self._slots: list[tuple[Callable[[], Slot | None], int]] = []

    def connect(self, slot: Slot) -> Slot:
        """Call ``slot`` at every emission, with as many of the arguments as it takes."""
        reference: Callable[[], Slot | None]
        reference = weakref.WeakMethod(slot) if isinstance(slot, MethodType) else lambda: slot
        self._slots.append((reference, _accepted(slot, self._arity)))
        return slot

    def disconnect(self, slot: Slot, missing_ok: bool = True) -> None:
        """No longer call ``slot``; ValueError if it is not connected and must be."""
        for position, (reference, _) in enumerate(self._slots):
            if reference() == slot:
                del self._slots[position]
                return
        if not missing_ok:
            raise ValueError(f"{slot} is not connected")

    def emit(self, *arguments: object) -> None:
        """Call every slot; one that raises ends the emission with its exception."""
        for entry in tuple(self._slots):
            reference, accepted = entry
            slot = reference()
            if slot is not None:
                slot(*arguments[:accepted])
            elif entry in self._slots:
                self._slots.remove(entry)

    def __len__(self) -> int:
        """Return how many slots are connected and alive."""
        return sum(reference() is not None for reference, _ in self._slots)

    def __bool__(self) -> bool:
        return True


def _accepted(slot: Slot, arity: int) -> int:
    """Return how many of ``arity`` positional arguments ``slot`` takes."""
    function = slot.__func__ if isinstance(slot, MethodType) else slot
    if not isinstance(function, FunctionType):
        return arity
    code = function.__code__
    if code.co_flags & _CO_VARARGS:
        return arity
    return min(arity, code.co_argcount - isinstance(slot, MethodType))
