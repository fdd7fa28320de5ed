"""The widget kit: the few controls that every panel of the studio is made of."""

from __future__ import annotations

from studio.ui.widgets.buttons import IconButton, PrimaryButton
from studio.ui.widgets.cards import Card, EmptyState, separator
from studio.ui.widgets.connections import connect_while_alive
from studio.ui.widgets.fields import ChoiceBox, DecimalBox, NumberBox, SearchBox
from studio.ui.widgets.flow_layout import FlowLayout
from studio.ui.widgets.keys import claims_escape
from studio.ui.widgets.labels import Dot, ElidedLabel, set_role
from studio.ui.widgets.notice_bar import NoticeBar
from studio.ui.widgets.progress import ProgressLine
from studio.ui.widgets.prompt_edit import PromptEdit
from studio.ui.widgets.section import Section
from studio.ui.widgets.segmented import Segmented
from studio.ui.widgets.slider_row import SliderRow
from studio.ui.widgets.thumbnail import Thumbnail
from studio.ui.widgets.value_field import ValueField

__all__ = [
    "Card",
    "ChoiceBox",
    "DecimalBox",
    "Dot",
    "ElidedLabel",
    "EmptyState",
    "FlowLayout",
    "IconButton",
    "NoticeBar",
    "NumberBox",
    "PrimaryButton",
    "ProgressLine",
    "PromptEdit",
    "SearchBox",
    "Section",
    "Segmented",
    "SliderRow",
    "Thumbnail",
    "ValueField",
    "claims_escape",
    "connect_while_alive",
    "separator",
    "set_role",
]
