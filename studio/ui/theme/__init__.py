"""The look of the studio: colour tokens, the style sheet made from them, and the icons."""

from __future__ import annotations

from studio.ui.theme.appearance import (
    apply_theme,
    body_font,
    current_tokens,
    events,
    font_pixels,
    reduced_motion,
)
from studio.ui.theme.icons import LOGO_SIZES, app_icon, icon
from studio.ui.theme.tokens import (
    RADIUS,
    SPACING,
    TEXT_PAIRS,
    THEMES,
    TYPE,
    Tokens,
    contrast_ratio,
)

__all__ = [
    "LOGO_SIZES",
    "RADIUS",
    "SPACING",
    "TEXT_PAIRS",
    "THEMES",
    "TYPE",
    "Tokens",
    "app_icon",
    "apply_theme",
    "body_font",
    "contrast_ratio",
    "current_tokens",
    "events",
    "font_pixels",
    "icon",
    "reduced_motion",
]
