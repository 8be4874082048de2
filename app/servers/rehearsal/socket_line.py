"""The connection to one client over WebSocket: events and sound in text messages (PROTOCOL 1.3)."""

import asyncio
import json
import logging
from collections import deque
from dataclasses import fields
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from app.audio.pcm import Pcm
from app.realtime.session import SessionOptions
from app.realtime.wire.names import BETA_PATHS, GA_PATHS, Path
from app.servers.rehearsal.wire import WIRE, Wire

BETA_REFUSED: Final = (4000, "invalid_request_error.beta_api_shape_disabled")
"""Close code and reason for whoever speaks the beta protocol."""

ABNORMAL: Final = 1006
"""RFC 6455 section 7.1.5: the connection ended without a close frame."""

_CLOSE_WITHIN_S: Final = 0.5
_REQUESTS_WAITING_AT_MOST: Final = 4
"""Some may be of 20 MB. While they wait, TCP makes the client wait."""
_CHARACTERS_WAITING_AT_MOST: Final = 8_000_000

logger = logging.getLogger("parlance.servers")


class SocketLine:
    """Carries one accepted WebSocket. Event loop's thread only."""

    sound_in_events = True
    message_bytes = 2**20
    """What stock clients take; nobody says how much it is."""

    def __init__(self, socket: WebSocket) -> None:
        """``socket`` is served by ``Wire``."""
        self.requests: Final[asyncio.Queue[str | bytes]] = asyncio.Queue(_REQUESTS_WAITING_AT_MOST)
        self.connected: Final = asyncio.Event()
        self.over: Final = asyncio.Event()
        self.connected.set()
        self._socket = socket
        self._unsent: deque[str] = deque()
        self._waiting_characters = 0
        self._news = asyncio.Event()
        self._farewell = (1000, "")
        self._carrying: tuple[asyncio.Task[None], ...] = ()
        self._silent = False

    def send(self, text: str) -> None:
        """Send one message. A client that does not read them is hung up on."""
        if self._silent:
            return
        self._unsent.append(text)
        self._waiting_characters += len(text)
        self._news.set()
        if self._waiting_characters > _CHARACTERS_WAITING_AT_MOST:
            logger.warning("x client does not read its events")
            self.end(1008, "You do not read your events.")

    def hear(self) -> None:
        """Nothing: sound comes in requests."""

    def say(self, pcm: Pcm) -> None:
        """Nothing: sound goes in events."""

    def end(self, code: int = 1000, reason: str = "") -> None:
        """End it, with a close code of RFC 6455 section 7.4; with 1006 without a farewell."""
        if not self.over.is_set():
            self._farewell = (code, reason)
            self.over.set()

    async def run(self) -> None:
        """Carry messages until it is over."""
        async with asyncio.TaskGroup() as tasks:
            self._carrying = (tasks.create_task(self._receive()), tasks.create_task(self._transmit()))
            await self.over.wait()
            self._stop_carrying()

    def close_channel(self) -> None:
        """Nothing: there is one channel for everything."""

    def fall_silent(self) -> None:
        """Neither send nor read anything any more, answers to pings included; nobody is told."""
        self._silent = True
        self._stop_carrying()
        self._wire.pause()

    async def close(self) -> None:
        """Say good-bye, at most in half a second."""
        self.over.set()
        if self._silent or self._farewell[0] == ABNORMAL:
            self._wire.cut()
            return
        if WebSocketState.DISCONNECTED in (self._socket.client_state, self._socket.application_state):
            return
        try:
            async with asyncio.timeout(_CLOSE_WITHIN_S):
                await self._socket.close(*self._farewell)
        except (TimeoutError, WebSocketDisconnect):
            logger.info("x socket did not close in time")

    @property
    def _wire(self) -> Wire:
        wire = self._socket.scope["extensions"][WIRE]
        assert isinstance(wire, Wire)
        return wire

    def _stop_carrying(self) -> None:
        for task in self._carrying:
            task.cancel()

    async def _receive(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                self.over.set()
                return
            text: str | bytes = message.get("text") or message.get("bytes") or ""
            if is_beta_shaped(text):
                self.end(*BETA_REFUSED)
                return
            await self.requests.put(text)

    async def _transmit(self) -> None:
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                while self._unsent:
                    text = self._unsent.popleft()
                    self._waiting_characters -= len(text)
                    await self._socket.send_text(text)
        except WebSocketDisconnect:
            self.over.set()


def _keys(layout: dict[type, dict[str, Path]]) -> frozenset[str]:
    """The keys of a session object."""
    paths = layout[SessionOptions]
    return frozenset(paths.get(each.name, (each.name,))[0] for each in fields(SessionOptions))


_BETA_ONLY: Final = _keys(BETA_PATHS) - _keys(GA_PATHS)


def is_beta_shaped(text: str | bytes) -> bool:
    """Whether this is a ``session.update`` with the flat fields of the beta protocol and without GA's ``type``."""
    mark = "session.update"
    if (mark not in text) if isinstance(text, str) else (mark.encode() not in text):
        return False
    try:
        request = json.loads(text)
    except (ValueError, RecursionError):
        return False
    session = request.get("session") if isinstance(request, dict) and request.get("type") == mark else None
    return isinstance(session, dict) and "type" not in session and not _BETA_ONLY.isdisjoint(session)
