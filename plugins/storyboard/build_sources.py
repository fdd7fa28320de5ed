"""The packages that the pack of drawings is built from, each with its version and its hash.

Nothing is fetched here: whoever builds the pack downloads the files (``npm pack``, ``apt-get
download``, or the address), and a file that is not exactly the one declared is refused.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

from msgspec import Struct


class Package(Struct, frozen=True, kw_only=True):
    """One downloaded file: what it is, where it comes from, and what it must be.

    ``root`` is the folder inside that holds what is read.
    """

    name: str
    version: str
    licence: str
    url: str
    sha256: str
    root: str

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.url.rpartition("/")[2]


PACKAGES = {
    "fluent": Package(
        name="npm @iconify-json/fluent-emoji-flat",
        version="1.2.6",
        licence="MIT",
        url="https://registry.npmjs.org/@iconify-json/fluent-emoji-flat/-/fluent-emoji-flat-1.2.6.tgz",
        sha256="7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175",
        root="package",
    ),
    "noto": Package(
        name="npm @iconify-json/noto",
        version="1.2.9",
        licence="Apache-2.0",
        url="https://registry.npmjs.org/@iconify-json/noto/-/noto-1.2.9.tgz",
        sha256="3e918d88fc945c0bb3d468dbace6f88caef67f01c9f0e7bcae0915a042e8f1ad",
        root="package",
    ),
    "emojibase": Package(
        name="npm emojibase-data",
        version="17.0.0",
        licence="MIT",
        url="https://registry.npmjs.org/emojibase-data/-/emojibase-data-17.0.0.tgz",
        sha256="d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a",
        root="package",
    ),
    "openclipart": Package(
        name="Debian openclipart-svg",
        version="1:0.18+dfsg-19",
        licence="public domain",
        url="https://deb.debian.org/debian/pool/main/o/openclipart/openclipart-svg_0.18+dfsg-19_all.deb",
        sha256="989712d90d57dfa3230049f553bb43b76c30ee4d4b8c5f6e106e33f7db5cbdc5",
        root="usr/share/openclipart/svg",
    ),
    "wordnet": Package(
        name="Debian wordnet-base",
        version="1:3.0-37",
        licence="WordNet 3.0",
        url="https://deb.debian.org/debian/pool/main/w/wordnet/wordnet-base_3.0-37_all.deb",
        sha256="61060d960f9ada8fa120872312eccd3ecebfbab8c4579e4f5a74e1cf67620752",
        root="usr/share/wordnet",
    ),
}
"""Everything that ends up in the pack and was not drawn for it."""


def unpack(package: Package, downloads: Path, into: Path) -> Path:
    """Check the file of ``package`` in ``downloads``, unpack it, and return its root.

    The file may have any name; its hash is what counts.

    Raises:
        FileNotFoundError: no file in ``downloads`` has the declared hash.
    """
    for path in sorted(downloads.iterdir()):
        if path.suffix not in (".tgz", ".deb"):
            continue
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() == package.sha256:
            if path.suffix == ".deb":
                data = _member(data, "data.tar.xz")
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                archive.extractall(into, filter="data")
            return into / package.root
    raise FileNotFoundError(
        f"{package.name} {package.version} is not in {downloads}, or is not the declared file: "
        f"download {package.url} (SHA-256 {package.sha256})."
    )


def _member(archive: bytes, name: str) -> bytes:
    """Return one member of an ar archive, as a .deb is (ar(5): 60-byte headers, even offsets)."""
    at = 8
    while at < len(archive):
        header = archive[at : at + 60]
        size = int(header[48:58])
        if header[:16].rstrip(b" /").decode() == name:
            return archive[at + 60 : at + 60 + size]
        at += 60 + size + size % 2
    raise ValueError(f"the package holds no {name}")
