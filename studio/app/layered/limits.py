"""How much of a layered file is opened: told from its headers, before pixels are decoded."""

from __future__ import annotations

from studio.core.errors import ImageProblem
from studio.document.layers import MAX_OFFSET

MAX_SIDE = 16_384  # px, of the whole picture, as for pictures without layers
MAX_LAYER_SIDE = 32_768  # px; a layer may reach beyond the canvas
MAX_LAYERS = 1_000
MAX_DEPTH = 32  # groups within groups
MAX_PIXELS = 178_000_000  # of the whole picture, and of one layer
MAX_ALL_PIXELS = 1_000_000_000  # of all layers together: 4 GB
_SHARE = 0.7  # of the free memory that the layers may take
_SCALE_DOWN = "Scale it down, or merge layers, in the program that made it."


class Budget:
    """Counts layers and pixels while a file is read, and refuses what would not fit."""

    def __init__(self, name: str) -> None:
        import psutil

        free = int(psutil.virtual_memory().available * _SHARE) // 4
        self._name = name
        self._free = min(free, MAX_ALL_PIXELS)
        self._pixels = self._layers = 0

    def canvas(self, width: int, height: int) -> None:
        """Check the size of the whole picture (px); raises ImageProblem."""
        if width < 1 or height < 1:
            raise damaged(self._name)
        if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
            raise ImageProblem(
                f"{self._name} is too large to be opened safely: {width:,} x {height:,} px.",
                f"Pictures may have {MAX_SIDE:,} px a side and 178 megapixels; "
                "scale it down first.",
                code="picture_too_large",
            )

    def layer(self) -> None:
        """Count one more layer or group; raises ImageProblem when there are too many."""
        self._layers += 1
        if self._layers > MAX_LAYERS:
            raise ImageProblem(
                f"{self._name} has more than {MAX_LAYERS:,} layers.",
                "Merge some of them in the program that made it.",
                code="picture_too_large",
            )

    def pixels(self, width: int, height: int) -> None:
        """Count the pixels of one layer (px); raises ImageProblem when memory would not do."""
        self._pixels += width * height
        too_wide = max(width, height) > MAX_LAYER_SIDE or width * height > MAX_PIXELS
        if too_wide or self._pixels > self._free:
            size = f"{width:,} x {height:,} px" if too_wide else f"{self._pixels:,} pixels together"
            raise ImageProblem(
                f"The layers of {self._name} are too large to be opened safely: {size}.",
                _SCALE_DOWN,
                code="picture_too_large",
            )

    def place(self, x: int, y: int) -> tuple[int, int]:
        """Return a layer's corner (px) if it is in reach; raises ImageProblem."""
        if not (abs(x) <= MAX_OFFSET // 2 and abs(y) <= MAX_OFFSET // 2):
            raise ImageProblem(
                f"A layer of {self._name} lies too far from the canvas.",
                "Move it closer in the program that made the file.",
                code="damaged_picture",
            )
        return x, y

    def depth(self, depth: int) -> None:
        """Check how deep groups are nested; raises ImageProblem."""
        if depth > MAX_DEPTH:
            raise ImageProblem(
                f"{self._name} has groups within groups more than {MAX_DEPTH} deep.",
                "Ungroup some of them in the program that made it.",
                code="picture_too_large",
            )


def damaged(name: str) -> ImageProblem:
    """Return the error for a file that contradicts itself or ends too early."""
    return ImageProblem(
        f"{name} is damaged or was cut off.",
        "Open it in the program that made it, or get another copy.",
        code="damaged_picture",
    )
