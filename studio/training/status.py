"""One line on the terminal that says how far the training is."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import NoReturn, Self

from tqdm import tqdm

from studio.training.progress import Budget

TERMINAL_SECONDS, FILE_SECONDS = 0.5, 60.0
"""How often the line is written anew on a terminal, and in a file."""


class StatusLine:
    """Shows stage, part done, samples, loss and the time left; each stage's last line stays."""

    def __init__(self) -> None:
        self._bar: tqdm[NoReturn] | None = None
        self._stage = ""

    def tell(self, stage: str, budget: Budget, samples: int, loss: float) -> None:
        """Show this step."""
        if self._bar is None or stage != self._stage:
            self.close()
            self._stage = stage
            self._bar = tqdm(
                total=100.0,
                initial=round(100 * budget.fraction, 2),
                desc=f"{stage:9}",
                mininterval=TERMINAL_SECONDS if sys.stderr.isatty() else FILE_SECONDS,
                dynamic_ncols=True,
                file=sys.stderr,
                bar_format="{desc}{percentage:3.0f}%|{bar}| {remaining} left{postfix}",
            )
        self._bar.set_postfix_str(f"{samples:,} samples, loss {loss:.4f}", refresh=False)
        self._bar.update(100 * budget.fraction - self._bar.n)

    def close(self) -> None:
        """End the line."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
