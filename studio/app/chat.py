"""The use-case "write": conversations, answers that stream into them, branches and going on."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

import msgspec

from studio.api.events import (
    Answer,
    Cancelled,
    Done,
    Failed,
    JobEvent,
    Loading,
    Remark,
    Started,
    TextToken,
    Tokens,
)
from studio.api.jobs import JobRecord
from studio.api.plans import LoadPlan
from studio.api.requests import ChatMessage, ChatTurn, ModelRef, checked
from studio.app.choosing import model_for
from studio.app.live import LiveJob, advanced
from studio.app.notices import Notice, error_notice
from studio.core.errors import InvalidRequest, OutOfMemory, StudioError
from studio.core.ids import new_id, new_seed
from studio.document import Thread, ThreadSettings, Turn, TurnFacts

if TYPE_CHECKING:
    from studio.app.studio import Studio
    from studio.document import Conversations

log = logging.getLogger(__name__)

# A streamed answer is in the project file after this time at the latest, plus its commit.
KEEP_SECONDS = 0.4
# Somebody waits for an answer: it goes before pictures that wait.
PRIORITY = 1
TITLE_CHARACTERS = 48


class _Writing:
    """An answer that is being written: which turn it fills, and what was there before."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn.id
        self.before = turn.text
        self.tokens_before = turn.tokens
        self.tokens: list[TextToken] = []
        self.timer: threading.Timer | None = None

    def text(self) -> str:
        return self.before + "".join(token.text for token in self.tokens)

    def all_tokens(self) -> tuple[TextToken, ...]:
        return (*self.tokens_before, *self.tokens)


class Chat:
    """Asks for answers and writes what comes back into the conversations of the open project."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._writings: dict[str, _Writing] = {}

    @property
    def conversations(self) -> Conversations:
        """The conversations of the open project."""
        return self._studio.project.chat

    # -- asking --------------------------------------------------------------------------------

    def send(self, thread_id: str, text: str, *, alternatives: int = 0) -> Turn:
        """Add a message to the branch that is shown, ask for its answer, and return the answer.

        Raises:
            InvalidRequest: the message is empty, or an answer is still being written.
            StudioError: the model cannot be used; nothing is added then.
        """
        if not text.strip():
            raise InvalidRequest("The message is empty.", "Write something first.")
        path = self.conversations.path(thread_id)
        parent = path[-1].id if path else ""
        return self._ask(thread_id, parent, text, alternatives)

    def edit(self, turn_id: str, text: str, *, alternatives: int = 0) -> Turn:
        """Ask with another text in the place of a message: a new branch; the old one stays."""
        turn = self.conversations.turn(turn_id)
        if turn.role != "user":
            raise InvalidRequest("Only a message of yours can be edited.")
        return self._ask(turn.thread, turn.parent, text, alternatives)

    def regenerate(self, turn_id: str, *, alternatives: int = 0) -> Turn:
        """Ask for another answer to the same message: a new branch; the old answer stays."""
        turn = self.conversations.turn(turn_id)
        if turn.role != "assistant":
            raise InvalidRequest("Only an answer can be written again.")
        messages = self._messages(turn.thread, turn.parent)
        return self._answer(turn.thread, turn.parent, messages, alternatives)

    def resume(self, turn_id: str, *, alternatives: int = 0) -> Turn:
        """Go on with an answer that was stopped or cut, where it ended."""
        turn = self.conversations.turn(turn_id)
        if turn.role != "assistant" or turn.unfinished:
            raise InvalidRequest("Only an answer that has ended can go on.")
        messages = self._messages(turn.thread, turn.id)
        request, plan = self._request(turn.thread, messages, alternatives)
        self._start(turn, request, plan)
        return self.conversations.turn(turn_id)

    def stop(self, thread_id: str) -> None:
        """Stop the answers of a thread at the next token; what was written stays."""
        for job_id, writing in list(self._writings.items()):
            if self.conversations.turn(writing.turn).thread == thread_id:
                self._studio.cancel(job_id)

    def writing(self, thread_id: str) -> Turn | None:
        """Return the turn of a thread that is being written or waits, None without one."""
        for writing in self._writings.values():
            turn = self.conversations.turn(writing.turn)
            if turn.thread == thread_id:
                return turn
        return None

    def live(self, turn_id: str) -> LiveJob | None:
        """Return what the job of a turn is doing now, None when there is none."""
        for job_id, writing in self._writings.items():
            if writing.turn == turn_id:
                return self._studio.live.get(job_id)
        return None

    def plan(self, settings: ThreadSettings, messages: tuple[ChatMessage, ...] = ()) -> LoadPlan:
        """Return how the model of these settings would be loaded now.

        Raises:
            StudioError: there is no such model, or it cannot answer.
        """
        question = messages or (ChatMessage("user", ""),)
        return self._planned(self._built(settings, question, 0))

    def _ask(self, thread_id: str, parent: str, text: str, alternatives: int) -> Turn:
        chat = self.conversations
        self._require_quiet(thread_id)
        messages = (*self._messages(thread_id, parent), ChatMessage("user", text))
        request, plan = self._request(thread_id, messages, alternatives)
        question = chat.add(thread_id, parent, "user", text)
        if not chat.thread(thread_id).title:
            chat.change(thread_id, title=title_from(text))
        return self._begin(thread_id, question.id, request, plan)

    def _answer(
        self, thread_id: str, parent: str, messages: tuple[ChatMessage, ...], alternatives: int
    ) -> Turn:
        self._require_quiet(thread_id)
        request, plan = self._request(thread_id, messages, alternatives)
        return self._begin(thread_id, parent, request, plan)

    def _require_quiet(self, thread_id: str) -> None:
        if self.writing(thread_id) is not None:
            raise InvalidRequest(
                "An answer is still being written.", "Wait for it, or stop it.", code="busy"
            )

    def _begin(self, thread_id: str, parent: str, request: ChatTurn, plan: LoadPlan) -> Turn:
        turn = self.conversations.add(thread_id, parent, "assistant", "", status="waiting")
        self._start(turn, request, plan)
        return self.conversations.turn(turn.id)

    def _start(self, turn: Turn, request: ChatTurn, plan: LoadPlan) -> None:
        job_id = new_id()
        self._writings[job_id] = _Writing(turn)
        settings = {k: v for k, v in msgspec.to_builtins(request).items() if k != "messages"}
        facts = TurnFacts(model_title=plan.title, data_type=plan.data_type, request=settings)
        self.conversations.update(turn.id, status="waiting", facts=facts)
        title = title_from(request.messages[-1].text)
        self._studio.live[job_id] = LiveJob(job_id=job_id, title=title, width=0, height=0)
        self._studio.queue.submit(job_id, request, priority=PRIORITY)

    def _messages(self, thread_id: str, last: str) -> tuple[ChatMessage, ...]:
        """Return the turns up to ``last`` as a model is told them.

        A question that was never answered is left out: many models want turns to alternate.
        """
        found: list[ChatMessage] = []
        for turn in self.conversations.path(thread_id, last) if last else []:
            if turn.text:
                found.append(ChatMessage(turn.role, turn.text))
            elif turn.role == "assistant" and found and found[-1].role == "user":
                found.pop()
        return tuple(found)

    def _request(
        self, thread_id: str, messages: tuple[ChatMessage, ...], alternatives: int
    ) -> tuple[ChatTurn, LoadPlan]:
        thread = self.conversations.thread(thread_id)
        if thread.system.strip():
            messages = (ChatMessage("system", thread.system), *messages)
        request = self._built(thread.settings, messages, alternatives)
        plan = self._planned(request)
        _require_fit(plan)
        precision = plan.data_type if self._studio.device_known else "auto"
        return msgspec.structs.replace(request, model=plan.model, precision=precision), plan

    def _built(
        self, settings: ThreadSettings, messages: tuple[ChatMessage, ...], alternatives: int
    ) -> ChatTurn:
        model = model_for(self._studio, "chat", settings.model)
        fields: dict[str, Any] = msgspec.structs.asdict(settings)
        fields["model"] = ModelRef(id=model.id, revision=model.revision)
        if settings.seed is None:
            fields["seed"] = new_seed()
        return checked(ChatTurn(**fields, messages=messages, alternatives=alternatives))

    def _planned(self, request: ChatTurn) -> LoadPlan:
        from studio.models import plan_load

        studio = self._studio
        model = studio.library.find(request.model.id)
        if "chat" not in model.tasks:
            raise InvalidRequest(
                f"{model.title} does not answer in words.", "Choose a model for writing."
            )
        return plan_load(model, request, studio.device, budget_bytes=studio.budget_bytes)

    # -- the queue -----------------------------------------------------------------------------

    def owns(self, job_id: str) -> bool:
        """Tell whether a job writes an answer of this studio's."""
        return job_id in self._writings

    def prepare(self, job: JobRecord) -> LoadPlan:
        """Plan a job at the moment its turn comes."""
        assert isinstance(job.request, ChatTurn)
        plan = self._planned(job.request)
        _require_fit(plan)
        if job.request.precision not in ("auto", plan.data_type):
            plan = msgspec.structs.replace(plan, data_type=job.request.precision)
        return plan

    def on_event(self, event: JobEvent) -> None:
        """Write an event of a job into its conversation."""
        writing = self._writings[event.job_id]
        chat, studio = self.conversations, self._studio
        try:
            match event:
                case _ if not chat.has_turn(writing.turn):
                    log.info("the turn of job %s is gone", event.job_id)
                case Started():
                    self._told(writing, status="writing")
                case Tokens():
                    self._grow(writing, event)
                case Remark():
                    studio.notice.emit(Notice(level="warning", message=event.text))
                case Answer():
                    self._finish(writing, event)
                case Done():
                    self._done(writing, event)
                case Cancelled():
                    self._told(writing, status="stopped")
                case Failed():
                    self._fail(writing, event)
        except StudioError as error:
            studio.notice.emit(error_notice(error))
        self._follow(event, writing)

    def _grow(self, writing: _Writing, event: Tokens) -> None:
        writing.tokens += event.tokens
        self.conversations.update(
            writing.turn, text=writing.text(), tokens=writing.all_tokens(), keep=False
        )
        if writing.timer is None:
            dispatch = self._studio.dispatch
            writing.timer = threading.Timer(
                KEEP_SECONDS, dispatch, [lambda: self._keep(event.job_id)]
            )
            writing.timer.daemon = True
            writing.timer.start()

    def _keep(self, job_id: str) -> None:
        """Bring what has been written so far into the project file."""
        if (writing := self._writings.get(job_id)) is not None:
            writing.timer = None
            if self.conversations.has_turn(writing.turn):
                self._told(writing)

    def _told(self, writing: _Writing, **changes: Any) -> None:
        self.conversations.update(writing.turn, text=writing.text(), **changes)

    def _finish(self, writing: _Writing, answer: Answer) -> None:
        facts = msgspec.structs.replace(
            self.conversations.turn(writing.turn).facts,
            finish=answer.finish,
            prompt_tokens=answer.prompt_tokens,
            reused_tokens=answer.reused_tokens,
            answer_tokens=answer.answer_tokens,
            context_tokens=answer.context_tokens,
            first_token_seconds=answer.first_token_seconds,
            tokens_per_second=answer.tokens_per_second,
        )
        self._told(writing, facts=facts)

    def _done(self, writing: _Writing, event: Done) -> None:
        facts = self.conversations.turn(writing.turn).facts
        if (plan := event.plan) is not None:
            # What it ran on in the end, which need not be what was planned.
            facts = msgspec.structs.replace(facts, device=plan.device, data_type=plan.data_type)
        self._told(writing, status="done", facts=facts)

    def _fail(self, writing: _Writing, event: Failed) -> None:
        if event.details:
            log.error("job %s failed: %s", event.job_id, event.details)
        facts = msgspec.structs.replace(
            self.conversations.turn(writing.turn).facts, problem=event.message, hint=event.hint
        )
        self._told(writing, status="failed", facts=facts)
        error = StudioError(event.message, event.hint, code=event.code)
        self._studio.notice.emit(error_notice(error))

    def _follow(self, event: JobEvent, writing: _Writing) -> None:
        live, job_id = self._studio.live, event.job_id
        if isinstance(event, (Done, Cancelled, Failed)):
            live.pop(job_id, None)
            self._drop(job_id)
            if isinstance(event, Done):
                self._take_unpacked(event)
        elif isinstance(event, Tokens) and job_id in live:
            live[job_id] = msgspec.structs.replace(live[job_id], phase="Writing")
        elif job_id in live:
            live[job_id] = advanced(live[job_id], event)
            if isinstance(event, Loading):
                live[job_id] = msgspec.structs.replace(live[job_id], fraction=event.fraction)
        self._studio.live_changed.emit(job_id)
        if self.conversations.has_turn(writing.turn):
            self.conversations.turn_changed.emit(writing.turn)

    def _take_unpacked(self, event: Done) -> None:
        """Look for models again after the first answer of one that was packed."""
        plan = event.plan
        if plan is None or plan.layout != "transformers":
            return
        known = {model.id: model for model in self._studio.library.models("chat")}
        if (model := known.get(plan.model.id)) is not None and model.convert_to:
            self._studio.refresh_models()

    def _drop(self, job_id: str) -> None:
        writing = self._writings.pop(job_id)
        if writing.timer is not None:
            writing.timer.cancel()

    def settle(self) -> None:
        """Bring every answer that is being written into the project file: it is to be closed."""
        for job_id, writing in list(self._writings.items()):
            if self.conversations.has_turn(writing.turn):
                self._told(writing, status="cut")
            self._drop(job_id)


def title_from(text: str) -> str:
    """Return what a conversation is called that begins with ``text``."""
    words = " ".join(text.split())
    if len(words) <= TITLE_CHARACTERS:
        return words
    return f"{words[:TITLE_CHARACTERS].rsplit(' ', 1)[0]}\u2026"


def new_thread(chat: Chat, settings: ThreadSettings | None = None, system: str = "") -> Thread:
    """Begin a conversation, by default with the settings of the one that changed last."""
    last = next(iter(chat.conversations.threads()), None)
    return chat.conversations.create(
        settings=settings or (last.settings if last else None), system=system
    )


def _require_fit(plan: LoadPlan) -> None:
    if not plan.fits:
        raise OutOfMemory(
            f"{plan.title}: {plan.reason}.", "Choose a smaller model, or free memory."
        )
