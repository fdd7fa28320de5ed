"""Older projects: brought up step by step, in one go or not at all."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from studio.core.errors import DamagedProject, DocumentProblem, NewerProject
from studio.document import Project, ResizeCanvas
from studio.document.migrations import check_version, migrate
from studio.document.schema import SINCE, VERSION


def add_mood(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE history ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'")


def add_tracks(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE tracks (id INTEGER PRIMARY KEY)")


def without_inputs(path: Path) -> None:
    """Turn a project into one of version 1.0."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for table in SINCE:
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version = 1000")
        connection.commit()


def fail(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM journal")
    raise ValueError("an unexpected row")


def contents(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as reader:
        return list(reader.iterdump())


@pytest.fixture
def old(project: Project, path: Path) -> Path:
    project.image.apply(ResizeCanvas(width=9, height=9))
    project.close()
    return path


def test_a_project_of_the_first_version_opens(old: Path) -> None:
    without_inputs(old)
    with Project.open(old) as opened:
        assert opened.problems == []
        assert opened.image.width == 9
    with contextlib.closing(sqlite3.connect(old)) as reader:
        assert reader.execute("PRAGMA user_version").fetchone() == (VERSION,)
        for table in SINCE:
            assert reader.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_steps_lead_to_the_target_in_order(old: Path) -> None:
    steps = ((VERSION + 1, VERSION + 4, add_tracks), (VERSION, VERSION + 1, add_mood))
    with contextlib.closing(sqlite3.connect(old, isolation_level=None)) as connection:
        assert migrate(connection, steps, VERSION + 4) == VERSION + 4
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION + 4,)
        assert migrate(connection, steps, VERSION + 4) == VERSION + 4, "twice does nothing"
    with Project.open(old) as opened:
        assert opened.image.width == 9
        assert opened.image.undo() is not None


def test_a_step_that_fails_leaves_the_file_as_it_was(old: Path) -> None:
    before = contents(old)
    steps = ((VERSION, VERSION + 1, add_mood), (VERSION + 1, VERSION + 2, fail))
    with contextlib.closing(sqlite3.connect(old, isolation_level=None)) as connection:
        with pytest.raises(DocumentProblem, match="an unexpected row") as failed:
            migrate(connection, steps, VERSION + 2)
        assert failed.value.code == "migration_failed"
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
    assert contents(old) == before


def test_a_missing_step_is_said(old: Path) -> None:
    before = contents(old)
    steps = ((VERSION, VERSION + 1, add_mood),)
    with (
        contextlib.closing(sqlite3.connect(old, isolation_level=None)) as connection,
        pytest.raises(DocumentProblem, match="no step"),
    ):
        migrate(connection, steps, VERSION + 2)
    assert contents(old) == before


def test_versions_that_are_understood() -> None:
    check_version(VERSION)
    check_version(VERSION + 999 - VERSION % 1000)
    with pytest.raises(NewerProject):
        check_version(VERSION // 1000 * 1000 + 1000)
    for never in (0, 999, -5):
        with pytest.raises(DamagedProject):
            check_version(never)
