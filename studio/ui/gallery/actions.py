"""What can be done with chosen pictures: keep, star, use, run again, save, reveal, drag out."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.api.recipe import Recipe
from studio.api.requests import Request
from studio.core.errors import StudioError, storage_problem
from studio.ui.gallery.entries import GalleryEntry
from studio.ui.gallery.facts import title_of
from studio.ui.gallery.keys import Chosen, Command
from studio.ui.gallery.reveal import reveal

if TYPE_CHECKING:
    from studio.app.studio import Studio

SAVE_FILTER = "PNG (*.png);;JPEG (*.jpg);;WebP (*.webp)"


def picture_request(entry: GalleryEntry) -> Request | None:
    """Return the request that makes this very picture, or the generation's own without one."""
    request, output = entry.item.request, entry.output
    if request is None or output is None:
        return request
    return Recipe(request=request, seed=output.seed, index=output.index).picture_request()


def file_name(entry: GalleryEntry) -> str:
    """Return a file name made of the first words and the seed, without a suffix."""
    words = re.findall(r"\w+", title_of(entry.item).lower())[:8]
    seed = f"-{entry.output.seed}" if entry.output else ""
    return ("-".join(words)[:60].strip("-") or "picture") + seed


class GalleryActions(QObject):
    """Carries commands out through the studio; an error becomes a notice, never a question."""

    use_settings = Signal(object)

    def __init__(self, studio: Studio, window: QWidget) -> None:
        super().__init__(window)
        self._studio = studio
        self._window = window
        self._last_folder = ""

    def guarded(self, work: Callable[[], None]) -> None:
        """Do something; tell the artist if it cannot be done."""
        try:
            work()
        except StudioError as error:
            self._studio.report(error)

    def keep(self, chosen: Chosen) -> None:
        """Put the chosen pictures on the canvas."""
        for entry in pictures(chosen):
            self.guarded(partial(self._studio.keep, *entry.key))

    def star(self, chosen: Chosen) -> None:
        """Star the chosen generations, or take the star away when all have one."""
        starred = {entry.item.id: entry.item.starred for entry in chosen}
        history, wanted = self._studio.project.history, not all(starred.values())
        for item_id, before in starred.items():
            if before != wanted:
                self.guarded(partial(history.star, item_id, wanted))

    def use(self, chosen: Chosen) -> None:
        """Hand the settings of the first chosen picture to the form."""
        request = picture_request(chosen[0])
        if request is not None:
            self.use_settings.emit(request)

    def run_again(self, chosen: Chosen) -> None:
        """Queue the chosen generations again."""
        for item_id in dict.fromkeys(entry.item.id for entry in chosen):
            self.guarded(partial(self._run_again, item_id))

    def _run_again(self, item_id: str) -> None:
        self._studio.run_again(item_id)

    def cancel(self, chosen: Chosen) -> None:
        """Stop the chosen generations that wait or run."""
        for item_id in dict.fromkeys(entry.item.id for entry in chosen if is_waiting(entry)):
            self.guarded(partial(self._studio.cancel, item_id))

    def save(self, chosen: Chosen) -> None:
        """Ask where to, and write the chosen pictures there with their recipes."""
        entries = pictures(chosen)
        if len(entries) == 1:
            self.guarded(lambda: self._save_one(entries[0]))
        elif entries:
            self.guarded(lambda: self._save_many(entries))

    def _save_one(self, entry: GalleryEntry) -> None:
        start = Path(self._last_folder or str(pictures_folder())) / f"{file_name(entry)}.png"
        answer, kind = QFileDialog.getSaveFileName(
            self._window, self.tr("Save picture"), str(start), SAVE_FILTER
        )
        if not answer:
            return
        path = with_suffix(Path(answer), kind)
        self._last_folder = str(path.parent)
        self._studio.save_output(*entry.key, path)

    def _save_many(self, entries: Sequence[GalleryEntry]) -> None:
        answer = QFileDialog.getExistingDirectory(
            self._window,
            self.tr("Save {0} pictures in").format(len(entries)),
            self._last_folder or str(pictures_folder()),
        )
        if not answer:
            return
        self._last_folder = answer
        waiting, taken = list(entries), set[Path]()

        def save_next(_: Path | None = None) -> None:
            if not waiting:
                self._studio.tell(
                    self.tr("Saved {0} pictures in {1}").format(len(entries), Path(answer).name)
                )
                return
            entry = waiting.pop(0)
            path = free_path(Path(answer), file_name(entry), taken)
            taken.add(path)
            self.guarded(partial(self._studio.save_output, *entry.key, path, save_next))

        save_next()

    def reveal(self, chosen: Chosen) -> None:
        """Write a copy of the first chosen picture to the pictures folder and show it there."""
        self.guarded(lambda: self._reveal(chosen[0]))

    def _reveal(self, entry: GalleryEntry) -> None:
        folder = pictures_folder() / "Atelier"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_problem(error, folder) from error
        path = folder / f"{file_name(entry)}.png"
        self._studio.save_output(*entry.key, path, self._show_in_file_manager)

    def _show_in_file_manager(self, path: Path) -> None:
        if reveal(path):
            self._studio.tell(self.tr("A copy lies in {0}").format(str(path)))
        else:
            raise StudioError(
                self.tr("No file manager could be opened."),
                self.tr("The copy is at {0}").format(str(path)),
                code="no_file_manager",
            )

    def files_of(self, entries: Chosen) -> list[Path]:
        """Return files with these pictures, for dragging them out."""
        files: list[Path] = []

        def copy() -> None:
            for entry in pictures(entries):
                files.append(self._studio.copy_output_to_temp(*entry.key))

        self.guarded(copy)
        return files


def is_waiting(entry: GalleryEntry) -> bool:
    """Tell whether the queue still has to do with it."""
    return entry.item.status in ("queued", "running")


def pictures(chosen: Chosen) -> list[GalleryEntry]:
    """Return those that have a picture."""
    return [entry for entry in chosen if entry.output is not None]


def pictures_folder() -> Path:
    """Return the desktop's folder for pictures."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation))


def with_suffix(path: Path, kind: str) -> Path:
    """Return the path with a suffix that can be written; the chosen kind gives a missing one."""
    if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp"):
        return path
    chosen = re.search(r"\*(\.\w+)", kind)
    return path.with_name(path.name + (chosen.group(1) if chosen else ".png"))


def free_path(folder: Path, name: str, taken: Container[Path] = ()) -> Path:
    """Return a PNG path in ``folder`` that does not exist yet and is not ``taken``."""
    path, number = folder / f"{name}.png", 2
    while path in taken or path.exists():
        path, number = folder / f"{name}-{number}.png", number + 1
    return path


def commands(
    actions: GalleryActions,
    *,
    open_large: Callable[[Chosen], None],
    compare: Callable[[Chosen], None],
    remove: Callable[[Chosen], None],
) -> list[Command]:
    """Return every command of the Gallery in the order of its menu."""
    tr = actions.tr

    def one_picture(chosen: Chosen) -> bool:
        return len(chosen) == 1 and chosen[0].output is not None

    def any_picture(chosen: Chosen) -> bool:
        return bool(pictures(chosen))

    def any_request(chosen: Chosen) -> bool:
        return any(entry.item.request is not None for entry in chosen)

    def finished(chosen: Chosen) -> bool:
        return bool(chosen) and not any(is_waiting(entry) for entry in chosen)

    def any_waiting(chosen: Chosen) -> bool:
        return any(is_waiting(entry) for entry in chosen)

    return [
        Command("open", tr("Open large"), "fit", "", open_large, one_picture),
        Command("keep", tr("Keep on canvas"), "canvas", "K", actions.keep, any_picture),
        Command("star", tr("Star"), "star", "S", actions.star, bool),
        Command("compare", tr("Compare two"), "compare", "C", compare, _two_pictures),
        Command("use", tr("Use these settings"), "settings", "U", actions.use, any_request, True),
        Command("run", tr("Run again"), "refresh", "R", actions.run_again, any_request),
        Command("cancel", tr("Cancel"), "stop", "", actions.cancel, any_waiting),
        Command("save", tr("Save picture as…"), "save", "Ctrl+S", actions.save, any_picture, True),
        Command(
            "reveal",
            tr("Show in the file manager"),
            "folder",
            "Ctrl+R",
            actions.reveal,
            one_picture,
        ),
        Command("remove", tr("Remove"), "trash", "Del", remove, finished, True),
    ]


def _two_pictures(chosen: Chosen) -> bool:
    return len(chosen) == 2 and len(pictures(chosen)) == 2
