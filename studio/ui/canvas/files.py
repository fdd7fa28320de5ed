"""Asking which picture files are to be opened, and where a picture is to be written."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from studio.ui.canvas.pictures import PICTURE_SUFFIXES

FLAT_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
LAYERED_SUFFIX = ".ora"


def ask_picture_path(
    parent: QWidget, title: str, name: str, *, with_layers: bool = False
) -> Path | None:
    """Ask for a file to write a picture to; None when the artist changed their mind.

    A name without a picture's suffix gets ".png", which keeps every pixel, or ".ora" where that
    kind was chosen, which is offered ``with_layers``.
    """
    from PySide6.QtWidgets import QFileDialog

    words = "".join(character if character.isalnum() else "-" for character in name.lower())
    stem = "-".join(part for part in words.split("-") if part)[:60] or "picture"
    filters = [QCoreApplication.translate("files", "Pictures (*.png *.jpg *.jpeg *.webp)")]
    if with_layers:
        filters.append(QCoreApplication.translate("files", "OpenRaster, with layers (*.ora)"))
    chosen, kind = QFileDialog.getSaveFileName(parent, title, f"{stem}.png", ";;".join(filters))
    return with_suffix(Path(chosen), layered=kind in filters[1:]) if chosen else None


def ask_picture_files(parent: QWidget, title: str, *, several: bool = True) -> list[Path]:
    """Ask for picture files to read; none when the artist changed their mind."""
    from PySide6.QtWidgets import QFileDialog

    suffixes = " ".join(f"*{suffix}" for suffix in sorted(PICTURE_SUFFIXES))
    filters = QCoreApplication.translate("files", "Pictures ({0})").format(suffixes)
    if several:
        names, _ = QFileDialog.getOpenFileNames(parent, title, "", filters)
        return [Path(name) for name in names]
    name, _ = QFileDialog.getOpenFileName(parent, title, "", filters)
    return [Path(name)] if name else []


def with_suffix(path: Path, *, layered: bool) -> Path:
    """Return the name with a suffix that fits the kind of file that was chosen for it."""
    given = path.suffix.lower()
    if layered:
        if given == LAYERED_SUFFIX:
            return path
        # The name that was suggested ends in ".png".
        return path.with_suffix(LAYERED_SUFFIX) if given in FLAT_SUFFIXES else _more(path, ".ora")
    return path if given in (*FLAT_SUFFIXES, LAYERED_SUFFIX) else _more(path, ".png")


def _more(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
