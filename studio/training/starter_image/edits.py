"""Changes drawn scenes with a starter model (image to image, inpaint) and measures the result."""

from __future__ import annotations

import msgspec
import numpy as np
import torch
from diffusers import (
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
)
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from studio.training.starter_image.codec import picture_tensor
from studio.training.starter_image.export import GUIDANCE_SCALE, STEPS, sheet_of
from studio.training.starter_image.figures import EditScores
from studio.training.starter_image.judge import ONE_THING, Judge, verdicts
from studio.training.starter_image.palette import COLOURS
from studio.training.starter_image.prompts import prompt_of
from studio.training.starter_image.scene import Scene, Thing, render, thing_box

EDIT_SEED = 818
STRENGTHS = (0.3, 0.5, 0.7)
HOLE_MARGIN = 0.06
"""How far the hole reaches beyond where the subject will stand, as a fraction of the picture."""


def edit_scenes(count: int) -> list[Scene]:
    """Return drawn scenes by day of one thing in the middle, of medium size."""
    found: list[Scene] = []
    for scene in ONE_THING.scenes(EDIT_SEED, 12 * count):
        thing = scene.things[0]
        if scene.light == "day" and (thing.size, thing.position) == ("medium", "centre"):
            found.append(scene)
    return found[:count]


def with_thing(scene: Scene, subject: str, colour: str) -> Scene:
    """Return the scene with another thing in the same place."""
    thing = Thing(subject=subject, colour=colour, size="medium", position="centre")
    return msgspec.structs.replace(scene, things=(thing,))


def recoloured(scene: Scene) -> Scene:
    """Return the scene with its thing in another colour, one that the background lacks."""
    thing = scene.things[0]
    names = [name for name in COLOURS if name != scene.plain_colour]
    other = names[(names.index(thing.colour) + 4) % len(names)]
    return with_thing(scene, thing.subject, other)


def hole(scene: Scene, size: int) -> Image.Image:
    """Return an L mask, 255 where the scene's thing will stand and somewhat beyond."""
    left, top, side = thing_box(scene.things[0], size, crowded=False)
    margin = HOLE_MARGIN * size
    mask = Image.new("L", (size, size), 0)
    box = (left - margin, top - margin, left + side + margin, min(size, top + side + margin))
    ImageDraw.Draw(mask).rectangle(box, fill=255)
    return mask


def round_trip(pipeline: StableDiffusionPipeline, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return uint8 (count, h, w, 3): encoded to the mean of the latents, and decoded again."""
    drawn = []
    with torch.no_grad():
        for picture in pictures:
            latents = pipeline.vae.encode(picture_tensor(picture[None])).latent_dist.mean
            drawn.append(pipeline.vae.decode(latents).sample[0])
    bytes_ = torch.stack(drawn).clamp(-1, 1).add(1).mul(127.5).round().byte()
    result: NDArray[np.uint8] = bytes_.permute(0, 2, 3, 1).numpy()
    return result


class Edits:
    """Image to image and inpaint with the parts of one pipeline."""

    def __init__(self, pipeline: StableDiffusionPipeline, size: int) -> None:
        self.pipeline, self.size = pipeline, size
        self._img2img = StableDiffusionImg2ImgPipeline.from_pipe(pipeline)
        self._inpaint = StableDiffusionInpaintPipeline.from_pipe(pipeline)
        for made in (self._img2img, self._inpaint):
            made.set_progress_bar_config(disable=True)

    def restyled(self, scene: Scene, prompt: str, strength: float, seed: int) -> Image.Image:
        """Return the drawn scene, changed by image to image."""
        picture: Image.Image = self._img2img(
            prompt,
            image=render(scene, self.size),
            strength=strength,
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE_SCALE,
            generator=torch.Generator().manual_seed(seed),
        ).images[0]
        return picture

    def filled(self, scene: Scene, prompt: str, seed: int) -> Image.Image:
        """Return the background of the scene with its hole filled by inpaint."""
        empty = render(msgspec.structs.replace(scene, things=()), self.size)
        mask = hole(scene, self.size)
        picture: Image.Image = self._inpaint(
            prompt,
            image=empty,
            mask_image=mask,
            height=self.size,
            width=self.size,
            strength=1.0,
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE_SCALE,
            generator=torch.Generator().manual_seed(seed),
        ).images[0]
        return Image.composite(picture, empty, mask)

    def sheet(self, scenes: list[Scene]) -> Image.Image:
        """Return a row a scene: itself, encoded and decoded, three strengths, hole and filling."""
        cells: list[Image.Image] = []
        for number, scene in enumerate(scenes):
            drawn = render(scene, self.size)
            back = round_trip(self.pipeline, np.asarray(drawn)[None])[0]
            prompt = prompt_of(recoloured(scene))
            cells += [drawn, Image.fromarray(back)]
            cells += [self.restyled(scene, prompt, strength, number) for strength in STRENGTHS]
            wanted = with_thing(scene, "mushroom", "red")
            holed = render(msgspec.structs.replace(scene, things=()), self.size)
            holed.paste((128, 128, 128), mask=hole(wanted, self.size))
            cells += [holed, self.filled(wanted, prompt_of(wanted), number)]
        return sheet_of(cells, columns=4 + len(STRENGTHS))


def measure_edits(edits: Edits, judge: Judge, count: int) -> EditScores:
    """Return the scores over ``count`` drawn scenes."""
    pipeline, size = edits.pipeline, edits.size
    scenes = edit_scenes(count)
    drawn = np.stack([np.asarray(render(scene, size)) for scene in scenes])
    back = round_trip(pipeline, drawn)
    kept = _right(judge, back, scenes)
    wanted = [recoloured(scene) for scene in scenes]
    changed: dict[str, tuple[float, float]] = {}
    for strength in STRENGTHS:
        pictures = [
            edits.restyled(scene, prompt_of(goal), strength, number)
            for number, (scene, goal) in enumerate(zip(scenes, wanted, strict=True))
        ]
        right = _right(judge, np.stack([np.asarray(picture) for picture in pictures]), wanted)
        changed[f"{strength}"] = (right["colour"], right["subject"])
    fills = [np.asarray(edits.filled(goal, prompt_of(goal), n)) for n, goal in enumerate(wanted)]
    filled = _right(judge, np.stack(fills), wanted)
    return EditScores(
        kept_error=round(float(np.abs(back.astype(int) - drawn.astype(int)).mean()), 2),
        kept_subject=kept["subject"],
        kept_colour=kept["colour"],
        recoloured=changed,
        filled_subject=filled["subject"],
        filled_colour=filled["colour"],
    )


def _right(judge: Judge, pictures: NDArray[np.uint8], scenes: list[Scene]) -> dict[str, float]:
    wanted = judge.questions.numbers(scenes)
    guesses = verdicts(judge, pictures)
    return {
        name: round((guess.argmax(dim=1) == wanted[:, number]).float().mean().item(), 4)
        for number, (name, guess) in enumerate(zip(judge.questions.options, guesses, strict=True))
    }
