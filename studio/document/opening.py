"""Opening: is this a project, of which version, is it sound - and connections to it if so."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

from studio.api.requests import ChatTurn, request_kind
from studio.core.errors import (
    DamagedProject,
    DocumentProblem,
    NotAProject,
    StorageProblem,
    StudioError,
    storage_problem,
)
from studio.document.blobs import temporary_beside
from studio.document.connections import connect, prepare_for_writing
from studio.document.loading import LoadedImage, load_image, missing_files
from studio.document.migrations import check_version, migrate
from studio.document.problems import DATABASE_ERRORS, is_damage, sqlite_problem
from studio.document.recovery import losses, put_in_place, replace_project, rescue
from studio.document.schema import (
    APPLICATION_ID,
    VERSION,
    columns_of,
    create_tables,
    expected_columns,
)

_log = logging.getLogger(__name__)

# Up to this size every page and index is checked, in well under a second. Beyond it the check
# would read gigabytes: there the tables that are loaded anyway are checked row by row, and tiles
# and pictures are compared with their hashes when they are used, which is stricter.
FULL_CHECK_BYTES = 64 << 20

Connect = Callable[[], sqlite3.Connection]


class OpenedDatabase:
    """A sound project file: how to connect to it, and the picture that was loaded from it.

    ``temporary`` is the sound copy of a damaged file that was opened for reading only.
    """

    def __init__(
        self, connection: sqlite3.Connection, connect_again: Connect, incomplete: set[str]
    ) -> None:
        self.connection = connection
        self.connect_again = connect_again
        self.problems: list[str] = []
        self.temporary: Path | None = None
        self.image: LoadedImage = load_image(connection, incomplete)
        self.problems += self.image.problems + missing_files(connection)


def create_database(path: Path, width: int, height: int) -> None:
    """Make an empty project at ``path``, whole or not at all.

    Raises:
        StorageProblem: there is a file already, or the folder does not take one.
    """
    if path.exists() or path.is_symlink():
        raise StorageProblem(
            f"{path} exists already.", "Choose another name, or open it.", code="exists"
        )
    with temporary_beside(path) as temporary:
        try:
            connection = connect(temporary, "rw")
            with contextlib.closing(connection):
                create_tables(connection)
                connection.execute(
                    "INSERT INTO document VALUES (1, ?, ?, ?, ?, 0, 0, 0)",
                    (width, height, width, height),
                )
            replace_project(temporary, path)
        except sqlite3.Error as error:
            raise sqlite_problem(error, path) from error
        except OSError as error:
            raise storage_problem(error, path) from error


def check_is_file(path: Path) -> None:
    """Raise NotAProject or StorageProblem unless ``path`` is a file with something in it.

    Looks without opening: see ``ProjectLock`` about descriptors of a project file.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise storage_problem(error, path) from error
    if not path.is_file() or size == 0:
        raise _not_a_project(path)


def open_database(path: Path, *, read_only: bool) -> OpenedDatabase:
    """Open a project file; a damaged one is replaced by a sound file with all that is readable.

    With ``read_only`` that file is a temporary one, and nothing beside the project changes.

    Raises:
        NotAProject: the file is something else.
        NewerProject: a newer major version wrote it.
        DamagedProject: nothing of it is readable.
        StorageProblem: the disk does not give or take it.
        DocumentProblem: an older version could not be brought up to this one.
    """
    connect_again = _connector(path, read_only)
    try:
        return _open_sound(path, connect_again, read_only)
    except DamagedProject as error:
        _log.warning("%s is damaged: %s", path, error.__cause__ or error)
        try:
            return _open_rescued(path, connect_again, read_only)
        except DATABASE_ERRORS as second:
            raise sqlite_problem(second, path) from second
    except DATABASE_ERRORS as error:
        raise sqlite_problem(error, path) from error


def _connector(path: Path, read_only: bool) -> Connect:
    if not read_only:
        return lambda: connect(path, "rw")

    def connect_read_only() -> sqlite3.Connection:
        connection = connect(path, "ro")
        try:
            _header(connection)
            return connection
        except sqlite3.Error as error:
            connection.close()
            # Without a place for its lock files SQLite reads only what nobody can be writing.
            if is_damage(error) or path.with_name(path.name + "-wal").exists():
                raise
            return connect(path, "ro", immutable=True)

    return connect_read_only


def _open_sound(
    path: Path, connect_again: Connect, read_only: bool, incomplete: set[str] | None = None
) -> OpenedDatabase:
    connection = _identified(path, connect_again)
    try:
        _check_soundness(connection, path)
        if not read_only:
            prepare_for_writing(connection)
            migrate(connection)
            _interrupt_running(connection)
        elif connection.execute("PRAGMA user_version").fetchone()[0] < VERSION:
            raise DocumentProblem(
                f"{path.name} was made by an older Atelier.", "Open it for editing once."
            )
        return OpenedDatabase(connection, connect_again, incomplete or set())
    except BaseException as error:
        connection.close()
        if is_damage(error):
            raise DamagedProject(f"{path.name} is damaged.") from error
        raise


def _identified(path: Path, connect_again: Connect) -> sqlite3.Connection:
    """Return a connection to what is certainly a project of a version that we understand."""
    try:
        connection = connect_again()
    except sqlite3.Error as error:
        if is_damage(error):
            raise _not_a_project(path) from error
        raise
    try:
        application, version = _header(connection)
        if application != APPLICATION_ID:
            raise _not_a_project(path)
        check_version(version)
    except BaseException as error:
        connection.close()
        if is_damage(error):
            raise _not_a_project(path) from error
        raise
    return connection


def _header(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return application id and version, also of a file that is shorter than it should be."""
    connection.execute("PRAGMA writable_schema=ON")  # SQLite refuses such a file without
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return application, version
    finally:
        connection.execute("PRAGMA writable_schema=OFF")


def _not_a_project(path: Path) -> StudioError:
    return NotAProject(
        f"{path.name} is not an Atelier project.", "Choose a file that ends in .atelier."
    )


def _check_soundness(connection: sqlite3.Connection, path: Path) -> None:
    """Raise DamagedProject where tables are missing or, in files that are not large, broken."""
    objects = dict(connection.execute("SELECT name, type FROM sqlite_master").fetchall())
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    foreign = {kind for kind in objects.values() if kind not in ("table", "index")}
    for table, columns in expected_columns(version).items():
        if objects.get(table) != "table" or not set(columns) <= set(columns_of(connection, table)):
            raise DamagedProject(f"The table {table} is missing or damaged.")
    if foreign:
        raise DamagedProject("There is something in the file that no Atelier has written.")
    if path.stat().st_size <= FULL_CHECK_BYTES:
        found = connection.execute("PRAGMA integrity_check(1)").fetchall()
        if found != [("ok",)]:
            raise DamagedProject(f"SQLite finds: {found[0][0] if found else 'nothing'}")


def _interrupt_running(connection: sqlite3.Connection) -> None:
    """Whatever was running when the studio ended is offered again as interrupted.

    Answers are not: what was written of them stays, and its thread can go on with it.
    """
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE jobs SET state = 'interrupted' WHERE state = 'running'")
    connection.execute("UPDATE history SET status = 'interrupted' WHERE status = 'running'")
    connection.execute("DELETE FROM jobs WHERE kind = ?", (request_kind(ChatTurn),))
    connection.execute("UPDATE turns SET status = 'cut' WHERE status IN ('waiting', 'writing')")
    connection.execute("COMMIT")


def _open_rescued(path: Path, connect_again: Connect, read_only: bool) -> OpenedDatabase:
    """Open the readable rest of a damaged project."""
    if read_only:
        handle, name = tempfile.mkstemp(prefix="atelier-", suffix=".atelier")
        os.close(handle)
        sound = Path(name)
        try:
            incomplete = _rescue(path, connect_again, sound)
            opened = _open_sound(sound, _connector(sound, True), True, incomplete)
        except BaseException:
            sound.unlink(missing_ok=True)
            raise
        opened.temporary = sound
        opened.problems[:0] = [f"{path.name} is damaged.", *losses(incomplete)]
        return opened
    with temporary_beside(path) as sound:
        incomplete = _rescue(path, connect_again, sound)
        kept = put_in_place(sound, path)
    opened = _open_sound(path, connect_again, False, incomplete)
    what = f"{path.name} was damaged. All that is readable was put into a new file; the damaged "
    opened.problems[:0] = [f"{what}one is kept as {kept.name}.", *losses(incomplete)]
    return opened


def _rescue(path: Path, connect_again: Connect, sound: Path) -> set[str]:
    source = _identified(path, connect_again)
    try:
        return rescue(source, sound)
    finally:
        source.close()
