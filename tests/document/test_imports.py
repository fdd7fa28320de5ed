"""Opening a project must not cost the window's start: what the room imports."""

from __future__ import annotations

import subprocess
import sys

IMPORTS = """
import sys
import studio.document
print(*(name for name in ("numpy", "PIL", "PySide6", "torch") if name in sys.modules))
"""


def test_heavy_libraries_are_imported_when_they_are_used() -> None:
    run = subprocess.run(
        [sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.strip() == ""
