"""The engine: one request in, layered pictures out. Imports no neural library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.api.engines import Run, RunReport
from studio.api.plans import DeviceInfo, LoadPlan, ResidentModel
from studio.api.plugins import resources
from studio.api.requests import Request, TextToImage, refused

if TYPE_CHECKING:
    from plugins.storyboard.drawings import Drawings
    from plugins.storyboard.prompt import Scene

MAX_SIDE = 2048  # px


class StoryboardEngine:
    """Draws what a prompt says, from vector drawings on painted scenery."""

    id = "storyboard"
    requests: tuple[type[Request], ...] = (TextToImage,)

    def __init__(self) -> None:
        self._drawings: Drawings | None = None

    def preload(self) -> None:
        """Open the pack of drawings."""
        if self._drawings is None:
            from plugins.storyboard.picture import open_drawings

            self._drawings = open_drawings(resources())

    def run(self, request: Request, plan: LoadPlan | None, run: Run) -> RunReport:
        """Draw every picture of one request.

        Raises:
            InvalidRequest: it is not a text-to-image request, or larger than 2048 px.
        """
        if not isinstance(request, TextToImage):
            raise refused("Storyboard makes pictures from words only.")
        if max(request.width, request.height) > MAX_SIDE:
            raise refused(
                f"Storyboard draws at most {MAX_SIDE} px a side.", "Choose a smaller size."
            )
        self.preload()
        from plugins.storyboard.picture import draw_scene, flattened
        from plugins.storyboard.prompt import read_prompt

        assert self._drawings is not None
        scene = read_prompt(request.prompt, self._drawings)
        for text in remarks(scene):
            run.remark(text)
        for index in range(request.count):
            run.check_cancelled()
            seed = (request.seed + index) % 2**32
            layers = draw_scene(scene, self._drawings, request.width, request.height, seed)
            run.progress(2 * index + 1, 2 * request.count, "Drawing")
            picture = flattened(layers, request.width, request.height)
            run.picture(picture, seed=seed, index=index, layers=layers)
            run.progress(2 * index + 2, 2 * request.count, "Drawing")
        return RunReport(plan=plan)

    def device(self) -> tuple[DeviceInfo, int] | None:
        """Return None: no device is held."""
        return None

    def resident(self) -> list[ResidentModel]:
        """Return nothing: there are no weights."""
        return []

    def free(self) -> None:
        """Forget the rasterised drawings."""
        self._drawings = None


def remarks(scene: Scene) -> list[str]:
    """Say what of a prompt was not drawn, or drawn as something else; empty when all was."""
    said = []
    if scene.unknown:
        words = ", ".join(scene.unknown[:12]) + (" ..." if len(scene.unknown) > 12 else "")
        said.append(f"Storyboard does not know and leaves out: {words}.")
    if scene.stand_ins:
        pairs = ", ".join(f"{word} as {shown}" for word, shown in scene.stand_ins[:8])
        said.append(f"Storyboard draws {pairs}.")
    if scene.dropped:
        said.append(f"Too many for one picture: {', '.join(scene.dropped)}.")
    if scene.second:
        said.append(
            f"One place, hour and weather fit a picture; left out: {', '.join(scene.second)}."
        )
    if not scene.subjects and not scene.place:
        said.append("Nothing in the prompt can be drawn: the picture shows the scenery only.")
    return said
