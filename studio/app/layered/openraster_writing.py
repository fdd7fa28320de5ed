"""The document as an OpenRaster file, with its layers, groups, opacities, modes and positions.

Format: https://www.openraster.org/baseline/file-layout-spec.html and layer-stack-spec.html.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import msgspec

from studio.app.blend_names import OPENRASTER
from studio.app.flatten import flatten
from studio.app.layered.openraster_parts import (
    KEPT,
    MASK,
    MERGED,
    MIMETYPE,
    NAMESPACE,
    STACK,
    THUMBNAIL,
    THUMBNAIL_SIDE,
    Kept,
)
from studio.app.layered.pixels import Patch, patch_of
from studio.core.settings import replacing
from studio.document import Layer, LayeredPicture, Node, layer_tree, parents, unpremultiply

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL import Image

    Plane = npt.NDArray[Any]

_PNG_COMPRESSION = 4


def write_openraster(picture: LayeredPicture, path: Path) -> None:
    """Write a picture as .ora; a file of that name is replaced whole or not at all.

    A mask is written into the pixels that it cuts, since OpenRaster has none; reading the file
    here gives the uncut pixels and the mask back.

    Raises:
        StorageProblem: missing or read-only folder, or a full disk.
    """
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        _Writer(picture, archive).write()


class _Writer:
    def __init__(self, picture: LayeredPicture, archive: zipfile.ZipFile) -> None:
        self._picture = picture
        self._archive = archive
        self._written = 0

    def write(self) -> None:
        self._put("mimetype", MIMETYPE.encode())
        picture = self._picture
        image = ET.Element("image", version="0.0.6", w=str(picture.width), h=str(picture.height))
        root = ET.SubElement(image, "stack")
        parent = parents(picture.layers)
        loose = [one for one in picture.layers if one.kind == "mask" and not parent[one.id]]
        for mask in reversed(loose):
            self._mask(root, mask)
        self._stack(root, layer_tree(picture.layers), ())
        ET.register_namespace("atelier", NAMESPACE)
        xml = ET.tostring(image, encoding="UTF-8", xml_declaration=True)
        self._put(STACK, xml, zipfile.ZIP_DEFLATED)
        self._merged()

    def _stack(self, element: ET.Element, nodes: Sequence[Node], around: tuple[Layer, ...]) -> None:
        """Write some nodes into a stack, topmost first; ``around`` are the masks of its groups."""
        for layer, children, masks in reversed(nodes):
            if layer.kind == "group":
                own = ET.SubElement(element, "stack", _attributes(layer), isolation="isolate")
                _keep(own, layer, Kept())
                self._stack(own, children, (*masks, *around))
            else:
                own = ET.SubElement(element, "layer", _attributes(layer))
                self._pixels(own, layer, (*masks, *around))
            for mask in reversed(masks):
                self._mask(own, mask)

    def _pixels(self, element: ET.Element, layer: Layer, masks: Sequence[Layer]) -> None:
        uncut = patch_of(self._picture, layer.id, layer.x, layer.y) or _nothing(layer)
        masks = [mask for mask in masks if mask.visible]
        shown = self._cut(uncut, masks) if masks else uncut
        source, checksum = self._patch(shown)
        _put_place(element, shown, source)
        kept = Kept(x=layer.x, y=layer.y)
        if masks:
            name, _ = self._patch(uncut)
            kept = msgspec.structs.replace(
                kept, uncut=name, uncut_x=uncut.x, uncut_y=uncut.y, crc32=checksum
            )
        _keep(element, layer, kept)

    def _mask(self, element: ET.Element, mask: Layer) -> None:
        own = ET.SubElement(element, MASK, _attributes(mask))
        patch = patch_of(self._picture, mask.id, mask.x, mask.y) or _nothing(mask)
        name, _ = self._patch(patch)
        _put_place(own, patch, name)
        _keep(own, mask, Kept(x=mask.x, y=mask.y))

    def _cut(self, patch: Patch, masks: Sequence[Layer]) -> Patch:
        """Return pixels as the masks let them through."""
        import numpy as np

        pixels = patch.pixels.astype(np.float32)
        for mask in masks:
            alpha = np.zeros(pixels.shape[:2], np.float32)
            cover = patch_of(self._picture, mask.id, mask.x, mask.y)
            if cover is not None:
                _lay(alpha, cover.pixels[..., 3], cover.x - patch.x, cover.y - patch.y)
            pixels *= (alpha / 255 * mask.opacity + (1 - mask.opacity))[..., None]
        return Patch(np.rint(pixels).astype(np.uint8), patch.x, patch.y)

    def _patch(self, patch: Patch) -> tuple[str, int]:
        """Write pixels as the next file under data/; return its name and its CRC-32."""
        from PIL import Image

        name = f"data/{self._written:03}.png"
        self._written += 1
        data = _png(Image.fromarray(unpremultiply(patch.pixels), "RGBA"))
        self._put(name, data)
        return name, zlib.crc32(data)

    def _merged(self) -> None:
        from PIL import Image

        size = (self._picture.width, self._picture.height)
        merged = Image.frombytes("RGBA", size, flatten(self._picture))
        self._put(MERGED, _png(merged))
        merged.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
        self._put(THUMBNAIL, _png(merged))

    def _put(self, name: str, data: bytes, compression: int = zipfile.ZIP_STORED) -> None:
        # The date is always the same, so that the same picture gives the same file.
        self._archive.writestr(zipfile.ZipInfo(name), data, compression)


def _attributes(layer: Layer) -> dict[str, str]:
    attributes = {
        "name": "".join(one for one in layer.name if one.isprintable() and one < "\ufffe"),
        "opacity": repr(layer.opacity),
        "visibility": "visible" if layer.visible else "hidden",
        "composite-op": OPENRASTER[layer.blend_mode],
    }
    if layer.locked:
        attributes["edit-locked"] = "true"
    return attributes


def _put_place(element: ET.Element, patch: Patch, source: str) -> None:
    element.set("src", source)
    element.set("x", str(patch.x))
    element.set("y", str(patch.y))


def _keep(element: ET.Element, layer: Layer, kept: Kept) -> None:
    kept = msgspec.structs.replace(
        kept, purpose=layer.purpose, alpha_locked=layer.alpha_locked, text=layer.text
    )
    element.set(KEPT, msgspec.json.encode(kept).decode())


def _nothing(layer: Layer) -> Patch:
    """One transparent pixel: every layer needs a file."""
    import numpy as np

    return Patch(np.zeros((1, 1, 4), np.uint8), layer.x, layer.y)


def _lay(target: Plane, source: Plane, x: int, y: int) -> None:
    """Copy ``source`` into ``target`` with its corner at (x, y), as far as it is inside."""
    height, width = target.shape
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + source.shape[1], width), min(y + source.shape[0], height)
    if left < right and top < bottom:
        target[top:bottom, left:right] = source[top - y : bottom - y, left - x : right - x]


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=_PNG_COMPRESSION)
    return buffer.getvalue()
