"""What a generation gets from the canvas: the picture to start from, the mask, the colour hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QCoreApplication

from studio.api.requests import (
    Colorize,
    Inpaint,
    PictureRef,
    PictureRequest,
    Request,
    TextToImage,
)
from studio.core.errors import InvalidRequest

if TYPE_CHECKING:
    from studio.app.studio import Studio
    from studio.document import ImageDocument

_NOT_YET = "0" * 64  # stands for a picture whose content is not known before Generate


def _tr(text: str) -> str:
    return QCoreApplication.translate("CanvasSupply", text)


class CanvasSupply:
    """Reads the open project's picture for requests that start from one."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    @property
    def _document(self) -> ImageDocument:
        return self._studio.project.image

    def given(self, kind: type[Request]) -> dict[str, Any]:
        """Return stand-ins for the pictures of a request, of the right size, for its plan.

        Raises:
            InvalidRequest: the canvas lacks what this kind of request needs.
        """
        if not issubclass(kind, PictureRequest) or kind is TextToImage:
            return {}
        document = self._document
        if not document.layers:
            raise InvalidRequest(
                _tr("There is no picture on the canvas yet."),
                _tr("Create one and keep it, or drop a picture here."),
            )
        here = PictureRef(sha256=_NOT_YET, width=document.width, height=document.height)
        if kind is Inpaint:
            if document.selection.is_empty:
                raise InvalidRequest(
                    _tr("Nothing is selected."), _tr("Select what is to be filled first.")
                )
            return {"picture": here, "mask": here}
        return {"picture": here}

    def supply(self, request: PictureRequest, then: Callable[[PictureRequest], None]) -> None:
        """Put the canvas's pictures into a request, off the main thread, and hand it on.

        The picture is what is visible, without the layers of colour hints, which go along on
        their own. What fails is reported by the studio.
        """
        if isinstance(request, TextToImage):
            then(request)
            return
        from studio.app.canvas_inputs import canvas_inputs

        mask = isinstance(request, Inpaint)
        work = canvas_inputs(self._document, mask=mask, hints=isinstance(request, Colorize))
        self._studio.background(
            work, lambda pictures: then(msgspec.structs.replace(request, **pictures))
        )
