"""OpenRaster files read with their layers. Nothing is unpacked to the disk.

Format: https://www.openraster.org/baseline/file-layout-spec.html and layer-stack-spec.html.
"""

from __future__ import annotations

import zipfile
import zlib
from typing import BinaryIO
from xml.etree import ElementTree as ET

import msgspec
import numpy as np

from studio.app.blend_names import KRITA, from_openraster
from studio.app.landing import Part, Parts
from studio.app.layered.limits import MAX_PIXELS, Budget, damaged
from studio.app.layered.markup import parse
from studio.app.layered.openraster_parts import KEPT, MASK, MERGED, MIMETYPE, STACK, Kept
from studio.app.layered.pixels import tiles_at
from studio.core.errors import ImageProblem
from studio.core.ids import new_id
from studio.document import BlendMode, Layer

_MAX_STACK_BYTES = 8 << 20
_MAX_NAME = 1000
_PNG_HEAD = 33  # bytes: signature and header chunk
_PNG_EXTRA = 8 << 20  # bytes that a PNG may have beside its pixels, such as a profile
_KRITA = {f"krita:{name}": mode for mode, name in KRITA.items()}
_MORE_NAMES: dict[str, BlendMode] = {
    "svg:add": "plus",
    "svg:exclusion": "exclusion",
    "": "normal",
}


def read_openraster(file: BinaryIO, name: str) -> Parts:
    """Read the layers, groups and masks of an .ora file.

    Raises:
        ImageProblem: another kind of archive, a part is missing or has a name that leads out of
            the archive, or it is larger than the studio opens.
        Exception: whatever zipfile and the XML parser make of a broken file.
    """
    with zipfile.ZipFile(file) as archive:
        return _Reader(archive, name).read()


def merged_picture(file: BinaryIO, name: str) -> bytes:
    """Return the PNG of the flat picture inside; raises as ``read_openraster``."""
    with zipfile.ZipFile(file) as archive:
        reader = _Reader(archive, name)
        reader.check_kind()
        return reader.png(MERGED)[0]


class _Reader:
    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive = archive
        self._name = name
        self._budget = Budget(name)
        self._parts: list[Part] = []
        self._remarks: list[str] = []

    def check_kind(self) -> None:
        try:
            kind = self._entry("mimetype", 200).strip().decode("ascii", "replace")
        except ImageProblem:
            kind = ""
        if kind != MIMETYPE:
            raise ImageProblem(
                f"{self._name} is an archive, but not an OpenRaster picture.",
                "Export it as OpenRaster (.ora) or PNG from the program that made it.",
                code="not_a_picture",
            )

    def read(self) -> Parts:
        self.check_kind()
        image = parse(self._entry(STACK, _MAX_STACK_BYTES))
        width, height = int(image.get("w", "0")), int(image.get("h", "0"))
        self._budget.canvas(width, height)
        root = image.find("stack")
        if image.tag != "image" or root is None:
            raise damaged(self._name)
        self._stack(root, "", (0, 0), 0)
        return Parts(
            width=width,
            height=height,
            layers=tuple(self._parts),
            flat={},
            remarks=tuple(dict.fromkeys(self._remarks)),
        )

    # -- the stack -----------------------------------------------------------------------------

    def _stack(self, stack: ET.Element, parent: str, at: tuple[int, int], depth: int) -> None:
        """Read what lies in a stack, which lists the topmost first; ours is bottom first."""
        self._budget.depth(depth)
        for element in reversed(stack):
            if element.tag == "stack":
                self._group(element, parent, at, depth)
            elif element.tag == "layer":
                self._layer(element, parent, at)
            elif element.tag == MASK and not parent:
                self._mask(element, "", at)

    def _group(self, element: ET.Element, parent: str, at: tuple[int, int], depth: int) -> None:
        self._budget.layer()
        layer, x, y = self._properties(element, parent, at)
        self._stack(element, layer.id, (x, y), depth + 1)
        inside = {
            one.look.blend_mode for one in self._parts if one.look and one.look.parent == layer.id
        }
        if element.get("isolation", "auto") != "isolate" and inside - {"normal"}:
            self._remarks.append("a group that passed through is blended by itself")
        self._parts.append(Part(layer.name, 0, 0, {}, msgspec.structs.replace(layer, kind="group")))
        self._masks(element, layer.id, at)

    def _layer(self, element: ET.Element, parent: str, at: tuple[int, int]) -> None:
        self._budget.layer()
        layer, x, y = self._properties(element, parent, at)
        kept = _kept(element)
        source = element.get("src", "")
        cut = False
        uncut = kept is not None and kept.uncut
        if kept and uncut and kept.crc32 == self._crc32(source):
            source, x, y, cut = uncut, at[0] + kept.uncut_x, at[1] + kept.uncut_y, True
        self._parts.append(self._part(layer, source, x, y, kept))
        if cut or not uncut:
            self._masks(element, layer.id, at)

    def _masks(self, element: ET.Element, parent: str, at: tuple[int, int]) -> None:
        for mask in reversed(element.findall(MASK)):
            self._mask(mask, parent, at)

    def _mask(self, element: ET.Element, parent: str, at: tuple[int, int]) -> None:
        self._budget.layer()
        layer, x, y = self._properties(element, parent, at)
        layer = msgspec.structs.replace(layer, kind="mask")
        self._parts.append(self._part(layer, element.get("src", ""), x, y, _kept(element)))

    def _properties(
        self, element: ET.Element, parent: str, at: tuple[int, int]
    ) -> tuple[Layer, int, int]:
        """Return a layer without its pixels, and where they lie in the document (px)."""
        kept = _kept(element) or Kept()
        opacity = float(element.get("opacity", "1"))
        layer = Layer(
            id=new_id(),
            name=element.get("name", "")[:_MAX_NAME] or "Layer",
            visible=element.get("visibility", "visible") != "hidden",
            opacity=min(max(opacity, 0.0), 1.0) if opacity == opacity else 1.0,
            blend_mode=self._mode(element.get("composite-op", "")),
            locked=element.get("edit-locked") == "true",
            purpose=kept.purpose,
            alpha_locked=kept.alpha_locked,
            text=kept.text,
            parent=parent,
        )
        x, y = (int(float(element.get(key, "0"))) for key in ("x", "y"))
        return layer, *self._budget.place(at[0] + x, at[1] + y)

    def _mode(self, name: str) -> BlendMode:
        mode = from_openraster(name) or _KRITA.get(name) or _MORE_NAMES.get(name)
        if mode is None:
            self._remarks.append(f"the blend mode {name[:60]} became Normal")
        return mode or "normal"

    def _part(self, layer: Layer, source: str, x: int, y: int, kept: Kept | None) -> Part:
        """Return a layer with the pixels of ``source``, whose corner is at (x, y) (px)."""
        from studio.app.pictures import open_picture

        data, width, height = self.png(source)
        self._budget.pixels(width, height)
        try:
            picture = open_picture(data)
        except ImageProblem as error:
            what = f"A layer of {self._name} cannot be read ({source[:80]})."
            raise ImageProblem(what, error.hint, code=error.code) from error
        pixels = np.frombuffer(picture.premultiplied(), np.uint8)
        pixels = pixels.reshape(picture.height, picture.width, 4)
        left, top = (x, y) if kept is None else (kept.x, kept.y)
        left, top = self._budget.place(left, top)
        return Part(layer.name, left, top, tiles_at(pixels, x - left, y - top), layer)

    # -- the archive ---------------------------------------------------------------------------

    def png(self, source: str) -> tuple[bytes, int, int]:
        """Return a PNG of the archive and its size (px), checked before all of it is unpacked."""
        head = self._entry(source, _PNG_HEAD, cut=True)
        if len(head) < _PNG_HEAD or not head.startswith(b"\x89PNG\r\n\x1a\n"):
            raise ImageProblem(
                f"{self._name} has a layer that is not a PNG ({source[:80]}).",
                "Save it again in the program that made it.",
                code="damaged_picture",
            )
        width, height = (int.from_bytes(head[at : at + 4], "big") for at in (16, 20))
        if width < 1 or height < 1:
            raise damaged(self._name)
        if width * height > MAX_PIXELS:
            self._budget.pixels(width, height)
        return self._entry(source, width * height * 8 + height + _PNG_EXTRA), width, height

    def _entry(self, source: str, limit: int, *, cut: bool = False) -> bytes:
        """Return a part of the archive, at most ``limit`` bytes: a longer one is refused or cut."""
        outside = source.startswith(("/", "\\")) or ":" in source
        if outside or ".." in source.replace("\\", "/").split("/"):
            raise ImageProblem(
                f"{self._name} refers to a file outside of itself: {source[:80]}.",
                "It may have been made to do harm; get it from a source that you trust.",
                code="damaged_picture",
            )
        try:
            info = self._archive.getinfo(source)
        except KeyError:
            raise ImageProblem(
                f"{self._name} lacks a part: {source[:80] or 'a layer without a file'}.",
                "Save it again in the program that made it.",
                code="damaged_picture",
            ) from None
        with self._archive.open(info) as part:
            data = part.read(limit if cut else limit + 1)
        if len(data) > limit:
            raise ImageProblem(
                f"{self._name} unpacks to far more than it says: {source[:80]}.",
                "It may have been made to do harm; get it from a source that you trust.",
                code="picture_too_large",
            )
        return data

    def _crc32(self, source: str) -> int:
        return zlib.crc32(self.png(source)[0])


def _kept(element: ET.Element) -> Kept | None:
    try:
        return msgspec.json.decode(element.get(KEPT, ""), type=Kept)
    except msgspec.DecodeError:
        return None
