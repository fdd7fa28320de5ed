"""The headless front door: ``atelier generate | models | gallery | export | worker | doctor``."""

from __future__ import annotations

from studio.cli.main import main

__all__ = ["main"]
