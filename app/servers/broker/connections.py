"""Connections of clients that take their time: closed when a head, or the reading of an answer, takes too long.

uvicorn bounds how long a connection may idle between requests, and nothing else: a client that sends a byte of its
headers now and then would hold a place for ever.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

_log = logging.getLogger("parlance.broker")

_LOOKS_IN_A_LIMIT: Final = 4


class PatientProtocol(H11Protocol):
    """An HTTP connection that knows since when it waits for its client."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.waits_since_s: float | None = None
        """When the head that is not complete began, or the answer that is not taken; loop time."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called by the loop."""
        super().connection_made(transport)
        # asyncio does it only for sockets that know their protocol, which those of a listener given to it do not;
        # without it an answer's body waits 40 ms for the client to acknowledge its head.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.waits_since_s = self.loop.time()

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        super().data_received(data)
        if self._in_request:
            self.waits_since_s = None
        elif self.waits_since_s is None:
            self.waits_since_s = self.loop.time()

    def on_response_complete(self) -> None:
        """Called at the end of each answer."""
        super().on_response_complete()
        # The next head may have begun, or a body that nobody read may still be coming in.
        idle = self._in_request or (self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0])
        self.waits_since_s = None if idle else self.loop.time()

    def is_late(self, limit_s: float) -> bool:
        """Whether its client takes longer than that."""
        now_s = self.loop.time()
        if self.waits_since_s is None and not self._in_request and self.transport.get_write_buffer_size():
            self.waits_since_s = now_s
        return self.waits_since_s is not None and now_s - self.waits_since_s > limit_s

    @property
    def _in_request(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete


async def close_late(state: ServerState, limit_s: float, closed: Callable[[], None]) -> None:
    """Close connections whose clients take too long, until cancelled."""
    while True:
        await asyncio.sleep(limit_s / _LOOKS_IN_A_LIMIT)
        late = [each for each in state.connections if isinstance(each, PatientProtocol) and each.is_late(limit_s)]
        for connection in late:
            connection.transport.abort()
            closed()
        if late:
            _log.info("x %d slow connections", len(late))
