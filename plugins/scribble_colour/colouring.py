"""What one job does: hints that spread, an example's colours, or a tint."""

from __future__ import annotations

import numpy as np
from PIL import Image

from studio.api.colouring.guide import seen_luma
from studio.api.colouring.line_art import is_line_art, multiplied
from studio.api.colouring.palettes import (
    chroma_like,
    palette_chroma,
    suggest_palettes,
)
from studio.api.colouring.propagation import Propagator, check_size, has_hints
from studio.api.engines import Run
from studio.api.luminance import coloured, eight_bit, luma, rgb_of

_LOOK_UP_TO = 4_000_000  # px; above it a coarse look takes about as long as the result


class Job:
    """One picture to be coloured; hints of which nothing is opaque count as none."""

    def __init__(
        self,
        *,
        picture: Image.Image,
        hints: Image.Image | None,
        palette: Image.Image | None,
        strength: float,
        run: Run,
    ) -> None:
        self._picture, self._strength, self._run = eight_bit(picture), strength, run
        if hints is not None:
            check_size(picture, hints)
        self.hints = hints if hints is not None and has_hints(hints) else None
        self.palette = palette

    def spread(self) -> Image.Image:
        """Return the picture in the colours of its hints, beyond them in those of the palette."""
        assert self.hints is not None
        run, check = self._run, self._run.check_cancelled
        propagator = Propagator()
        propagator.set_picture(self._picture, check=check)
        prior = None
        if self.palette is not None and not propagator.line_art:
            prior = chroma_like(self._picture, self.palette, check)
        elif self.palette is not None:
            run.remark("Line art takes its colours from the hints alone.")
        run.progress(1, 4, "Spreading colours")
        looks = self._picture.width * self._picture.height <= _LOOK_UP_TO
        for step in propagator.steps(self.hints, self._strength, prior, check, coarse=looks):
            if step.done < 1 and run.wants_preview():
                run.preview(_on_white(step.picture))
                run.progress(2, 4, "Spreading colours")
        return step.picture

    def like_palette(self) -> Image.Image:
        """Return the picture in the colours of the example."""
        assert self.palette is not None
        run = self._run
        if self._is_line_art():
            run.remark(
                "Line art takes flat colours from hints: with an example alone only its paper "
                "is tinted."
            )
            return self._paper(suggestion(self.palette))
        run.remark(
            "Nothing is painted: the colours are those of the example, matched by brightness."
        )
        run.progress(1, 4, "Matching colours")
        colour = chroma_like(self._picture, self.palette, run.check_cancelled)
        return coloured(self._picture, colour, self._strength, run.check_cancelled)

    def tinted(self, seed: int) -> tuple[Image.Image, str]:
        """Return the picture in a suggested palette, and the sentence that says so."""
        palettes = suggest_palettes(self._picture)
        palette = palettes[seed % len(palettes)]
        if self._is_line_art():
            return self._paper(palette.colours[-1]), (
                "Nothing is painted: the paper of the line art is tinted. Paint a stroke of "
                "colour into each region to fill it."
            )
        check = self._run.check_cancelled
        colour = palette_chroma(luma(rgb_of(self._picture)), palette)
        others = ", ".join(other.name for other in palettes if other is not palette)
        return coloured(self._picture, colour, self._strength, check), (
            f"Nothing is painted: the picture is tinted with the palette {palette.name}. Other "
            f"seeds give {others}; strokes of colour give each thing its own."
        )

    def _is_line_art(self) -> bool:
        return is_line_art(seen_luma(self._picture), rgb_of(self._picture))

    def _paper(self, colour: tuple[int, int, int]) -> Image.Image:
        whole = np.array(colour, np.uint8).reshape(1, 1, 3)
        return multiplied(self._picture, whole, self._strength, self._run.check_cancelled)


def suggestion(example: Image.Image) -> tuple[int, int, int]:
    """Return the colour of the lightest tenth of an example: its mean."""
    rgb = rgb_of(example).reshape(-1, 3)
    light = luma(rgb)
    red, green, blue = rgb[light >= np.percentile(light, 90)].mean(0)
    return round(float(red)), round(float(green)), round(float(blue))


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture
    paper = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(paper, picture).convert("RGB")
