"""The time that the plan line promises, learnt from former runs."""

from __future__ import annotations

import pytest

from studio.app.pace import Pace
from tests.support.bench import StudioBench, fake_request


def test_nothing_is_promised_of_an_unknown_model() -> None:
    assert Pace().expected_seconds(fake_request()) == 0


def test_time_grows_with_pictures_steps_and_pixels() -> None:
    pace = Pace()
    pace.finished(fake_request(steps=10, width=512, height=512), 20.0)
    assert pace.expected_seconds(fake_request(steps=5, width=512, height=512)) == pytest.approx(10)
    larger = fake_request(steps=10, width=1024, height=512, count=2)
    assert pace.expected_seconds(larger) == pytest.approx(80)


def test_the_studio_learns_and_remembers(bench: StudioBench) -> None:
    assert bench.studio.plan(fake_request("slow")).expected_seconds == 0
    job = bench.generate("slow")
    seconds = bench.studio.project.history.get(job).seconds
    assert bench.studio.plan(fake_request("slow")).expected_seconds == pytest.approx(seconds)
