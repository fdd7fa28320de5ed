"""Artifacts: what a run leaves behind, as a file in the scratch folder and its description."""

from __future__ import annotations

import msgspec


class ImageArtifact(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="image"
):
    """One finished picture.

    ``path`` lies in the scratch folder until the project has taken it; ``thumbnail`` is a JPEG of
    at most 256 px a side; ``seed`` is the seed of this very picture, ``index`` its place in the
    run.
    """

    path: str
    sha256: str
    media_type: str
    size_bytes: int
    width: int
    height: int
    seed: int
    index: int = 0
    thumbnail: bytes = b""


Artifact = ImageArtifact
