"""Colours from an image-to-image model: the luminance stays that of the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.api.luminance import luma, with_luminance_of
from studio.api.requests import Colorize
from tests.engines.conftest import Models, Studio
from tests.engines.image.test_restyle import a_scene, bare
from tests.engines.recorder import Recorder


def light(picture: Image.Image) -> np.ndarray:
    return luma(np.array(picture.convert("RGB")))


@pytest.mark.parametrize("family", ["sd", "sdxl"])
@pytest.mark.parametrize("size", [(64, 64), (150, 90)])
def test_luminance_stays_whatever_the_model_paints(
    studio: Studio, models: Models, tmp_path: Path, family: str, size: tuple[int, int]
) -> None:
    run, grey = Recorder(tmp_path), a_scene(*size).convert("L")
    studio.run_from(Colorize, getattr(models, family), run, picture=run.give(grey))
    (made,) = run.pictures
    assert made.size == size
    assert np.abs(light(made) - light(grey)).max() <= 1
    assert np.ptp(np.array(made), axis=-1).max() > 8, "there are colours"


def test_the_colours_are_those_of_the_plain_call(
    studio: Studio, models: Models, tmp_path: Path
) -> None:
    run, grey = Recorder(tmp_path), a_scene().convert("L")
    studio.run_from(Colorize, models.sd, run, picture=run.give(grey))
    painted = Image.fromarray(bare(models.sd, grey.convert("RGB"), strength=0.8))
    assert run.pictures[0].tobytes() == with_luminance_of(grey.convert("RGB"), painted).tobytes()


def test_hints_lead_the_model(studio: Studio, models: Models, tmp_path: Path) -> None:
    run, grey = Recorder(tmp_path), a_scene().convert("L")
    hints = Image.new("RGBA", grey.size)
    hints.paste((220, 40, 30, 255), (10, 10, 20, 20))
    given = {"picture": run.give(grey), "hints": run.give(hints)}
    studio.run_from(Colorize, models.sd, run, **given)
    studio.run_from(Colorize, models.sd, run, picture=given["picture"])
    led, free = run.pictures
    assert led.tobytes() != free.tobytes()
    assert np.abs(light(led) - light(grey)).max() <= 1


def test_alpha_stays(studio: Studio, models: Models, tmp_path: Path) -> None:
    run, scene = Recorder(tmp_path), a_scene(alpha=True)
    studio.run_from(Colorize, models.sd, run, picture=run.give(scene))
    assert run.pictures[0].getchannel("A").tobytes() == scene.getchannel("A").tobytes()
