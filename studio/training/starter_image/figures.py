"""The figures of a measurement, and the table that shows them."""

from __future__ import annotations

from typing import Any

import msgspec

from studio.training.starter_image.palette import COLOURS
from studio.training.starter_image.places import PLACES
from studio.training.starter_image.scene import TAUGHT


class SingleScores(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of right answers, 0..1, over pictures of one thing.

    ``position`` counts only prompts that name a side.
    """

    subject: float
    colour: float
    place: float
    position: float
    region_colour: float
    all_three: float
    retrieval_first: float
    retrieval_in_five: float


class PairScores(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of right answers, 0..1, over pictures of two different things side by side."""

    subject: float
    colour: float
    both_subjects: float
    both_colours: float
    all_four: float


class EditScores(msgspec.Struct, frozen=True, kw_only=True):
    """What stays and what changes when a drawn scene goes through the model; shares 0..1.

    ``kept_error`` is the mean absolute difference of an encoded and decoded scene, of 255.
    ``recoloured`` maps a strength to the shares of pictures with the new colour asked for, and
    with the subject still there; ``filled`` is the share of filled holes that show the subject and
    the colour asked for.
    """

    kept_error: float
    kept_subject: float
    kept_colour: float
    recoloured: dict[str, tuple[float, float]]
    filled_subject: float
    filled_colour: float


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What a measurement found: the model, and real drawings through the same judges."""

    prompts: int
    pairs: int
    seconds_per_picture: float
    model: SingleScores
    drawings: SingleScores
    model_pairs: PairScores
    drawings_pairs: PairScores
    edits: EditScores

    def as_json(self) -> dict[str, Any]:
        """Return plain values for a JSON file."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        return values

    def as_markdown(self) -> str:
        """Return the figures as a table."""
        lines = ["| Measure | Model | Drawn scenes (control) | Chance |", "|---|---|---|---|"]
        for name, title in _SINGLE_TITLES.items():
            lines.append(_row(title, self.model, self.drawings, name, self._chance()[name]))
        for name, title in _PAIR_TITLES.items():
            chance = self._chance()[f"pair_{name}"]
            lines.append(_row(title, self.model_pairs, self.drawings_pairs, name, chance))
        return "\n".join(lines) + "\n"

    def _chance(self) -> dict[str, float]:
        subject, colour = 1 / len(TAUGHT), 1 / len(COLOURS)
        return {
            "subject": subject,
            "colour": colour,
            "place": 1 / len(PLACES),
            "position": 1 / 3,
            "region_colour": colour,
            "all_three": subject * colour / len(PLACES),
            "retrieval_first": 1 / self.prompts,
            "retrieval_in_five": 5 / self.prompts,
            "pair_subject": subject,
            "pair_colour": colour,
            "pair_both_subjects": subject**2,
            "pair_both_colours": colour**2,
            "pair_all_four": (subject * colour) ** 2,
        }


def _row(title: str, model: object, control: object, name: str, chance: float) -> str:
    shares = f"{getattr(model, name):.0%} | {getattr(control, name):.0%}"
    return f"| {title} | {shares} | {chance:.1%} |"


_SINGLE_TITLES = {
    "subject": "Subject named by the judge",
    "colour": "Subject's colour named by the judge",
    "place": "Place named by the judge",
    "position": 'Side, where the prompt says "on the left" or "on the right"',
    "region_colour": "Dominant colour of the subject's region (no network)",
    "all_three": "Subject, colour and place all right",
    "retrieval_first": "Own prompt retrieved first",
    "retrieval_in_five": "Own prompt among the first five",
}
_PAIR_TITLES = {
    "subject": "Two things: each one's subject, on its side",
    "colour": "Two things: each one's colour, on its side",
    "both_subjects": "Two things: both subjects right",
    "both_colours": "Two things: both colours right",
    "all_four": "Two things: subjects and colours all right",
}
