"""Bringing work of other threads to the main thread, and keeping slow work off it."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from studio.core.errors import StudioError

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

log = logging.getLogger(__name__)

T = TypeVar("T")
Dispatch = Callable[[Callable[[], None]], None]


class MainLoop:
    """A main loop for programs without a window: runs what other threads dispatch to it."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def dispatch(self, call: Callable[[], None]) -> None:
        """Queue a call; may be called on any thread."""
        self._calls.put(call)

    def run_until(self, finished: Callable[[], bool], timeout: float | None = None) -> bool:
        """Run queued calls until ``finished()`` is true; return False when time ran out."""
        end = None if timeout is None else time.monotonic() + timeout
        while not finished():
            with contextlib.suppress(queue.Empty):
                self._calls.get(timeout=0.05)()
            if end is not None and time.monotonic() > end:
                return finished()
        return True


class Background:
    """Runs document-free work on two threads and hands results back on the main thread."""

    def __init__(self, dispatch: Dispatch, on_error: Callable[[StudioError], None]) -> None:
        self._dispatch = dispatch
        self._on_error = on_error
        self._pool: ThreadPoolExecutor | None = None
        # What is under way, and what hands each result over.
        self._pending: dict[Future[Any], Callable[[], None]] = {}
        self._lock = threading.Lock()

    def run(
        self,
        work: Callable[[], T],
        then: Callable[[T], None],
        on_error: Callable[[StudioError], None] | None = None,
    ) -> None:
        """Call ``work`` on a thread, then ``then(result)`` on the main thread.

        A ``StudioError`` of either goes to ``on_error``; anything else is a bug, is logged, and is
        reported as an error too, so that no artist waits for an answer that never comes.
        """
        report = on_error or self._on_error

        def finish(future: Future[T]) -> None:
            try:
                if future.cancelled():  # the studio is closing
                    return
                then(future.result())
            except StudioError as error:
                report(error)
            except Exception as error:
                log.exception("background work failed")
                report(
                    StudioError(
                        f"Something went wrong inside the studio ({type(error).__name__}).",
                        "Your work is safe. The log holds the details.",
                        code="internal_error",
                    )
                )

        future = self._threads().submit(work)
        with self._lock:
            self._pending[future] = lambda: finish(future)
        future.add_done_callback(lambda done: self._dispatch(lambda: self._hand_over(done)))

    def _hand_over(self, future: Future[Any]) -> None:
        """Run on the main thread, once for each result."""
        with self._lock:
            finish = self._pending.pop(future, None)
        if finish is not None:
            finish()

    @property
    def busy(self) -> bool:
        """True while some work has not been handed back."""
        with self._lock:
            return bool(self._pending)

    def close(self) -> None:
        """Wait for running work and hand it over; drop what has not begun.

        Called on the main thread, whose loop may have ended.
        """
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        for future in list(self._pending):
            self._hand_over(future)

    def _threads(self) -> ThreadPoolExecutor:
        """Return the threads, made when first needed: their import is not the start-up's."""
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="background")
        return self._pool
