"""What can be done with the recipe that a generated layer remembers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from studio.api.requests import PictureRequest, Upscale
from studio.core.errors import StudioError
from studio.document import Layer
from studio.ui.actions import Action

if TYPE_CHECKING:
    from studio.app.studio import Studio


def _tr(text: str) -> str:
    return QCoreApplication.translate("LayerHistory", text)


class LayerHistory:
    """The recipe of the active layer: made again, varied, or taken over into the inspector."""

    def __init__(
        self,
        studio: Studio,
        layer: Callable[[], Layer | None],
        use: Callable[[PictureRequest], object],
    ) -> None:
        """``layer`` returns the active layer; ``use`` shows the settings of a request."""
        self._studio, self._layer, self._use = studio, layer, use

    def request(self) -> PictureRequest | None:
        """Return what the active layer was made from; None where it was not, or is forgotten."""
        layer, history = self._layer(), self._studio.project.history
        if layer is None or not layer.history_id or not history.has(layer.history_id):
            return None
        request = history.get(layer.history_id).request
        return request if isinstance(request, PictureRequest) else None

    def actions(self) -> list[Action]:
        """Return what can be done, for menus and the command list."""

        def has_seed() -> bool:
            request = self.request()
            return request is not None and not isinstance(request, Upscale)

        return [
            Action(
                id="layer.regenerate",
                title=_tr("Regenerate"),
                callback=lambda: self._again(new_seed=False),
                menu="layer",
                icon="refresh",
                enabled=lambda: self.request() is not None,
            ),
            Action(
                id="layer.vary",
                title=_tr("Vary (new seed)"),
                callback=lambda: self._again(new_seed=True),
                menu="layer",
                icon="dice",
                enabled=has_seed,
            ),
            Action(
                id="layer.settings",
                title=_tr("Use settings"),
                callback=self._use_settings,
                menu="layer",
                enabled=has_seed,
            ),
        ]

    def _again(self, *, new_seed: bool) -> None:
        layer = self._layer()
        if layer is None or self.request() is None:
            return
        try:
            self._studio.make_again(layer.history_id, layer.output_index, new_seed=new_seed)
        except StudioError as error:
            self._studio.report(error)

    def _use_settings(self) -> None:
        request = self.request()
        if request is not None:
            self._use(request)
