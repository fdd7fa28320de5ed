"""The one table of colours, spacings and type sizes that every pixel of the window comes from."""

from __future__ import annotations

import msgspec

SPACING = (4, 8, 12, 16, 24)  # px
RADIUS = 6  # px
TYPE = (12, 13, 15, 20)  # px at 96 dots an inch: caption, body, heading, title


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """The colours of one theme, named by what they are for; each is ``#rrggbb``.

    Surfaces from back to front: ``canvas`` (behind the artwork), ``window``, ``panel``, ``raised``
    (fields, cards), ``hover``. ``line`` separates, ``edge`` surrounds a control. ``*_tint`` are
    quiet backgrounds of one colour, ``on_*`` the text on them. ``chosen_edge`` surrounds the
    chosen one of several. ``series`` tells parts of a whole apart, such as the models in memory.
    """

    name: str
    dark: bool
    canvas: str
    window: str
    panel: str
    raised: str
    hover: str
    pressed: str
    button: str
    button_edge: str
    pill: str
    line: str
    edge: str
    text: str
    text_soft: str
    text_faint: str
    text_disabled: str
    accent: str
    accent_hover: str
    accent_pressed: str
    on_accent: str
    on_accent_soft: str
    accent_text: str
    accent_tint: str
    on_accent_tint: str
    selection: str
    on_selection: str
    focus: str
    chosen_edge: str
    good: str
    warn: str
    bad: str
    info: str
    track: str
    knob: str
    knob_edge: str
    checker_light: str
    checker_dark: str
    series: tuple[str, ...]


DARK = Tokens(
    name="dark",
    dark=True,
    canvas="#0f1012",
    window="#141518",
    panel="#1b1d21",
    raised="#24272d",
    hover="#2e323a",
    pressed="#383d47",
    button="#2e323a",
    button_edge="#2e323a",
    pill="#2e323a",
    line="#33373f",
    edge="#33373f",
    text="#eceef2",
    text_soft="#aab0bc",
    text_faint="#8a919f",
    text_disabled="#5c626e",
    accent="#ff8a3d",
    accent_hover="#ff9a57",
    accent_pressed="#f07a2c",
    on_accent="#1a1206",
    on_accent_soft="#4a2a0c",
    accent_text="#ff8a3d",
    accent_tint="#4a3122",
    on_accent_tint="#ffb47a",
    selection="#6b4426",
    on_selection="#ffffff",
    focus="#ffb47a",
    chosen_edge="#2e323a",
    good="#5fcf8e",
    warn="#ffb45f",
    bad="#ff6b7d",
    info="#7cb7ff",
    track="#2e323a",
    knob="#f3f4f6",
    knob_edge="#f3f4f6",
    checker_light="#3a3f48",
    checker_dark="#2e323a",
    series=("#ff8a3d", "#7c5cff", "#38bdc8", "#ffb47a", "#e0789f", "#5fcf8e"),
)

LIGHT = Tokens(
    name="light",
    dark=False,
    canvas="#d5d8dd",
    window="#e9ebee",
    panel="#f6f7f9",
    raised="#ffffff",
    hover="#e6e9ed",
    pressed="#d9dde3",
    button="#ffffff",
    button_edge="#c0c5ce",
    pill="#dce0e6",
    line="#d3d7dd",
    edge="#c0c5ce",
    text="#1b1e24",
    text_soft="#454b57",
    text_faint="#555c68",
    text_disabled="#a2a8b3",
    accent="#ff8a3d",
    accent_hover="#ff9a57",
    accent_pressed="#f07a2c",
    on_accent="#1a1206",
    on_accent_soft="#4a2a0c",
    accent_text="#9e4200",
    accent_tint="#ffe3d0",
    on_accent_tint="#823600",
    selection="#ffc49b",
    on_selection="#1b1e24",
    focus="#b34b00",
    chosen_edge="#e6e9ed",
    good="#136c3f",
    warn="#845000",
    bad="#b3182d",
    info="#1457a8",
    track="#d3d7dd",
    knob="#ffffff",
    knob_edge="#8f96a3",
    checker_light="#ffffff",
    checker_dark="#d9dde3",
    series=("#ff8a3d", "#6a49f2", "#1799a5", "#d9762b", "#c64a7b", "#2a9d62"),
)

HIGH_CONTRAST = Tokens(
    name="high_contrast",
    dark=True,
    canvas="#000000",
    window="#000000",
    panel="#000000",
    raised="#0b0b0d",
    hover="#2b2b30",
    pressed="#3d3d44",
    button="#2b2b30",
    button_edge="#8d8d96",
    pill="#2b2b30",
    line="#8d8d96",
    edge="#d0d0d6",
    text="#ffffff",
    text_soft="#f2f2f4",
    text_faint="#d6d6dc",
    text_disabled="#8d8d96",
    accent="#ffa54d",
    accent_hover="#ffbd7a",
    accent_pressed="#ff9429",
    on_accent="#000000",
    on_accent_soft="#1f1200",
    accent_text="#ffb566",
    accent_tint="#3d2400",
    on_accent_tint="#ffd9ad",
    selection="#ffd24d",
    on_selection="#000000",
    focus="#ffe14d",
    chosen_edge="#ffb566",
    good="#66f2a2",
    warn="#ffd24d",
    bad="#ff97a3",
    info="#9ccaff",
    track="#55555c",
    knob="#ffffff",
    knob_edge="#000000",
    checker_light="#55555c",
    checker_dark="#2b2b30",
    series=("#ffa54d", "#a893ff", "#4fe0ec", "#ffd9ad", "#ff9cc4", "#66f2a2"),
)

THEMES: dict[str, Tokens] = {theme.name: theme for theme in (DARK, LIGHT, HIGH_CONTRAST)}

# Every (text, background) pair that the style sheet and the painted widgets use, by token name.
_PLAIN = ("canvas", "window", "panel", "raised")
TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    *(("text", surface) for surface in (*_PLAIN, "hover", "pressed")),
    *(("text_soft", surface) for surface in (*_PLAIN, "hover")),
    *(("text_faint", surface) for surface in _PLAIN),
    *((role, surface) for role in ("good", "warn", "bad", "info") for surface in _PLAIN[1:]),
    *(("accent_text", surface) for surface in _PLAIN[1:]),
    *(("on_accent", surface) for surface in ("accent", "accent_hover", "accent_pressed")),
    *(("on_accent_soft", surface) for surface in ("accent", "accent_hover", "accent_pressed")),
    ("on_accent_tint", "accent_tint"),
    ("on_selection", "selection"),
    ("text", "track"),
    ("text", "button"),
    ("text_soft", "pill"),
)


def contrast_ratio(first: str, second: str) -> float:
    """Return the contrast of two ``#rrggbb`` colours, 1 (same) to 21 (black on white).

    The relative luminance and ratio of WCAG 2.2 (w3.org/TR/WCAG22, "contrast ratio").
    """
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
