"""XML of strangers: no document type, hence no entities, and not without end."""

from __future__ import annotations

from xml.etree import ElementTree as ET

MAX_ELEMENTS = 20_000


class _Builder(ET.TreeBuilder):
    """Ends parsing at a document type declaration, before any entity is declared."""

    def __init__(self) -> None:
        super().__init__()
        self._elements = 0

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError(f"a document type declaration ({name}) is not expected here")

    def start(self, tag: str, attrs: dict[str, str]) -> ET.Element:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise ValueError(f"more than {MAX_ELEMENTS:,} elements")
        return super().start(tag, attrs)


def parse(data: bytes) -> ET.Element:
    """Return the root element.

    Raises:
        ValueError: there is a document type declaration, or too many elements.
        xml.etree.ElementTree.ParseError: not well-formed.
    """
    parser = ET.XMLParser(target=_Builder())
    parser.feed(data)
    root: ET.Element = parser.close()
    return root
