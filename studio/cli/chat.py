"""``atelier chat``: a question and its answer, or a conversation in the terminal."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import msgspec
from tqdm import tqdm

from studio.api.events import FINAL_EVENTS, JobEvent, Loading, Started
from studio.app.chat import Chat, new_thread
from studio.app.choosing import model_for
from studio.app.dispatch import MainLoop
from studio.app.notices import Notice
from studio.app.studio import Studio
from studio.cli.session import headless_studio
from studio.core.errors import InvalidRequest, StudioError
from studio.document import Thread, ThreadSettings, Turn

HELP = """\
/again           write the last answer again
/more            go on with the last answer
/system TEXT     say how it is to answer
/model NAME      choose another model
/new             begin another conversation
/quit            end (Ctrl+D)
Ctrl+C stops an answer."""


def run_chat(options: argparse.Namespace) -> int:
    """Answer one message, or talk until the end of the input."""
    message = _message(options)
    with headless_studio(options.project) as (studio, loop):
        thread = _begin(options, studio)
        talk = _Talk(options, studio, loop, thread)
        try:
            if message is None:
                _converse(talk)
            else:
                _answer_once(options, talk, message)
        finally:
            talk.close()
            if message is not None and not options.keep:
                studio.project.chat.remove(talk.thread.id)
    return 0


def _message(options: argparse.Namespace) -> str | None:
    """Return the one message to answer; None where a person is to be talked with."""
    if options.message is not None and options.message != "-":
        return str(options.message)
    if options.message is None and sys.stdin.isatty():
        if options.json:
            raise InvalidRequest("With --json there has to be a message.", "Write it in quotes.")
        return None
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            "The message on standard input is not text.", "Send it as UTF-8."
        ) from error


def _begin(options: argparse.Namespace, studio: Studio) -> Thread:
    model = model_for(studio, "chat", options.model)
    given = {
        name: value
        for name in ThreadSettings.__struct_fields__
        if name != "model" and (value := getattr(options, name)) not in (None, [])
    }
    if "stop" in given:
        given["stop"] = tuple(given["stop"])
    settings = ThreadSettings(model=model.id, **given)
    studio.chat.plan(settings)  # what is out of its limits is told before anything is kept
    return new_thread(studio.chat, settings, system=options.system)


def _answer_once(options: argparse.Namespace, talk: _Talk, message: str) -> None:
    began = time.monotonic()
    turn = talk.ask(lambda chat: chat.send(talk.thread.id, message, alternatives=_many(options)))
    if turn.status == "failed":
        raise StudioError(turn.facts.problem, turn.facts.hint, code="chat_failed")
    if turn.status != "done":
        raise KeyboardInterrupt
    if options.json:
        print(msgspec.json.encode(_as_json(turn, time.monotonic() - began)).decode())


def _many(options: argparse.Namespace) -> int:
    """Return how many alternatives to ask for: some with --json, none for the eye."""
    if options.alternatives is not None:
        return int(options.alternatives)
    return 5 if options.json else 0


def _as_json(turn: Turn, seconds: float) -> dict[str, Any]:
    facts = turn.facts
    return {
        "text": turn.text,
        "model": facts.model_title,
        "tokens": [
            {
                "text": token.text,
                "logprob": token.logprob,
                "alternatives": [
                    {"text": other.text, "logprob": other.logprob} for other in token.alternatives
                ],
            }
            for token in turn.tokens
        ],
        "seconds": seconds,
        "finish": facts.finish,
        "prompt_tokens": facts.prompt_tokens,
        "answer_tokens": facts.answer_tokens,
        "context_tokens": facts.context_tokens,
        "first_token_seconds": facts.first_token_seconds,
        "tokens_per_second": facts.tokens_per_second,
        "device": facts.device,
        "request": facts.request,
    }


class _Talk:
    """One conversation in the terminal: asks, prints what streams in, stops on Ctrl+C."""

    def __init__(
        self, options: argparse.Namespace, studio: Studio, loop: MainLoop, thread: Thread
    ) -> None:
        self.thread = thread
        self.studio = studio
        self._loop = loop
        self._quiet = options.quiet or options.json
        self._draws = not self._quiet and sys.stderr.isatty()
        self._prints = not options.json
        self._bar: tqdm[NoReturn] | None = None
        self._turn, self._printed = "", 0
        self._told_plan = ""
        studio.queue.pause(True)
        studio.job_event.connect(self._on_event)
        studio.notice.connect(self._on_notice)
        studio.project.chat.turn_changed.connect(self._on_turn)

    def ask(self, start: Callable[[Chat], Turn]) -> Turn:
        """Run what ``start`` asks for and return the turn as it ended; Ctrl+C stops it."""
        chat, kept = self.studio.chat, self.studio.project.chat
        turn = start(chat)
        self._turn, self._printed = turn.id, len(turn.text)
        # Only now, so that what the window has queued does not go first.
        self.studio.queue.pause(False)

        def ended() -> bool:
            return not kept.turn(turn.id).unfinished

        try:
            self._loop.run_until(ended)
        except KeyboardInterrupt:
            chat.stop(self.thread.id)
            self._loop.run_until(ended, timeout=5)
        finally:
            self._clear()
        if self._prints and self._printed:
            print(flush=True)
        return kept.turn(turn.id)

    def close(self) -> None:
        """Leave the terminal's line clean and listen no more."""
        self._clear()
        self.studio.job_event.disconnect(self._on_event)
        self.studio.notice.disconnect(self._on_notice)
        self.studio.project.chat.turn_changed.disconnect(self._on_turn)

    def _on_turn(self, turn_id: str) -> None:
        if turn_id != self._turn or not self._prints:
            return
        text = self.studio.project.chat.turn(turn_id).text
        if len(text) > self._printed:
            self._clear()
            sys.stdout.write(text[self._printed :])
            sys.stdout.flush()
            self._printed = len(text)

    def _on_event(self, event: JobEvent) -> None:
        if isinstance(event, FINAL_EVENTS):
            # What else waits was queued in the window: this command is not the one to run it.
            self.studio.queue.pause(True)
        elif isinstance(event, Started) and event.plan is not None and not self._quiet:
            if event.plan.path != self._told_plan:
                print(f"{event.plan.title}: {event.plan.reason}", file=sys.stderr)
            self._told_plan = event.plan.path
        elif isinstance(event, Loading) and self._draws:
            self._show(f"Loading {event.what}", event.fraction)

    def _on_notice(self, notice: Notice) -> None:
        if notice.level == "warning":
            self._clear()
            print(f"atelier: {notice.message} {notice.hint}".strip(), file=sys.stderr)

    def _show(self, words: str, fraction: float) -> None:
        if self._bar is None:
            self._bar = tqdm(total=100, leave=False, bar_format="{desc} {percentage:3.0f}%|{bar}|")
        self._bar.set_description_str(words, refresh=False)
        self._bar.n = round(100 * fraction)
        self._bar.refresh()

    def _clear(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _converse(talk: _Talk) -> None:
    """Read messages and commands until the end of the input."""
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  # arrow keys and a history in input()
    print("Type a message; /help lists what else there is.", file=sys.stderr)
    for line in _lines():
        try:
            if not _do(talk, line):
                return
        except StudioError as error:
            print(f"atelier: {error}", file=sys.stderr)


def _lines() -> Iterator[str]:
    while True:
        try:
            line = input("> ")
        except KeyboardInterrupt:
            print(file=sys.stderr)
            continue
        except EOFError:
            print(file=sys.stderr)
            return
        if line.strip():
            yield line


def _do(talk: _Talk, line: str) -> bool:
    """Carry out one line; False ends the conversation."""
    kept, thread = talk.studio.project.chat, talk.thread
    word, _, rest = line.strip().partition(" ")
    match word:
        case "/quit" | "/exit":
            return False
        case "/help":
            print(HELP, file=sys.stderr)
        case "/new":
            talk.thread = new_thread(talk.studio.chat, thread.settings, system=thread.system)
        case "/system":
            talk.thread = kept.change(thread.id, system=rest)
        case "/model":
            model = model_for(talk.studio, "chat", rest)
            settings = msgspec.structs.replace(thread.settings, model=model.id)
            talk.studio.chat.plan(settings)
            talk.thread = kept.change(thread.id, settings=settings)
        case "/again" | "/more":
            path = kept.path(thread.id)
            if not path:
                raise InvalidRequest("There is no answer yet.", "Ask something first.")
            again = word == "/again"
            talk.ask(lambda c: c.regenerate(path[-1].id) if again else c.resume(path[-1].id))
        case _ if word.startswith("/"):
            raise InvalidRequest(f"There is no command {word}.", "/help lists them.")
        case _:
            talk.ask(lambda c: c.send(thread.id, line))
    return True
