"""The pack of drawings, and reading a colour off a layer."""

from __future__ import annotations

import pytest

from plugins.storyboard.drawings import Drawings
from plugins.storyboard.picture import open_drawings
from studio.core.paths import resources_dir


@pytest.fixture(scope="session")
def drawings() -> Drawings:
    """The drawings that ship."""
    return open_drawings(resources_dir())
