"""Thread set-up of a worker, to be called before torch is imported."""

from __future__ import annotations

import os
import platform
import sys


def configure_threads() -> int:
    """Give the numeric libraries one thread a physical core, and let idle ones sleep.

    OpenMP's default of spinning idle threads made two busy cores four to eight times slower, and a
    thread a hyper-thread gains nothing for matrix products. Must run before torch is imported; the
    environment variables are then read by OpenMP and MKL, and ``apply_to_torch`` sets torch's own
    count.

    Returns:
        The number of threads.
    """
    count = physical_cores()
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(count)
    if platform.machine().lower() in ("x86_64", "amd64"):
        # numpy's OpenBLAS spins whatever OpenMP does: on two busy cores PatchMatch took twice its
        # processor time. Here torch has MKL; elsewhere it may need OpenBLAS itself.
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
    if "torch" in sys.modules:
        apply_to_torch(count)
    return count


def physical_cores() -> int:
    """Count the physical cores that this process may run on, at least 1."""
    import psutil

    physical = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    if not hasattr(os, "sched_getaffinity"):
        return physical
    return max(1, min(physical, len(os.sched_getaffinity(0))))


def apply_to_torch(count: int) -> None:
    """Set torch's own thread count; its pools honour OMP_NUM_THREADS only in some builds."""
    import torch

    torch.set_num_threads(count)
