"""The TCP connections below the requests, so that a fault can end one as a broken network does."""

import asyncio
import socket
import struct
from weakref import WeakValueDictionary

from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

NO_LINGER = struct.pack("ii", 1, 0)


class Transports:
    """Each open connection, by its peer's address."""

    def __init__(self) -> None:
        self._by_peer: WeakValueDictionary[tuple[str, int], asyncio.Transport] = WeakValueDictionary()

    def remember(self, transport: asyncio.Transport) -> None:
        host, port = transport.get_extra_info("peername")[:2]
        self._by_peer[host, port] = transport

    def close(self, scope: Scope) -> None:
        """End it without an answer."""
        transport = self._of(scope)
        if transport is not None:
            transport.close()

    def reset(self, scope: Scope) -> None:
        """End it with a reset."""
        transport = self._of(scope)
        if transport is not None:
            abort(transport)

    def reset_all(self) -> None:
        for transport in list(self._by_peer.values()):
            abort(transport)

    def _of(self, scope: Scope) -> asyncio.Transport | None:
        host, port = scope["client"][:2]
        return self._by_peer.get((host, port))


def abort(transport: asyncio.Transport) -> None:
    if not transport.is_closing():
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        transport.abort()


def remembering(transports: Transports) -> type[H11Protocol]:
    """Uvicorn's HTTP protocol, which tells of its connections."""

    class Protocol(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            transports.remember(transport)
            super().connection_made(transport)

    return Protocol
