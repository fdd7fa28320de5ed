"""``atelier generate``: the main job without a display."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TextIO

import msgspec
from tqdm import tqdm

from studio.api.events import (
    Cancelled,
    Done,
    Failed,
    JobEvent,
    Loading,
    Output,
    Progress,
    Queued,
    Started,
)
from studio.api.requests import LoraUse, ModelRef, RefinerUse, TextToImage, checked
from studio.app.dispatch import MainLoop
from studio.app.notices import Notice
from studio.app.output_path import check_output_path
from studio.app.studio import DEFAULT_IMAGE_MODEL, Studio
from studio.cli.session import headless_studio
from studio.core.errors import InvalidRequest, StudioError
from studio.core.ids import new_seed
from studio.models import InstalledModel

MAX_SHOWN = 40  # characters of a bad value that are repeated in its error


def run_generate(options: argparse.Namespace) -> int:
    """Make the pictures and write them; the answer is checked before the work begins."""
    check_output_path(options.output)
    if options.prompt == "-":
        options.prompt = _prompt_from_input()
    with headless_studio(options.project) as (studio, loop):
        request = build_request(options, studio)
        paths = output_paths(options.output, request.count)
        for path in paths:
            check_output_path(path)
        follower = _Follower(studio, quiet=options.quiet or options.json)
        try:
            job_id = follower.run(lambda: studio.generate(request), loop)
        finally:
            follower.close()
        for index, path in enumerate(paths):
            studio.export_output(job_id, index, path)
        _report(options, studio, job_id, paths)
    return 0


def _prompt_from_input() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            "The prompt on standard input is not text.", "Send it as UTF-8."
        ) from error


def output_paths(first: Path, count: int) -> list[Path]:
    """Return the file names: out.png alone, or out-1.png, out-2.png ... for several."""
    if count <= 1:
        return [first]
    return [
        first.with_name(f"{first.stem}-{number}{first.suffix}") for number in range(1, count + 1)
    ]


def build_request(options: argparse.Namespace, studio: Studio) -> TextToImage:
    """Turn the options into a checked request; what was left out is the model's own default."""
    model = chosen_model(options.model, studio)
    defaults = model.defaults
    width, height = parse_size(options.size) if options.size else (defaults.width, defaults.height)
    values = {
        "model": ModelRef(id=model.id, revision=model.revision),
        "prompt": options.prompt,
        "negative_prompt": options.negative,
        "width": width,
        "height": height,
        "steps": defaults.steps if options.steps is None else options.steps,
        "guidance_scale": (
            defaults.guidance_scale if options.guidance is None else options.guidance
        ),
        "seed": new_seed() if options.seed is None else options.seed,
        "sampler": options.sampler or defaults.sampler,
        "count": options.count,
        "clip_skip": options.clip_skip,
        "loras": tuple(parse_lora(text) for text in options.lora),
        "refiner": parse_refiner(options.refiner, studio) if options.refiner else None,
    }
    return checked(TextToImage(**values))


def chosen_model(named: str, studio: Studio) -> InstalledModel:
    """Return the model that is named, else the artist's usual one, else the best to begin with."""
    library = studio.library
    if name := named or studio.settings.default_image_model:
        return library.find(name)
    library.refresh()
    return library.first_choice("text_to_image") or library.find(DEFAULT_IMAGE_MODEL)


def parse_size(text: str) -> tuple[int, int]:
    """Read ``768x512``."""
    width, cross, height = text.lower().partition("x")
    try:
        if not cross:
            raise ValueError(text)
        return int(width), int(height)
    except ValueError:
        shown = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
        raise InvalidRequest(
            f"The size {shown!r} is not WIDTHxHEIGHT.", "Write it as 768x512."
        ) from None


def parse_lora(text: str) -> LoraUse:
    """Read ``file.safetensors`` or ``file.safetensors=0.8``."""
    path, equals, weight = text.rpartition("=")
    if not equals:
        return LoraUse(path=text)
    try:
        return LoraUse(path=path, weight=float(weight))
    except ValueError:
        raise InvalidRequest(
            f"The weight {weight!r} of a LoRA is not a number.", "Write FILE=0.8."
        ) from None


def parse_refiner(text: str, studio: Studio) -> RefinerUse:
    """Read ``model`` or ``model@0.8``, the share of the steps that the base model does."""
    name, _, share = text.partition("@")
    model = studio.library.find(name)
    try:
        switch_at = float(share) if share else 0.8
    except ValueError:
        raise InvalidRequest(
            f"The share {share!r} of the refiner is not a number.", "Write MODEL@0.8."
        ) from None
    return RefinerUse(model=ModelRef(id=model.id, revision=model.revision), switch_at=switch_at)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


class _Follower:
    """Shows a job's events as a progress bar and waits for its end."""

    def __init__(self, studio: Studio, *, quiet: bool) -> None:
        self._studio = studio
        self._quiet = quiet
        self._draws = not quiet and _is_terminal(sys.stderr)
        self._bar: tqdm[NoReturn] | None = None
        self._end: dict[str, JobEvent] = {}
        self._job_id = ""
        studio.job_event.connect(self._on_event)
        studio.notice.connect(self._on_notice)

    def run(self, start: Callable[[], str], loop: MainLoop) -> str:
        """Start the job, run it before all that wait in the project; raise what it failed with."""
        try:
            job_id = start()
            self._studio.queue.move(job_id, 0)
            loop.run_until(lambda: job_id in self._end)
        except KeyboardInterrupt:
            if self._job_id:
                self._studio.cancel(self._job_id)
                loop.run_until(lambda: self._job_id in self._end, timeout=2)
            raise
        event = self._end[job_id]
        if isinstance(event, Failed):
            raise StudioError(event.message, event.hint, code=event.code)
        if isinstance(event, Cancelled):
            raise KeyboardInterrupt
        return job_id

    def close(self) -> None:
        """Leave the terminal's line clean."""
        if self._bar is not None:
            self._bar.close()

    def _on_notice(self, notice: Notice) -> None:
        if notice.level == "warning":
            print(f"atelier: {notice.message} {notice.hint}".strip(), file=sys.stderr)

    def _on_event(self, event: JobEvent) -> None:
        if isinstance(event, (Done, Failed, Cancelled)):
            self._end[event.job_id] = event
            # What else waits was queued in the window: this command is not the one to run it.
            self._studio.queue.pause(True)
        if isinstance(event, Queued):
            self._job_id = event.job_id
        if self._quiet:
            return
        match event:
            case Started() if event.plan is not None:
                print(f"{event.plan.title}: {event.plan.reason}", file=sys.stderr)
            case Loading() if self._draws:
                self._line().set_description_str(f"Loading {event.what}")
            case Progress() if self._draws:
                bar = self._line()
                bar.total = event.steps
                bar.set_description_str(event.phase or "Painting", refresh=False)
                bar.update(event.step - bar.n)
            case Output() if self._draws:
                self._line().refresh()

    def _line(self) -> tqdm[NoReturn]:
        if self._bar is None:
            self._bar = tqdm(total=0, unit="step", leave=False, dynamic_ncols=True)
        return self._bar


def _report(options: argparse.Namespace, studio: Studio, job_id: str, paths: list[Path]) -> None:
    item = studio.project.history.get(job_id)
    if options.json:
        answer = {
            "id": job_id,
            "files": [os.fspath(path) for path in paths],
            "seeds": [output.seed for output in item.outputs],
            "seconds": item.seconds,
            "peak_bytes": item.peak_bytes,
            "request": item.request,
            "plan": item.plan,
        }
        print(msgspec.json.encode(answer).decode())
        return
    for path, output in zip(paths, item.outputs, strict=True):
        print(f"{path}  {output.width} x {output.height}  seed {output.seed}  {item.seconds:.1f} s")
