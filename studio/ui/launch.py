"""Starts the window, or says in one line why there can be none. Qt is imported after the checks."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from studio.app.missing import has_display, missing_libraries
from studio.core.errors import StudioError

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
    parser = argparse.ArgumentParser(prog="main.py", description="Open the Atelier window.")
    parser.add_argument("project", nargs="?", type=Path, help="an .atelier project file")
    options, qt_arguments = parser.parse_known_args(arguments)
    if not has_display():
        print(NO_DISPLAY, file=sys.stderr)  # noqa: T201 - there is no window to say it in
        return 1
    missing = missing_libraries()
    for library in missing:
        if library.needed:
            print(f"atelier: {library.what}: {library.remedy}.", file=sys.stderr)  # noqa: T201
    if any(library.needed for library in missing):
        return 1
    gc.disable()  # see application.run
    # Where PYTHONDONTWRITEBYTECODE is set for a whole system, every start would compile us anew.
    sys.dont_write_bytecode = False
    from studio.ui.application import run

    try:
        return run(
            qt_arguments,
            options.project,
            without_sound=bool(missing),
            on_first_paint=on_first_paint,
        )
    except StudioError as error:  # not even a folder of our own can be had
        print(f"atelier: {error}", file=sys.stderr)  # noqa: T201 - there is no window to say it in
        return 1
