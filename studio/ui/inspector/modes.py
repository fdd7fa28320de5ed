"""What the Generate button of the canvas can do: one mode a kind of request."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QCoreApplication

from studio.api.requests import (
    Colorize,
    ImageToImage,
    Inpaint,
    PictureRequest,
    TextToImage,
    Uncrop,
)


class Mode(NamedTuple):
    """One mode: its segment's title, what it makes, what the button says, and its tooltip."""

    id: str
    title: str
    kind: type[PictureRequest]
    button: str
    hint: str


def picture_modes() -> tuple[Mode, ...]:
    """Return the modes in the order of the segments; the first is the one to begin with."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("Modes", text)

    return (
        Mode("create", tr("Create"), TextToImage, tr("Generate"), tr("A new picture from words")),
        Mode(
            "fill",
            tr("Fill"),
            Inpaint,
            tr("Fill selection"),
            tr("Make what is selected anew; without words, from what surrounds it"),
        ),
        Mode(
            "uncrop",
            tr("Uncrop"),
            Uncrop,
            tr("Uncrop"),
            tr("Continue the picture beyond its edges"),
        ),
        Mode(
            "colorize",
            tr("Colorize"),
            Colorize,
            tr("Colorize"),
            tr("Give a grey picture colours, led by what is painted on a hint layer"),
        ),
        Mode(
            "restyle",
            tr("Restyle"),
            ImageToImage,
            tr("Restyle"),
            tr("Make the whole picture anew, in other words or another style"),
        ),
    )
