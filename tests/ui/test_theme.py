"""Every theme can be read, every icon can be drawn, and a change of theme reaches the screen."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFontInfo, QIcon, QImage
from PySide6.QtWidgets import QApplication, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from studio.core.paths import resources_dir
from studio.ui import theme
from studio.ui.theme.style_sheet import build_style_sheet
from studio.ui.theme.tokens import THEMES, TYPE, Tokens, contrast_ratio

ICONS = sorted(path.stem for path in (resources_dir() / "icons").glob("*.svg"))


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("pair", theme.TEXT_PAIRS, ids="-on-".join)
def test_every_text_that_is_used_has_enough_contrast(name: str, pair: tuple[str, str]) -> None:
    text, background = (getattr(THEMES[name], token) for token in pair)
    assert contrast_ratio(text, background) >= 4.5


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast_ratio("#000000", "#ffffff") == pytest.approx(21)
    assert contrast_ratio("#777777", "#777777") == pytest.approx(1)
    # The example that WCAG tools agree on: #767676 is the lightest grey that passes on white.
    assert contrast_ratio("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("name", THEMES)
def test_every_colour_of_the_style_sheet_is_a_token(name: str) -> None:
    tokens = THEMES[name]
    known = {value for value in _flat(tokens) if value.startswith("#")}
    used = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", build_style_sheet(tokens, TYPE)))
    assert used <= known
    assert tokens.accent in used


@pytest.mark.parametrize("name", THEMES)
def test_pairs_that_the_style_sheet_sets_together_are_declared(name: str) -> None:
    """A rule that names both a text colour and a background must be among the tested pairs."""
    tokens = THEMES[name]
    by_value: dict[str, set[str]] = {}
    for token in tokens.__struct_fields__:
        if isinstance(value := getattr(tokens, token), str):
            by_value.setdefault(value, set()).add(token)
    sheet = build_style_sheet(tokens, TYPE)
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
        text = re.search(r"(?<![\w-])color: (#\w+)", body)
        background = re.search(r"background: (#\w+)", body)
        if not text or not background or "disabled" in selector:
            continue
        declared = {
            (first, second) for first in by_value[text[1]] for second in by_value[background[1]]
        } & set(theme.TEXT_PAIRS)
        assert declared, f"{selector.strip()}: {text[1]} on {background[1]}"


def _flat(tokens: Tokens) -> list[str]:
    values: list[str] = []
    for name in tokens.__struct_fields__:
        value = getattr(tokens, name)
        values.extend(value if isinstance(value, tuple) else [str(value)])
    return values


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_draws_something_inside_its_square(name: str, qapp: QApplication) -> None:
    image = theme.icon(name, role="text").pixmap(QSize(20, 20), 2.0).toImage()
    assert (image.width(), image.height()) == (40, 40)
    drawn = sum(image.pixelColor(x, y).alpha() > 60 for x in range(40) for y in range(40))
    assert drawn >= 20, "an icon of this size shows at least a stroke"


def test_icons_are_one_family() -> None:
    for name in ICONS:
        if name == "atelier":
            continue
        text = (resources_dir() / "icons" / f"{name}.svg").read_text()
        assert 'viewBox="0 0 24 24"' in text
        assert 'stroke-width="1.75"' in text
        assert set(re.findall(r'(?:stroke|fill)="([^"]+)"', text)) <= {"none", "currentColor"}


def test_an_unknown_icon_is_refused_at_once(qapp: QApplication) -> None:
    with pytest.raises(FileNotFoundError):
        theme.icon("no-such-drawing")


def test_the_same_icon_changes_its_colour_with_the_theme(qapp: QApplication) -> None:
    star = theme.icon("star-filled", role="text")
    seen = set()
    for name, tokens in THEMES.items():
        theme.apply_theme(qapp, name)
        middle = star.pixmap(QSize(24, 24), 1.0).toImage().pixelColor(12, 12)
        assert middle.name() == QColor(tokens.text).name()
        seen.add(middle.name())
    theme.apply_theme(qapp, "dark")
    assert len(seen) == len(THEMES)


def test_disabled_and_checked_icons_differ_from_the_plain_one(qapp: QApplication) -> None:
    theme.apply_theme(qapp, "dark")
    star = theme.icon("star-filled")

    def colour(mode: QIcon.Mode, state: QIcon.State) -> str:
        image = star.pixmap(QSize(24, 24), 1.0, mode, state).toImage()
        return image.pixelColor(12, 12).name()

    tokens = theme.current_tokens()
    assert colour(QIcon.Mode.Normal, QIcon.State.Off) == tokens.text_soft
    assert colour(QIcon.Mode.Normal, QIcon.State.On) == tokens.text
    assert colour(QIcon.Mode.Disabled, QIcon.State.Off) == tokens.text_disabled


def test_icons_outlive_the_buttons_that_show_them(qapp: QApplication) -> None:
    """The icon engine is written in Python: nothing may free it while Qt still uses it."""
    for _ in range(40):
        buttons = [QToolButton() for _ in range(10)]
        copies = []
        for button in buttons:
            button.setIcon(theme.icon("eye"))
            copies.append(QIcon(button.icon()))
        buttons[0].grab()
        buttons.clear()
        assert all(not copy.pixmap(16).isNull() for copy in copies)


def test_a_running_window_takes_the_new_theme(qtbot: QtBot, qapp: QApplication) -> None:
    label = QLabel("text")
    label.setProperty("role", "title")
    qtbot.addWidget(label)
    label.show()
    told = []
    theme.events.changed.connect(lambda: told.append(theme.current_tokens().name))
    for name, tokens in THEMES.items():
        theme.apply_theme(qapp, name)
        assert label.palette().windowText().color().name() == tokens.text
        assert label.font().pixelSize() == theme.font_pixels(TYPE[3])
        darkest = _most_like(label.grab().toImage(), tokens.text)
        assert darkest < 40, "the text is drawn in the theme's own colour"
    theme.apply_theme(qapp, "dark")
    theme.events.changed.disconnect()
    assert told == [*THEMES, "dark"]


def _most_like(image: QImage, colour: str) -> int:
    """Smallest distance (summed over channels) of any pixel to a colour."""
    wanted = QColor(colour)
    best = 765
    for x in range(image.width()):
        for y in range(image.height()):
            found = image.pixelColor(x, y)
            distance = (
                abs(found.red() - wanted.red())
                + abs(found.green() - wanted.green())
                + abs(found.blue() - wanted.blue())
            )
            best = min(best, distance)
    return best


def test_the_font_is_one_that_the_machine_has(qapp: QApplication) -> None:
    font = theme.body_font()
    assert font.pixelSize() == theme.font_pixels(13)
    assert QFontInfo(font).family() == font.families()[0]
    assert len(font.families()) > 1, "other families fill the gaps"


def test_the_kit_is_light_to_import() -> None:
    """Theme, widgets, shell and inspector bring no array, picture or model library with them."""
    code = (
        "import sys, studio.ui.theme, studio.ui.widgets, studio.ui.shell, studio.ui.inspector;"
        "print(sorted({name.partition('.')[0] for name in sys.modules}"
        " & {'torch', 'numpy', 'PIL', 'diffusers', 'transformers', 'psutil', 'sqlite3'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert done.stdout.strip() == "[]"
