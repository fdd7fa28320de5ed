"""System libraries that Qt needs on Linux: which are missing, and which package brings them.

Only the standard library is used here, so that it can be asked before Qt is imported.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
import threading
from pathlib import Path
from typing import NamedTuple


class Library(NamedTuple):
    """One shared library: what fails without it, and its packages by distribution."""

    file: str
    what: str
    debian: str
    fedora: str
    arch: str
    needed: bool = True

    @property
    def remedy(self) -> str:
        """Name the command that brings the library."""
        return (
            f"install it with 'sudo apt install {self.debian}' (Debian, Ubuntu), "
            f"'sudo dnf install {self.fedora}' (Fedora) or 'sudo pacman -S {self.arch}' (Arch)"
        )


LIBRARIES = (
    Library("libEGL.so.1", "the window needs libEGL", "libegl1", "libglvnd-egl", "libglvnd"),
    Library("libGL.so.1", "the window needs libGL", "libgl1", "libglvnd-glx", "libglvnd"),
    Library(
        "libxkbcommon.so.0", "the keyboard needs libxkbcommon", "libxkbcommon0", "libxkbcommon",
        "libxkbcommon",
    ),
    Library("libdbus-1.so.3", "the desktop needs libdbus", "libdbus-1-3", "dbus-libs", "dbus"),
    Library(
        "libfontconfig.so.1", "text needs libfontconfig", "libfontconfig1", "fontconfig",
        "fontconfig",
    ),
    Library("libglib-2.0.so.0", "Qt needs glib", "libglib2.0-0", "glib2", "glib2"),
    Library(
        "libpulse.so.0", "sound needs libpulse", "libpulse0", "pulseaudio-libs", "libpulse",
        needed=False,
    ),
)  # fmt: skip
X11_LIBRARIES = (
    Library(
        "libxcb-cursor.so.0", "a window under X11 needs libxcb-cursor", "libxcb-cursor0",
        "xcb-util-cursor", "xcb-util-cursor",
    ),
    Library(
        "libxkbcommon-x11.so.0", "the keyboard under X11 needs libxkbcommon-x11",
        "libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11",
    ),
)  # fmt: skip


# What the first window needs, each after those that it needs itself.
QT_LIBRARIES = (
    "libQt6Core.so.6",
    "libQt6Gui.so.6",
    "libQt6Widgets.so.6",
    "libQt6Svg.so.6",
    "libQt6XcbQpa.so.6",
)


def missing_libraries(*, needed: bool | None = None) -> list[Library]:
    """Return the libraries that cannot be loaded; nothing outside Linux, where Qt brings all.

    Args:
        needed: look only for those that the window needs (True) or can do without (False).
    """
    if sys.platform != "linux":
        return []
    wanted = LIBRARIES + (X11_LIBRARIES if os.environ.get("DISPLAY") else ())
    return [
        library
        for library in wanted
        if needed in (None, library.needed) and not _loads(library.file)
    ]


class LibraryLoader(threading.Thread):
    """Looks for missing libraries and loads Qt's own while the main thread imports Python modules.

    The system's loader works without Python's lock, so both go on at once on two cores: 15 ms of
    the start. ``missing`` holds, after ``join``, what the window needs and cannot have.
    """

    def __init__(self) -> None:
        super().__init__(name="libraries", daemon=True)
        self.missing: list[Library] = []

    def run(self) -> None:
        """Check, then load; Qt is left to its own import where it lies elsewhere."""
        self.missing = missing_libraries(needed=True)
        package = importlib.util.find_spec("PySide6")
        if sys.platform != "linux" or self.missing or package is None:
            return
        for folder in package.submodule_search_locations or ():
            for name in QT_LIBRARIES:
                _loads(str(Path(folder, "Qt", "lib", name)))


def has_display() -> bool:
    """Tell whether a window can be shown: a display, or a platform plugin chosen by hand."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _loads(file: str) -> bool:
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True
