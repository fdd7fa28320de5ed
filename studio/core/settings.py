"""The artist's settings: one versioned JSON file, migrated step by step, written atomically."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from studio.core.errors import SettingsProblem, storage_problem
from studio.core.paths import config_dir

CURRENT_VERSION = 1

Theme = Literal["dark", "light", "high_contrast"]


class Settings(msgspec.Struct, kw_only=True, frozen=True):
    """What the artist has chosen for every project; unknown keys of newer minor versions are kept
    out, unknown versions are refused."""

    version: int = CURRENT_VERSION
    theme: Theme = "dark"
    offline: bool = True
    reduced_motion: bool = False
    recent_projects: tuple[str, ...] = ()
    model_folders: tuple[str, ...] = ()
    default_image_model: str = ""
    memory_budget_fraction: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.9
    window_geometry: str = ""
    welcome_dismissed: bool = False

    def changed(self, **changes: Any) -> Settings:
        """Return a copy with some fields replaced, checked against their limits."""
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
    """
    steps = {start: (end, function) for start, end, function in migrations}
    current = msgspec.json.decode(msgspec.json.encode(raw))
    version = current.get("version", 1)
    while version in steps:
        version, function = steps[version]
        current = function(current)
        current["version"] = version
    return dict(current)


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
        if (version := raw.get("version", 1)) > CURRENT_VERSION:
            raise SettingsProblem(
                f"The settings were written by a newer Atelier (version {version}).", hint
            )
        return msgspec.convert(migrate(raw, MIGRATIONS), Settings)
    except (msgspec.DecodeError, TypeError) as error:
        raise SettingsProblem(f"The settings file cannot be read: {error}.", hint) from error


def save_settings(settings: Settings, path: Path | None = None) -> None:
    """Write the settings so that a crash leaves either the old file or the new one."""
    path = path or settings_file()
    write_atomically(path, msgspec.json.format(msgspec.json.encode(settings), indent=2))


def write_atomically(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` through a temporary file beside it and an atomic rename.

    Raises:
        StorageProblem: the folder is read-only, missing, or the disk is full; ``path`` keeps its
            former content.
    """
    temporary = ""
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            temporary = file.name
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # NamedTemporaryFile makes the file private to its owner: give it the usual permissions.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise storage_problem(error, path) from error
