"""What Write needs is imported when it is first shown, not when the window opens."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
import studio.ui.window
late = ("markdown_it", "pygments", "studio.ui.chat.workspace", "torch", "transformers", "gguf")
print([name for name in late if name in sys.modules])
"""


def test_the_window_imports_nothing_of_write_at_its_start() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
