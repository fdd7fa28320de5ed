"""What happens before the first frame: it is there soon, or a line says what is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio.app import missing
from studio.app.missing import Library, LibraryLoader, missing_libraries

REPOSITORY = Path(__file__).resolve().parents[2]
ABSENT = Library("libnowhere.so.7", "the window needs libnowhere", "libnowhere7", "f", "a")
QUIET = Library("libsilence.so.7", "sound needs it", "libsilence7", "f", "a", needed=False)

linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="only on Linux Qt needs libraries of the system"
)


def in_a_fresh_process(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PYTHONPATH": str(REPOSITORY),
        "ATELIER_HOME": str(home),
        "QT_QPA_PLATFORM": "offscreen",
    }
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )


def test_the_first_frame_waits_for_nothing_that_comes_later(tmp_path: Path) -> None:
    code = """
import builtins, json, linecache, os, sys
from studio.ui.launch import main
def painted(window):
    print(json.dumps({
        "import_hook": builtins.__import__.__name__,
        "sources_read": [name for name in linecache.cache if "studio" in name],
        "modules": [name for name in (
            "logging.handlers", "studio.ui.window_actions", "studio.ui.shell.queue_panel",
            "numpy", "PIL", "psutil", "torch",
        ) if name in sys.modules],
        "prompt_takes_keys": window.inspector.form.prompt_control().edit.isEnabled(),
        "layout": [window.inspector.width(), window.rail.width()],
    }), flush=True)
    os._exit(0)
main([], on_first_paint=painted)
"""
    done = in_a_fresh_process(code, tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["import_hook"] != "__feature_import__"
    assert found["sources_read"] == []
    assert found["modules"] == []
    assert found["prompt_takes_keys"]
    assert min(found["layout"]) > 0


@linux_only
def test_a_missing_library_is_named_with_its_package(tmp_path: Path) -> None:
    code = """
import sys
from studio.app import missing
from tests.windows.test_launch import ABSENT
missing.LIBRARIES = (ABSENT,)
from studio.ui.launch import main
sys.exit(main([]))
"""
    done = in_a_fresh_process(code, tmp_path)
    assert done.returncode == 1
    assert "the window needs libnowhere" in done.stderr
    assert "sudo apt install libnowhere7" in done.stderr


@linux_only
def test_a_library_that_only_sound_needs_keeps_nothing_from_opening(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(missing, "LIBRARIES", (ABSENT, QUIET))
    assert missing_libraries() == [ABSENT, QUIET]
    assert missing_libraries(needed=False) == [QUIET]
    loader = LibraryLoader()
    loader.start()
    loader.join()
    assert loader.missing == [ABSENT]
