"""Errors: the tree that is drawn is the tree there is, and every text helps a person."""

from __future__ import annotations

import copy
import errno
import os
import pickle
import re

import pytest

from studio.core import errors
from studio.core.errors import JobCancelled, StorageProblem, StudioError, storage_problem

CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, StudioError)
}


def drawn_tree() -> dict[str, str]:
    """Each class of the drawing in the module's docstring, and its parent."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^((?:│   |    |├── |└── )*)([A-Z]\w+)  +\S", line)
        if found:
            depth = len(found[1]) // 4
            path[depth:] = [found[2]]
            parents[found[2]] = path[depth - 1] if depth else ""
    return parents


def test_the_drawn_tree_is_the_tree_of_classes() -> None:
    real = {name: cls.__base__.__name__ for name, cls in CLASSES.items()}
    assert drawn_tree() == real | {"StudioError": ""}


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [cls.code for cls in CLASSES.values()]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z_]+", code) for code in codes)


@pytest.mark.parametrize("cls", CLASSES.values(), ids=CLASSES)
def test_an_error_survives_being_sent_and_copied(cls: type[StudioError]) -> None:
    error = cls("It broke.", "Mend it.", code="special")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is cls
        assert (again.message, again.hint, again.code) == ("It broke.", "Mend it.", "special")
        assert str(again) == "It broke. Mend it."


def test_an_error_without_a_hint_reads_well() -> None:
    assert str(StudioError("It broke.")) == "It broke."
    assert StudioError("It broke.").code == "studio_error"


def test_cancelling_is_not_an_error_of_the_studio() -> None:
    assert not issubclass(JobCancelled, StudioError)


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (errno.ENOSPC, "disk_full", "disk is full"),
        (errno.EDQUOT, "disk_full", "disk is full"),
        (errno.EACCES, "read_only", "read-only"),
        (errno.EPERM, "read_only", "read-only"),
        (errno.EROFS, "read_only", "read-only"),
        (errno.ENOENT, "not_found", "does not exist"),
        (errno.EISDIR, "storage_problem", "is a folder"),
        (errno.ENOTDIR, "storage_problem", "not in a folder"),
        (errno.EIO, "storage_problem", os.strerror(errno.EIO)),
    ],
)
def test_storage_problems_name_the_path_and_the_way_out(number: int, code: str, words: str) -> None:
    problem = storage_problem(OSError(number, os.strerror(number)), "/pictures/cat.png")
    assert type(problem) is StorageProblem
    assert problem.code == code
    assert words in problem.message
    assert "/pictures/cat.png" in problem.message
    assert problem.hint.endswith(".")


def test_a_storage_problem_without_a_number_still_says_why() -> None:
    assert "odd" in storage_problem(OSError("odd"), "x").message
