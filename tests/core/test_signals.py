"""Signals: who is called, with what, and for how long."""

from __future__ import annotations

import gc

import pytest

from studio.core.signals import Signal


class Source:
    changed = Signal(int, str)


class Listener:
    def __init__(self) -> None:
        self.heard: list[object] = []

    def both(self, number: int, word: str) -> None:
        self.heard.append((number, word))

    def first(self, number: int) -> None:
        self.heard.append(number)

    def nothing(self) -> None:
        self.heard.append("called")

    def everything(self, *arguments: object) -> None:
        self.heard.append(arguments)


def test_slots_get_as_many_arguments_as_they_take_in_order() -> None:
    source, listener = Source(), Listener()
    for slot in (listener.both, listener.first, listener.nothing, listener.everything):
        source.changed.connect(slot)
    source.changed.emit(1, "a")
    assert listener.heard == [(1, "a"), 1, "called", (1, "a")]


def test_each_object_has_its_own_signal() -> None:
    one, other, listener = Source(), Source(), Listener()
    one.changed.connect(listener.first)
    other.changed.emit(2, "b")
    assert listener.heard == []


def test_listening_keeps_nobody_alive() -> None:
    source, listener = Source(), Listener()
    source.changed.connect(listener.first)
    assert len(source.changed) == 1
    del listener
    gc.collect()
    assert len(source.changed) == 0
    source.changed.emit(1, "a")


def test_functions_stay_until_disconnected() -> None:
    source, heard = Source(), []
    slot = source.changed.connect(lambda number: heard.append(number))
    gc.collect()
    source.changed.emit(1, "a")
    source.changed.disconnect(slot)
    source.changed.emit(2, "b")
    assert heard == [1]
    source.changed.disconnect(slot)
    with pytest.raises(ValueError, match="not connected"):
        source.changed.disconnect(slot, missing_ok=False)


def test_a_slot_may_disconnect_itself_while_called() -> None:
    source, listener = Source(), Listener()

    def once() -> None:
        source.changed.disconnect(once)
        listener.nothing()

    source.changed.connect(once)
    source.changed.connect(listener.first)
    source.changed.emit(1, "a")
    source.changed.emit(2, "b")
    assert listener.heard == ["called", 1, 2]


def test_a_signal_can_relay_another() -> None:
    source, relay, listener = Source(), Source(), Listener()
    source.changed.connect(relay.changed.emit)
    relay.changed.connect(listener.both)
    source.changed.emit(3, "c")
    assert listener.heard == [(3, "c")]
