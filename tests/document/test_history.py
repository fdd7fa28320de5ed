"""The history: every generation with its recipe and its files, found again."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from studio.api.artifacts import ImageArtifact
from studio.api.plans import ComponentPlan, LoadPlan
from studio.api.requests import ModelRef, Request, RequestRegistry, TextToImage
from studio.core.errors import DamagedProject, DocumentProblem, StorageProblem, StudioError
from studio.document import Project

MakeRequest = Callable[..., TextToImage]
MakeArtifact = Callable[..., ImageArtifact]

PLAN = LoadPlan(
    model=ModelRef(id="thumbnail"),
    title="Starter",
    family="sd1",
    layout="diffusers",
    path="/models/starter",
    device="cpu",
    data_type="float32",
    placement="whole",
    components=(ComponentPlan(name="unet", weight_bytes=5, data_type="float32"),),
    weight_bytes=5,
    activation_bytes=6,
    peak_bytes=11,
    budget_bytes=100,
    reason="fits",
)


class SlowDisk:
    """A project whose writer stops after its first commit until it is told to go on."""

    def __init__(self, path: Path) -> None:
        self.go_on = threading.Event()
        self._stopped = threading.Event()
        self.project = Project.create(path, dispatch=self._dispatch)
        self.project.history.add("first", TextToImage(model=ModelRef(id="m"), prompt="first"))
        assert self._stopped.wait(30)

    def _dispatch(self, call: Callable[[], None]) -> None:
        self._stopped.set()
        assert self.go_on.wait(30)
        call()


@pytest.fixture
def slow_disk(path: Path) -> Iterator[SlowDisk]:
    slow = SlowDisk(path)
    yield slow
    slow.go_on.set()
    slow.project.close()


def test_a_generation_comes_back_with_everything_after_a_restart(
    project: Project, path: Path, make_request: MakeRequest, make_artifact: MakeArtifact
) -> None:
    request = make_request(negative_prompt="fog", seed=11, steps=30, sampler="Euler a")
    told: list[frozenset[str]] = []
    project.history.changed.connect(told.append)
    added = project.history.add("one", request, model_title="Starter", plan=PLAN)
    assert (added.status, added.title, added.kind) == ("queued", request.prompt, "text_to_image")
    project.history.update("one", status="running")
    artifact = make_artifact(b"picture" * 999)
    project.history.add_output("one", artifact)
    project.history.update("one", status="done", seconds=2.5, peak_bytes=12345)
    project.history.set_output_state("one", 0, "kept")
    project.history.star("one", True)
    assert told == [frozenset({"one"})] * 6
    before = project.history.get("one")
    project.close()

    with Project.open(path) as again:
        item = again.history.get("one")
        assert item == before
        assert item.request == request
        assert item.plan == PLAN
        assert (item.status, item.seconds, item.peak_bytes) == ("done", 2.5, 12345)
        assert item.starred
        assert item.outputs[0].state == "kept"
        assert again.history.blob(artifact.sha256) == b"picture" * 999
        assert again.history.thumbnail(artifact.sha256) == artifact.thumbnail


def test_an_output_is_there_at_once_and_its_scratch_file_goes_when_it_is_safe(
    slow_disk: SlowDisk, make_request: MakeRequest, make_artifact: MakeArtifact
) -> None:
    project = slow_disk.project
    artifact = make_artifact(b"fresh" * 5000)
    project.history.add("one", make_request())
    project.history.add_output("one", artifact)
    assert project.pending == 2
    assert project.history.blob(artifact.sha256) == b"fresh" * 5000
    assert project.history.thumbnail(artifact.sha256) == artifact.thumbnail
    assert Path(artifact.path).exists()
    slow_disk.go_on.set()
    assert project.flush()
    assert project.pending == 0
    assert project.history.blob(artifact.sha256) == b"fresh" * 5000
    project.close()
    assert not Path(artifact.path).exists()


def test_equal_files_are_kept_once_and_go_with_their_last_item(
    project: Project, path: Path, make_request: MakeRequest, make_artifact: MakeArtifact
) -> None:
    for item_id in ("one", "two"):
        project.history.add(item_id, make_request())
        project.history.add_output(item_id, make_artifact(b"same" * 5000))
    sha256 = project.history.get("one").outputs[0].sha256
    assert project.flush()
    reader = sqlite3.connect(path)
    assert reader.execute("SELECT count(*) FROM blobs").fetchone() == (1,)
    project.history.remove("one")
    assert project.flush()
    assert project.history.blob(sha256) == b"same" * 5000
    project.history.remove("two")
    assert project.flush()
    assert reader.execute("SELECT count(*) FROM blobs").fetchone() == (0,)
    assert reader.execute("SELECT count(*) FROM thumbnails").fetchone() == (0,)
    reader.close()
    with pytest.raises(DocumentProblem) as refused:
        project.history.blob(sha256)
    assert refused.value.code == "blob_missing"
    assert project.history.items() == []


def test_a_file_that_is_not_what_was_announced_is_refused_and_kept_in_scratch(
    project: Project, make_request: MakeRequest, make_artifact: MakeArtifact
) -> None:
    problems: list[StudioError] = []
    project.failed.connect(problems.append)
    artifact = msgspec.structs.replace(make_artifact(b"one thing"), sha256="0" * 64)
    project.history.add("one", make_request())
    project.history.add_output("one", artifact)
    project.history.add("two", make_request())
    assert project.flush(), "what comes behind it must be written"
    project.close()
    assert [problem.code for problem in problems] == ["artifact_changed"]
    assert project.history.get("one").outputs == ()
    assert Path(artifact.path).read_bytes() == b"one thing"


def test_a_missing_scratch_file_is_said_at_once(
    project: Project, make_request: MakeRequest, make_artifact: MakeArtifact
) -> None:
    artifact = make_artifact()
    Path(artifact.path).unlink()
    project.history.add("one", make_request())
    with pytest.raises(StorageProblem, match="does not exist"):
        project.history.add_output("one", artifact)
    assert project.history.get("one").outputs == ()


def test_search_finds_every_word_anywhere(project: Project, make_request: MakeRequest) -> None:
    history = project.history
    history.add("fox", make_request("A réd FOX", seed=123), model_title="SDXL Turbo")
    history.add("owl", make_request("a red owl", negative_prompt="Füchse", width=768))
    history.add("sea", make_request("the sea", sampler="DPM++ 2M Karras", seed=1234))
    history.star("owl", True)

    def found(text: str, starred: bool = False) -> list[str]:
        return [item.id for item in history.search(text, starred=starred)]

    assert found("") == ["sea", "owl", "fox"]
    assert found("RED") == ["owl", "fox"]
    assert found("red fox") == ["fox"]
    assert found("fuchse") == ["owl"]
    assert found("2m karras") == ["sea"]
    assert found("turbo") == ["fox"]
    assert found("seed:123") == ["fox"]
    assert found("model:sdxl red") == ["fox"]
    assert found("size:768x512") == ["owl"]
    assert found("size:") == []
    assert found("a", starred=True) == ["owl"]
    assert found("nothing of the kind") == []


def test_candidates_are_what_is_still_undecided_oldest_first(
    project: Project, make_request: MakeRequest, make_artifact: MakeArtifact
) -> None:
    history = project.history
    for item_id in ("one", "two"):
        history.add(item_id, make_request())
        for index in (1, 0):
            history.add_output(item_id, make_artifact(f"{item_id}{index}".encode(), index=index))
    history.set_output_state("one", 1, "dropped")
    history.set_output_state("two", 0, "kept")
    left = [(item.id, output.index) for item, output in history.candidates()]
    assert left == [("one", 0), ("two", 1)]
    assert history.blob(history.get("one").outputs[1].sha256) == b"one1", "dropped is not deleted"


def test_what_is_not_there_is_said(
    project: Project, make_request: MakeRequest, make_artifact: MakeArtifact
) -> None:
    history = project.history
    history.add("one", make_request())
    calls: list[Callable[[], object]] = [
        lambda: history.get("gone"),
        lambda: history.update("gone", status="done"),
        lambda: history.update("one", status="lost"),  # type: ignore[arg-type]
        lambda: history.star("gone", True),
        lambda: history.remove("gone"),
        lambda: history.add_output("gone", make_artifact()),
        lambda: history.set_output_state("one", 3, "kept"),
        lambda: history.add("one", make_request()),
        lambda: history.add("two", make_request("half \ud800 character")),
        lambda: history.blob("0" * 64),
    ]
    for call in calls:
        with pytest.raises(DocumentProblem):
            call()
    assert history.thumbnail("0" * 64) is None
    assert [item.id for item in history.items()] == ["one"]
    history.update("one", error_message="half \ud800 character", status="failed")
    assert project.flush()


class Hologram(Request, frozen=True, kw_only=True, tag="hologram"):
    """A request that a plugin brought."""

    prompt: str
    depth: int = 3


def test_a_kind_that_this_studio_does_not_know_is_shown_and_kept(path: Path) -> None:
    registry = RequestRegistry()
    registry.register(Hologram)
    with Project.create(path, registry=registry) as project:
        project.history.add("one", Hologram(prompt="a ghost", depth=9))
    with Project.open(path) as without_plugin:
        item = without_plugin.history.get("one")
        assert item.request is None
        assert (item.kind, item.title) == ("hologram", "a ghost")
        assert without_plugin.history.search("ghost") == [item]
        without_plugin.history.star("one", True)
        without_plugin.history.update("one", status="done")
    with Project.open(path, registry=registry) as with_plugin:
        item = with_plugin.history.get("one")
        assert item.request == Hologram(prompt="a ghost", depth=9)
        assert item.starred


def test_export_is_whole_or_not_at_all(
    project: Project,
    path: Path,
    tmp_path: Path,
    make_request: MakeRequest,
    make_artifact: MakeArtifact,
) -> None:
    content = bytes(range(256)) * 20_000
    artifact = make_artifact(content)
    project.history.add("one", make_request())
    project.history.add_output("one", artifact)
    target = tmp_path / "out.png"
    project.history.export_blob(artifact.sha256, target)
    assert target.read_bytes() == content
    assert project.flush()
    with pytest.raises(StorageProblem):
        project.history.export_blob(artifact.sha256, target / "below-a-file.png")
    with pytest.raises(StorageProblem):
        project.history.export_blob(artifact.sha256, tmp_path / "nowhere" / "out.png")
    project.close()

    with sqlite3.connect(path) as vandal:
        vandal.execute("UPDATE blobs SET data = substr(data, 1, 100) || zeroblob(length(data))")
    vandal.close()
    with Project.open(path) as damaged:
        with pytest.raises(DamagedProject):
            damaged.history.blob(artifact.sha256)
        with pytest.raises(DamagedProject):
            damaged.history.export_blob(artifact.sha256, target)
    assert target.read_bytes() == content, "a failed export leaves what was there"
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []
