"""Logging: one file, set up once, and records of the window lie in it."""

from __future__ import annotations

import logging
from pathlib import Path

from studio.core.logs import log_file, set_up_logging


def own_handlers() -> list[logging.Handler]:
    return [each for each in logging.getLogger().handlers if getattr(each, "_atelier", False)]


def test_records_lie_in_the_log_file(atelier_home: Path) -> None:
    path = set_up_logging()
    logging.getLogger("studio.test").info("the brush is wet")
    assert path == log_file()
    assert path.is_relative_to(atelier_home)
    assert "studio.test: the brush is wet" in path.read_text(encoding="utf-8")


def test_setting_up_twice_writes_every_record_once() -> None:
    set_up_logging()
    path = set_up_logging(to_stderr=True)
    logging.getLogger("studio.test").warning("once")
    assert len(own_handlers()) == 1
    assert path.read_text(encoding="utf-8").count("once") == 1


def test_the_file_is_rotated_before_it_grows_large() -> None:
    path = set_up_logging()
    for _ in range(30):
        logging.getLogger("studio.test").info("x" * 100_000)
    assert path.stat().st_size <= 2_100_000
    assert path.with_name("atelier.log.1").exists()
