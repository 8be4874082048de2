"""The HTTP side: secrets, calls and hang-up, as PROTOCOL section 1 has them, and the way to the WebSocket."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from app.servers.rehearsal.answers import envelope
from app.servers.rehearsal.door import Door, Lines
from app.servers.rehearsal.engine.ids import Ids
from app.servers.rehearsal.engine.options import SessionOptions, session_requested, session_shown
from app.servers.rehearsal.engine.refusal import SERVER_ERROR, Reason, Refusal
from app.servers.rehearsal.faults.panel import SDP, Panel, read_document
from app.servers.rehearsal.faults.reading import described
from app.servers.rehearsal.faults.table import Fault
from app.servers.rehearsal.keys import Keys, bearer, beta_refused

BODY_AT_MOST: Final = 1_000_000
"""Bytes of a request's body; more is answered 413."""

_BODY_WITHIN_S: Final = 10.0
_FORM: Final = "multipart/form-data"
_LIFETIME_S: Final = range(10, 7201)
_LIFETIME_DEFAULT_S: Final = 600

Endpoint = Callable[[Request], Awaitable[Response]]


class Switchboard(Lines, Protocol):
    """What the routes need of the running calls."""

    async def connect(self, offer_sdp: str, options: SessionOptions) -> tuple[str, str]:
        """Start a call; returns its id and the SDP answer; raises Refusal."""

    def hang_up(self, call_id: str) -> bool:
        """End a call; False when there is none of that id."""

    @property
    def faults(self) -> dict[str, dict[str, dict[str, object]]]:
        """What strikes each running call, by its id."""

    def strike(self, faults: tuple[Fault, ...]) -> None:
        """Let these faults and no others strike all running calls."""


class Web:
    """The routes over the keys and the calls."""

    def __init__(self, keys: Keys[SessionOptions], calls: Switchboard, ids: Ids, panel: Panel) -> None:
        self._keys = keys
        self._ids = ids
        self._calls = calls
        self._panel = panel
        self._door = Door(keys, calls, panel)

    def application(self) -> Starlette:
        """The ASGI application."""
        calls = "/v1/realtime/calls"
        routes: list[BaseRoute] = [
            Route("/healthz", self._health, methods=["GET"]),
            Route("/v1/realtime/client_secrets", self._mint, methods=["POST"]),
            Route(calls, self._connect, methods=["POST"]),
            Route(calls + "/{call_id}", self._hang_up, methods=["DELETE"]),
            Route(calls + "/{call_id}/hangup", self._hang_up, methods=["POST"]),
            WebSocketRoute("/v1/realtime", self._door.enter),
            Route("/v1/realtime", self._beta, methods=["POST"]),
            Route("/v1/realtime/sessions", self._beta, methods=["POST"]),
            Route("/v1/realtime/transcription_sessions", self._beta, methods=["POST"]),
        ]
        if self._panel.open:
            routes += [
                Route("/faults", self._show_faults, methods=["GET"]),
                Route("/faults", self._set_faults, methods=["PUT"]),
            ]
        return Starlette(
            routes=routes, exception_handlers={Refusal: _refused, HTTPException: _unrouted, Exception: _failed}
        )

    async def _health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _beta(self, request: Request) -> Response:
        raise beta_refused()

    async def _mint(self, request: Request) -> Response:
        self._keys.require_standard(bearer(request.headers))
        wish = _json_object(await _body(request) or b"{}", "body")
        for name in wish:
            if name not in ("expires_after", "session"):
                raise Refusal(f"Unknown parameter: '{name}'.", "unknown_parameter", name)
        lifetime_s = _lifetime_s(wish.get("expires_after"))
        options = session_requested(wish.get("session"))
        instead = await self._panel.before("token")
        if instead is not None:
            return instead
        value, expires_at_s = self._keys.mint(options, lifetime_s)
        shown = session_shown(options, self._ids.new("sess"))
        told_s = self._panel.told_time(expires_at_s)
        return JSONResponse({"value": value, "expires_at": told_s, "session": shown})

    async def _connect(self, request: Request) -> Response:
        key = bearer(request.headers)
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind == SDP:
            options = session_requested(None) if self._keys.is_standard(key) else self._keys.session_of(key)
            offer_sdp = (await _body(request)).decode("utf-8", "replace")
        elif kind == _FORM:
            self._keys.require_standard(key)
            offer_sdp, options = await _form(request)
        else:
            raise Refusal(
                f"Unsupported content type: send '{SDP}' or '{_FORM}'.", "unsupported_content_type", status=415
            )
        instead = await self._panel.before("call")
        if instead is not None:
            return instead
        call_id, answer_sdp = await self._calls.connect(offer_sdp, options)
        return self._panel.sdp_answer(answer_sdp, call_id)

    async def _hang_up(self, request: Request) -> Response:
        self._keys.require_standard(bearer(request.headers))
        call_id: str = request.path_params["call_id"]
        if not self._calls.hang_up(call_id):
            raise Refusal("No call of this id is running.", "call_id_not_found", "call_id", status=404)
        return Response(status_code=200)

    async def _show_faults(self, request: Request) -> Response:
        self._keys.require_standard(bearer(request.headers))
        shown = {"coming": self._panel.shown, "running": self._calls.faults, "faults": described()}
        return JSONResponse(shown)

    async def _set_faults(self, request: Request) -> Response:
        self._keys.require_standard(bearer(request.headers))
        coming, running = read_document(_json_object(await _body(request), "body"))
        if coming is not None:
            self._panel.set(coming)
        if running is not None:
            self._calls.strike(running)
        return JSONResponse({"coming": self._panel.shown, "running": self._calls.faults})


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_WITHIN_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_AT_MOST:
                    raise Refusal(f"The body is longer than {BODY_AT_MOST} bytes.", "request_too_large", status=413)
    except TimeoutError as trouble:
        raise Refusal("The body did not arrive in time.", "request_timeout", status=408) from trouble
    return bytes(body)


async def _form(request: Request) -> tuple[str, SessionOptions]:
    body = await _body(request)

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        form = await MultiPartParser(request.headers, stream(), max_files=2, max_fields=8).parse()
    except MultiPartException as trouble:
        raise Refusal(f"The form could not be read: {trouble.message}", "invalid_form") from trouble
    parts = {
        name: part if isinstance(part, str) else (await part.read()).decode("utf-8", "replace")
        for name, part in form.items()
    }
    if "sdp" not in parts:
        raise Refusal("Missing required parameter: 'sdp'.", "missing_required_parameter", "sdp")
    session = _json_object(parts["session"].encode(), "session") if "session" in parts else None
    return parts["sdp"], session_requested(session)


def _json_object(text: bytes, name: str) -> dict[str, object]:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as trouble:
        raise Refusal(f"The {name} is not valid JSON.", "invalid_json") from trouble
    if not isinstance(value, dict):
        raise Refusal(f"The {name} must be a JSON object.", "invalid_type", name)
    return value


def _lifetime_s(wish: object) -> int:
    if wish is None:
        return _LIFETIME_DEFAULT_S
    name = "expires_after"
    if not isinstance(wish, dict):
        raise Refusal(f"Invalid type for '{name}': expected an object.", "invalid_type", name)
    if wish.get("anchor", "created_at") != "created_at":
        raise Refusal(f"Invalid value: '{name}.anchor' must be 'created_at'.", "invalid_value", f"{name}.anchor")
    seconds = wish.get("seconds", _LIFETIME_DEFAULT_S)
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds not in _LIFETIME_S:
        raise Refusal(f"Invalid value: '{name}.seconds' must be 10 to 7200.", "invalid_value", f"{name}.seconds")
    return seconds


async def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return envelope(refusal.reason, refusal.status)


async def _unrouted(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, HTTPException)
    code = {404: "unknown_url", 405: "method_not_supported"}.get(refusal.status_code)
    words = f"Invalid request: {request.method} {request.url.path}: {refusal.detail}."
    return envelope(Reason(words, code), refusal.status_code)


async def _failed(request: Request, trouble: Exception) -> Response:
    return envelope(Reason("The server had an error.", "server_error", kind=SERVER_ERROR), 500)
