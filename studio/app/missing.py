"""System libraries that Qt needs on Linux: which are missing, and which package brings them.

Only the standard library is used here, so that it can be asked before Qt is imported.
"""

from __future__ import annotations

import ctypes
import os
import sys
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


def missing_libraries() -> list[Library]:
    """Return the libraries that cannot be loaded; nothing outside Linux, where Qt brings all."""
    if sys.platform != "linux":
        return []
    wanted = LIBRARIES + (X11_LIBRARIES if os.environ.get("DISPLAY") else ())
    return [library for library in wanted if not _loads(library.file)]


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
