"""What faults do to single events, as JSON, and to the SDP. Without state."""

import json
import re
from collections.abc import Callable
from typing import Any, Final

from app.servers.rehearsal.faults import table
from app.servers.rehearsal.faults.table import Fault

Body = dict[str, Any]
Message = Body | str
"""An event, or a text that is none."""

TRANSCRIPTION: Final = "conversation.item.input_audio_transcription."
_CANDIDATE: Final = re.compile(r"a=candidate:.*\r?\n")
_UNREACHABLE: Final = "a=candidate:1 1 udp 2130706431 198.51.100.9 9 typ host\r\n"
"""An address of RFC 5737, which is nobody's."""


def spoilt(faults: dict[type[Fault], Fault], body: Body) -> list[Message]:
    """What is sent instead of an event."""
    messages: list[Message] = [body]
    for kind, spoil in _SPOILERS.items():
        if kind in faults:
            fault = faults[kind]
            messages = [new for each in messages for new in (spoil(fault, each) if isinstance(each, dict) else [each])]
    return messages


def text_of(message: Message) -> str:
    """A message as it is sent."""
    return message if isinstance(message, str) else json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def with_candidates(sdp: str, candidates: str) -> str:
    """The SDP with its candidates ``kept``, or with ``none``, or with an ``unreachable`` one."""
    if candidates == "kept":
        return sdp
    bare = _CANDIDATE.sub("", sdp)
    if candidates == "none":
        return bare
    return re.sub(r"(a=ice-pwd:.*\r?\n)", lambda found: found[1] + _UNREACHABLE, bare)


def _leave_out(fault: Any, body: Body) -> list[Message]:
    return [] if body["type"].startswith(fault.types) else [body]


def _transcription_missing(fault: Any, body: Body) -> list[Message]:
    return [] if body["type"].startswith(TRANSCRIPTION) else [body]


def _transcription_failed(fault: Any, body: Body) -> list[Message]:
    if body["type"] == TRANSCRIPTION + "completed":
        kept = {key: body[key] for key in ("event_id", "item_id", "content_index")}
        error = {"type": "server_error", "code": fault.code, "message": "The transcription failed.", "param": None}
        return [{"type": TRANSCRIPTION + "failed", **kept, "error": error}]
    return _transcription_missing(fault, body)


def _nameless_call(fault: Any, body: Body) -> list[Message]:
    if body["type"] == "response.function_call_arguments.done":
        body.pop("name", None)
    items = [body.get("item"), *body.get("response", {}).get("output", ())] if fault.items else []
    for item in items:
        if isinstance(item, dict) and item.get("type") == "function_call":
            item.pop("name", None)
    return [body]


def _no_usage(fault: Any, body: Body) -> list[Message]:
    body.get("response", {}).pop("usage", None)
    return [body]


def _malformed(fault: Any, body: Body) -> list[Message]:
    return [body, fault.text] if body["type"] == fault.at else [body]


def _unknown(fault: Any, body: Body) -> list[Message]:
    surprise = {"type": fault.type, "event_id": "event_surprise", "surprise": {"depth": [1, None, "two"]}}
    return [body, surprise] if body["type"] == fault.at else [body]


def _huge(fault: Any, body: Body) -> list[Message]:
    if body["type"] != fault.at:
        return [body]
    padding = "x" * max(0, fault.bytes - 64)
    return [body, {"type": "rehearsal.huge", "event_id": "event_huge", "padding": padding}]


def _duplicate(fault: Any, body: Body) -> list[Message]:
    return [body, body] if body["type"].startswith(fault.types) else [body]


_SPOILERS: Final[dict[type[Fault], Callable[[Any, Body], list[Message]]]] = {
    table.LeaveOut: _leave_out,
    table.TranscriptionMissing: _transcription_missing,
    table.TranscriptionFailed: _transcription_failed,
    table.NamelessCall: _nameless_call,
    table.NoUsage: _no_usage,
    table.Duplicate: _duplicate,
    table.MalformedEvent: _malformed,
    table.UnknownEvent: _unknown,
    table.HugeEvent: _huge,
}
"""In the order in which they are applied."""
