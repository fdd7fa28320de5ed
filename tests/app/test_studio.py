"""The use-cases as an artist meets them: generate, keep, come back, and what can go wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from studio.api.events import Cancelled, Done, Failed, Progress
from studio.app.flatten import flatten
from studio.core.errors import InvalidRequest, StudioError, UnknownModel
from tests.support.bench import StudioBench, fake_request


def test_a_prompt_becomes_a_candidate_then_a_layer(bench: StudioBench) -> None:
    job = bench.generate("one red house", count=2)
    history = bench.studio.project.history
    item = history.get(job)
    assert (item.status, len(item.outputs)) == ("done", 2)
    assert item.seconds > 0
    assert [output.index for _, output in history.candidates()] == [0, 1]

    bench.keep(job, 1)
    (layer,) = bench.studio.project.image.layers
    assert (layer.history_id, layer.output_index) == (job, 1)
    assert bench.studio.project.image.width == 64  # the empty canvas took the picture's size
    assert [output.state for output in history.get(job).outputs] == ["candidate", "kept"]

    bench.studio.project.image.undo()
    assert bench.studio.project.image.layers == ()
    assert bench.studio.project.image.width == 1024


def test_everything_is_there_after_a_restart(make_bench: Callable[..., StudioBench]) -> None:
    first = make_bench()
    job = first.generate("a red house")
    first.keep(job)
    dropped = first.generate("a blue house")
    first.studio.drop(dropped, 0)
    first.studio.project.history.star(job, True)
    picture = flatten(first.studio.project.image)
    first.close()

    second = make_bench()
    project = second.studio.project
    assert flatten(project.image) == picture
    assert [item.title for item in project.history.items()] == ["a blue house", "a red house"]
    assert project.history.get(job).starred
    assert project.history.candidates() == []
    assert project.image.can_undo


def test_the_same_request_gives_the_same_picture(bench: StudioBench) -> None:
    job = bench.generate("again", seed=7)
    again = bench.studio.run_again(job)
    bench.finish(again)
    first, second = (bench.studio.project.history.get(name).outputs[0] for name in (job, again))
    assert first.seed == second.seed
    history = bench.studio.project.history
    assert history.thumbnail(first.sha256) == history.thumbnail(second.sha256)


def test_running_again_with_changed_model_files_is_refused(bench: StudioBench) -> None:
    job = bench.generate("again")
    item = bench.studio.project.history.get(job)
    assert item.request is not None
    stale = msgspec.structs.replace(
        item.request, model=msgspec.structs.replace(item.request.model, revision="other")
    )
    bench.studio.project.history.add("stale", stale)
    with pytest.raises(InvalidRequest, match="changed"):
        bench.studio.run_again("stale")


def test_the_request_in_the_history_holds_everything(bench: StudioBench) -> None:
    first = bench.studio.project.history.get(bench.generate()).request
    assert first is not None
    assert first.precision == "auto", "nobody has looked at the device yet: it may do better"
    request = bench.studio.project.history.get(bench.generate()).request
    assert request is not None
    assert request.precision == "float32"
    assert request.model.revision


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"prompt": ""}, "empty"),
        ({"prompt": " \n\t"}, "empty"),
        ({"prompt": "x" * 1_000_000}, "too long"),
        ({"width": 100}, "Width"),
        ({"height": 8192}, "Height"),
        ({"steps": 0}, "Steps"),
        ({"guidance_scale": -1.0}, "Guidance"),
        ({"seed": 2**32}, "Seed"),
        ({"count": 99}, "Pictures"),
    ],
)
def test_bad_requests_are_refused_in_words(
    bench: StudioBench, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(InvalidRequest, match=words) as caught:
        bench.studio.generate(msgspec.structs.replace(fake_request(), **changes))
    assert caught.value.hint
    assert bench.studio.project.history.items() == []
    assert bench.studio.queue.jobs() == ()


def test_an_unknown_model_is_named_with_a_hint(bench: StudioBench) -> None:
    with pytest.raises(UnknownModel, match="papre") as caught:
        bench.studio.generate(fake_request(model="papre"))
    assert "paper" in caught.value.hint


def test_a_failed_job_is_told_and_kept_in_the_history(bench: StudioBench) -> None:
    job = bench.generate("crash")
    item = bench.studio.project.history.get(job)
    assert (item.status, item.error_code) == ("failed", "worker_died")
    assert item.error_message
    assert any(notice.level == "error" for notice in bench.notices)
    assert isinstance(bench.finish(bench.generate("next")), Done)


def test_cancel_leaves_what_is_finished(bench: StudioBench) -> None:
    job = bench.studio.generate(fake_request("slow", steps=150, count=2))
    bench.until(lambda: any(isinstance(event, Progress) for event in bench.events))
    bench.studio.cancel()
    assert isinstance(bench.finish(job), Cancelled)
    assert bench.studio.project.history.get(job).status == "cancelled"
    assert bench.studio.live == {}


def test_a_model_that_does_not_fit_is_refused_before_anything_runs(bench: StudioBench) -> None:
    bench.studio.device = msgspec.structs.replace(bench.studio.device, simulated_budget_bytes=1000)
    plan = bench.studio.plan(fake_request())
    assert not plan.fits
    with pytest.raises(StudioError) as caught:
        bench.studio.generate(fake_request())
    assert caught.value.code == "out_of_memory"
    assert bench.studio.project.history.items() == []


def test_pictures_from_outside_become_layers(bench: StudioBench, tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "photo.png"
    Image.new("RGB", (300, 200), (10, 200, 30)).save(path)
    bench.studio.place_pictures([path, tmp_path / "missing.png"])
    bench.until(lambda: bench.studio.project.image.layers and bench.notices)
    image = bench.studio.project.image
    assert (image.width, image.height) == (300, 200)
    assert image.layers[0].name == "photo"
    assert flatten(image)[:4] == bytes([10, 200, 30, 255])
    assert "missing.png" in bench.notices[-1].message


def test_opening_what_is_no_project_keeps_the_present_one(
    bench: StudioBench, tmp_path: Path
) -> None:
    noise = tmp_path / "noise.atelier"
    noise.write_bytes(bytes(range(256)) * 64)
    before = bench.studio.project
    with pytest.raises(StudioError) as caught:
        bench.studio.open_project(noise)
    assert caught.value.code == "not_a_project"
    assert bench.studio.project is before
    assert isinstance(bench.finish(bench.generate()), Done)


def test_a_new_project_starts_empty_and_the_old_one_can_come_back(
    bench: StudioBench, tmp_path: Path
) -> None:
    bench.keep(bench.generate("kept"))
    old = bench.studio.project.path
    bench.studio.new_project(tmp_path / "second.atelier")
    assert bench.studio.project.history.items() == []
    assert bench.studio.settings.recent_projects[0].endswith("second.atelier")
    bench.studio.open_project(old)
    assert len(bench.studio.project.image.layers) == 1
    assert isinstance(bench.finish(bench.generate()), Done)


def test_export_of_the_canvas_and_of_a_candidate(bench: StudioBench, tmp_path: Path) -> None:
    from PIL import Image

    job = bench.generate("a red house", width=72)
    bench.keep(job)
    for suffix in ("png", "jpg", "webp"):
        target = tmp_path / f"canvas.{suffix}"
        bench.studio.export_canvas(target)
        bench.until(target.exists)
        with Image.open(target) as picture:
            assert picture.size == (72, 64)
        recipe = bench.studio.recipe_of(target)
        assert recipe is not None
    bench.studio.export_output(job, 0, tmp_path / "one.png")
    with Image.open(tmp_path / "one.png") as picture:
        assert "a red house" in picture.info["parameters"]
    with pytest.raises(StudioError, match="does not exist"):
        bench.studio.export_output(job, 0, tmp_path / "nowhere" / "one.png")


def test_two_studios_on_one_project_are_told_apart(
    bench: StudioBench, make_bench: Callable[..., StudioBench]
) -> None:
    second = make_bench()
    assert second.studio.project.path != bench.studio.project.path
    assert any("open" in notice.message.lower() for notice in second.notices)


def test_keep_and_close_at_once_keeps(make_bench: Callable[..., StudioBench]) -> None:
    first = make_bench()
    job = first.generate("a red house")
    first.studio.keep(job, 0)
    first.studio.keep(job, 0)  # a second press before the layer is there
    first.studio.close()
    project = make_bench().studio.project
    assert [layer.history_id for layer in project.image.layers] == [job]
    assert project.history.get(job).outputs[0].state == "kept"


def test_keep_and_switch_at_once_leaves_the_candidate(bench: StudioBench, tmp_path: Path) -> None:
    job = bench.generate("a red house")
    old = bench.studio.project.path
    bench.studio.keep(job, 0)
    bench.studio.new_project(tmp_path / "second.atelier")
    bench.until(lambda: not bench.studio.busy_in_background)
    bench.studio.open_project(old)
    assert [item.id for item, _ in bench.studio.project.history.candidates()] == [job]
    bench.keep(job)


def test_a_switch_while_a_job_runs_offers_it_again(bench: StudioBench, tmp_path: Path) -> None:
    job = bench.studio.generate(fake_request("slow", steps=100))
    bench.until(lambda: any(isinstance(event, Progress) for event in bench.events))
    old = bench.studio.project.path
    bench.studio.new_project(tmp_path / "second.atelier")
    assert isinstance(bench.finish(bench.generate("there")), Done)
    bench.studio.open_project(old)
    assert [(each.id, each.state) for each in bench.studio.queue.jobs()] == [(job, "interrupted")]


def test_a_running_item_that_is_removed_is_no_error(bench: StudioBench) -> None:
    job = bench.studio.generate(fake_request("slow", steps=20, count=2))
    bench.until(lambda: any(isinstance(event, Progress) for event in bench.events))
    bench.studio.project.history.remove(job)
    assert isinstance(bench.finish(job), Done)
    assert bench.notices == []
    assert isinstance(bench.finish(bench.generate()), Done)


@pytest.mark.parametrize(
    "settings",
    [
        {"recent_projects": ["x" * 10_000]},
        {"recent_projects": ["nul \0 byte"]},
        {"recent_projects": [""]},
        {"recent_projects": ["/"]},
        {"model_folders": ["nul \0 byte", "x" * 10_000, "/dev/null"]},
    ],
)
def test_the_studio_opens_whatever_the_settings_name(
    make_bench: Callable[..., StudioBench], atelier_home: Path, settings: dict[str, object]
) -> None:
    (atelier_home / "config").mkdir()
    (atelier_home / "config" / "settings.json").write_bytes(msgspec.json.encode(settings))
    bench = make_bench()
    bench.studio.refresh_models()
    bench.until(lambda: not bench.studio.busy_in_background)
    assert "Paper model" in [model.title for model in bench.studio.library.models()]
    assert all("inside the studio" not in notice.message for notice in bench.notices)
    assert isinstance(bench.finish(bench.generate()), Done)


def test_failed_events_never_show_a_traceback(bench: StudioBench) -> None:
    job = bench.studio.generate(fake_request("error"))
    event = bench.finish(job)
    assert isinstance(event, Failed)
    assert all("Traceback" not in notice.message + notice.hint for notice in bench.notices)
