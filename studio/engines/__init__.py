"""Engines: everything that imports torch and diffusers, one module a model family.

Importing this package is cheap: an engine imports its libraries in ``preload()`` or ``run()``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio.api.engines import Engine


def built_in_engines() -> list[Engine]:
    """Return the engines that ship with Atelier; they share one residency (the model cache)."""
    from studio.engines.image.engine import PictureEngine
    from studio.engines.image.upscale_engine import UpscaleEngine
    from studio.engines.language.engine import ChatEngine
    from studio.engines.residency import Residency

    residency = Residency()
    return [PictureEngine(residency), UpscaleEngine(residency), ChatEngine(residency)]
