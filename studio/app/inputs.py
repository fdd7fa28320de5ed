"""Input pictures: what a request starts from, as files that the worker reads and the project keeps.

They lie in the scratch folder under the sha256 of their content; ``Run.input`` finds them there.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from studio.api.engines import INPUTS_FOLDER
from studio.api.requests import PictureRef, Request, input_pictures
from studio.core.errors import InvalidRequest, storage_problem
from studio.core.paths import scratch_dir
from studio.core.settings import write_atomically

if TYPE_CHECKING:
    from PIL import Image

    from studio.document import History

_PNG_COMPRESSION = 1  # read once by this machine's worker: speed before size


def input_path(sha256: str) -> Path:
    """Return where the input picture of that content lies while a job may need it."""
    return scratch_dir() / INPUTS_FOLDER / f"{sha256}.png"


def store_input(image: Image.Image) -> PictureRef:
    """Write a picture (mode L, RGB or RGBA) as an input; call it off the event loop.

    The same pixels always give the same reference.

    Raises:
        StorageProblem: the scratch folder is read-only or its disk is full.
    """
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=_PNG_COMPRESSION)
    data = buffer.getvalue()
    # Here, not at the top: it loads OpenSSL, which the window would wait for.
    import hashlib

    sha256 = hashlib.sha256(data).hexdigest()
    path = input_path(sha256)
    if not path.exists():
        _make_folder(path.parent)
        write_atomically(path, data)
    return PictureRef(sha256=sha256, width=image.width, height=image.height)


def store_pixels(rgba: bytes, width: int, height: int) -> PictureRef:
    """Write straight RGBA8 pixels as an input, without alpha where they are opaque."""
    from PIL import Image as pillow

    image = pillow.frombuffer("RGBA", (width, height), rgba, "raw", "RGBA", 0, 1)
    opaque = image.getchannel("A").getextrema() == (255, 255)
    return store_input(image.convert("RGB") if opaque else image)


def keep_inputs(history: History, item_id: str, request: Request) -> None:
    """Let the project keep the pictures that an item of its history starts from."""
    for picture in input_pictures(request):
        history.keep_input(item_id, picture.sha256, input_path(picture.sha256))


def bring_inputs(history: History, request: Request) -> None:
    """Make sure that every input picture of a request lies where the worker looks for it.

    Raises:
        InvalidRequest: one is neither there nor in the project.
        StorageProblem: the scratch folder is read-only or its disk is full.
    """
    for picture in input_pictures(request):
        path = input_path(picture.sha256)
        if path.exists():
            continue
        if not history.has_file(picture.sha256):
            raise InvalidRequest(
                "The picture that this starts from is not there any more.",
                "Start from a picture on the canvas or from a file.",
                code="input_missing",
            )
        _make_folder(path.parent)
        history.export_blob(picture.sha256, path)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_problem(error, folder) from error
