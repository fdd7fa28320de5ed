"""What is known of the device before the worker has looked: the last answer, or the processor."""

from __future__ import annotations

import contextlib
import platform
from pathlib import Path

import msgspec

from studio.api.plans import DeviceInfo
from studio.core.errors import StudioError
from studio.core.paths import cache_dir
from studio.core.settings import write_atomically


def _file() -> Path:
    return cache_dir() / "device.json"


def last_known_device() -> DeviceInfo:
    """Return what the worker said last time, or the processor with the memory it has now."""
    try:
        return msgspec.json.decode(_file().read_bytes(), type=DeviceInfo)
    except (OSError, msgspec.DecodeError):
        return processor()


def remember_device(device: DeviceInfo) -> None:
    """Keep the worker's answer for the next start. A cache that cannot be written is no loss."""
    with contextlib.suppress(StudioError):
        write_atomically(_file(), msgspec.json.encode(device))


def processor() -> DeviceInfo:
    """Describe this machine's processor and memory."""
    import psutil

    memory = psutil.virtual_memory()
    return DeviceInfo(
        id="cpu",
        kind="cpu",
        name=platform.processor() or platform.machine(),
        total_bytes=memory.total,
        free_bytes=memory.available,
        data_type="float32",
    )


def free_memory_bytes() -> int:
    """Return the bytes of main memory that programs can still take."""
    import psutil

    return int(psutil.virtual_memory().available)
