"""What the worker computes on, and how much memory is in use there."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from studio.api.plans import DataType, DeviceInfo

SIMULATED_BUDGET_VARIABLE = "ATELIER_SIMULATED_BUDGET"


def device_info() -> DeviceInfo:
    """Describe the best device that this process can use: CUDA, else Apple's GPU, else the CPU.

    The environment variable ATELIER_SIMULATED_BUDGET (bytes) makes it behave as a smaller one.
    """
    import torch

    if torch.cuda.is_available():
        return _cuda_device()
    if torch.backends.mps.is_available():
        return _shared_memory_device("mps", "Apple GPU", "float16")
    return _shared_memory_device("cpu", _processor_name(), "float32")


def used_bytes(device: DeviceInfo) -> int:
    """Return the bytes that this process holds in the device's memory now."""
    import psutil
    import torch

    if device.kind == "cuda":
        return int(torch.cuda.memory_reserved(device.id))
    if device.kind == "mps":
        return int(torch.mps.driver_allocated_memory())
    return int(psutil.Process().memory_info().rss)


def release_cached_memory(device: str) -> None:
    """Hand freed blocks of the allocator back to the device; nothing to do on the CPU."""
    import gc

    import torch

    gc.collect()
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
    elif device.startswith("mps"):
        torch.mps.empty_cache()


class PeakMemory:
    """Measures the most memory that a run held, beyond what the process held at its start.

    On CUDA that is torch's own count of allocated bytes. On Linux the kernel keeps the high-water
    mark of the resident set (VmHWM; writing 5 to clear_refs resets it, see proc(5)). Elsewhere the
    resident set is sampled whenever ``sample`` is called.
    """

    def __init__(self, device: str, baseline: int) -> None:
        """``baseline``: resident bytes that do not count, such as those of imported libraries."""
        self._device = device
        self._baseline = baseline
        self._highest = 0
        self._kernel_counts = False
        if device.startswith("cuda"):
            import torch

            torch.cuda.reset_peak_memory_stats(device)
        else:
            self._kernel_counts = _reset_high_water_mark()

    def sample(self) -> None:
        """Note the present use, where nobody else keeps count."""
        if not self._kernel_counts and not self._device.startswith("cuda"):
            self._highest = max(self._highest, resident_set())

    def peak_bytes(self) -> int:
        """Return the peak so far, at least 0."""
        if self._device.startswith("cuda"):
            import torch

            return int(torch.cuda.max_memory_allocated(self._device))
        self.sample()
        highest = _high_water_mark() if self._kernel_counts else self._highest
        return max(0, highest - self._baseline)


def resident_set() -> int:
    """Return the bytes of this process that are in memory now."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def _reset_high_water_mark() -> bool:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return _high_water_mark() > 0


def _high_water_mark() -> int:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _simulated_budget() -> int:
    text = os.environ.get(SIMULATED_BUDGET_VARIABLE, "")
    return int(text) if text.isdecimal() else 0


def _cuda_device() -> DeviceInfo:
    import torch

    free, total = torch.cuda.mem_get_info(0)
    data_type: DataType = "bfloat16" if torch.cuda.is_bf16_supported(False) else "float16"
    return DeviceInfo(
        id="cuda:0",
        kind="cuda",
        name=torch.cuda.get_device_name(0),
        total_bytes=total,
        free_bytes=free,
        data_type=data_type,
        simulated_budget_bytes=_simulated_budget(),
    )


def _shared_memory_device(kind: str, name: str, data_type: DataType) -> DeviceInfo:
    import psutil

    memory = psutil.virtual_memory()
    return DeviceInfo(
        id=kind,
        kind="mps" if kind == "mps" else "cpu",
        name=name,
        total_bytes=memory.total,
        free_bytes=memory.available,
        data_type=data_type,
        simulated_budget_bytes=_simulated_budget(),
    )


def _processor_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine() or "CPU"
