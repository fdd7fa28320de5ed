"""Plans, events, artifacts and jobs: what crosses the pipe comes back as it was."""

from __future__ import annotations

import msgspec
import pytest

from studio.api.artifacts import ImageArtifact
from studio.api.events import (
    FINAL_EVENTS,
    Alternative,
    Answer,
    AnyJobEvent,
    Cancelled,
    Done,
    Failed,
    JobEvent,
    Loading,
    Output,
    Preview,
    Progress,
    Queued,
    Remark,
    Started,
    TextToken,
    Tokens,
)
from studio.api.plans import (
    DATA_TYPE_BYTES,
    LADDER,
    ComponentPlan,
    DeviceInfo,
    LoadPlan,
    Placement,
    ResidentModel,
)
from studio.api.requests import ModelRef

MODEL = ModelRef(id="thumbnail", revision="abc")


def plan(placement: Placement = "whole", **fields: object) -> LoadPlan:
    values: dict[str, object] = {
        "model": MODEL,
        "title": "Starter image",
        "family": "sd1",
        "layout": "diffusers",
        "path": "/models/starter",
        "device": "cpu",
        "data_type": "float32",
        "placement": placement,
        "components": (ComponentPlan(name="unet", weight_bytes=40, data_type="float32"),),
        "weight_bytes": 40,
        "activation_bytes": 10,
        "peak_bytes": 50,
        "budget_bytes": 100,
        "reason": "50 of 100 bytes",
    }
    return LoadPlan(**(values | fields))  # type: ignore[arg-type]


ARTIFACT = ImageArtifact(
    path="/scratch/1.png",
    sha256="00" * 32,
    media_type="image/png",
    size_bytes=9,
    width=8,
    height=8,
    seed=2**32 - 1,
    thumbnail=b"\xff\xd8\0",
)

EVENTS: list[JobEvent] = [
    Queued(job_id="j", position=2),
    Loading(job_id="j", fraction=0.5, what="unet"),
    Started(job_id="j", plan=plan(companions=(plan("component_offload"),))),
    Progress(job_id="j", step=3, steps=25, eta_seconds=1.5, phase="decode"),
    Preview(job_id="j", jpeg=b"\xff\xd8\xff", index=1),
    Remark(job_id="j", text="Not drawn: blorf."),
    Tokens(
        job_id="j",
        tokens=(
            TextToken(text="caf\u00e9", logprob=-0.25, alternatives=(Alternative(" tea", -1.5),)),
            TextToken(text="", logprob=-3.0),
        ),
    ),
    Answer(
        job_id="j",
        text="caf\u00e9",
        finish="stop",
        prompt_tokens=40,
        reused_tokens=30,
        answer_tokens=2,
        context_tokens=8192,
        first_token_seconds=0.2,
        tokens_per_second=31.5,
    ),
    Output(job_id="j", artifact=ARTIFACT),
    Done(job_id="j", seconds=1.25, peak_bytes=2**40, plan=plan()),
    Failed(job_id="j", code="out_of_memory", message="Too large.", hint="Try less."),
    Cancelled(job_id="j"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_event_survives_the_pipe(event: JobEvent) -> None:
    frame = msgspec.msgpack.encode(event)
    assert msgspec.msgpack.decode(frame, type=AnyJobEvent) == event


def test_there_is_a_sample_of_every_event() -> None:
    assert {type(event) for event in EVENTS} == set(AnyJobEvent.__args__)
    assert set(FINAL_EVENTS) <= set(AnyJobEvent.__args__)


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "queued"},
        {"type": "unheard of", "job_id": "j"},
        {"type": "queued", "job_id": "j", "position": 1, "more": 1},
        {"type": "progress", "job_id": "j", "step": "one", "steps": 2, "eta_seconds": 0},
        {"job_id": "j"},
        [],
        None,
    ],
)
def test_nonsense_on_the_pipe_is_no_event(frame: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(msgspec.msgpack.encode(frame), type=AnyJobEvent)


def test_the_ladder_is_walked_down_to_its_end() -> None:
    walked = [LADDER[0]]
    while following := plan(walked[-1]).next_rung():
        walked.append(following)
    assert tuple(walked) == LADDER


def test_every_precision_has_its_size() -> None:
    assert DATA_TYPE_BYTES == {"float32": 4, "float16": 2, "bfloat16": 2}


def test_devices_and_residents_survive_the_pipe() -> None:
    device = DeviceInfo(
        id="cuda:0",
        kind="cuda",
        name="Some GPU",
        total_bytes=2**33,
        free_bytes=2**32,
        data_type="bfloat16",
    )
    resident = ResidentModel(
        model=MODEL,
        title="Starter image",
        weight_bytes=40,
        data_type="float16",
        placement="whole",
        device="cuda:0",
    )
    for value in (device, resident):
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(value), type=type(value)) == value
