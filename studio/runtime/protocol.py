"""What crosses the pipe: msgpack frames in both directions, no pickle and no port."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from studio.api.events import AnyJobEvent
from studio.api.plans import DeviceInfo, LoadPlan, ResidentModel

PROTOCOL_VERSION = 1
MAX_FRAME_BYTES = 16 * 1024 * 1024


class Message(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"
):
    """Base of what is not an event of a job."""


class Submit(Message, frozen=True, kw_only=True, tag="submit"):
    """Run a job: ``body`` is the request of the named kind as JSON."""

    job_id: str
    kind: str
    body: bytes
    plan: LoadPlan | None
    scratch: str


class Cancel(Message, frozen=True, kw_only=True, tag="cancel"):
    """Stop the job at the next step."""

    job_id: str


class Preload(Message, frozen=True, kw_only=True, tag="preload"):
    """Import what jobs of this kind need; ``engine`` names a plugin's, "" is the built-in one."""

    kind: str
    engine: str = ""


class FreeMemory(Message, frozen=True, kw_only=True, tag="free_memory"):
    """Let go of every model that is not running."""


class Shutdown(Message, frozen=True, kw_only=True, tag="shutdown"):
    """End the process after the running job."""


class Hello(Message, frozen=True, kw_only=True, tag="hello"):
    """First frame of a worker."""

    protocol: int
    pid: int
    kinds: tuple[str, ...]


class Ready(Message, frozen=True, kw_only=True, tag="ready"):
    """Everything that jobs of this kind need is imported; ``seconds`` since the process began."""

    kind: str
    seconds: float


class EngineFailed(Message, frozen=True, kw_only=True, tag="engine_failed"):
    """A plugin's engine could not be imported: why, and the traceback for the log."""

    plugin: str
    engine: str
    reason: str
    details: str


class DeviceStatus(Message, frozen=True, kw_only=True, tag="device_status"):
    """What the worker's device is, and what it holds now."""

    device: DeviceInfo
    used_bytes: int
    resident: tuple[ResidentModel, ...] = ()


class LogLine(Message, frozen=True, kw_only=True, tag="log"):
    """One log record of the worker."""

    level: int
    logger: str
    text: str


ToWorker = Submit | Cancel | Preload | FreeMemory | Shutdown
FromWorker = Hello | Ready | EngineFailed | DeviceStatus | LogLine | AnyJobEvent


@cache
def _decoder(kind: Any) -> msgspec.msgpack.Decoder[Any]:
    """Made at the first message: reading every type takes 3 ms, which the window would wait for."""
    return msgspec.msgpack.Decoder(kind)


def encode(message: Message | AnyJobEvent) -> bytes:
    """Return one frame."""
    return msgspec.msgpack.encode(message)


def decode_to_worker(frame: bytes) -> Any:
    """Decode a frame that the worker received; raises ``msgspec.DecodeError`` on garbage."""
    return _decoder(ToWorker).decode(frame)


def decode_from_worker(frame: bytes) -> Any:
    """Decode a frame that the supervisor received; raises ``msgspec.DecodeError`` on garbage."""
    return _decoder(FromWorker).decode(frame)
