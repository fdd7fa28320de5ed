"""Brings the chosen candidate or the live preview over the canvas, decoded in the background."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF

from studio.api.requests import Request, Uncrop, Upscale
from studio.app.landing import made_for
from studio.core.errors import StudioError
from studio.document import ChangeSet, ImageDocument
from studio.ui.canvas.candidate_list import Candidate, CandidateKey, CandidateList
from studio.ui.canvas.pictures import ShownPicture, decode, decode_shown
from studio.ui.canvas.view import CanvasView

if TYPE_CHECKING:
    from studio.app.live import LiveJob
    from studio.app.studio import Studio

KEPT_BYTES = 96 * 2**20  # decoded candidates, for flipping between them


class OverlayPresenter(QObject):
    """Decides what lies over the canvas; the document never learns of it.

    A kept candidate stays in sight until its layer is there, so that keeping it does not flicker.
    """

    def __init__(self, studio: Studio, candidates: CandidateList, view: CanvasView) -> None:
        super().__init__(view)
        self._studio = studio
        self._candidates = candidates
        self._view = view
        self._document = view.document
        self._decoded: OrderedDict[str, ShownPicture] = OrderedDict()
        self._decoding = ""
        self._unreadable = ""
        self._shown_live = ("", b"")
        self._landing: CandidateKey | None = None
        self._proposal: ShownPicture | None = None
        self._closed = False
        view.held_changed.connect(self.refresh)
        candidates.chosen_changed.connect(self.refresh)
        candidates.live_changed.connect(self.refresh)
        candidates.changed.connect(self._on_candidates)
        self._document.changed.connect(self._on_document_changed)
        self.refresh()

    def close(self) -> None:
        """Let go of the document; pictures that are still being decoded are not shown."""
        self._closed = True
        self._document.changed.disconnect(self._on_document_changed)

    def set_document(self, document: ImageDocument) -> None:
        """Follow another document."""
        self._document.changed.disconnect(self._on_document_changed)
        self._document = document
        self._document.changed.connect(self._on_document_changed)
        self._landing, self._shown_live = None, ("", b"")
        self._decoded.clear()
        self._proposal = None
        self.refresh()

    def expect_landing(self, key: CandidateKey) -> None:
        """Keep showing a candidate until it has become a layer."""
        self._landing = key

    def propose(self, picture: ShownPicture | None) -> None:
        """Show what the canvas would become, wherever nothing else lies over it."""
        self._proposal = picture
        self.refresh()

    def _whole(self) -> QRectF:
        return QRectF(0, 0, self._document.width, self._document.height)

    def refresh(self) -> None:
        """Show what should be shown now."""
        if self._closed:
            return
        chosen, live = self._candidates.chosen, self._candidates.live
        self._view.set_making(live is not None)
        if chosen is not None:
            self._landing = None
            self._show_candidate(chosen)
        elif live is not None and live.preview_jpeg:
            self._landing = None
            self._show_live(live)
        elif self._landing is None:
            self._decoding = ""
            self._shown_live = ("", b"")
            # Under the pen the artist sees the stroke itself.
            proposal = None if self._view.input.held else self._proposal
            self._view.set_overlay(proposal, self._whole())

    def _on_candidates(self) -> None:
        if self._landing in {item.key for item in self._candidates.items}:
            self._landing = None
            self.refresh()

    def _on_document_changed(self, change: ChangeSet) -> None:
        if change.structure and self._landing is not None:
            self._landing = None
            self.refresh()
        elif (change.structure or change.size) and self._view.has_overlay:
            self.refresh()

    def _show_candidate(self, chosen: Candidate) -> None:
        output = chosen.output
        area = landing_area(self._document, output.width, output.height, chosen.item.request)
        picture = self._decoded.get(output.sha256)
        if picture is not None:
            self._decoded.move_to_end(output.sha256)
            self._shown_live = ("", b"")
            self._view.set_overlay(picture, area)
            return
        if output.sha256 in (self._decoding, self._unreadable):
            return
        try:
            self._begin_decoding(chosen, area)
        except StudioError as error:
            self._unreadable = output.sha256
            self._view.set_overlay(None)
            self._studio.report(error)

    def _begin_decoding(self, chosen: Candidate, area: QRectF) -> None:
        """Show the thumbnail until the picture is there; a preview of the same run is as good."""
        sha256, history = chosen.output.sha256, self._studio.project.history
        data, thumbnail = history.blob(sha256), history.thumbnail(sha256)
        if thumbnail and self._shown_live[0] != chosen.item.id:
            self._view.set_overlay(ShownPicture(decode(thumbnail)), area)
        self._shown_live = ("", b"")
        self._decoding = sha256
        self._studio.background(
            lambda: decode_shown(data), lambda picture: self._take(sha256, picture)
        )

    def _take(self, sha256: str, picture: ShownPicture) -> None:
        if self._closed:
            return
        self._decoded[sha256] = picture
        while len(self._decoded) > 1 and self._decoded_bytes() > KEPT_BYTES:
            self._decoded.popitem(last=False)
        if self._decoding == sha256:
            self._decoding = ""
        chosen = self._candidates.chosen
        if chosen is not None and chosen.output.sha256 == sha256:
            self._show_candidate(chosen)

    def _decoded_bytes(self) -> int:
        return sum(picture.size_in_bytes for picture in self._decoded.values())

    def _request(self, live: LiveJob) -> Request | None:
        history = self._studio.project.history
        return history.get(live.job_id).request if history.has(live.job_id) else None

    def _show_live(self, live: LiveJob) -> None:
        if self._shown_live == (live.job_id, live.preview_jpeg):
            return
        self._shown_live = (live.job_id, live.preview_jpeg)
        jpeg = live.preview_jpeg

        def show(picture: ShownPicture) -> None:
            wanted = self._shown_live == (live.job_id, jpeg)
            if wanted and not self._closed and self._candidates.chosen is None:
                area = landing_area(self._document, live.width, live.height, self._request(live))
                self._view.set_overlay(picture, area)

        self._studio.background(lambda: decode_shown(jpeg), show)


def landing_area(
    document: ImageDocument, width: int, height: int, request: Request | None = None
) -> QRectF:
    """Return where a picture becomes a layer, in document pixels.

    The middle of the canvas; an empty canvas takes the picture's own size, and what continues the
    canvas lies around it. An upscaled canvas is shown in the size that the canvas has now.
    """
    if not document.layers:
        return QRectF(0, 0, width, height)
    if isinstance(request, Uncrop) and made_for(document, request):
        return QRectF(-request.left, -request.top, width, height)
    if isinstance(request, Upscale) and made_for(document, request):
        return QRectF(0, 0, document.width, document.height)
    left, top = (document.width - width) // 2, (document.height - height) // 2
    return QRectF(left, top, width, height)
