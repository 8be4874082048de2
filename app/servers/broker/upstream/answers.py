"""What servers answer, read into values (PROTOCOL 1.1, 1.2, 1.8). Nothing an answer says reaches a client unchecked."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Final

from app.servers.broker.config.settings import SHORTEST_SECRET_S
from app.servers.broker.upstream.posting import Reply

LONGEST_WAIT_S: Final = 3600.0

_SECRET: Final = re.compile(r"[\x21-\x7e]{1,8192}")
_MAIN_KEY: Final = re.compile(r"sk-[A-Za-z0-9_-]{8,}")
_CALL_ID: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}")
_WORD: Final = re.compile(r"[a-z0-9_.-]{1,64}", re.IGNORECASE)
_SECRET_PATHS: Final = (
    ("value",),
    ("client_secret", "value"),
    ("client_secret",),
    ("session", "client_secret", "value"),
)
_EXPIRY_PATHS: Final = (("expires_at",), ("client_secret", "expires_at"), ("session", "client_secret", "expires_at"))
_SESSION_PATHS: Final = (("session", "id"), ("session_id",), ("id",))


class Fault(Enum):
    """Why there is no answer to give; the value is the code that clients see."""

    DOWN = "upstream_unavailable"
    """It did not answer, or said that it is ill; or the breaker keeps requests away from it."""
    SLOW = "upstream_timeout"
    BUSY = "upstream_busy"
    """Its own rate limit."""
    EMPTY = "insufficient_quota"
    """The account has run out of money."""
    KEY = "upstream_refused_broker"
    """The broker's key is not accepted."""
    OFFER = "offer_rejected"
    """The client's offer is not accepted."""
    REJECTED = "upstream_rejected"
    ODD = "upstream_invalid_answer"


class UpstreamFault(Exception):
    """No answer to give; ``detail`` is for the log alone: a status and the server's own code, if it is a plain word."""

    def __init__(self, fault: Fault, detail: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(f"{fault.value} ({detail})" if detail else fault.value)
        self.fault = fault
        self.detail = detail
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Minted:
    """A secret that starts sessions."""

    value: str = field(repr=False)
    expires_at_s: int
    session_id: str


@dataclass(frozen=True, slots=True)
class Answered:
    """An SDP answer and the call's id."""

    sdp: str = field(repr=False)
    call_id: str


def read_minted(reply: Reply, asked_s: int, now: datetime) -> Minted:
    """The secret in an answer, asked for ``asked_s`` seconds; raises UpstreamFault."""
    _refuse_failure(reply, Fault.REJECTED, now)
    told = _object(reply.body)
    value = next((text for text in _found(told, _SECRET_PATHS) if isinstance(text, str) and text), "")
    if not _SECRET.fullmatch(value):
        raise UpstreamFault(Fault.ODD, "no secret")
    if _MAIN_KEY.match(value):
        raise UpstreamFault(Fault.ODD, "a main key")
    now_s = int(now.timestamp())
    expires_at_s = next((at for each in _found(told, _EXPIRY_PATHS) if (at := _epoch_s(each))), now_s + asked_s)
    if expires_at_s <= now_s - 60:
        raise UpstreamFault(Fault.ODD, "an expired secret")
    ids = (text for text in _found(told, _SESSION_PATHS) if isinstance(text, str) and _WORD.fullmatch(text))
    return Minted(value, min(expires_at_s, now_s + max(asked_s, SHORTEST_SECRET_S) + 60), next(ids, ""))


def read_answered(reply: Reply, now: datetime) -> Answered:
    """The SDP answer in an answer; raises UpstreamFault."""
    _refuse_failure(reply, Fault.OFFER, now)
    try:
        sdp = reply.body.decode()
    except UnicodeDecodeError:
        raise UpstreamFault(Fault.ODD, "no text") from None
    if not sdp.startswith("v=0"):
        raise UpstreamFault(Fault.ODD, "no SDP")
    call_id = re.split(r"[?#]", reply.headers.get("location", ""), maxsplit=1)[0].rstrip("/").rpartition("/")[2]
    if not is_call_id(call_id):
        # Without its id nobody could hang it up.
        raise UpstreamFault(Fault.ODD, "no call id")
    return Answered(sdp, call_id)


def is_call_id(text: str) -> bool:
    """Whether ``text`` can be a call id: one path segment that needs no quoting and climbs nowhere."""
    return _CALL_ID.fullmatch(text) is not None


def is_ill(status: int) -> bool:
    """Whether a status says that the server, not the request, is the trouble."""
    return status >= 500 or status == 408


def _refuse_failure(reply: Reply, of_request: Fault, now: datetime) -> None:
    status = reply.status
    if 200 <= status < 300:
        return
    code = _code(reply.body)
    detail = f"HTTP {status} {code}".strip()
    if code == "insufficient_quota":
        raise UpstreamFault(Fault.EMPTY, detail)
    if status in (401, 403):
        raise UpstreamFault(Fault.KEY, detail)
    if status == 429:
        raise UpstreamFault(Fault.BUSY, detail, _retry_after_s(reply.headers.get("retry-after", ""), now))
    if is_ill(status):
        raise UpstreamFault(Fault.DOWN, detail, _retry_after_s(reply.headers.get("retry-after", ""), now))
    if status in (400, 413, 415, 422):
        raise UpstreamFault(of_request, detail)
    raise UpstreamFault(Fault.REJECTED, detail)


def _code(body: bytes) -> str:
    """The server's own code, if it is a plain word."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    code = next(_found(told, (("error", "code"), ("code",))), "") if isinstance(told, dict) else ""
    return code if isinstance(code, str) and _WORD.fullmatch(code) and not _MAIN_KEY.search(code) else ""


def _retry_after_s(text: str, now: datetime) -> float | None:
    """Seconds or a date (RFC 9110 section 10.2.3), bounded: a client would count it down."""
    try:
        wait_s = float(text) if text.strip().isdigit() else (parsedate_to_datetime(text) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait_s, 1.0), LONGEST_WAIT_S)


def _object(body: bytes) -> Mapping[str, object]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise UpstreamFault(Fault.ODD, "no JSON") from None
    if not isinstance(told, dict):
        raise UpstreamFault(Fault.ODD, "no object")
    inner = told.get("data")
    return inner if isinstance(inner, dict) else told


def _epoch_s(value: object) -> int:
    """A point in time in seconds, milliseconds or ISO 8601; 0 for everything else."""
    try:
        if isinstance(value, str) and not value.strip().isdigit():
            at = datetime.fromisoformat(value.strip())
            return int(at.replace(tzinfo=at.tzinfo or UTC).timestamp())
        at_s = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        return 0
    if not math.isfinite(at_s) or at_s <= 0:
        return 0
    return int(at_s / 1000 if at_s > 1e11 else at_s)


def _found(told: object, paths: tuple[tuple[str, ...], ...]) -> Iterator[object]:
    for path in paths:
        here = told
        for name in path:
            here = here.get(name) if isinstance(here, dict) else None
        if here is not None:
            yield here
