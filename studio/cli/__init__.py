"""The headless front door: ``atelier generate`` and its sisters."""

from __future__ import annotations

import sys

# Where PYTHONDONTWRITEBYTECODE is set for a whole system, every command would compile us anew.
sys.dont_write_bytecode = False

from studio.cli.main import main  # noqa: E402

__all__ = ["main"]
