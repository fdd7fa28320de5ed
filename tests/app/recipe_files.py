"""Small picture files with the texts of other programs, for the tests of recipes."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from studio.api.requests import ModelRef, TextToImage, checked
from studio.app.foreign_recipes import ForeignRecipe, read_recipe

A1111 = (
    "portrait of an old sailor, (weathered skin:1.3), <lora:film_grain:0.6>\n"
    "by the sea\n"
    "Negative prompt: blurry, lowres\n"
    "extra fingers\n"
    "Steps: 28, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: 3141592653, Size: 512x768, "
    "Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, Clip skip: 2, Denoising strength: 0.4, "
    'Hires upscale: 2, Hires upscaler: Latent, Lora hashes: "film_grain: 1a2b3c4d5e6f", '
    "Version: v1.9.4"
)


def png(texts: dict[str, str], *, zipped: bool = False, international: bool = False) -> bytes:
    info = PngInfo()
    for key, text in texts.items():
        if international:
            info.add_itxt(key, text, zip=zipped)
        else:
            info.add_text(key, text, zip=zipped)
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def with_exif(format_name: str, tags: dict[int, object], sub: dict[int, object]) -> bytes:
    exif = Image.Exif()
    exif.update(tags)
    exif.get_ifd(0x8769).update(sub)
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, format_name, exif=exif.tobytes())
    return buffer.getvalue()


def foreign(source: bytes | Path) -> ForeignRecipe:
    found = read_recipe(source)
    assert isinstance(found, ForeignRecipe)
    # Whatever is offered for use must be usable.
    values = {"prompt": "x", "model": ModelRef(id="m")} | found.to_request_values()
    checked(TextToImage(**values))
    return found
