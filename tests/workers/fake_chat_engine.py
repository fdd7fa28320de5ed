"""An engine for tests of conversations only: answers in numbered words, as the message says.

Words of the last message: ``slow`` (a word every 20 ms), ``long`` (2,000 words), ``crash`` (the
process kills itself after three words), ``error`` (raises), ``markdown`` (answers with the rest of
the message as it is). Otherwise it tells how many messages it was given and the temperature.
"""

from __future__ import annotations

import math
import os
import signal
import time

from studio.api.engines import Run, RunReport
from studio.api.events import Alternative, Answer, TextToken
from studio.api.plans import DeviceInfo, LoadPlan, ResidentModel
from studio.api.requests import ChatTurn, Request
from tests.workers.fake_engine import TOTAL, FakeEngine


class FakeChatEngine:
    """Answers without a model."""

    id = "fake.chat"
    requests: tuple[type[Request], ...] = (ChatTurn,)

    def preload(self) -> None:
        """Nothing to import."""

    def run(self, request: Request, plan: LoadPlan | None, run: Run) -> RunReport:
        """Answer as the message says."""
        assert isinstance(request, ChatTurn)
        words = request.messages[-1].text.split()
        run.loading(1.0, "nothing")
        if "error" in words:
            raise RuntimeError("the writer tripped")
        text = ""
        for number, piece in enumerate(self._pieces(request, words)):
            run.check_cancelled()
            if "crash" in words and number == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            if "slow" in words:
                time.sleep(0.02)
            others = (Alternative(piece, -0.1), Alternative("other ", -2.4))
            run.tokens(
                [
                    TextToken(
                        text=piece,
                        logprob=-math.log(1 + number % 5),
                        alternatives=others[: request.alternatives],
                    )
                ]
            )
            text += piece
        run.answer(
            Answer(
                job_id=run.job_id,
                text=text,
                finish="end",
                prompt_tokens=10 * len(request.messages),
                reused_tokens=0,
                answer_tokens=len(text.split()),
                context_tokens=256,
                first_token_seconds=0.1,
                tokens_per_second=31.0,
            )
        )
        return RunReport(peak_bytes=1, plan=plan)

    def _pieces(self, request: ChatTurn, words: list[str]) -> list[str]:
        if "markdown" in words:
            message = request.messages[-1].text.partition("markdown")[2].lstrip()
            return [message[start : start + 7] for start in range(0, len(message), 7)]
        if "long" in words:
            return [f"w{number} " for number in range(2000)]
        if request.continues:
            return ["and ", "more"]
        answer = f"{len(request.messages)} messages at {request.temperature:g}"
        return [f"{word} " for word in answer.split()]

    def device(self) -> tuple[DeviceInfo, int] | None:
        """A make-believe card."""
        info = DeviceInfo(
            id="cpu", kind="cpu", name="Fake", total_bytes=TOTAL, free_bytes=TOTAL,
            data_type="float32",
        )  # fmt: skip
        return info, 0

    def resident(self) -> list[ResidentModel]:
        """Nothing."""
        return []

    def free(self) -> None:
        """Nothing to forget."""


def engines() -> list[FakeEngine | FakeChatEngine]:
    """Pictures and words."""
    return [FakeEngine(), FakeChatEngine()]
