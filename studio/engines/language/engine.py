"""The engine for writing: answers conversations with any causal model of transformers."""

from __future__ import annotations

import logging

from studio.api.engines import Run, RunReport
from studio.api.plans import DeviceInfo, LoadPlan, ResidentModel
from studio.api.requests import ChatTurn, Request
from studio.core.errors import InvalidRequest, OutOfMemory
from studio.engines.devices import PeakMemory, device_info, resident_set, used_bytes
from studio.engines.residency import Residency

_log = logging.getLogger(__name__)


class ChatEngine:
    """Answers in words with the model that the plan names.

    A language model is loaded whole or not at all: every token needs every layer.
    """

    id = "language.chat"
    requests: tuple[type[Request], ...] = (ChatTurn,)

    def __init__(self, residency: Residency | None = None) -> None:
        self.residency = residency or Residency()
        self._baseline_bytes = 0

    def preload(self) -> None:
        """Import torch, transformers and the Llama classes, which many models share."""
        from studio.engines.language.loading import import_quietly

        import_quietly()
        from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: F401
        from transformers.models.llama import modeling_llama  # noqa: F401

        from studio.engines.language import answering  # noqa: F401

        self._baseline_bytes = self._baseline_bytes or resident_set()

    def run(self, request: Request, plan: LoadPlan | None, run: Run) -> RunReport:
        """Answer one conversation.

        Raises:
            InvalidRequest: the conversation does not fit the model.
            ModelProblem: the model's files are at fault.
            OutOfMemory: the model or the conversation did not fit.
        """
        if not isinstance(request, ChatTurn) or plan is None:
            raise InvalidRequest("Writing needs a conversation and a plan.")
        self.preload()
        from studio.engines.image.loading import is_out_of_memory
        from studio.engines.language.answering import Answering
        from studio.engines.language.loading import LoadedLanguageModel
        from studio.engines.language.unpacking import unpacked

        if plan.convert_to:
            plan = unpacked(plan, run)
        others = sum(m.weight_bytes for m in self.resident() if m.model != plan.model)
        peak = PeakMemory(plan.device, self._baseline_bytes + others)
        try:
            with self.residency.hold(plan, run, LoadedLanguageModel.load) as loaded:
                answer = Answering(loaded, request, run).answer()
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            _log.warning("out of memory: %s", error)
        else:
            run.answer(answer)
            return RunReport(peak_bytes=peak.peak_bytes(), plan=plan)
        self.residency.drop(plan)
        raise OutOfMemory(
            f"Memory ran out while {plan.title} wrote.",
            "Choose a smaller model, a shorter conversation, or close other programs.",
        )

    def device(self) -> tuple[DeviceInfo, int]:
        """Return the device that is computed on, and the bytes in use there."""
        device = device_info()
        return device, used_bytes(device)

    def resident(self) -> list[ResidentModel]:
        """Return what is in memory, most recently used first."""
        return self.residency.resident()

    def free(self) -> None:
        """Let go of every model that no run holds."""
        self.residency.free()
