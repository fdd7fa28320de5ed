"""The library of installed models: what is there, what is wrong with it, and how to name it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from studio.core.errors import DamagedModel, NotAMatch, StudioError, UnknownModel
from studio.core.signals import Signal
from studio.models.installed import InstalledModel
from studio.models.naming import named, suggestions
from studio.models.packaged import PackagedModel
from studio.models.recollection import memorise, recall
from studio.models.scan import Found, Stamp, find_hub_models, find_models, stamp_of

FORMER_NAMES = {"starter-image": "thumbnail", "starter": "thumbnail"}
"""What bundled models were called once: requests in older projects still name them so."""


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What one look into the folders found: models by id, and what is wrong with the others.

    ``places`` holds where each model was and how its files were then.
    """

    models: dict[str, InstalledModel] = {}
    places: dict[str, Found] = {}
    problems: tuple[tuple[str, Path, StudioError], ...] = ()

    def told(self) -> tuple[object, ...]:
        """What a listener would notice; two equal answers need no signal."""
        return (self.models, [(path, str(error)) for _, path, error in self.problems])


class ModelLibrary:
    """Knows every model on this machine without loading one.

    Nothing is read when it is made. The first ``models()`` looks only at the bundled folder, which
    takes milliseconds. ``scan()`` looks everywhere and belongs on a thread, ``adopt()`` takes its
    result over where ``changed`` may be emitted; ``refresh()`` does both. What did not change on
    the disk since is not read again.
    """

    changed = Signal()

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        hub_cache: Path | None = None,
        bundled: Path | None = None,
        without_weights: Sequence[InstalledModel] = (),
        recollection: Path | None = None,
        packaged: Sequence[PackagedModel] = (),
    ) -> None:
        """``recollection`` is a file that keeps what was recognised for the next session;
        ``packaged`` models count where no folder holds them unpacked.
        """
        self._folders = tuple(folders)
        self._hub_cache = hub_cache
        self._bundled = bundled
        self._without_weights = tuple(without_weights)
        self._packaged = tuple(packaged)
        # By the path of their file, and by the folder that they are unpacked into.
        self._packages = {model.convert_to: model for model in packaged}
        self._lock = threading.Lock()
        # (path, id) -> its stamp then, and the answer.
        self._seen: dict[tuple[str, str], tuple[Stamp, InstalledModel | StudioError]] = {}
        self._recollection = recollection
        self._recalled = recollection is None
        self._known: Scan | None = None
        self._complete = False

    def set_folders(self, folders: Sequence[Path]) -> None:
        """Look into other folders from the next scan on."""
        self._folders = tuple(folders)

    def by_preference(self, task: str) -> list[InstalledModel]:
        """Return the models for a task, best first: the artist's by size, sketch engines that are
        a first choice, the rest.
        """

        def rank(model: InstalledModel) -> tuple[int, int]:
            if not model.bundled and model.layout != "engine":
                return 0, -model.parameters
            return (1 if model.first_choice else 2), 0

        return sorted(self.models(task), key=rank)

    def set_without_weights(self, models: Sequence[InstalledModel]) -> None:
        """Know these engines as models from now on; ``changed`` follows."""
        gone = {model.id for model in self._without_weights} - {model.id for model in models}
        self._without_weights = tuple(models)
        if self._known is not None:
            kept = {k: m for k, m in self._known.models.items() if k not in gone}
            self._known = msgspec.structs.replace(self._known, models=kept)
        self.changed.emit()

    def models(self, task: str | None = None) -> list[InstalledModel]:
        """Return the models known so far: a first choice, bundled ones, then by title.

        Args:
            task: only those that can serve this request kind, such as ``"text_to_image"``.
        """
        known = sorted(
            self._now().models.values(),
            key=lambda model: (not model.first_choice, not model.bundled, model.title.lower()),
        )
        return [model for model in known if task is None or task in model.tasks]

    def problems(self) -> list[tuple[Path, StudioError]]:
        """Return the places that look like models but are not usable, and why."""
        return [(path, error) for _, path, error in self._now().problems]

    def scan(self) -> Scan:
        """Look into all folders, on any thread, and return what is there; nothing changes yet."""
        scan = self._collect(self._places())
        if self._recollection is not None:
            with self._lock:
                good = {
                    key: (stamp, answer)
                    for key, (stamp, answer) in self._seen.items()
                    if isinstance(answer, InstalledModel)
                }
            memorise(self._recollection, good)
        return scan

    def adopt(self, scan: Scan) -> None:
        """Take the result of ``scan()`` over; emits ``changed`` if it differs from before."""
        before, self._known, self._complete = self._known, scan, True
        if before is None or before.told() != scan.told():
            self.changed.emit()

    def refresh(self) -> None:
        """Look into all folders again and take the result over, on the calling thread."""
        self.adopt(self.scan())

    def find(self, name: str) -> InstalledModel:
        """Return the model that ``name`` means.

        An id, a title in any case, the start of just one of either, the path of a folder or file,
        or the former name of a bundled model. Looks everywhere before it gives up. A model whose
        files have changed since it was found is read anew.

        Raises:
            UnknownModel: nothing of that name is installed; the hint names what comes close.
            DamagedModel, UntrustedModel, NotAMatch, StorageProblem: the path, or the model of
                that name, is not good, or not there any more.
        """
        wanted = name.strip()
        found = named(self._now().models, wanted)
        if found is None and (path := _as_path(wanted)) is not None:
            return self._at_path(path)
        if found is None and wanted and not self._complete:
            self.refresh()
            found = named(self._now().models, wanted)
        if found is None:
            found = self._now().models.get(FORMER_NAMES.get(wanted.lower(), ""))
        if found is not None:
            return self._as_it_is(found)
        for model_id, path, error in self._now().problems:
            if wanted.lower() in (model_id.lower(), path.name.lower(), path.stem.lower()):
                raise error
        what = f"No model called {wanted[:120]!r} is installed." if wanted else "No model is named."
        raise UnknownModel(what, suggestions(self._now().models, wanted))

    def _now(self) -> Scan:
        """What is known; before the first scan, that is what the bundled folder holds."""
        if self._known is None:
            self._known = self._collect(self._bundled_places())
        return self._known

    def _bundled_places(self) -> Iterator[tuple[Found, bool]]:
        if self._bundled is not None:
            for found in find_models(self._bundled):
                yield found, True

    def _places(self) -> Iterator[tuple[Found, bool]]:
        yield from self._bundled_places()
        for folder in self._folders:
            for found in find_models(folder):
                yield found, False
        if self._hub_cache is not None:
            for found in find_hub_models(self._hub_cache):
                yield found, False
        # Last: a folder that holds one of them unpacked has its id already.
        yield from self._packaged_places()

    def _packaged_places(self) -> Iterator[tuple[Found, bool]]:
        for model in self._packaged:
            path = model.file()
            if path is not None and (stamp := stamp_of(path)) is not None:
                self._packages[str(path)] = model
                yield Found(path, model.id, model.title, stamp), True

    def _collect(self, places: Iterator[tuple[Found, bool]]) -> Scan:
        """Identify every place. A second model of one name, from another folder, goes by path;
        a packaged one is left out."""
        models = {model.id: model for model in self._without_weights}
        known: dict[str, Found] = {}
        problems: list[tuple[str, Path, StudioError]] = []
        for found, bundled in places:
            if found.id in models and str(found.path) in self._packages:
                continue
            model_id = found.id if found.id not in models else os.path.abspath(found.path)
            place = msgspec.structs.replace(found, id=model_id)
            answer = self._identified(place, bundled)
            if isinstance(answer, InstalledModel):
                models[answer.id], known[answer.id] = answer, place
            elif not isinstance(answer, NotAMatch):
                problems.append((model_id, found.path, answer))
        return Scan(models=models, places=known, problems=tuple(problems))

    def _identified(self, found: Found, bundled: bool) -> InstalledModel | StudioError:
        """Return what a place is, read anew only if its stamp changed."""
        key = (str(found.path), found.id)
        with self._lock:
            if not self._recalled and self._recollection is not None:
                self._recalled = True
                self._seen |= recall(self._recollection)
            seen = self._seen.get(key)
        if seen is not None and seen[0] == found.stamp:
            return seen[1]
        # Not needed for the first painted window: its imports cost more than the rest of this room.
        from studio.models.identify import identify

        answer: InstalledModel | StudioError
        try:
            answer = identify(found.path, model_id=found.id, title=found.title, bundled=bundled)
            if (package := self._packages.get(str(found.path))) is not None:
                answer = package.described(answer)
        except StudioError as error:
            answer = error
        with self._lock:
            self._seen[key] = (found.stamp, answer)
        return answer

    def _as_it_is(self, model: InstalledModel) -> InstalledModel:
        if model.layout == "engine":
            return model
        place = self._now().places[model.id]
        if (stamp := stamp_of(place.path)) is None:
            raise DamagedModel(
                f"{model.title} is not at {place.path} any more.",
                "Bring it back, or choose another model.",
            )
        answer = self._identified(msgspec.structs.replace(place, stamp=stamp), model.bundled)
        if isinstance(answer, StudioError):
            raise answer
        return answer

    def _at_path(self, path: Path) -> InstalledModel:
        absolute = os.path.abspath(path)
        for model in self._now().models.values():
            if model.path == absolute:
                return self._as_it_is(model)
        if (stamp := stamp_of(path)) is None:
            raise UnknownModel(
                f"There is no file or folder {path}.", "Check the path, or name a model."
            )
        answer = self._identified(Found(Path(absolute), absolute, "", stamp), False)
        if isinstance(answer, StudioError):
            raise answer
        return answer


def _as_path(name: str) -> Path | None:
    """Return ``name`` as a path if it is meant as one: it exists, or is written like one."""
    if not name or "\x00" in name or len(name) > 4096:
        return None
    try:
        path = Path(name).expanduser()
        exists = path.exists()
    except (OSError, RuntimeError):
        return None
    return path if exists or path.is_absolute() or name.startswith((".", "~")) else None


def default_hub_cache() -> Path | None:
    """Return the Hugging Face cache folder if there is one (huggingface_hub's constants.py:
    HF_HUB_CACHE, else ``hub`` in HF_HOME, else ~/.cache/huggingface/hub)."""
    named_folder = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    home = os.environ.get("HF_HOME") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "huggingface"
    )
    path = Path(named_folder).expanduser() if named_folder else Path(home).expanduser() / "hub"
    return path if path.is_dir() else None
