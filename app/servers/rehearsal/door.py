"""The WebSocket side: who may come in, and what session they get (PROTOCOL 1.3)."""

from typing import Final, Protocol

from starlette.websockets import WebSocket

from app.realtime.events import ErrorCode
from app.realtime.session import SessionOptions
from app.servers.rehearsal.answers import envelope
from app.servers.rehearsal.engine.appended import check_format
from app.servers.rehearsal.engine.options import session_requested
from app.servers.rehearsal.engine.refusal import Refusal
from app.servers.rehearsal.faults.panel import Panel
from app.servers.rehearsal.keys import Keys, bearer, beta_refused
from app.servers.rehearsal.socket_line import BETA_REFUSED, SocketLine

_PROTOCOL: Final = "realtime"
_KEY_PROTOCOL: Final = "openai-insecure-api-key."
"""How browsers send the key, which cannot send headers."""
_BETA_PROTOCOL: Final = "openai-beta."


class Lines(Protocol):
    """What the door needs of the running calls."""

    def require_free_line(self) -> None:
        """Raise a Refusal when there are as many calls as there can be."""

    async def hold(self, line: SocketLine, options: SessionOptions) -> None:
        """Hold a call until it is over."""


class Door:
    """Lets WebSockets in."""

    def __init__(self, keys: Keys[SessionOptions], lines: Lines, panel: Panel) -> None:
        self._keys = keys
        self._lines = lines
        self._panel = panel

    async def enter(self, socket: WebSocket) -> None:
        """Refuse a client, or hold a call with it."""
        try:
            options = self._admitted(socket)
        except Refusal as refusal:
            await _turn_away(socket, refusal)
            return
        instead = await self._panel.before("call")
        if instead is not None:
            await socket.send_denial_response(instead)
            return
        await socket.accept(_subprotocol(socket))
        await self._lines.hold(SocketLine(socket), options)

    def _admitted(self, socket: WebSocket) -> SessionOptions:
        key = _key(socket)
        if self._keys.is_standard(key):
            options = session_requested({"type": "realtime", "model": _model(socket)})
        else:
            options = self._keys.session_of(key)
        if "intent" in socket.query_params or "call_id" in socket.query_params:
            raise Refusal("Only new conversations can be begun here.", ErrorCode.INVALID_VALUE, "model")
        check_format(options.input_format, "session.audio.input.format")
        check_format(options.output_format, "session.audio.output.format")
        self._lines.require_free_line()
        return options


async def _turn_away(socket: WebSocket, refusal: Refusal) -> None:
    if refusal.reason.code == ErrorCode.BETA_SHAPE:
        await socket.accept(_subprotocol(socket))
        await socket.close(*BETA_REFUSED)
    else:
        await socket.send_denial_response(envelope(refusal.reason, refusal.status))


def _offered(socket: WebSocket) -> list[str]:
    return list(socket.scope["subprotocols"])


def _subprotocol(socket: WebSocket) -> str | None:
    return _PROTOCOL if _PROTOCOL in _offered(socket) else None


def _key(socket: WebSocket) -> str:
    offered = _offered(socket)
    if any(each.startswith(_BETA_PROTOCOL) for each in offered):
        raise beta_refused()
    named = (each.removeprefix(_KEY_PROTOCOL) for each in offered if each.startswith(_KEY_PROTOCOL))
    return next(named, "") or bearer(socket.headers)


def _model(socket: WebSocket) -> str:
    model = socket.query_params.get("model", "")
    if not model:
        raise Refusal("You must provide a model parameter.", ErrorCode.MISSING_PARAMETER, "model")
    return model
