"""Migrations: bringing the tables of an older project up to the present version, step by step."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial

from studio.core.errors import DamagedProject, DocumentProblem, NewerProject
from studio.document.schema import MAJOR, VERSION, add_tables

Migration = tuple[int, int, Callable[[sqlite3.Connection], None]]


# (from, to, function); versions are major * 1000 + minor. A new minor version only adds tables
# and columns with defaults, so that older studios of the same major can still work with the file.
MIGRATIONS: tuple[Migration, ...] = (
    (1000, 1001, partial(add_tables, version=1001)),
    (1001, 1002, partial(add_tables, version=1002)),
)


def check_version(version: int) -> None:
    """Refuse what this Atelier cannot understand.

    Raises:
        NewerProject: a newer major version wrote the file. A newer minor version is fine.
        DamagedProject: there was never such a version.
    """
    if version // 1000 > MAJOR:
        raise NewerProject(
            f"This project was made by a newer Atelier (file version {version // 1000}, "
            f"this one reads up to {MAJOR}).",
            "Update Atelier to open it; the file was not touched.",
        )
    if version < 1000:
        raise DamagedProject("The version of the project file is not readable.")


def migrate(
    connection: sqlite3.Connection,
    migrations: Sequence[Migration] = MIGRATIONS,
    target: int = VERSION,
) -> int:
    """Bring an open project to ``target`` in one transaction; return its version afterwards.

    Raises:
        DocumentProblem: a step failed or is missing; the file is as it was.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version >= target:
        return int(version)
    steps = {start: (end, function) for start, end, function in migrations}
    connection.execute("BEGIN IMMEDIATE")
    try:
        while version < target:
            if version not in steps:
                raise LookupError(f"no step leads on from version {version}")
            version, function = steps[version]
            function(connection)
        connection.execute(f"PRAGMA user_version={int(version)}")
        connection.execute("COMMIT")
    except Exception as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise DocumentProblem(
            f"The project could not be brought up to this version of Atelier: {error}.",
            "The file was not changed; open it with the version that made it.",
            code="migration_failed",
        ) from error
    return int(version)
