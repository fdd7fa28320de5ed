"""Sweeps out what killed studios left in the folders for files on their way.

A scratch picture whose row never reached the project is not taken up again: its job is still
marked as running there, is offered as interrupted, and makes the same picture from the same seed.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

MAX_AGE_SECONDS = 24 * 3600  # a studio that is open takes its files over within seconds


def sweep(folders: Sequence[Path], max_age_seconds: float = MAX_AGE_SECONDS) -> int:
    """Remove files older than ``max_age_seconds``; return how many. What cannot go stays."""
    oldest = time.time() - max_age_seconds
    removed = 0
    for folder in folders:
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.is_file(follow_symlinks=False) and entry.stat().st_mtime < oldest:
                        os.unlink(entry.path)
                        removed += 1
    return removed
