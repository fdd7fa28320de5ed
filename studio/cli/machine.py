"""``atelier worker`` and ``atelier doctor``: what this machine has, and what it lacks."""

from __future__ import annotations

import argparse
import importlib.metadata
import platform
import shutil
from pathlib import Path
from typing import Any

import msgspec

from studio import __version__
from studio.app.devices import processor
from studio.app.dispatch import MainLoop
from studio.app.missing import missing_libraries
from studio.app.plugins import Plugins, find_plugins
from studio.app.studio import BUILT_IN_ENGINES
from studio.core import paths
from studio.core.errors import WorkerProblem
from studio.core.logs import log_file
from studio.core.settings import settings_file
from studio.core.units import format_bytes
from studio.runtime import protocol
from studio.runtime.local import LocalWorker

PACKAGES = (
    "PySide6", "torch", "torchvision", "diffusers", "transformers", "accelerate", "peft",
    "safetensors", "pillow", "numpy", "msgspec",
)  # fmt: skip
NO_ENGINES = "builtins:list"
WORKER_TIMEOUT_SECONDS = 180
LOW_DISK_BYTES = 5 * 2**30


def run_worker(options: argparse.Namespace) -> int:
    """Start a worker, wait until it is ready, print what it is, and end it."""
    status, ready, kinds = probe_worker()
    answer = {"device": status.device, "kinds": kinds, "ready_seconds": round(ready.seconds, 2)}
    if options.json:
        print(msgspec.json.encode(answer).decode())
        return 0
    device = status.device
    print(f"device    {device.name} ({device.id}), {device.data_type}")
    print(f"memory    {format_bytes(device.free_bytes)} free of {format_bytes(device.total_bytes)}")
    print(f"can do    {', '.join(kinds)}")
    print(f"ready in  {ready.seconds:.1f} s")
    return 0


def probe_worker() -> tuple[protocol.DeviceStatus, protocol.Ready, tuple[str, ...]]:
    """Start a worker and return what it says of itself.

    Raises:
        WorkerProblem: it ended or did not answer in three minutes.
    """
    loop, seen, ended = MainLoop(), dict[type, Any](), list[str]()
    worker = LocalWorker(
        engines=BUILT_IN_ENGINES,
        on_message=lambda _, message: seen.__setitem__(type(message), message),
        on_exit=lambda _, reason: ended.append(reason),
    )
    worker.start()
    try:
        loop.run_until(lambda: bool(ended) or protocol.Hello in seen, WORKER_TIMEOUT_SECONDS)
        if not ended and protocol.Hello in seen:
            worker.send(protocol.Preload(kind=seen[protocol.Hello].kinds[0]))
        loop.run_until(lambda: bool(ended) or protocol.Ready in seen, WORKER_TIMEOUT_SECONDS)
    finally:
        worker.stop()
    if protocol.Ready not in seen or protocol.DeviceStatus not in seen:
        reason = ended[0] if ended else "it did not answer"
        raise WorkerProblem(f"The worker does not start: {reason}.", f"See {log_file()}.")
    return seen[protocol.DeviceStatus], seen[protocol.Ready], seen[protocol.Hello].kinds


def probe_plugins(plugins: Plugins) -> None:
    """Import every plugin's engines in a worker of their own; disable those that fail."""
    loop, ready, ended = MainLoop(), list[protocol.Ready](), list[str]()

    def listen(_: LocalWorker, message: Any) -> None:
        if isinstance(message, protocol.Ready):
            ready.append(message)
        elif isinstance(message, protocol.EngineFailed):
            plugins.disable(message.plugin, message.reason, message.details)

    engines = plugins.engines()
    worker = LocalWorker(
        engines=NO_ENGINES,
        on_message=listen,
        on_exit=lambda _, reason: ended.append(reason),
        plugin_engines=engines,
    )
    worker.start()
    try:
        for engine in engines:
            worker.send(protocol.Preload(kind=engine.requests[0], engine=engine.id))
        loop.run_until(lambda: bool(ended) or len(ready) == len(engines), WORKER_TIMEOUT_SECONDS)
    finally:
        worker.stop()


def run_doctor(options: argparse.Namespace) -> int:
    """Print what a helper would ask for first. Ends with 1 when something needed is missing."""
    report = examine()
    print(msgspec.json.encode(report).decode() if options.json else _as_text(report))
    return 1 if report["problems"] else 0


def examine() -> dict[str, Any]:
    """Return versions, device, folders, free disk, and the problems in words."""
    folders = {
        "settings": settings_file(),
        "projects": paths.projects_dir(),
        "models": paths.models_dir(),
        "scratch": paths.scratch_dir(),
        "log": log_file(),
        "resources": paths.resources_dir(),
    }
    free = shutil.disk_usage(paths.data_dir()).free
    problems = [f"{library.what}: {library.remedy}" for library in missing_libraries()]
    if free < LOW_DISK_BYTES:
        problems.append(f"Only {format_bytes(free)} are free on the disk of {paths.data_dir()}.")
    device: dict[str, Any]
    try:
        status, ready, _ = probe_worker()
        device = msgspec.to_builtins(status.device) | {"ready_seconds": round(ready.seconds, 2)}
    except WorkerProblem as error:
        problems.append(str(error))
        device = msgspec.to_builtins(processor())
    plugins = find_plugins()
    probe_plugins(plugins)
    problems += [str(error) for _, error in plugins.problems()]
    return {
        "atelier": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": {name: _version(name) for name in PACKAGES},
        "device": device,
        "folders": {name: str(path) for name, path in folders.items()},
        "free_disk_bytes": free,
        "starter_models": _starter_models(paths.resources_dir() / "starter"),
        "plugins": {p.manifest.id: p.manifest.version for p in plugins.plugins()},
        "problems": problems,
    }


def _starter_models(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in folder.glob("*/model_index.json"))


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def _as_text(report: dict[str, Any]) -> str:
    device = report["device"]
    lines = [
        f"Atelier {report['atelier']}, Python {report['python']}, {report['system']}",
        f"device   {device['name']} ({device['id']}), {device['data_type']}, "
        f"{format_bytes(device['free_bytes'])} free of {format_bytes(device['total_bytes'])}",
        f"disk     {format_bytes(report['free_disk_bytes'])} free",
        f"starter  {', '.join(report['starter_models']) or 'missing'}",
        f"plugins  {', '.join(f'{k} {v}' for k, v in report['plugins'].items()) or 'none'}",
        *(f"{name:8} {path}" for name, path in report["folders"].items()),
        "packages " + ", ".join(f"{name} {v}" for name, v in report["packages"].items()),
    ]
    if "ready_seconds" in device:
        lines.insert(2, f"worker   ready in {device['ready_seconds']} s")
    lines += [f"missing  {problem}" for problem in report["problems"]] or ["All is well."]
    return "\n".join(lines)
