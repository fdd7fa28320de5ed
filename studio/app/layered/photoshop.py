"""Photoshop documents (PSD, PSB) read with their layers, through psd-tools.

Format: Adobe Photoshop File Formats Specification, https://www.adobe.com/devnet-apps/photoshop/.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, BinaryIO

from studio.app.landing import Part, Parts
from studio.app.layered.limits import Budget, damaged
from studio.app.layered.pixels import premultiplied, tiles_at
from studio.core.ids import new_id
from studio.document import BlendMode, Layer

if TYPE_CHECKING:
    from PIL import Image

# Keys of the layer record. Linear dodge adds like our "plus", and pass-through is for groups only.
BLEND_MODES: dict[bytes, BlendMode] = {
    b"norm": "normal",
    b"mul ": "multiply",
    b"scrn": "screen",
    b"over": "overlay",
    b"dark": "darken",
    b"lite": "lighten",
    b"div ": "color_dodge",
    b"idiv": "color_burn",
    b"hLit": "hard_light",
    b"sLit": "soft_light",
    b"diff": "difference",
    b"smud": "exclusion",
    b"hue ": "hue",
    b"sat ": "saturation",
    b"colr": "color",
    b"lum ": "luminosity",
    b"lddg": "plus",
}
_PASS_THROUGH = b"pass"
_TRANSPARENCY = -1  # channel id
_ALLOCATION = 4 << 30  # bytes that one step of psd-tools may take
_HEADER = struct.Struct(">4sH6xHII")


def read_photoshop(file: BinaryIO, name: str) -> Parts:
    """Read the layers, groups and masks of a Photoshop document, colours brought to sRGB.

    Raises:
        ImageProblem: larger than the studio opens.
        Exception: whatever psd-tools makes of a broken file.
    """
    head = file.read(_HEADER.size)
    if len(head) < _HEADER.size:
        raise damaged(name)
    _, _, _, height, width = _HEADER.unpack(head)
    budget = Budget(name)
    budget.canvas(width, height)
    file.seek(0)

    from psd_tools import PSDImage
    from psd_tools.compression import PSDDecompressionWarning

    # A channel that cannot be unpacked would be black otherwise.
    warnings.filterwarnings("error", category=PSDDecompressionWarning)
    reader = _Reader(budget, width, height)
    document = PSDImage.open(file, max_alloc_bytes=_ALLOCATION)
    reader.layers(document, "", 0)
    if not reader.parts:
        reader.flat(document)
    return Parts(
        width=width,
        height=height,
        layers=tuple(reader.parts),
        flat={},
        remarks=reader.remarks(),
    )


class _Reader:
    def __init__(self, budget: Budget, width: int, height: int) -> None:
        self._budget = budget
        self._size = (width, height)
        self.parts: list[Part] = []
        self._found: dict[str, int] = {}

    def remarks(self) -> tuple[str, ...]:
        """Return what is shown in another way here, with how many layers it concerns."""
        return tuple(
            f"{what} ({count} layers)" if count > 1 else what for what, count in self._found.items()
        )

    def _remark(self, what: str) -> None:
        self._found[what] = self._found.get(what, 0) + 1

    def layers(self, layers: Iterable[Any], parent: str, depth: int) -> None:
        """Read layers, bottom first, into the group ``parent``."""
        self._budget.depth(depth)
        for layer in layers:
            self._budget.layer()
            if layer.is_group():
                self._group(layer, parent, depth)
            else:
                self._layer(layer, parent)

    def flat(self, document: Any) -> None:
        """Read a document without layers as one."""
        self._budget.pixels(*self._size)
        image = document.topil()
        if image is not None:
            look = Layer(id=new_id(), name="Background")
            self.parts.append(Part(look.name, 0, 0, tiles_at(_rgba(image), 0, 0), look))

    def _group(self, group: Any, parent: str, depth: int) -> None:
        mode = self._mode(group)
        look = self._look(group, parent, mode or "normal", kind="group")
        before = len(self.parts)
        self.layers(group, look.id, depth + 1)
        inside = [one.look for one in self.parts[before:] if one.look is not None]
        if mode is None and any(one.blend_mode != "normal" for one in inside):
            self._remark("a group that passed through is blended by itself")
        self.parts.append(Part(look.name, 0, 0, {}, look))
        self._mask(group, look.id, (0, 0, *self._size))

    def _layer(self, layer: Any, parent: str) -> None:
        left, top, right, bottom = layer.bbox
        width, height = right - left, bottom - top
        image = None
        if width > 0 and height > 0:
            self._budget.pixels(width, height)
            self._budget.place(left, top)
            image = layer.topil()
        if image is None and layer.kind != "pixel":
            self._remark(f"a layer of the kind {layer.kind} was left out")
            return
        look = self._look(layer, parent, self._mode(layer) or "normal")
        if image is None:
            self.parts.append(Part(look.name, 0, 0, {}, look))
            return
        if image.mode == "CMYK" or "A" not in image.getbands():  # Pillow's CMYK has no alpha
            alpha = layer.topil(_TRANSPARENCY)
            image = _converted(image)
            if alpha is not None:
                image.putalpha(alpha.convert("L"))
        self.parts.append(Part(look.name, left, top, tiles_at(_rgba(image), 0, 0), look))
        self._remark_on_rest(layer)
        self._mask(layer, look.id, layer.bbox)

    def _look(self, layer: Any, parent: str, mode: BlendMode, **fields: Any) -> Layer:
        opacity = layer.opacity / 255 * layer.fill_opacity / 255
        locks = layer.locks
        return Layer(
            id=new_id(),
            name=layer.name.rstrip("\0")[:1000] or "Layer",
            visible=layer.visible,
            opacity=min(max(opacity, 0.0), 1.0),
            blend_mode=mode,
            alpha_locked=bool(locks and locks.transparency),
            parent=parent,
            **fields,
        )

    def _mode(self, layer: Any) -> BlendMode | None:
        """Return the blend mode; None for a group that passes through."""
        key = bytes(layer.blend_mode.value)
        if key == _PASS_THROUGH:
            return None
        if key not in BLEND_MODES:
            words = layer.blend_mode.name.replace("_", " ").capitalize()
            self._remark(f"the blend mode {words} became Normal")
        return BLEND_MODES.get(key, "normal")

    def _remark_on_rest(self, layer: Any) -> None:
        if layer.clipping:
            self._remark("a layer is no longer clipped to the one below")
        if layer.has_effects():
            self._remark("layer effects were left out")
        if layer.has_vector_mask():
            self._remark("a vector mask was left out")
        if layer.kind == "type":
            self._remark("text became pixels")

    def _mask(self, layer: Any, parent: str, around: tuple[int, int, int, int]) -> None:
        """Read a layer's mask; beyond its own pixels it has one grey, kept as far as ``around``."""
        from PIL import Image

        if not layer.has_mask():
            return
        mask = layer.mask
        left, top, right, bottom = around
        if right <= left or bottom <= top:
            return
        self._budget.layer()
        self._budget.pixels(right - left, bottom - top)
        self._budget.pixels(max(mask.width, 0), max(mask.height, 0))
        alpha = Image.new("L", (right - left, bottom - top), mask.background_color)
        if mask.width > 0 and mask.height > 0:
            own = mask.topil()
            if own is not None:
                alpha.paste(own.convert("L"), (mask.left - left, mask.top - top))
        white = Image.new("L", alpha.size, 255)
        pixels = premultiplied(Image.merge("RGBA", (white, white, white, alpha)))
        look = Layer(
            id=new_id(), name="Mask", kind="mask", parent=parent, visible=not mask.disabled
        )
        self.parts.append(Part(look.name, left, top, tiles_at(pixels, 0, 0), look))


def _converted(image: Image.Image) -> Image.Image:
    from studio.app.picture_colours import to_rgba

    image.info.pop("icc_profile", None)  # psd-tools has converted by it
    return to_rgba(image)


def _rgba(image: Image.Image) -> Any:
    return premultiplied(_converted(image))
