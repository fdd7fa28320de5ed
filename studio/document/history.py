"""The history: every generation with its full request, searchable, and the files it made."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from studio.api.artifacts import ImageArtifact
from studio.api.plans import LoadPlan
from studio.api.requests import Request, RequestRegistry, encode_request, request_kind
from studio.core.errors import DocumentProblem, StudioError
from studio.core.signals import Signal
from studio.document.blobs import Blobs
from studio.document.items import (
    ITEM_COLUMNS,
    OUTPUT_COLUMNS,
    OUTPUT_STATES,
    STATUSES,
    HistoryItem,
    HistoryOutput,
    HistoryStatus,
    OutputState,
    folded,
    item_from_row,
    matches,
    output_from_row,
    plan_bytes,
    search_text,
    title_of,
)
from studio.document.store import Store
from studio.document.writes import DropHistory, PutHistoryState, PutRow, SetOutputState


class History:
    """Keeps what was generated. Every method is called on the main thread.

    The rows are read into memory when they are first asked for; ``changed`` tells the ids of the
    items that are new, different or gone.
    """

    changed = Signal(frozenset)

    def __init__(self, store: Store, registry: RequestRegistry) -> None:
        self._store = store
        self._registry = registry
        self._blobs = Blobs(store)
        self._loaded: dict[str, HistoryItem] | None = None
        self._texts: dict[str, str] = {}

    @property
    def _items(self) -> dict[str, HistoryItem]:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    def _load(self) -> dict[str, HistoryItem]:
        outputs: dict[str, list[HistoryOutput]] = {}
        lost = 0
        query = f"SELECT {OUTPUT_COLUMNS} FROM outputs ORDER BY history_id, output_index"
        for row in self._store.rows(query):
            try:
                outputs.setdefault(str(row[0]), []).append(output_from_row(row))
            except msgspec.ValidationError:
                lost += 1
        items: dict[str, HistoryItem] = {}
        for row in self._store.rows(f"SELECT {ITEM_COLUMNS} FROM history"):
            try:
                item = item_from_row(row, self._registry)
            except msgspec.ValidationError:
                lost += 1
                continue
            own = tuple(outputs.get(item.id, ()))
            items[item.id] = msgspec.structs.replace(item, outputs=own)
        if lost:
            self._store.report(
                DocumentProblem(f"{lost} entries of the history are damaged and are left out.")
            )
        return items

    def add(
        self,
        item_id: str,
        request: Request,
        *,
        model_title: str = "",
        plan: LoadPlan | None = None,
    ) -> HistoryItem:
        """Record a generation that was asked for, as queued.

        Raises:
            DocumentProblem: the id is taken, or the request holds text that cannot be kept.
            StorageProblem: the project was opened for reading only.
        """
        self._store.ensure_writable()
        if item_id in self._items:
            raise DocumentProblem("A generation of that identity is already there.")
        try:
            body = encode_request(request)
        except UnicodeEncodeError as error:
            raise DocumentProblem("The settings hold text that is not valid Unicode.") from error
        item = HistoryItem(
            id=item_id,
            created=time.time(),
            kind=request_kind(request),
            request=request,
            title=title_of(request),
            model_title=_clean(model_title),
            plan=plan,
        )
        row = PutRow(
            "history",
            (
                *(item.id, item.created, item.kind, body, item.status, 0, item.title),
                *(item.model_title, 0.0, 0, plan_bytes(plan), "", "", ""),
            ),
        )
        self._store.submit(row)
        return self._keep(item)

    def update(
        self,
        item_id: str,
        *,
        status: HistoryStatus | None = None,
        seconds: float | None = None,
        peak_bytes: int | None = None,
        plan: LoadPlan | None = None,
        model_title: str | None = None,
        error_code: str | None = None,
        error_message: str | None = None,
        error_hint: str | None = None,
    ) -> HistoryItem:
        """Change what a run made of an item; what is None stays.

        Raises:
            DocumentProblem: there is no such item or no such status.
        """
        item = self.get(item_id)
        if status is not None and status not in STATUSES:
            raise DocumentProblem(f"{status!r} is not a state of a generation.")
        texts = {
            "model_title": model_title,
            "error_code": error_code,
            "error_message": error_message,
            "error_hint": error_hint,
        }
        columns: dict[str, str | bytes | int | float | None] = {
            name: _clean(text) for name, text in texts.items() if text is not None
        }
        plain = {"status": status, "seconds": seconds, "peak_bytes": peak_bytes}
        columns |= {name: value for name, value in plain.items() if value is not None}
        changed = msgspec.structs.replace(item, **columns)
        if plan is not None:
            columns["plan"] = plan_bytes(plan)
            changed = msgspec.structs.replace(changed, plan=plan)
        if not columns:
            return item
        self._store.submit(PutHistoryState(item_id, columns))
        return self._keep(changed)

    def add_output(self, item_id: str, artifact: ImageArtifact) -> HistoryOutput:
        """Take a finished file over into the project; ``blob`` gives it at once.

        The writer copies it in chunks and compares its sha256, and then removes the scratch
        file. One that was changed meanwhile is refused: the output goes away again and
        ``Project.failed`` says so.

        Raises:
            DocumentProblem: there is no such item.
            StorageProblem: the scratch file is not there.
        """
        item = self.get(item_id)
        output = HistoryOutput(
            index=artifact.index,
            sha256=artifact.sha256,
            media_type=artifact.media_type,
            width=artifact.width,
            height=artifact.height,
            size_bytes=artifact.size_bytes,
            seed=artifact.seed,
        )
        row = PutRow("outputs", (item_id, *msgspec.structs.astuple(output)))

        def dropped(_: StudioError) -> None:
            if item_id in self._items:
                self._replace_outputs(item_id, without=output.index)

        self._blobs.take(artifact.sha256, artifact.path, row, dropped, thumbnail=artifact.thumbnail)
        others = [one for one in item.outputs if one.index != output.index]
        ordered = tuple(sorted([*others, output], key=lambda one: one.index))
        self._keep(msgspec.structs.replace(item, outputs=ordered))
        return output

    def keep_input(self, item_id: str, sha256: str, path: Path) -> None:
        """Keep a picture that an item starts from as long as the item is there.

        The file at ``path`` is copied by the writer and stays where it is; it need not be there
        where the project has the picture already.

        Raises:
            DocumentProblem: there is no such item.
            StorageProblem: the file is not there.
        """
        self.get(item_id)
        row = PutRow("inputs", (item_id, sha256))
        if self._blobs.has(sha256):
            self._store.submit(row)
        else:
            self._blobs.take(sha256, str(path), row, lambda _: None, leave=True)

    def has_file(self, sha256: str) -> bool:
        """Return whether the project has a file of that content."""
        return self._blobs.has(sha256)

    def _replace_outputs(self, item_id: str, *, without: int) -> None:
        item = self._items[item_id]
        left = tuple(output for output in item.outputs if output.index != without)
        self._keep(msgspec.structs.replace(item, outputs=left))

    def set_output_state(self, item_id: str, index: int, state: OutputState) -> None:
        """Note whether the artist kept or dropped an output; dropped ones stay in the history.

        Raises:
            DocumentProblem: there is no such item, output or state.
        """
        item = self.get(item_id)
        if state not in OUTPUT_STATES or index not in {output.index for output in item.outputs}:
            raise DocumentProblem("That picture is no longer in the history.")
        outputs = tuple(
            msgspec.structs.replace(output, state=state) if output.index == index else output
            for output in item.outputs
        )
        self._store.submit(SetOutputState(item_id, index, state))
        self._keep(msgspec.structs.replace(item, outputs=outputs))

    def star(self, item_id: str, starred: bool) -> None:
        """Put a star on an item, or take it off; raises DocumentProblem if it is not there."""
        item = msgspec.structs.replace(self.get(item_id), starred=starred)
        self._store.submit(PutHistoryState(item_id, {"starred": int(starred)}))
        self._keep(item)

    def remove(self, item_id: str) -> None:
        """Forget an item and its files; layers made from it stay.

        Raises:
            DocumentProblem: there is no such item.
        """
        item = self.get(item_id)
        self._store.submit(DropHistory(item_id, tuple(one.sha256 for one in item.outputs)))
        del self._items[item_id]
        self._texts.pop(item_id, None)
        self.changed.emit(frozenset({item_id}))

    def get(self, item_id: str) -> HistoryItem:
        """Return one item; raises DocumentProblem if it is not there."""
        try:
            return self._items[item_id]
        except KeyError:
            raise DocumentProblem(
                "That generation is no longer in the history.",
                "The Gallery lists what there is.",
                code="unknown_item",
            ) from None

    def has(self, item_id: str) -> bool:
        """Return whether there is an item of that id."""
        return item_id in self._items

    def items(self) -> list[HistoryItem]:
        """Return all items, newest first."""
        return sorted(self._items.values(), key=lambda item: (item.created, item.id), reverse=True)

    def search(self, text: str = "", *, starred: bool = False) -> list[HistoryItem]:
        """Return the items in which every word occurs, newest first.

        Words are looked for in the prompts, the model and the sampler, whatever their case and
        diacritics. ``seed:123``, ``model:sdxl`` and ``size:512x512`` look in that field only.
        """
        words = folded(text).split()
        found = [item for item in self.items() if item.starred or not starred]
        return [item for item in found if not words or matches(item, self._text(item), words)]

    def candidates(self) -> list[tuple[HistoryItem, HistoryOutput]]:
        """Return the outputs that the artist has neither kept nor dropped, oldest first."""
        return [
            (item, output)
            for item in reversed(self.items())
            for output in item.outputs
            if output.state == "candidate"
        ]

    def thumbnail(self, sha256: str) -> bytes | None:
        """Return the small JPEG of an output; None where there is none."""
        return self._blobs.thumbnail(sha256)

    def blob(self, sha256: str) -> bytes:
        """Return the file of an output; raises DocumentProblem where it is lost or damaged."""
        return self._blobs.read(sha256)

    def export_blob(self, sha256: str, path: Path) -> None:
        """Write the file of an output to ``path``, in chunks: all of it, or nothing changes.

        Raises:
            DocumentProblem: the file of the output is lost or damaged.
            StorageProblem: the folder is read-only or missing, or its disk is full.
        """
        self._blobs.export(sha256, path)

    def _text(self, item: HistoryItem) -> str:
        text = self._texts.get(item.id)
        if text is None:
            text = self._texts[item.id] = search_text(item)
        return text

    def _keep(self, item: HistoryItem) -> HistoryItem:
        self._items[item.id] = item
        self._texts.pop(item.id, None)
        self.changed.emit(frozenset({item.id}))
        return item


def _clean(text: str) -> str:
    """Return text that can be kept: halves of surrogate pairs from a window are replaced."""
    return text.encode("utf-8", "replace").decode()
