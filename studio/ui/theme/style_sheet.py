"""The one style sheet of the application, written from the tokens."""

from __future__ import annotations

from string import Template

from studio.core.paths import resources_dir
from studio.ui.theme.tokens import RADIUS, Tokens

_BASE = """
QPushButton, QToolButton, QCheckBox, QRadioButton, QSlider, QTabBar { outline: none; }
QMainWindow, QDialog, QMessageBox, QFileDialog { background: $window; }
QToolTip { background: $hover; color: $text; border: 1px solid $edge; padding: 4px 8px; }
QLabel { background: transparent; }
QLabel:disabled { color: $text_disabled; }
QLabel[role="title"] { font-size: ${title}px; font-weight: 600; }
QLabel[role="heading"] { font-size: ${heading}px; font-weight: 600; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="soft"] { color: $text_soft; }
QLabel[role="caption"] { font-size: ${caption}px; color: $text_soft; }
QLabel[role="value"] { font-size: ${caption}px; color: $text; }
QLabel[role="faint"] { font-size: ${caption}px; color: $text_faint; }
QLabel[role="good"] { font-size: ${caption}px; color: $good; }
QLabel[role="warn"] { font-size: ${caption}px; color: $warn; }
QLabel[role="bad"] { font-size: ${caption}px; color: $bad; }
QLabel[role="pill"] { background: $pill; color: $text_soft; border-radius: 10px;
    padding: 3px 10px; font-size: ${caption}px; }
QLabel[role="pill"][tone="accent"] { background: $accent_tint; color: $on_accent_tint; }
QFrame[role="panel"], QWidget[role="panel"] { background: $panel; }
QFrame[role="window"], QWidget[role="window"] { background: $window; }
QFrame[role="canvas"], QWidget[role="canvas"] { background: $canvas; }
QFrame[role="status-bar"] { background: $window; border: none; }
QFrame[role="card"] { background: $panel; border: 1px solid $line; border-radius: 8px; }
QFrame[role="card"][selected="true"] { border-color: $accent; }
QFrame[role="popup"] { background: $panel; border: 1px solid $edge; border-radius: 8px; }
QFrame[role="row"] { background: transparent; border: 1px solid transparent;
    border-radius: ${radius}px; }
QFrame[role="row"]:hover { background: $raised; }
QFrame[role="row"]:focus { border-color: $focus; }
QFrame[role="field"] { background: $raised; border: 1px solid $edge; border-radius: ${radius}px; }
QFrame[role="bubble"] { background: $raised; border: none; border-radius: 8px; }
QFrame[role="code"] { background: $canvas; border: 1px solid $line; border-radius: ${radius}px; }
QFrame[role="line"] { background: $line; border: none; }
QFrame[role="line-vertical"] { background: $line; border: none; }
QScrollArea, QWidget[role="plain"] { background: transparent; border: none; }
QSplitter::handle { background: $line; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
"""

_BUTTONS = """
QPushButton { background: $button; color: $text; border: 1px solid $button_edge; min-height: 20px;
    border-radius: ${radius}px; padding: 3px 10px; }
QPushButton:hover { background: $pressed; border-color: $pressed; }
QPushButton:pressed { background: $raised; }
QPushButton:checked { background: $accent_tint; color: $on_accent_tint; }
QPushButton:disabled { background: $raised; color: $text_disabled; border-color: $raised; }
QPushButton:focus { border: 1px solid $focus; }
QPushButton[role="primary"], QPushButton:default[role="primary"] { background: $accent;
    color: $on_accent; border: 1px solid $accent; }
QPushButton[role="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[role="primary"]:pressed { background: $accent_pressed; }
QPushButton[role="primary"]:disabled { background: $hover; color: $text_disabled;
    border-color: $hover; }
QPushButton[role="primary"]:focus { border: 1px solid $text; }
QPushButton[role="quiet"] { background: transparent; color: $text_soft; border-color: transparent; }
QPushButton[role="quiet"]:hover { background: $hover; color: $text; }
QPushButton[role="quiet"]:pressed { background: $pressed; color: $text; }
QPushButton[role="quiet"]:disabled { background: transparent; color: $text_disabled; }
QPushButton[role="quiet"]:focus { border-color: $focus; }
QPushButton[role="quiet"]::menu-indicator, QToolButton::menu-indicator { image: none; width: 0; }
QPushButton[role="link"] { background: transparent; color: $text_soft; border: none; padding: 0;
    font-size: ${caption}px; min-height: 16px; }
QPushButton[role="link"]:hover { color: $text; text-decoration: underline; }
QPushButton[role="link"]:focus { color: $text; text-decoration: underline; }
QPushButton[role="link"]:disabled { color: $text_disabled; }
QPushButton[role="pill"] { background: $pill; color: $text_soft; border: 1px solid $pill;
    border-radius: 12px; padding: 1px 10px; font-size: ${caption}px; }
QPushButton[role="pill"]:hover { color: $text; background: $pressed; }
QPushButton[role="pill"]:checked { background: $accent_tint; color: $on_accent_tint;
    border-color: $accent_tint; }
QPushButton[role="pill"]:focus { border-color: $focus; }
QPushButton[role="status"] { background: transparent; color: $text_soft; border: none;
    border-radius: 4px; padding: 1px 6px; font-size: ${caption}px; min-height: 18px; }
QPushButton[role="status"]:hover { background: $hover; color: $text; }
QPushButton[role="status"]:focus { border: 1px solid $focus; padding: 0 5px; }
QPushButton[role="status"][tone="good"] { color: $good; }
QPushButton[role="status"][tone="warn"] { color: $warn; }
QPushButton[role="status"][tone="bad"] { color: $bad; }
QPushButton[role="segment"] { background: transparent; color: $text_soft; border: none;
    border-radius: 0; padding: 0 6px; min-height: 26px; }
QPushButton[role="segment"]:hover { color: $text; background: $pressed; }
QPushButton[role="segment"]:checked { background: $hover; color: $text;
    border: 1px solid $chosen_edge; }
QPushButton[role="segment"]:focus { border: 1px solid $focus; }
QPushButton[role="segment"]:disabled { color: $text_disabled; }
QPushButton[role="segment"][edge="first"] { border-top-left-radius: 5px;
    border-bottom-left-radius: 5px; }
QPushButton[role="segment"][edge="last"] { border-top-right-radius: 5px;
    border-bottom-right-radius: 5px; }
QPushButton[role="segment"][edge="only"] { border-radius: 5px; }
QToolButton { background: transparent; color: $text_soft; border: 1px solid transparent;
    border-radius: ${radius}px; padding: 3px; }
QToolButton:hover { background: $hover; color: $text; }
QToolButton:pressed { background: $pressed; }
QToolButton:checked { background: $hover; color: $text; border-color: $chosen_edge; }
QToolButton:focus { border-color: $focus; }
QToolButton:disabled { color: $text_disabled; background: transparent; }
QCheckBox, QRadioButton { spacing: 8px; background: transparent; border: 1px solid transparent;
    border-radius: 4px; }
QCheckBox:focus, QRadioButton:focus { border-color: $focus; }
QCheckBox:disabled, QRadioButton:disabled { color: $text_disabled; }
QCheckBox::indicator, QRadioButton::indicator { width: 14px; height: 14px;
    border: 1px solid $text_faint; background: $raised; }
QCheckBox::indicator { border-radius: 4px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $text; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent;
    image: url($check); }
QRadioButton::indicator:checked { background: $accent; border: 4px solid $track;
    width: 8px; height: 8px; }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $line; }
"""

_FIELDS = """
QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox, QDateTimeEdit {
    background: $raised; color: $text; border: 1px solid $edge; border-radius: ${radius}px;
    placeholder-text-color: $text_faint; }
QLineEdit, QSpinBox, QDoubleSpinBox, QDateTimeEdit { padding: 0 8px; min-height: 28px; }
QPlainTextEdit, QTextEdit { padding: 7px 8px; }
QPlainTextEdit[role="code"], QPlainTextEdit[role="code"]:hover,
QPlainTextEdit[role="code"]:focus { background: transparent; border: none; padding: 0 8px; }
QLineEdit:hover, QPlainTextEdit:hover, QTextEdit:hover, QSpinBox:hover, QDoubleSpinBox:hover,
QComboBox:hover { border-color: $text_faint; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus,
QComboBox:focus, QComboBox:on { border-color: $accent; }
QLineEdit:disabled, QPlainTextEdit:disabled, QTextEdit:disabled, QSpinBox:disabled,
QDoubleSpinBox:disabled, QComboBox:disabled { color: $text_disabled; border-color: $line;
    background: $panel; }
QLineEdit:read-only { background: $panel; }
QLineEdit[role="value"] { background: transparent; border: none; padding: 0;
    min-height: 18px; font-size: ${caption}px; border-radius: 4px; }
QLineEdit[role="value"]:hover { background: $raised; }
QLineEdit[role="value"]:focus { background: $hover; }
QSpinBox QLineEdit, QDoubleSpinBox QLineEdit { background: transparent; border: none;
    padding: 0 0 0 6px; min-height: 0; }
QLineEdit[role="value"]:disabled { color: $text_disabled; background: transparent; }
QLineEdit[role="plain"] { background: transparent; border: none; padding: 0; }
QLineEdit[invalid="true"], QPlainTextEdit[invalid="true"] { border-color: $bad; }
QSpinBox::up-button, QDoubleSpinBox::up-button, QSpinBox::down-button,
QDoubleSpinBox::down-button { width: 18px; border: none; background: transparent; margin: 1px; }
QSpinBox::up-button, QDoubleSpinBox::up-button { subcontrol-position: top right; }
QSpinBox::down-button, QDoubleSpinBox::down-button { subcontrol-position: bottom right; }
QSpinBox::up-button:hover, QDoubleSpinBox::up-button:hover, QSpinBox::down-button:hover,
QDoubleSpinBox::down-button:hover { background: $hover; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url($arrow_up); width: 9px; height: 9px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: url($arrow_down); width: 9px;
    height: 9px; }
QComboBox { padding: 0 9px; min-height: 30px; combobox-popup: 0; }
QComboBox[size="small"] { min-height: 24px; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url($arrow_down); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $panel; border: 1px solid $edge;
    border-radius: ${radius}px; padding: 4px; outline: none; }
QComboBox QAbstractItemView::item { min-height: 28px; padding: 0 8px; border-radius: 4px; }
QComboBox QAbstractItemView::item:hover, QComboBox QAbstractItemView::item:selected {
    background: $hover; color: $text; }
QSlider { background: transparent; min-height: 18px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $track; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $accent; }
QSlider::sub-page:horizontal:disabled { background: $text_disabled; }
QSlider::handle:horizontal { width: 12px; height: 12px; margin: -5px 0; border-radius: 7px;
    background: $knob; border: 1px solid $knob_edge; }
QSlider::handle:horizontal:hover { border-color: $accent; }
QSlider::handle:horizontal:focus { border: 2px solid $focus; width: 10px; height: 10px;
    background: $knob; }
QSlider::handle:horizontal:disabled { background: $text_disabled; border-color: $text_disabled; }
"""

_VIEWS = """
QMenuBar { background: $window; }
QMenuBar::item { padding: 4px 10px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $panel; border: 1px solid $edge; border-radius: ${radius}px; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px; background: transparent; }
QMenu::item:selected { background: $hover; color: $text; }
QMenu::item:disabled { color: $text_disabled; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QAbstractItemView { background: transparent; border: none; alternate-background-color: $panel; }
QListView::item, QTreeView::item, QTableView::item { border-radius: 4px; padding: 2px 6px; }
QListView::item:hover, QTreeView::item:hover { background: $raised; }
QListView::item:selected, QTreeView::item:selected, QTableView::item:selected {
    background: $hover; color: $text; }
QAbstractItemView:focus { border: 1px solid $focus; border-radius: ${radius}px; }
QComboBox QAbstractItemView:focus { border-color: $edge; }
QHeaderView::section { background: $panel; color: $text_soft; border: none; padding: 4px 8px;
    border-bottom: 1px solid $line; }
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $pressed; border-radius: 3px; }
QScrollBar::handle:vertical { min-height: 28px; margin: 2px; }
QScrollBar::handle:horizontal { min-width: 28px; margin: 2px; }
QScrollBar::handle:hover { background: $text_faint; }
QScrollBar::handle:disabled { background: transparent; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; border: none; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; }
QTabBar::tab { background: transparent; color: $text_soft; padding: 6px 12px;
    border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabWidget::pane { border: none; border-top: 1px solid $line; }
QProgressBar { background: $track; border: none; border-radius: 2px; color: $text; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
QGroupBox { border: 1px solid $line; border-radius: ${radius}px; margin-top: 12px;
    padding-top: 8px; }
QGroupBox::title { subcontrol-origin: margin; left: 8px; color: $text_soft; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QStatusBar { background: $window; border: none; }
QStatusBar::item { border: none; }
"""


def build_style_sheet(tokens: Tokens, type_pixels: tuple[int, ...]) -> str:
    """Return the style sheet of one theme.

    Args:
        tokens: the colours.
        type_pixels: caption, body, heading and title size in px, scaled to the screen.
    """
    caption, body, heading, title = type_pixels
    values = {name: getattr(tokens, name) for name in tokens.__struct_fields__}
    values |= {"caption": caption, "body": body, "heading": heading, "title": title}
    values |= {"radius": RADIUS, "check": _image("check", "dark_ink")}
    ink = "light_ink" if tokens.dark else "dark_ink"
    values |= {"arrow_down": _image("arrow-down", ink), "arrow_up": _image("arrow-up", ink)}
    return Template(_BASE + _BUTTONS + _FIELDS + _VIEWS).substitute(values)


def _image(name: str, ink: str) -> str:
    """Path of a small drawing that the style sheet itself shows, in light or dark ink."""
    return (resources_dir() / "icons" / "controls" / f"{name}-{ink}.svg").as_posix()
