"""Logging set-up: one rotating file for the window, and records that arrive from workers."""

from __future__ import annotations

import logging
from pathlib import Path

from studio.core.paths import log_dir

_FORMAT = "%(asctime)s %(levelname)-7s %(process)d %(name)s: %(message)s"
_MAX_BYTES = 2_000_000


def log_file() -> Path:
    """Path of the current log file."""
    return log_dir() / "atelier.log"


def set_up_logging(level: int = logging.INFO, *, to_stderr: bool = False) -> Path:
    """Send the root logger to the log file (and to stderr if asked), once; return the path."""
    path = log_file()
    root = logging.getLogger()
    if any(getattr(handler, "_atelier", False) for handler in root.handlers):
        return path
    # Not at the top: with its sockets it would take 10 ms of the start.
    from logging.handlers import RotatingFileHandler

    handlers: list[logging.Handler] = [
        RotatingFileHandler(path, maxBytes=_MAX_BYTES, backupCount=3, encoding="utf-8", delay=True)
    ]
    if to_stderr:
        handlers.append(logging.StreamHandler())
    for handler in handlers:
        handler.setFormatter(logging.Formatter(_FORMAT))
        handler._atelier = True  # type: ignore[attr-defined]
        root.addHandler(handler)
    root.setLevel(level)
    return path
