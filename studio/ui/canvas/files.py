"""Asking where a picture is to be written."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget


def ask_picture_path(parent: QWidget, title: str, name: str) -> Path | None:
    """Ask for a file to write a picture to; None when the artist changed their mind.

    A name without a picture's suffix gets ".png", the format that keeps everything.
    """
    from PySide6.QtWidgets import QFileDialog

    words = "".join(character if character.isalnum() else "-" for character in name.lower())
    stem = "-".join(part for part in words.split("-") if part)[:60] or "picture"
    filters = QCoreApplication.translate("files", "Pictures (*.png *.jpg *.jpeg *.webp)")
    chosen, _ = QFileDialog.getSaveFileName(parent, title, f"{stem}.png", filters)
    if not chosen:
        return None
    path = Path(chosen)
    if path.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp"):
        path = path.with_name(path.name + ".png")
    return path
