"""Thumbnails: only what is looked at is decoded, and memory stays within its limit."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.ui.gallery import GalleryWorkspace
from studio.ui.gallery.thumbnails import ThumbnailCache
from tests.ui.gallery.conftest import Maker


def jpeg(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (256, 128), colour).save(file, "JPEG")
    return file.getvalue()


def test_a_picture_comes_at_the_size_of_its_card_with_its_own_shape(qtbot: QtBot) -> None:
    cache = ThumbnailCache(lambda _: jpeg("teal"))
    cache.set_edge(100)
    assert cache.get("a") is None
    with qtbot.waitSignal(cache.ready) as ready:
        pass
    assert ready.args == [{"a"}]
    image = cache.get("a")
    assert image is not None
    assert (image.width(), image.height()) == (100, 50)
    middle = image.pixelColor(50, 25)
    wanted = (0, 128, 128)
    told = (middle.red(), middle.green(), middle.blue())
    assert all(abs(one - other) <= 6 for one, other in zip(told, wanted, strict=True))


def test_what_was_asked_for_last_comes_first(qtbot: QtBot) -> None:
    loaded: list[str] = []

    def load(sha256: str) -> bytes:
        loaded.append(sha256)
        return jpeg("teal")

    cache = ThumbnailCache(load)
    for number in range(20):
        cache.get(str(number))
    qtbot.waitUntil(lambda: len(loaded) == 20)
    assert loaded == [str(number) for number in reversed(range(20))]


def test_memory_stays_within_the_limit_and_the_least_recent_goes(qtbot: QtBot) -> None:
    one = 100 * 50 * 4
    cache = ThumbnailCache(lambda _: jpeg("teal"), limit_bytes=3 * one)
    cache.set_edge(100)
    for name in "abcd":
        cache.get(name)
        qtbot.waitUntil(lambda name=name: cache.get(name) is not None)
    assert cache.used_bytes == 3 * one
    assert cache.get("d") is not None
    assert cache.get("a") is None
    qtbot.waitUntil(lambda: cache.get("a") is not None)


def test_a_missing_and_a_damaged_thumbnail_are_not_asked_for_again(qtbot: QtBot) -> None:
    asked: list[str] = []

    def load(sha256: str) -> bytes | None:
        asked.append(sha256)
        return b"no jpeg" if sha256 == "damaged" else None

    cache = ThumbnailCache(load)
    for name in ("damaged", "missing"):
        cache.get(name)
        qtbot.waitUntil(lambda name=name: cache.get(name) is not None)
        image = cache.get(name)
        assert image is not None
        assert image.isNull()
    assert sorted(asked) == ["damaged", "missing"]


def test_a_long_gallery_decodes_only_what_is_on_screen(
    shown: Callable[[], GalleryWorkspace], make: Maker, qtbot: QtBot
) -> None:
    for number in range(30):
        make.generation(f"number {number}", seed=16 * number, count=16)
    gallery = shown()
    qtbot.waitUntil(lambda: gallery.thumbnails.used_bytes > 0)
    visible = [
        row
        for row in range(gallery.model.rowCount())
        if gallery.grid.visualRect(gallery.model.index(row)).intersects(
            gallery.grid.viewport().rect()
        )
    ]
    qtbot.waitUntil(lambda: not gallery.thumbnails._waiting)
    QApplication.processEvents()
    assert gallery.model.rowCount() == 480
    assert len(gallery.thumbnails._images) == len(visible) < 60
