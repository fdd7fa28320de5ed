"""Entry of a worker process, started by ``studio.runtime.local``."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from studio.api.engines import Engine
from studio.api.plugins import PluginEngine
from studio.api.requests import RequestRegistry
from studio.engines.threads import configure_threads
from studio.worker.engines import EngineTable
from studio.worker.host import WorkerHost
from studio.worker.link import Link, LinkLogHandler

# The window comes first: the kernel gives it the processor before the worker, and if memory runs
# out, ends the worker before the window.
NICENESS = 5
OUT_OF_MEMORY_SCORE = 600


def main() -> int:
    """Read the command line and serve until the pipe closes."""
    began = time.monotonic()
    parser = argparse.ArgumentParser(prog="python -m studio.worker")
    parser.add_argument("--pipe", type=int, required=True, help="inherited pipe handle")
    parser.add_argument(
        "--engines",
        default="studio.engines:built_in_engines",
        help="module:function that returns the engines",
    )
    parser.add_argument(
        "--plugin-engines", default="[]", help="engines of plugins, as JSON (PluginEngine)"
    )
    options = parser.parse_args()
    _be_polite()
    configure_threads()
    link = Link(_open_pipe(options.pipe))
    root = logging.getLogger()
    root.addHandler(LinkLogHandler(link))
    root.setLevel(logging.INFO)
    declared = msgspec.json.decode(options.plugin_engines, type=tuple[PluginEngine, ...])
    registry = RequestRegistry()
    engines = EngineTable(_engines(options.engines), declared, registry=registry)
    return WorkerHost(link, engines, registry, began=began).serve()


def _open_pipe(handle: int) -> Connection[Any, Any]:
    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection

        return PipeConnection(handle)
    return Connection(handle)


def _engines(where: str) -> list[Engine]:
    module, _, attribute = where.partition(":")
    engines: list[Engine] = getattr(importlib.import_module(module), attribute)()
    return engines


def _be_polite() -> None:
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    score = Path("/proc/self/oom_score_adj")
    if score.exists():
        score.write_text(str(OUT_OF_MEMORY_SCORE))


if __name__ == "__main__":
    raise SystemExit(main())
