"""The worker's end of the pipe: whole frames, from any thread; log records travel on it too."""

from __future__ import annotations

import logging
import os
import threading
from multiprocessing.connection import Connection
from typing import Any

from studio.runtime import protocol


class Link:
    """Sends and receives protocol messages. When the window is gone the worker ends at once."""

    def __init__(self, pipe: Connection[Any, Any]) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def send(self, message: Any) -> None:
        """Send one message; thread-safe."""
        frame = protocol.encode(message)
        with self._lock:
            try:
                self._pipe.send_bytes(frame)
            except OSError:
                os._exit(0)

    def receive(self) -> Any:
        """Wait for the next message; raises EOFError when the window is gone."""
        try:
            return protocol.decode_to_worker(self._pipe.recv_bytes(protocol.MAX_FRAME_BYTES))
        except OSError as error:
            raise EOFError from error


class LinkLogHandler(logging.Handler):
    """Sends log records to the window's log."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record."""
        text = self.format(record)[:20_000]
        self._link.send(protocol.LogLine(level=record.levelno, logger=record.name, text=text))
