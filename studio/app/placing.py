"""Pictures in and out of the document: keep a candidate, place files, export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from studio.api.picture_layers import SIGNATURE, read_layers
from studio.api.requests import PictureRequest, Request, Upscale
from studio.app.landing import Part, Parts, Tiles, enlarged_landing, landing, made_for
from studio.core.errors import ImageProblem, StudioError, storage_problem
from studio.core.paths import cache_dir
from studio.document import Batch, HistoryItem, HistoryOutput, Operation, split_into_tiles

if TYPE_CHECKING:
    from studio.api.recipe import Recipe
    from studio.app.pictures import Picture
    from studio.app.studio import Studio
    from studio.document import LayeredPicture, Project

DRAGGED = "dragged"  # folder in the cache with the files of pictures that were dragged out


class Placing:
    """Turns finished and foreign pictures into layers, and layers into files."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._keeping: set[tuple[str, int]] = set()

    def keep(self, history_id: str, index: int) -> None:
        """Put a candidate on the canvas, centred, with the layers it came with: one undo step.

        What was upscaled from the whole canvas takes the canvas along, see ``enlarged_landing``.

        The picture is decoded off the main thread. If another project was opened meanwhile, the
        candidate stays where it was, in the history of its own project. It counts as kept once
        its layer is there, and asking again until then changes nothing.
        """
        if (key := (history_id, index)) in self._keeping:
            return
        project = self._studio.project
        item = project.history.get(history_id)
        output = _output(item, index)
        data = project.history.blob(output.sha256)
        self._keeping.add(key)

        def place(parts: Parts) -> None:
            enlarged = isinstance(item.request, Upscale) and made_for(project.image, item.request)
            if enlarged and self._studio.project is project:
                self._enlarge(project, item, index, parts, lambda: place(parts), landed, give_up)
                return
            self._add_layers(
                project, item.title, parts, item.request, history_id=history_id, index=index
            )
            landed()

        def landed() -> None:
            self._keeping.discard(key)
            if self._studio.project is project and project.history.has(history_id):
                project.history.set_output_state(history_id, index, "kept")

        def give_up(error: StudioError) -> None:
            self._keeping.discard(key)
            self._studio.report(error)

        self._studio.background(lambda: decoded(data), place, give_up)

    def _enlarge(
        self,
        project: Project,
        item: HistoryItem,
        index: int,
        parts: Parts,
        again: Callable[[], None],
        then: Callable[[], None],
        give_up: Callable[[StudioError], None],
    ) -> None:
        """Scale the canvas off the main thread and put a picture over it: one undo step.

        ``again`` is called where the canvas was changed meanwhile.
        """
        snapshot = project.image.snapshot()

        def finish(operations: list[Operation]) -> None:
            if self._studio.project is project:
                if project.image.revision != snapshot.revision:
                    again()
                    return
                project.image.apply(Batch(label="Keep", operations=tuple(operations)))
            then()

        self._studio.background(
            lambda: enlarged_landing(snapshot, parts, item.title, history_id=item.id, index=index),
            finish,
            give_up,
        )

    def drop(self, history_id: str, index: int) -> None:
        """Take a candidate out of the strip; it stays in the Gallery."""
        self._studio.project.history.set_output_state(history_id, index, "dropped")

    def place_pictures(self, paths: list[Path]) -> None:
        """Open pictures off the main thread and place each on its own layer."""
        project = self._studio.project
        for path in paths:
            self._studio.background(
                lambda path=path: decoded(path),  # type: ignore[misc]
                lambda parts, path=path: self._place_file(  # type: ignore[misc]
                    project, path, parts
                ),
            )

    def open_picture(self, path: Path) -> None:
        """Open a picture, with its layers where it has any, as a project of its own.

        It is read first: one that cannot be read leaves the present project open. The present
        project takes the picture if nothing is in it yet.
        """

        def show(parts: Parts) -> None:
            project = self._studio.project
            if project.image.layers or project.image.can_undo or project.history.items():
                self._studio.new_project()
            self._place_file(self._studio.project, path, parts)

        self._studio.background(lambda: decoded(path), show)

    def _place_file(self, project: Project, path: Path, parts: Parts) -> None:
        self._add_layers(project, path.stem, parts)
        if parts.remarks:
            self._studio.tell(remark_on(path, parts))

    def place_data(self, data: bytes, name: str) -> None:
        """Place an encoded picture that did not come from a file, such as the clipboard's."""
        project = self._studio.project
        self._studio.background(
            lambda: decoded(data),
            lambda parts: self._add_layers(project, name, parts),
        )

    def _add_layers(
        self,
        project: Project,
        name: str,
        parts: Parts,
        request: Request | None = None,
        *,
        history_id: str = "",
        index: int = 0,
    ) -> None:
        """Add a picture, centred, as one layer or as those it came with: one undo step."""
        if self._studio.project is not project:
            return
        operations = landing(
            project.image, parts, name, request, history_id=history_id, index=index
        )
        project.image.apply(
            Batch(label="Keep" if history_id else "Place picture", operations=tuple(operations))
        )

    def export_canvas(self, path: Path, then: Callable[[Path], None] | None = None) -> None:
        """Write the canvas to ``path``: flat, or as .ora with its layers; the suffix chooses."""
        document = self._studio.project.image
        if not document.layers:
            raise ImageProblem("The canvas is empty.", "Keep or place a picture first.")
        recipe = self._studio.canvas_recipe()
        picture = document.snapshot()
        self._studio.background(
            lambda: write_canvas(picture, path, recipe),
            lambda _: then(path) if then else self._studio.tell(f"Exported {path.name}."),
        )

    def export_output(self, history_id: str, index: int, path: Path) -> None:
        """Write one generated picture to ``path``: a PNG as it is, other formats encoded anew.

        Raises:
            StorageProblem: the folder is missing, read-only or full.
        """
        write_output(self._studio.project, history_id, index, path)

    def save_output(
        self, history_id: str, index: int, path: Path, then: Callable[[Path], None] | None = None
    ) -> None:
        """Do what ``export_output`` does without waiting: errors become notices."""
        self._studio.background(
            output_writer(self._studio.project, history_id, index, path),
            lambda _: then(path) if then else self._studio.tell(f"Saved {path.name}."),
        )

    def copy_output_to_temp(self, history_id: str, index: int) -> Path:
        """Return a file with the picture, for dragging it to another program."""
        item = self._studio.project.history.get(history_id)
        output = _output(item, index)
        folder = cache_dir() / DRAGGED
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_problem(error, folder) from error
        words = "".join(c if c.isalnum() else "-" for c in item.title.lower())
        name = "-".join(part for part in words.split("-") if part)[:60] or "picture"
        path = folder / f"{name}-{output.seed}.png"
        data = self._studio.project.history.blob(output.sha256)
        try:
            path.write_bytes(data)  # no fsync: a drag must not wait for the disk
        except OSError as error:
            raise storage_problem(error, path) from error
        return path


def write_canvas(picture: LayeredPicture, path: Path, recipe: Recipe | None = None) -> None:
    """Write a picture with its layers as .ora, or flattened in any other format.

    Raises:
        StorageProblem: unknown suffix, missing or read-only folder, or a full disk.
        ImageProblem: the picture is larger than the format can hold.
    """
    from studio.app.flatten import flatten
    from studio.app.layered import OPENRASTER_SUFFIX
    from studio.app.pictures import write_picture

    if path.suffix.lower() == OPENRASTER_SUFFIX:
        from studio.app.layered.openraster_writing import write_openraster

        write_openraster(picture, path)
    else:
        write_picture(flatten(picture), picture.width, picture.height, path, recipe=recipe)


def write_output(project: Project, history_id: str, index: int, path: Path) -> None:
    """Write one generated picture of a project; see ``Placing.export_output``."""
    output_writer(project, history_id, index, path)()


def output_writer(project: Project, history_id: str, index: int, path: Path) -> Callable[[], None]:
    """Read what writing a picture takes; the result writes it and may be called on any thread.

    A PNG is written as it is, other formats are encoded anew.
    """
    item = project.history.get(history_id)
    output = _output(item, index)
    data, recipe = project.history.blob(output.sha256), recipe_for(item, index)
    as_it_is = path.suffix.lower() == ".png" and output.media_type == "image/png"

    def write() -> None:
        from studio.app.pictures import open_picture, write_picture
        from studio.core.settings import write_atomically

        if as_it_is:
            write_atomically(path, data)
            return
        picture = open_picture(data)
        write_picture(picture.straight(), picture.width, picture.height, path, recipe=recipe)

    return write


def recipe_for(item: HistoryItem, index: int) -> Recipe | None:
    """Return the recipe of one output of a history item, None where its kind is unknown here."""
    from studio.api.recipe import Recipe

    if not isinstance(item.request, PictureRequest):
        return None
    return Recipe(
        request=item.request,
        model_title=item.model_title,
        model_sha=item.request.model.revision,
        seed=(item.request.seed + index) % 2**32,
        index=index,
    )


def _output(item: HistoryItem, index: int) -> HistoryOutput:
    for output in item.outputs:
        if output.index == index:
            return output
    raise ImageProblem("That picture is not in the history any more.")


def remark_on(path: Path, parts: Parts) -> str:
    """Return the sentence on what of a file is shown in another way here."""
    return f"{path.name}: {'; '.join(parts.remarks)}."


def decoded(source: Path | bytes) -> Parts:
    """Decode a picture and the layers that travel with it; one part for a picture without.

    Raises:
        ImageProblem: not a picture, damaged, or too large.
        StorageProblem: the file cannot be read.
    """
    from studio.app.pictures import open_picture

    if isinstance(source, Path):
        from studio.app.layered import read_layered

        layered = read_layered(source)
        if layered is not None:
            return layered
    picture = open_picture(source)
    data = source if isinstance(source, bytes) else _png_data(source)
    opened = [(header, open_picture(png)) for header, png in read_layers(data)]
    if any(part.width > picture.width or part.height > picture.height for _, part in opened):
        opened = []  # not the layers of this picture
    layers = [
        Part(name=header.name, x=header.x, y=header.y, tiles=_tiles(layer))
        for header, layer in opened
    ]
    flat = _tiles(picture)
    return Parts(
        width=picture.width,
        height=picture.height,
        layers=tuple(layers) or (Part(name="", x=0, y=0, tiles=flat),),
        flat=flat,
    )


def _png_data(path: Path) -> bytes:
    """Return the bytes of a PNG file, none of a file of another kind."""
    try:
        with path.open("rb") as file:
            head = file.read(len(SIGNATURE))
            return head + file.read() if head == SIGNATURE else b""
    except OSError as error:
        raise storage_problem(error, path) from error


def _tiles(picture: Picture) -> Tiles:
    return split_into_tiles(picture.premultiplied(), picture.width, picture.height)
