"""What is said over the control socket: one line of JSON each way. Pure, standard library only.

{"do": "talk-down"}
{"ok": true}  or  {"ok": false, "why": "Parlance is not connected."}
"""

import json
from dataclasses import dataclass
from enum import Enum
from typing import Final

LONGEST_LINE_BYTES: Final = 512
"""Longer lines, either way, are junk."""


class Verb(Enum):
    """What can be asked for."""

    TALK_DOWN = "talk-down"
    TALK_UP = "talk-up"
    TALK_TOGGLE = "talk-toggle"
    MUTE = "mute"
    UNMUTE = "unmute"
    CONNECT = "connect"
    DISCONNECT = "disconnect"
    SHOW = "show"


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether it was done; if not, ``why`` is one sentence."""

    ok: bool
    why: str = ""


class Junk(ValueError):
    """A line that is no request or no answer."""


def request_line(verb: Verb) -> bytes:
    """The line that asks for this."""
    return _line({"do": verb.value})


def read_request(line: bytes) -> Verb:
    """What the line asks for; raises Junk."""
    told = _object(line)
    try:
        return Verb(told.get("do"))
    except ValueError:
        raise Junk("it asks for nothing that exists") from None


def answer_line(answer: Answer) -> bytes:
    """The line that answers so."""
    return _line({"ok": True} if answer.ok else {"ok": False, "why": answer.why})


def read_answer(line: bytes) -> Answer:
    """What the line answers; raises Junk."""
    told = _object(line)
    ok, why = told.get("ok"), told.get("why", "")
    if not isinstance(ok, bool) or not isinstance(why, str):
        raise Junk("it is no answer")
    return Answer(ok, why)


def _line(value: dict[str, object]) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _object(line: bytes) -> dict[str, object]:
    if len(line) > LONGEST_LINE_BYTES:
        raise Junk("it is too long")
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        raise Junk("it is not JSON") from None
    if not isinstance(told, dict):
        raise Junk("it is no object")
    return told
