"""Text to types and back: the only home of the protocol's spellings (names) and of its JSON.

Outward GA, or beta for old servers; inward both. Pure functions, from any thread.
"""

import json
import re
from typing import Any, Final

from app.realtime.events import ErrorCode, KnownEvent, MalformedEvent, ServerEvent, UnknownEvent
from app.realtime.requests import ClientRequest, MalformedRequest, UnknownRequest
from app.realtime.wire.beta import with_part_names
from app.realtime.wire.names import BETA_NAMES, EVENTS, REQUESTS
from app.realtime.wire.reading import Misfit, Reader
from app.realtime.wire.writing import write

__all__ = ["decode", "decode_noting", "decode_request", "encode", "encode_event"]

_GA_NAMES: Final = {beta: ga for ga, beta in BETA_NAMES.items()}
_EVENT_NAMES: Final = {cls: name for name, cls in EVENTS.items()}
_REQUEST_NAMES: Final = {cls: name for name, cls in REQUESTS.items()}
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]|\\u[dD][89a-fA-F]")


def decode(text: str | bytes) -> ServerEvent:
    """The event a server sent, in either spelling. Never raises: what is no event becomes MalformedEvent."""
    return decode_noting(text)[0]


def decode_noting(text: str | bytes) -> tuple[ServerEvent, tuple[str, ...]]:
    """Like ``decode``, with the names of fields that were unknown or unreadable and passed over."""
    try:
        body = _parse(text)
    except Misfit as why:
        return MalformedEvent(str(why)), ()
    kind, event_id = body["type"], _event_id(body)
    cls = EVENTS.get(_GA_NAMES.get(kind, kind))
    reader = Reader(strict=False)
    try:
        event: ServerEvent = reader.read_object(cls or UnknownEvent, body)
    except Misfit as why:
        event = MalformedEvent(str(why), kind, event_id=event_id)
    return event, tuple(reader.notes)


def encode_event(event: KnownEvent | UnknownEvent, *, beta: bool = False) -> str:
    """The text a server sends."""
    body = write(event, beta=beta)
    if not isinstance(event, UnknownEvent):
        name = _EVENT_NAMES[type(event)]
        body = {"type": BETA_NAMES.get(name, name) if beta else name, **body}
    if beta:
        return _dump({key: with_part_names(value) for key, value in body.items()})
    if "part" in body:
        body["part"] = with_part_names(body["part"])
    return _dump(body)


def encode(request: ClientRequest, *, beta: bool = False) -> str:
    """The text a client sends."""
    body = {"type": _REQUEST_NAMES[type(request)], **write(request, beta=beta)}
    return _dump({key: with_part_names(value) for key, value in body.items()} if beta else body)


def decode_request(text: str | bytes, *, beta: bool = False) -> ClientRequest | UnknownRequest | MalformedRequest:
    """The request a client sent, checked as strictly as OpenAI does. Never raises.

    Ranges are not checked here: see ``session.problems``.
    """
    try:
        body = _parse(text)
    except Misfit as why:
        return MalformedRequest(why.code, str(why), why.param or None)
    cls = REQUESTS.get(body["type"], UnknownRequest)
    try:
        request: ClientRequest | UnknownRequest = Reader(strict=True, beta=beta).read_object(cls, body)
    except Misfit as why:
        return MalformedRequest(why.code, str(why), why.param, event_id=_event_id(body))
    return request


def _parse(text: str | bytes) -> dict[str, Any]:
    """The JSON object with its type as text; raises Misfit."""
    try:
        if isinstance(text, bytes):
            text = text.decode()
        body = json.loads(text, parse_constant=_refuse_constant)
        if _SURROGATE.search(text):
            # Half a surrogate pair is legal JSON but cannot be encoded again: whoever shows or stores it would fail.
            body = json.loads(json.dumps(body, ensure_ascii=False).encode(errors="replace"))
    except (ValueError, RecursionError):
        raise Misfit(ErrorCode.INVALID_JSON, "", "it is not JSON") from None
    if not isinstance(body, dict):
        raise Misfit(ErrorCode.INVALID_TYPE, "", "an object is expected")
    if not isinstance(body.get("type"), str):
        raise Misfit(ErrorCode.MISSING_PARAMETER, "type", "it is missing")
    return body


def _refuse_constant(name: str) -> float:
    """RFC 8259 section 6 has no NaN and no Infinity."""
    raise ValueError(name)


def _event_id(body: dict[str, Any]) -> str:
    found = body.get("event_id")
    return found if isinstance(found, str) else ""


def _dump(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
