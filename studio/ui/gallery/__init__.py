"""The Gallery: everything that was generated, with its recipe."""

from __future__ import annotations

from studio.ui.gallery.workspace import GalleryWorkspace

__all__ = ["GalleryWorkspace"]
