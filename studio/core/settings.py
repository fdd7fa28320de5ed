"""The artist's settings: one versioned JSON file, migrated step by step, written atomically."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

import msgspec

from studio.core.errors import SettingsProblem, StorageProblem, storage_problem
from studio.core.paths import config_dir

CURRENT_VERSION = 1

log = logging.getLogger(__name__)

Theme = Literal["dark", "light", "high_contrast"]


class Settings(msgspec.Struct, kw_only=True, frozen=True):
    """What the artist has chosen for every project.

    A key that this Atelier does not know may come from a newer one or from a typing mistake: it
    is reported in the log, otherwise left alone, and stays in the file when the settings are
    saved. A file of a newer version is refused as a whole.
    """

    version: int = CURRENT_VERSION
    theme: Theme = "dark"
    offline: bool = True
    reduced_motion: bool = False
    recent_projects: tuple[str, ...] = ()
    model_folders: tuple[str, ...] = ()
    default_image_model: str = ""
    default_upscaler: str = ""
    memory_budget_fraction: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.9
    window_geometry: str = ""
    welcome_dismissed: bool = False

    def changed(self, **changes: Any) -> Settings:
        """Return a copy with some fields replaced, checked against their limits.

        Raises:
            SettingsProblem: there is no such setting, or the value is out of its limits.
        """
        for name in changes:
            if name not in self.__struct_fields__:
                import difflib

                close = difflib.get_close_matches(name, self.__struct_fields__, n=1)
                hint = f"Did you mean {close[0]!r}?" if close else ""
                raise SettingsProblem(f"There is no setting called {name!r}.", hint)
        try:
            return msgspec.convert(msgspec.to_builtins(self) | changes, Settings)
        except msgspec.ValidationError as error:
            raise SettingsProblem(f"That setting is not possible: {error}.") from error


Migration = Callable[[dict[str, Any]], dict[str, Any]]

# (from, to, function): each takes the decoded file of one version and returns the next one's.
MIGRATIONS: list[tuple[int, int, Migration]] = []


def migrate(raw: dict[str, Any], migrations: list[tuple[int, int, Migration]]) -> dict[str, Any]:
    """Bring a decoded settings file up to the newest version that ``migrations`` lead to.

    The input is left as it was: a migration that fails loses nothing.

    Raises:
        SettingsProblem: a migration failed, or does not lead upwards.
    """
    steps = {start: (end, function) for start, end, function in migrations}
    current = msgspec.json.decode(msgspec.json.encode(raw), type=dict[str, Any])
    version = current.get("version", 1)
    while version in steps:
        following, function = steps[version]
        if following <= version:
            raise SettingsProblem(f"The settings cannot go from version {version} to {following}.")
        try:
            current = {**function(current), "version": following}
        except Exception as error:  # a migration is ours, but the file may hold anything
            raise SettingsProblem(
                f"The settings could not be brought from version {version} to {following}: "
                f"{type(error).__name__}: {error}.",
                "The file was left as it is; remove it to start with the defaults.",
            ) from error
        version = following
    return current


def settings_file() -> Path:
    """Path of the settings file."""
    return config_dir() / "settings.json"


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings; a missing file gives the defaults.

    Raises:
        SettingsProblem: the file is not readable, not valid, or of a newer version. The file is
            left untouched.
    """
    path = path or settings_file()
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise storage_problem(error, path) from error
    hint = f"Correct {path}, or remove it to start with the defaults."
    try:
        raw = msgspec.json.decode(data, type=dict[str, Any])
        version = raw.get("version", 1)
        if version > CURRENT_VERSION:
            raise SettingsProblem(
                f"The settings were written by a newer Atelier (version {version}).", hint
            )
        current = migrate(raw, MIGRATIONS)
        if current.get("version", 1) != CURRENT_VERSION:
            raise SettingsProblem(f"The settings are of an unknown version ({version}).", hint)
        if unknown := sorted(current.keys() - set(Settings.__struct_fields__)):
            log.warning("Unknown settings in %s: %s", path, ", ".join(unknown))
        return msgspec.convert(current, Settings)
    except (msgspec.DecodeError, TypeError, RecursionError) as error:
        raise SettingsProblem(f"The settings file cannot be read: {error}.", hint) from error


def save_settings(settings: Settings, path: Path | None = None) -> None:
    """Write the settings so that a crash leaves either the old file or the new one.

    Raises:
        StorageProblem: the folder is read-only, missing, or the disk is full; the file keeps its
            former content.
    """
    path = path or settings_file()
    content = {**_unknown_keys(path), **msgspec.to_builtins(settings)}
    write_atomically(path, msgspec.json.format(msgspec.json.encode(content), indent=2))


def _unknown_keys(path: Path) -> dict[str, Any]:
    """What the present file holds beside our own keys, as long as it is of our version."""
    try:
        raw = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.DecodeError, RecursionError):
        return {}
    if raw.get("version", 1) != CURRENT_VERSION:
        return {}
    return {key: value for key, value in raw.items() if key not in Settings.__struct_fields__}


def write_atomically(path: Path, data: bytes | memoryview) -> None:
    """Write ``data`` to ``path`` through a temporary file beside it and an atomic rename.

    Raises:
        StorageProblem: the folder is read-only, missing, or the disk is full; ``path`` keeps its
            former content.
    """
    with replacing(path) as file:
        file.write(data)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file that takes the place of ``path`` when the block ends without an error.

    Raises:
        StorageProblem: as ``write_atomically``.
    """
    if not path.parent.is_dir():
        raise StorageProblem(
            f"The folder {path.parent} does not exist.",
            "Make it, or choose another one.",
            code="not_found",
        )
    temporary = path.with_name(f".atelier-{os.urandom(8).hex()}")
    try:
        try:
            with temporary.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise storage_problem(error, path) from error
