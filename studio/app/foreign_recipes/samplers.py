"""Sampler names of other programs, and which of ours is meant."""

from __future__ import annotations

import re

from studio.api.requests import SAMPLERS

# Names after _plain(): lower case, without "k_" and "sample_", ancestral as "a", no separators.
_PLAIN_NAMES = {
    "euler": "Euler",
    "eulera": "Euler a",
    "dpm++2m": "DPM++ 2M",
    "dpm++2msde": "DPM++ 2M SDE",
    "dpm++sde": "DPM++ SDE",
    "dpm2": "DPM2",
    "kdpm2": "DPM2",
    "dpm2a": "DPM2 a",
    "kdpm2a": "DPM2 a",
    "unipc": "UniPC",
    "unipcbh2": "UniPC",
    "ddim": "DDIM",
    "ddimv3": "DDIM",
    "deis": "DEIS",
    "heun": "Heun",
    "lms": "LMS",
    "plms": "PLMS",
    "pndm": "PLMS",
    "lcm": "LCM",
    "tcd": "TCD",
}

# Schedules that the plain name of a sampler already stands for.
_ORDINARY_SCHEDULES = {"", "automatic", "normal", "native", "uniform", "simple", "discrete"}


def map_sampler(name: str, schedule: str = "") -> tuple[str, bool]:
    """Return our name for a sampler, and whether it is exactly the same.

    Args:
        name: as AUTOMATIC1111 ("DPM++ 2M Karras"), ComfyUI ("dpmpp_2m"), InvokeAI ("dpmpp_2m_k")
            or NovelAI ("k_dpmpp_2m") call it.
        schedule: the noise schedule, where the program keeps it apart ("karras").

    An unknown sampler gives an empty name. A known one with a schedule that is not known here
    gives the nearest name and False.
    """
    text = name.strip().lower()
    schedule = schedule.strip().lower()
    base, suffix = re.fullmatch(
        r"(.*?)(?:[ _](karras|exponential|k|gpu|polyexponential))?", text, re.DOTALL
    ).groups()  # type: ignore[union-attr]
    if suffix in ("k", "karras"):
        schedule = "karras"
    elif suffix and suffix != "gpu":
        schedule = suffix
    found = _PLAIN_NAMES.get(_plain(base), "")
    if not found or schedule in _ORDINARY_SCHEDULES:
        return found, bool(found)
    if schedule == "karras" and f"{found} Karras" in SAMPLERS:
        return f"{found} Karras", True
    return found, False


def _plain(name: str) -> str:
    name = name.removeprefix("sample_").removeprefix("k_")
    name = name.replace("dpmpp", "dpm++").replace("ancestral", "a")
    return re.sub(r"[\s_-]", "", name)
