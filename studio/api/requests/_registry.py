"""Which kinds of requests there are, and decoding one of a kind that is known by name only."""

from __future__ import annotations

import msgspec

from studio.api.requests._base import Request, request_kind
from studio.api.requests._language import ChatTurn
from studio.api.requests._pictures import (
    Colorize,
    ImageToImage,
    Inpaint,
    TextToImage,
    Uncrop,
    Upscale,
)
from studio.core.errors import InvalidRequest

BUILT_IN_REQUESTS: tuple[type[Request], ...] = (
    TextToImage,
    ImageToImage,
    Inpaint,
    Uncrop,
    Colorize,
    Upscale,
    ChatTurn,
)


class RequestRegistry:
    """Knows every kind of request, the built-in ones and those that plugins bring."""

    def __init__(self, kinds: tuple[type[Request], ...] = BUILT_IN_REQUESTS) -> None:
        self._kinds: dict[str, type[Request]] = {request_kind(kind): kind for kind in kinds}

    def register(self, kind: type[Request]) -> None:
        """Add a kind; the same kind twice is fine, another type under its name is refused."""
        name = request_kind(kind)
        if self._kinds.setdefault(name, kind) is not kind:
            raise InvalidRequest(f"Two different requests are called {name!r}.")

    def fields(self, kind: str) -> tuple[str, ...]:
        """Return the names of the fields of a kind.

        Raises:
            InvalidRequest: the kind is unknown.
        """
        return self._known(kind).__struct_fields__

    def _known(self, kind: str) -> type[Request]:
        if kind not in self._kinds:
            raise InvalidRequest(
                f"This Atelier cannot do {kind!r}.", "A plugin or a newer version may bring it."
            )
        return self._kinds[kind]

    def decode(self, kind: str, body: bytes | msgspec.Raw) -> Request:
        """Decode a JSON body of the named kind.

        Raises:
            InvalidRequest: the kind is unknown or a field is outside its limits.
        """
        known = self._known(kind)
        try:
            return msgspec.json.decode(body, type=known)
        except (msgspec.DecodeError, RecursionError) as error:
            raise InvalidRequest(f"The stored settings are not valid: {error}.") from error
