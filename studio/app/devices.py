"""What is known of the device before the worker has looked: its last answer, the processor."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from studio.api.plans import DeviceInfo
from studio.core.errors import StudioError
from studio.core.paths import cache_dir
from studio.core.settings import write_atomically


def _file() -> Path:
    return cache_dir() / "device.json"


def last_known_device() -> DeviceInfo | None:
    """Return what the worker said last time; None before it has ever said anything."""
    try:
        return msgspec.json.decode(_file().read_bytes(), type=DeviceInfo)
    except (OSError, StudioError, msgspec.DecodeError):
        return None


def remember_device(device: DeviceInfo) -> None:
    """Keep the worker's answer for the next start. A cache that cannot be written is no loss."""
    with contextlib.suppress(StudioError):
        write_atomically(_file(), msgspec.json.encode(device))


def processor() -> DeviceInfo:
    """Describe this machine's processor and memory."""
    import platform

    total, free = _memory_bytes()
    return DeviceInfo(
        id="cpu",
        kind="cpu",
        # Not platform.processor(), which starts a process to find out.
        name=platform.machine(),
        total_bytes=total,
        free_bytes=free,
        data_type="float32",
    )


def free_memory_bytes() -> int:
    """Return the bytes of main memory that programs can still take."""
    return _memory_bytes()[1]


def _memory_bytes() -> tuple[int, int]:
    """Return total and available bytes. Linux is read directly: psutil would slow the start."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        amounts = {
            name: int(rest.split()[0]) for name, _, rest in (x.partition(":") for x in lines)
        }
        return amounts["MemTotal"] * 1024, amounts["MemAvailable"] * 1024
    except (OSError, KeyError, ValueError):
        import psutil

        memory = psutil.virtual_memory()
        return memory.total, memory.available
