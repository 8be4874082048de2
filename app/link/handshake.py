"""How a WebSocket is opened and how it ends, as troubles. The library's own errors stay in this module: they carry
the request with its Authorization header, so nothing of them may be chained to what goes further up.
"""

import asyncio
import contextlib
import ipaddress
import json
import logging
import re
import socket
import ssl
import struct
import sys
from asyncio.trsock import TransportSocket
from collections.abc import Mapping
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
    ProxyError,
)
from websockets.http11 import Response
from websockets.uri import parse_uri

from app.conversation.troubles import (
    KeyRefused,
    LinkLost,
    QuotaExhausted,
    ServerAnswerUnusable,
    ServerRefused,
    ServerUnreachable,
    ServerUrlInvalid,
    SessionExpired,
    SessionRejected,
    Trouble,
)
from app.realtime.events import ErrorCode

OPEN_LIMIT_S: Final = 10.0
GOODBYE_LIMIT_S: Final = 1.0
"""How long the server has to answer our farewell."""
MAX_MESSAGE_BYTES: Final = 16 * 2**20
"""Uncompressed. The protocol allows 15 MiB for a message of ours and says nothing of the server's."""
UNSENT_LIMIT_BYTES: Final = 16 * 1024
"""What may wait in the system's send buffer, a quarter second of sound: what waits there cannot be dropped any more."""
BETA_REFUSED: Final = 4000
"""The close code of a server that does not speak the beta protocol any more (PROTOCOL 1.3)."""

_SACKED_AT: Final = 28
_SEGS_IN_AT: Final = 140
_DATA_SEGS_IN_AT: Final = 152
"""Where these counters stand in Linux's ``struct tcp_info``, since 4.6."""

_IDENTIFIER: Final = re.compile(r"(?!sk-|ek_)[a-z0-9_-]{1,64}")
_CODE_PATHS: Final = (("error", "code"), ("code",), ("error", "type"))


class Socket(ClientConnection):
    """A connection that counts what arrives: a long message on a slow path is a sign of life long before its end."""

    _bytes = 0

    @property
    def heard(self) -> tuple[int, int]:
        """Differs from before if anything came from the server, also what TCP keeps back behind a loss.

        Without the second half, which only Linux tells, a quiet path with a round trip of 500 ms and 5 % loss passes
        for dead every 40 minutes.
        """
        return self._bytes, _segments_arrived(self.transport.get_extra_info("socket"))

    def data_received(self, data: bytes) -> None:
        """Called by the transport."""
        self._bytes += len(data)
        super().data_received(data)


class _Door(connect):
    """One try at a connection that goes where it was told to and nowhere else."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """WORKAROUND websockets 17.4 follows redirects to other hosts with every header but three."""
        return exc


async def opened(url: str, headers: Mapping[str, str]) -> Socket | Trouble:
    """A connection, within OPEN_LIMIT_S. Failures come back as values: no frame that saw headers is in a traceback."""
    # The library logs headers at DEBUG.
    logging.getLogger("websockets").setLevel(logging.WARNING)
    try:
        door = await _door(url, headers)
        connection = await door
    except (InvalidURI, UnicodeError):
        return ServerUrlInvalid("it is not a web address")
    except InvalidStatus as refused:
        return _refusal(refused.response)
    except (InvalidProxy, ProxyError, ImportError):  # ImportError: SOCKS needs a library of its own
        return ServerUnreachable("the system's proxy cannot be used")
    except InvalidMessage as cut:
        broke = isinstance(cut.__cause__, EOFError)
        return ServerUnreachable("it broke the connection") if broke else _no_websocket()
    except InvalidHandshake:
        return _no_websocket()
    except OSError as failed:
        return ServerUnreachable(_why(failed))
    assert isinstance(connection, Socket)
    _keep_little_unsent(connection)
    return connection


async def _door(url: str, headers: Mapping[str, str]) -> _Door:
    uri = parse_uri(url)
    return _Door(
        url,
        additional_headers=headers,
        user_agent_header="Parlance",
        # This machine is reached directly, whatever proxy the environment names.
        proxy=None if _is_loopback(uri.host) else True,
        # Reading the system's authorities takes 15 ms, too long for this loop.
        ssl=await asyncio.to_thread(ssl.create_default_context) if uri.secure else None,
        open_timeout=OPEN_LIMIT_S,
        close_timeout=GOODBYE_LIMIT_S,
        ping_interval=None,  # Consent asks, by its own count
        max_size=MAX_MESSAGE_BYTES,
        compression=None,  # of base64 it saves a quarter, and it can make a long message of a short one
        create_connection=Socket,
    )


async def hang_up(connection: Socket) -> None:
    """Say good-bye and leave nothing behind, within GOODBYE_LIMIT_S."""
    try:
        async with asyncio.timeout(GOODBYE_LIMIT_S), asyncio.TaskGroup() as tasks:
            tasks.create_task(_overhear(connection), name="socket overhears")
            await connection.close()
    except TimeoutError:
        pass
    finally:
        connection.transport.abort()
        await connection.wait_closed()


async def _overhear(connection: Socket) -> None:
    """What the server was saying comes before its farewell."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await connection.recv(decode=False)


def farewell(code: int | None, reason: str) -> Trouble:
    """What the server's close frame means (PROTOCOL 1.3); ``reason`` may end in an error code after a dot."""
    word = _identifier(reason.rpartition(".")[2])
    if "maximum duration" in reason.lower() or word == ErrorCode.SESSION_EXPIRED:
        return SessionExpired()
    if word == ErrorCode.BAD_KEY:
        return KeyRefused()
    if word == ErrorCode.QUOTA:
        return QuotaExhausted()
    if code == BETA_REFUSED or word == ErrorCode.BETA_SHAPE:
        return SessionRejected(word)
    return LinkLost()


def _no_websocket() -> ServerAnswerUnusable:
    return ServerAnswerUnusable("it does not speak WebSocket")


def _refusal(response: Response) -> Trouble:
    """The trouble that an HTTP status instead of an open WebSocket stands for."""
    status, code = response.status_code, _code(response.body)
    if code == ErrorCode.QUOTA:
        return QuotaExhausted()
    if status < 300:
        return _no_websocket()
    if status < 400:
        return ServerAnswerUnusable("it leads somewhere else")
    # A 403 with a code is about the model or the region, not about the key (PROTOCOL 1.2).
    if status == 401 or (status == 403 and not code):
        return KeyRefused()
    return ServerRefused(status, code, retryable=status == 429 or status >= 500)


def _code(body: bytes | bytearray) -> str:
    """The error code of a refusal, if it is one that can be shown."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    for path in _CODE_PATHS:
        here = told
        for name in path:
            here = here.get(name) if isinstance(here, dict) else None
        if isinstance(here, str) and _identifier(here):
            return here
    return ""


def _identifier(word: str) -> str:
    """A stranger's word, if it may be shown and logged."""
    return word if _IDENTIFIER.fullmatch(word) else ""


def _why(failed: OSError) -> str:
    match failed:
        case ssl.SSLCertVerificationError():
            return "its certificate is not valid"
        case ssl.SSLError():
            return "no secure connection could be made"
        case socket.gaierror():
            return "its name was not found"
        case ConnectionRefusedError():
            return "it refuses connections"
        case TimeoutError():
            return "there is no connection in time"
        case _:
            return "the connection failed"


def _segments_arrived(tcp: TransportSocket) -> int:
    """Segments with data, in whatever order they came; 0 where the system does not tell.

    While something of ours is missing over there and what followed it is not, its mere acknowledgements count too: it
    cannot answer what it has not got. When nothing is missing they do not, for a dead process has them as well.
    """
    if sys.platform != "linux" or tcp.fileno() < 0:
        return 0
    told = tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    if len(told) < _DATA_SEGS_IN_AT + 4:  # what only resembles Linux tells less
        return 0
    (missing,) = struct.unpack_from("=I", told, _SACKED_AT)
    (arrived,) = struct.unpack_from("=I", told, _SEGS_IN_AT if missing else _DATA_SEGS_IN_AT)
    return int(arrived)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _keep_little_unsent(connection: Socket) -> None:
    """Not everywhere there is such an option; without it a slow path delays more before it drops."""
    option: int | None = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if option is not None:
        connection.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, option, UNSENT_LIMIT_BYTES)
