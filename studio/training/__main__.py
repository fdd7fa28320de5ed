"""Command line of the recipes: ``python -m studio.training starter-image --minutes 90 ...``.

``atelier train`` starts it as a process of its own. SIGINT and SIGTERM end a run at the next step,
with everything saved; they are caught before torch is imported, which takes seconds.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType


def main(words: Sequence[str] | None = None) -> int:
    """Run the recipe that ``words`` name; return its exit code (see command.run)."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def wish(_: int, __: FrameType | None) -> None:
        stop.set()

    for number in before:
        signal.signal(number, wish)
    try:
        from studio.training.command import run

        return run(words, stop.is_set)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
