"""Finished files inside the project: kept once by their sha256, read in chunks, exported."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from studio.core.errors import (
    DamagedProject,
    DocumentProblem,
    StudioError,
    storage_problem,
)
from studio.document.store import Pending, Store
from studio.document.writes import PutRow, TakeBlob, Write, chunks_of


class Blobs:
    """Takes scratch files over in the background and reads them at once, wherever they are."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._files: Pending[str, str] = Pending()
        self._thumbnails: Pending[str, bytes] = Pending()

    def take(
        self,
        sha256: str,
        path: str,
        also: Write,
        dropped: Callable[[StudioError], None],
        *,
        thumbnail: bytes = b"",
        leave: bool = False,
    ) -> None:
        """Queue the taking over of a scratch file, together with the row that refers to it.

        The scratch file is removed once the project has it, unless ``leave`` keeps it for others;
        ``dropped`` is called if it turned out not to be what was announced, and then it stays.

        Raises:
            StorageProblem: the scratch file is not there.
        """
        self._store.ensure_writable()
        jpeg = thumbnail
        try:
            os.stat(path)
        except OSError as error:
            raise storage_problem(error, path) from error
        self._files.put(sha256, path)
        writes: list[Write] = [TakeBlob(sha256, path), also]
        if jpeg:
            self._thumbnails.put(sha256, jpeg)
            writes.append(PutRow("thumbnails", (sha256, jpeg)))

        def forget() -> None:
            self._files.forget(sha256, path)
            self._thumbnails.forget(sha256, jpeg)

        def committed() -> None:
            forget()
            if leave:
                return
            with contextlib.suppress(OSError):  # a leftover in the scratch folder does no harm
                Path(path).unlink()

        def given_up(error: StudioError) -> None:
            forget()
            dropped(error)

        self._store.submit(*writes, committed=committed, dropped=given_up)

    def has(self, sha256: str) -> bool:
        """Return whether the project has a file, or will have it in a moment."""
        if self._files.get(sha256) is not None:
            return True
        return bool(self._store.rows("SELECT 1 FROM blobs WHERE sha256 = ?", sha256))

    def thumbnail(self, sha256: str) -> bytes | None:
        """Return the small JPEG of a file; None where there is none."""
        jpeg = self._thumbnails.get(sha256)
        if jpeg is None:
            rows = self._store.rows("SELECT jpeg FROM thumbnails WHERE sha256 = ?", sha256)
            jpeg = rows[0][0] if rows and isinstance(rows[0][0], bytes) else None
        return jpeg

    def read(self, sha256: str) -> bytes:
        """Return the content of a file.

        Raises:
            DocumentProblem: the project does not have it.
            DamagedProject: its content is not what was put in.
        """
        return b"".join(self._verified(sha256))

    def export(self, sha256: str, path: Path) -> None:
        """Write a file of the project to ``path``: all of it, or nothing changes there.

        Raises:
            DocumentProblem: the project does not have it.
            DamagedProject: its content is not what was put in.
            StorageProblem: the folder is read-only or missing, or its disk is full.
        """
        try:
            with temporary_beside(path) as temporary:
                with open(temporary, "wb") as file:
                    for chunk in self._verified(sha256):
                        file.write(chunk)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, path)
        except OSError as error:
            raise storage_problem(error, path) from error

    def _verified(self, sha256: str) -> Iterator[bytes]:
        import hashlib

        digest = hashlib.sha256()
        for chunk in self._chunks(sha256):
            digest.update(chunk)
            yield chunk
        if digest.hexdigest() != sha256:
            raise DamagedProject(
                "This picture is damaged in the project file.",
                "Run the generation again: its settings are all there.",
            )

    def _chunks(self, sha256: str) -> Iterator[bytes]:
        path = self._files.get(sha256)
        if path is not None:
            try:
                with open(path, "rb") as file:
                    yield from chunks_of(file, os.fstat(file.fileno()).st_size)
                    return
            except FileNotFoundError:
                pass  # taken over between the two lines above: it is in the file now
            except OSError as error:
                raise storage_problem(error, path) from error
        rows = self._store.rows("SELECT rowid FROM blobs WHERE sha256 = ?", sha256)
        if not rows:
            raise DocumentProblem(
                "The project does not have this picture any more.",
                "Run the generation again: its settings are all there.",
                code="blob_missing",
            )
        yield from self._store.blob_chunks("blobs", "data", rows[0][0])


@contextlib.contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """Yield the path of a new file in the folder of ``path`` with ordinary permissions.

    It is removed afterwards unless it was renamed.

    Raises:
        StorageProblem: nothing can be written there.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        # mkstemp makes the file private to its owner: give it the usual permissions.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
    except OSError as error:
        raise storage_problem(error, path) from error
    try:
        yield Path(name)
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                os.unlink(name + suffix)
