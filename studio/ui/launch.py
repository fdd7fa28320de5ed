"""Starts the window, or says in one line why there can be none. Qt is imported after the checks."""

from __future__ import annotations

import builtins
import gc
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio.ui.window import Window

NO_DISPLAY = (
    "atelier: there is no display to open a window on; "
    'without one, use: atelier generate "a red mushroom in a green meadow" -o mushroom.png'
)


def main(
    arguments: Sequence[str] | None = None,
    on_first_paint: Callable[[Window], None] | None = None,
) -> int:
    """Open the window on the named project, or on the one that was open last.

    ``on_first_paint`` is called once, after the first frame (benchmarks and tests use it).
    """
    # Where PYTHONDONTWRITEBYTECODE is set for a whole system, every start would compile us anew.
    sys.dont_write_bytecode = False
    from studio.app.missing import LibraryLoader, has_display
    from studio.core.errors import StudioError

    project, qt_arguments = _parsed(sys.argv[1:] if arguments is None else arguments)
    if not has_display():
        print(NO_DISPLAY, file=sys.stderr)  # noqa: T201 - there is no window to say it in
        return 1
    libraries = LibraryLoader()
    libraries.start()
    gc.disable()  # see application.run
    import studio.app.studio
    import studio.models.memory  # noqa: F401

    libraries.join()
    for library in libraries.missing:
        print(f"atelier: {library.what}: {library.remedy}.", file=sys.stderr)  # noqa: T201
    if libraries.missing:
        return 1
    import_qt()
    from studio.ui.application import run

    try:
        return run(qt_arguments, project, on_first_paint=on_first_paint)
    except StudioError as error:  # not even a folder of our own can be had
        print(f"atelier: {error}", file=sys.stderr)  # noqa: T201 - there is no window to say it in
        return 1


def import_qt() -> None:
    """Import PySide6 and take out the import hook that looks for feature switches.

    PySide6 puts a function of its own before ``__import__`` that reads the source of every module
    imported from then on, in search of ``from __feature__ import``: 0.2 ms a module, and all those
    sources stay in memory. Nothing here uses those switches. The hook that makes Qt's classes when
    they are first named stays.
    """
    import PySide6.QtCore  # noqa: F401

    original = getattr(builtins, "__orig_import__", None)
    if original is not None:
        builtins.__import__ = original


def _parsed(arguments: Sequence[str]) -> tuple[Path | None, list[str]]:
    """Return the project that was named, and what is left for Qt."""
    if not arguments:
        return None, []
    import argparse

    parser = argparse.ArgumentParser(prog="main.py", description="Open the Atelier window.")
    parser.add_argument("project", nargs="?", type=Path, help="an .atelier project file")
    options, rest = parser.parse_known_args(arguments)
    return options.project, rest
