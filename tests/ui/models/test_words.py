"""What a model does, in few enough words that its licence has room on the same line."""

from __future__ import annotations

from studio.models.families.base import PICTURE_TASKS
from studio.ui.models.words import tasks_in_words


def test_a_model_for_every_picture_task_is_called_by_one_word() -> None:
    assert tasks_in_words(PICTURE_TASKS) == "Pictures"
    assert tasks_in_words(("inpaint", "uncrop")) == "Fill, Uncrop"
    assert tasks_in_words((), "lora") == "LoRA"
