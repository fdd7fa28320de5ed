"""The Models page: recommended models, those on this machine, and those in memory."""

from __future__ import annotations

from studio.ui.models.workspace import ModelsWorkspace

__all__ = ["ModelsWorkspace"]
