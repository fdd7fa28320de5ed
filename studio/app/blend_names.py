"""Blend modes by the names that other programs give them."""

from __future__ import annotations

from studio.document import BlendMode

# OpenRaster's composite-op (openraster.org, "Layer stack", baseline and extensions): the names of
# SVG Compositing. Exclusion is not in its list; Krita 5.1 takes its own name for it only.
OPENRASTER: dict[BlendMode, str] = {
    "normal": "svg:src-over",
    "multiply": "svg:multiply",
    "screen": "svg:screen",
    "overlay": "svg:overlay",
    "darken": "svg:darken",
    "lighten": "svg:lighten",
    "color_dodge": "svg:color-dodge",
    "color_burn": "svg:color-burn",
    "hard_light": "svg:hard-light",
    "soft_light": "svg:soft-light",
    "difference": "svg:difference",
    "exclusion": "krita:exclusion",
    "hue": "svg:hue",
    "saturation": "svg:saturation",
    "color": "svg:color",
    "luminosity": "svg:luminosity",
    "plus": "svg:plus",
}

# Krita's own ids (libs/pigment/KoCompositeOpRegistry.h). Its soft light that follows SVG has the
# id "soft_light_svg"; "add" saturates like our "plus".
KRITA: dict[BlendMode, str] = {
    "normal": "normal",
    "multiply": "multiply",
    "screen": "screen",
    "overlay": "overlay",
    "darken": "darken",
    "lighten": "lighten",
    "color_dodge": "dodge",
    "color_burn": "burn",
    "hard_light": "hard_light",
    "soft_light": "soft_light_svg",
    "difference": "diff",
    "exclusion": "exclusion",
    "hue": "hue",
    "saturation": "saturation",
    "color": "color",
    "luminosity": "luminize",
    "plus": "add",
}


def from_openraster(name: str) -> BlendMode | None:
    """Return our mode of an OpenRaster composite-op; None for one that we do not have."""
    return next((mode for mode, known in OPENRASTER.items() if known == name), None)
