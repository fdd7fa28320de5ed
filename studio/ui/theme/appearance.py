"""Puts a theme on the running application: palette, font, style sheet; and tells who must know."""

from __future__ import annotations

import sys
from functools import cache

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from studio.ui.theme.style_sheet import build_style_sheet
from studio.ui.theme.tokens import DARK, THEMES, TYPE, Tokens

# Tried after the platform's own interface font, for glyphs that it lacks.
_FALLBACK_FAMILIES = ("Segoe UI", "Inter", "Noto Sans", "DejaVu Sans")


# Property of an application that was started with the style already.
STYLE_CHOSEN = "atelierStyle"


class ThemeEvents(QObject):
    """Tells painted widgets that the colours changed; style-sheet widgets need not listen."""

    changed = Signal()


class _Appearance:
    """What is on screen now; one for the process, as there is one QApplication."""

    def __init__(self) -> None:
        self.tokens: Tokens = DARK
        self.reduced_motion = False
        self.fusion = False


events = ThemeEvents()
_now = _Appearance()


def current_tokens() -> Tokens:
    """Return the tokens of the theme that is applied (dark until one is)."""
    return _now.tokens


def reduced_motion() -> bool:
    """Whether the artist asked for a still interface: nothing may move on its own then."""
    return _now.reduced_motion


def apply_theme(app: QApplication, name: str, *, reduced_motion: bool = False) -> None:
    """Give the whole application a theme while it runs.

    Args:
        app: the application.
        name: a key of ``THEMES``.
        reduced_motion: what ``reduced_motion()`` answers from now on.
    """
    prepare_theme(app, name, reduced_motion=reduced_motion)
    apply_style_sheet(app)
    events.changed.emit()


def prepare_theme(app: QApplication, name: str, *, reduced_motion: bool = False) -> None:
    """Set everything of a theme but the style sheet; ``apply_style_sheet`` has to follow.

    A window is built between the two at the start: with a style sheet in place Qt works out a
    widget's looks again at every level of the tree that it is put into, which took half of the
    time of building the window.
    """
    _now.tokens = THEMES[name]
    _now.reduced_motion = reduced_motion
    if not _now.fusion:
        # Once: with a style sheet in place, each call polishes every widget again.
        _now.fusion = True
        if app.property(STYLE_CHOSEN) is None:
            app.setStyle("Fusion")
        app.setFont(body_font())
    app.setPalette(_palette(_now.tokens))


def apply_style_sheet(app: QApplication) -> None:
    """Give the application the style sheet of the theme that was prepared."""
    app.setStyleSheet(build_style_sheet(_now.tokens, tuple(font_pixels(size) for size in TYPE)))


def font_pixels(size: int) -> int:
    """Return a type size of ``TYPE`` (px at 96 dpi) at the screen's logical resolution.

    Device pixel ratio is Qt's own business and comes on top.
    """
    screen = QGuiApplication.primaryScreen()
    reference = 72 if sys.platform == "darwin" else 96
    scale = screen.logicalDotsPerInch() / reference if screen else 1.0
    return max(size, round(size * min(scale, 3.0)))


def body_font(size: int = TYPE[1], *, bold: bool = False) -> QFont:
    """Return the platform's interface font at a size of ``TYPE``, with fallbacks for its gaps."""
    font = QFont()
    font.setFamilies(_families())
    font.setPixelSize(font_pixels(size))
    font.setBold(bold)
    return font


@cache
def _families() -> list[str]:
    """Ask for the interface font once: finding out what it stands for takes a millisecond."""
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    family = QFontInfo(system).family()
    return [family, *(name for name in _FALLBACK_FAMILIES if name != family)]


def _palette(tokens: Tokens) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    colours = {
        role.Window: tokens.window,
        role.WindowText: tokens.text,
        role.Base: tokens.raised,
        role.AlternateBase: tokens.panel,
        role.Text: tokens.text,
        role.PlaceholderText: tokens.text_faint,
        role.Button: tokens.raised,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.bad,
        role.ToolTipBase: tokens.hover,
        role.ToolTipText: tokens.text,
        role.Highlight: tokens.selection,
        role.HighlightedText: tokens.on_selection,
        role.Link: tokens.accent_text,
        role.LinkVisited: tokens.accent_text,
        role.Accent: tokens.accent,
        role.Light: tokens.hover,
        role.Midlight: tokens.hover,
        role.Mid: tokens.line,
        role.Dark: tokens.line,
        role.Shadow: tokens.canvas,
    }
    for name, colour in colours.items():
        palette.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(tokens.text_disabled))
    return palette
