"""The requests that make pictures: from words, from a picture, in a hole, around it, in colour."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from studio.api.requests._base import LoraUse, PictureRef, PictureRequest, RefinerUse
from studio.api.requests._fields import (
    BottomMargin,
    ClipSkip,
    ColourStrength,
    Feather,
    Grow,
    GuidanceScale,
    Height,
    LeftMargin,
    NeededPrompt,
    Overlap,
    Padding,
    RightMargin,
    SamplerName,
    Scale,
    Steps,
    Strength,
    TopMargin,
    Width,
)

Loras = Annotated[
    tuple[LoraUse, ...],
    Meta(max_length=16, title="LoRA", extra={"group": "advanced", "control": "list"}),
]
Picture = Annotated[PictureRef, Meta(title="Picture", extra={"group": "hidden"})]
OptionalPicture = Annotated[PictureRef | None, Meta(title="Picture", extra={"group": "hidden"})]


class TextToImage(PictureRequest, frozen=True, kw_only=True, tag="text_to_image"):
    """Make pictures from words."""

    prompt: NeededPrompt
    width: Width = 512
    height: Height = 512
    steps: Steps = 25
    guidance_scale: GuidanceScale = 6.5
    sampler: SamplerName = "Model default"
    clip_skip: ClipSkip = 0
    loras: Loras = ()
    refiner: Annotated[
        RefinerUse | None,
        Meta(title="Refiner", extra={"group": "advanced", "control": "model"}),
    ] = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height (px) of the picture."""
        return self.width, self.height


class ImageToImage(PictureRequest, frozen=True, kw_only=True, tag="image_to_image"):
    """Make a picture anew in other words or another style; the result has the picture's size."""

    picture: Picture
    strength: Strength = 0.6
    steps: Steps = 25
    guidance_scale: GuidanceScale = 6.5
    sampler: SamplerName = "Model default"
    clip_skip: ClipSkip = 0
    loras: Loras = ()


class Inpaint(PictureRequest, frozen=True, kw_only=True, tag="inpaint"):
    """Fill a part of a picture; without a prompt, with what surrounds it.

    ``mask`` has the picture's size and one channel: 255 is made anew, 0 stays as it is, between
    the two is blended. ``grow``, ``feather`` and ``padding`` (px) are chosen by the mask's size
    where they are None. Pixels outside the widened mask stay bit for bit as they are.
    """

    picture: Picture
    mask: Picture
    strength: Strength = 1.0
    steps: Steps = 25
    guidance_scale: GuidanceScale = 6.5
    sampler: SamplerName = "Model default"
    grow: Grow = None
    feather: Feather = None
    padding: Padding = None
    clip_skip: ClipSkip = 0
    loras: Loras = ()

    def objection(self) -> tuple[str, str] | None:
        """Refuse a mask of another size."""
        size, mask = (self.picture.width, self.picture.height), (self.mask.width, self.mask.height)
        if size == mask:
            return None
        return (
            f"The mask is {mask[0]} x {mask[1]} px and the picture {size[0]} x {size[1]} px.",
            "A mask has the size of its picture.",
        )


class Uncrop(PictureRequest, frozen=True, kw_only=True, tag="uncrop"):
    """Continue a picture beyond its edges by ``left`` ... ``bottom`` px; it stays as it is.

    ``overlap`` (px) is how far the new margin reaches under the picture, chosen by the margins
    where it is None.
    """

    picture: Picture
    left: LeftMargin = 0
    top: TopMargin = 0
    right: RightMargin = 0
    bottom: BottomMargin = 0
    steps: Steps = 25
    guidance_scale: GuidanceScale = 6.5
    sampler: SamplerName = "Model default"
    overlap: Overlap = None
    clip_skip: ClipSkip = 0
    loras: Loras = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height (px) of the result."""
        return (
            self.left + self.picture.width + self.right,
            self.top + self.picture.height + self.bottom,
        )

    def objection(self) -> tuple[str, str] | None:
        """Refuse to add nothing, and what would be too large to keep."""
        if not (self.left or self.top or self.right or self.bottom):
            return "There is nothing to add: every margin is 0.", "Give at least one margin."
        width, height = self.size
        if max(width, height) > 32768:
            return f"The result would have {width} x {height} px.", "Choose smaller margins."
        return None


class Colorize(PictureRequest, frozen=True, kw_only=True, tag="colorize"):
    """Give a picture colours; its luminance stays as it is.

    ``hints`` is an RGBA picture of the same size, opaque where the artist chose a colour;
    ``palette`` a picture whose colours are taken as an example.
    """

    picture: Picture
    hints: OptionalPicture = None
    palette: OptionalPicture = None
    strength: ColourStrength = 1.0
    steps: Steps = 25
    guidance_scale: GuidanceScale = 6.5
    sampler: SamplerName = "Model default"
    clip_skip: ClipSkip = 0
    loras: Loras = ()

    def objection(self) -> tuple[str, str] | None:
        """Refuse hints of another size."""
        hints = self.hints
        if hints is None or (hints.width, hints.height) == (
            self.picture.width,
            self.picture.height,
        ):
            return None
        return (
            f"The colour hints are {hints.width} x {hints.height} px and the picture "
            f"{self.picture.width} x {self.picture.height} px.",
            "Hints have the size of their picture.",
        )


class Upscale(PictureRequest, frozen=True, kw_only=True, tag="upscale"):
    """Make a picture ``scale`` times as wide and as high, with its alpha; words play no part."""

    picture: Picture
    scale: Scale = 2

    @property
    def size(self) -> tuple[int, int]:
        """Width and height (px) of the result."""
        return self.picture.width * self.scale, self.picture.height * self.scale

    def objection(self) -> tuple[str, str] | None:
        """Refuse what would be too large to keep."""
        width, height = self.size
        if max(width, height) > 32768:
            return (
                f"The result would have {width} x {height} px.",
                "A picture has at most 32768 px a side; choose a smaller scale.",
            )
        return None
