"""One worker process on this machine: start, talk, kill. Knows nothing of jobs."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection, Pipe
from typing import Any

import msgspec

from studio.api.plugins import PluginEngine
from studio.core.errors import WorkerProblem, storage_problem
from studio.core.paths import log_dir
from studio.runtime import protocol

log = logging.getLogger(__name__)

# A worker never opens a socket: the libraries are told so before they are imported.
OFFLINE_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DIFFUSERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}

# Where this is set for a whole system, every worker would compile the engines anew.
COMPILED_ENVIRONMENT = {"PYTHONDONTWRITEBYTECODE": ""}

EXIT_SECONDS = 2.0  # how long a worker whose pipe closed may take to end by itself


class LocalWorker:
    """A child process that speaks the worker protocol over an inherited pipe.

    ``on_message`` and ``on_exit`` are called on the reader thread. ``on_exit`` comes exactly once
    for every successful ``start``, with the reason in words.
    """

    def __init__(
        self,
        *,
        engines: str,
        on_message: Callable[[LocalWorker, Any], None],
        on_exit: Callable[[LocalWorker, str], None],
        environment: Mapping[str, str] | None = None,
        plugin_engines: Sequence[PluginEngine] = (),
    ) -> None:
        self._engines = engines
        self._plugin_engines = tuple(plugin_engines)
        self._on_message = on_message
        self._on_exit = on_exit
        self._environment = dict(environment or {})
        self._send_lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection[Any, Any] | None = None
        self._reader: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """The process id while the process was started, else None."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process and the thread that reads from it.

        Raises:
            WorkerProblem: the process could not be started.
        """
        ours, theirs = Pipe(duplex=True)
        handle = theirs.fileno()
        try:
            with open(log_dir() / "worker.log", "ab") as errors:
                self._process = subprocess.Popen(
                    self._command(handle),
                    env=os.environ | OFFLINE_ENVIRONMENT | COMPILED_ENVIRONMENT | self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=errors,
                    stderr=errors,
                    **_inherit(handle),
                )
        except OSError as error:
            ours.close()
            raise WorkerProblem(
                "The worker process could not be started.", str(storage_problem(error, "it"))
            ) from error
        finally:
            theirs.close()
        self._pipe = ours
        self._reader = threading.Thread(target=self._read, name="worker-reader", daemon=True)
        self._reader.start()

    def _command(self, handle: int) -> Sequence[str]:
        worker = (sys.executable, "-m", "studio.worker")
        declared = msgspec.json.encode(self._plugin_engines).decode()
        return [
            *worker, "--pipe", str(handle), "--engines", self._engines,
            "--plugin-engines", declared,
        ]  # fmt: skip

    def send(self, message: protocol.Message) -> None:
        """Send one message; a worker that is gone is reported by ``on_exit``, not here."""
        if self._pipe is None:
            return
        with self._send_lock, contextlib.suppress(OSError, ValueError):
            self._pipe.send_bytes(protocol.encode(message))

    def kill(self) -> None:
        """End the process at once; ``on_exit`` follows."""
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._process.kill()

    def stop(self, timeout: float = EXIT_SECONDS) -> None:
        """Ask the process to end, kill it if it does not within ``timeout`` seconds, and wait."""
        self.send(protocol.Shutdown())
        if self._process is not None:
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                self._process.wait()
        if self._reader is not None and self._reader is not threading.current_thread():
            self._reader.join(timeout=5)

    def _read(self) -> None:
        assert self._pipe is not None
        assert self._process is not None
        reason = ""
        try:
            while True:
                frame = self._pipe.recv_bytes(protocol.MAX_FRAME_BYTES)
                self._on_message(self, protocol.decode_from_worker(frame))
        except (EOFError, ConnectionError):
            pass
        except (msgspec.DecodeError, OSError) as error:
            log.error("worker %s sent what is not a message: %s", self.pid, error)
            reason = "it sent something that is not a message"
            self.kill()
        finally:
            self._pipe.close()
        try:
            code = self._process.wait(EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            code = self._process.wait()
        self._on_exit(self, reason or describe_exit(code))


def describe_exit(code: int) -> str:
    """Say in words why a process ended, from its return code."""
    if code == 0:
        return "it ended"
    if code in (-9, 137):
        return "it was killed, most likely because the computer ran out of memory"
    if code in (-11, 139):
        return "it crashed inside a native library (segmentation fault)"
    if code < 0:
        return f"it was stopped by signal {-code}"
    return f"it ended with exit code {code}"


def _inherit(handle: int) -> dict[str, Any]:
    """Popen arguments that let exactly one pipe end through to the child."""
    if sys.platform == "win32":
        os.set_handle_inheritable(handle, True)
        startup = subprocess.STARTUPINFO()
        startup.lpAttributeList = {"handle_list": [handle]}
        return {"startupinfo": startup, "creationflags": subprocess.CREATE_NO_WINDOW}
    return {"pass_fds": (handle,)}
