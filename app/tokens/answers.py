"""What brokers and servers answer, in all the forms seen in the field (PROTOCOL 1.8), read into values. Pure.

Nothing an answer says is ever quoted: a broken broker puts secrets in the oddest places. For the same reason the
functions that hold the parsed body return their findings and leave raising to ``read_answer``, whose frame holds
nothing that a traceback with local variables could show.

Endpoint hints of a broker (``webrtc_url``, ``callsUrl`` …) are not followed: the profile says where the secret goes.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

from app.conversation.admission import Answer, Grant, Secret
from app.conversation.troubles import QuotaExhausted, Trouble
from app.tokens.addresses import is_call_id
from app.tokens.failures import Side

LATE_S = 60.0
"""How long a secret may have been expired on arrival: less can be skew between clocks, and the server decides."""
LONGEST_SECRET = 8192
LONGEST_WAIT_S = 24 * 3600.0

_MAIN_KEY = re.compile(r"\s*sk-[A-Za-z0-9_-]{8,}\s*")
_HEADER_SAFE = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_SECRET}}}")
_IDENTIFIER = re.compile(r"[a-z0-9_.-]{1,64}", re.IGNORECASE)
_SECRET_LIKE = re.compile(r"(?:sk|ek)[-_]", re.IGNORECASE)
_SECRET_PATHS = (
    ("value",),
    ("client_secret", "value"),
    ("client_secret",),
    ("clientSecret", "value"),
    ("clientSecret",),
    ("ephemeralKey",),
    ("ephemeral_key",),
    ("token",),
    ("session", "client_secret", "value"),
)
_EXPIRY_PATHS = (
    ("expires_at",),
    ("expiresAt",),
    ("client_secret", "expires_at"),
    ("clientSecret", "expiresAt"),
    ("session", "client_secret", "expires_at"),
)
_SDP_PATHS = (("sdp",), ("answer", "sdp"), ("transport", "sdp"))
_CALL_PATHS = (("call_id",), ("callId",))
_SESSION_PATHS = (("session", "id"), ("session_id",), ("sessionId",), ("id",))
_MODEL_PATHS = (("session", "model"), ("model",))
_CODE_PATHS = (("error", "code"), ("code",), ("error",), ("error", "type"))
_REQUEST_PATHS = (("requestId",), ("request_id",))


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer, read within its bounds."""

    status: int
    body: bytes = field(repr=False)
    content_type: str = ""
    location: str = field(default="", repr=False)
    retry_after: str = ""
    request_id: str = ""
    date: str = ""


class _Flaw(Enum):
    """Why a 2xx answer cannot be used."""

    EMPTY = "it is empty"
    WEB_PAGE = "it is a web page"
    NOT_TEXT = "it is not text"
    NOT_JSON = "it is not JSON"
    NO_SECRET = "it holds no secret"
    ODD_SECRET = "its secret has characters that cannot be sent"
    EXPIRED = "its secret has already expired"
    NO_SDP = "it is not an SDP answer"
    MAIN_KEY = "it holds a main API key"


def read_answer(reply: Reply, side: Side, now_s: float) -> Grant | Answer:
    """A secret, or the SDP answer of a broker in proxy mode; raises the side's trouble.

    ``now_s`` is the wall clock in epoch seconds. A secret counts as expired only when it is over by more than
    ``LATE_S`` on this machine's clock and on the answer's own ``Date`` as well: desktop clocks are often wrong.
    """
    if not 200 <= reply.status < 300:
        raise refusal(reply, side, now_s)
    found = _read(reply, now_s)
    if found is _Flaw.MAIN_KEY:
        raise side.leaks_key()
    if found is _Flaw.WEB_PAGE:
        raise side.portal()
    if isinstance(found, _Flaw):
        raise side.unusable(found.value)
    return found


def refusal(reply: Reply, side: Side, now_s: float) -> Trouble:
    """The trouble a status outside 2xx stands for."""
    status, told = reply.status, _json_object(reply.body) or {}
    codes = [text for text in _found(told, _CODE_PATHS) if isinstance(text, str) and _quotable(text)]
    code = codes[0] if codes else ""
    if "insufficient_quota" in codes:
        return QuotaExhausted()
    if 300 <= status < 400:
        return side.redirects()
    if status in (401, 403):
        return side.sign_in_refused(status, code)
    if status == 429:
        return side.busy(_retry_after_s(reply, told, now_s), code)
    if status == 511:
        return side.portal()
    if status >= 500:
        return side.failed(status, code, _request_id(reply, told))
    return side.refused(status, code)


def _read(reply: Reply, now_s: float) -> Grant | Answer | _Flaw:
    try:
        text = reply.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _Flaw.NOT_TEXT
    kind = reply.content_type.partition(";")[0].strip().lower()
    start = text.lstrip()
    if not start:
        return _Flaw.EMPTY
    if kind == "text/html" or start.startswith("<"):
        return _Flaw.WEB_PAGE
    if kind == "application/sdp" or start.startswith("v=0"):
        return _sdp_answer(text, reply)
    told = _json_object(reply.body)
    return _Flaw.NOT_JSON if told is None else _read_object(told, reply, now_s)


def _read_object(told: Mapping[str, object], reply: Reply, now_s: float) -> Grant | Answer | _Flaw:
    if any(_MAIN_KEY.fullmatch(text) for text in _strings(told)):
        return _Flaw.MAIN_KEY
    inner = told.get("data")
    if isinstance(inner, dict):
        told = inner
    if sdp := _text(told, _SDP_PATHS):
        return _sdp_answer(sdp, reply, _text(told, _CALL_PATHS))
    return _grant(told, reply, now_s)


def _sdp_answer(sdp: str, reply: Reply, named: str = "") -> Answer | _Flaw:
    sdp = sdp.lstrip()
    if not sdp.startswith("v=0"):
        return _Flaw.NO_SDP
    placed = _call_id(reply.location)
    return Answer(sdp, named if is_call_id(named) else placed, reply.location if placed else "")


def _grant(told: Mapping[str, object], reply: Reply, now_s: float) -> Grant | _Flaw:
    secret = _text(told, _SECRET_PATHS).strip()
    if not secret:
        return _Flaw.NO_SECRET
    if not _HEADER_SAFE.fullmatch(secret):
        return _Flaw.ODD_SECRET
    expires_at_s = next((at for value in _found(told, _EXPIRY_PATHS) if (at := epoch_s(value)) is not None), None)
    if expires_at_s is not None and expires_at_s + LATE_S < min(now_s, _date_s(reply.date, now_s)):
        return _Flaw.EXPIRED
    session_id, model = _text(told, _SESSION_PATHS), _text(told, _MODEL_PATHS)
    return Grant(
        Secret(secret),
        expires_at_s,
        session_id if _quotable(session_id) else "",
        model if _quotable(model) else "",
    )


def epoch_s(value: object) -> float | None:
    """A point in time as brokers write it: seconds, milliseconds, either as text, or ISO 8601 (UTC unless it says).

    None for everything that is no plausible time, which also covers the 0 that servers write for "unknown".
    """
    at = _number(value)
    if math.isnan(at) and isinstance(value, str):
        at = _iso_s(value)
    if not math.isfinite(at) or at <= 0:
        return None
    return at / 1000 if at > 1e11 else at


def _number(value: object) -> float:
    """A number, or text that is one; NaN for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan


def _iso_s(text: str) -> float:
    try:
        at = datetime.fromisoformat(text.strip())
        return at.replace(tzinfo=at.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return math.nan


def _date_s(text: str, otherwise_s: float) -> float:
    """An HTTP date (RFC 9110, 5.6.7) in epoch seconds."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return otherwise_s


def _retry_after_s(reply: Reply, told: Mapping[str, object], now_s: float) -> float | None:
    """From the header, which is in seconds or a date, or from the body, where it is in milliseconds."""
    if reply.retry_after:
        wait_s = _number(reply.retry_after)
        if math.isnan(wait_s):
            wait_s = _date_s(reply.retry_after, now_s) - _date_s(reply.date, now_s)
    else:
        wait_s = _number(told.get("retryAfter")) / 1000
    return min(wait_s, LONGEST_WAIT_S) if wait_s > 0 else None


def _request_id(reply: Reply, told: Mapping[str, object]) -> str:
    request_id = reply.request_id or _text(told, _REQUEST_PATHS)
    return request_id if _quotable(request_id) else ""


def _call_id(location: str) -> str:
    """PROTOCOL 1.2: ``Location`` is relative or absolute; the id is the last segment of its path."""
    last = re.split(r"[?#]", location, maxsplit=1)[0].rstrip("/").rpartition("/")[2]
    return last if is_call_id(last) else ""


def _quotable(text: str) -> bool:
    """Whether a word of a stranger may be shown and logged: an identifier, and not one that looks like a secret."""
    return _IDENTIFIER.fullmatch(text) is not None and _SECRET_LIKE.search(text) is None


def _json_object(body: bytes) -> dict[str, object] | None:
    try:
        told = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):  # RecursionError: brackets nested by the thousand
        return None
    return told if isinstance(told, dict) else None


def _found(told: Mapping[str, object], paths: tuple[tuple[str, ...], ...]) -> Iterator[object]:
    """What stands at those of the paths that exist, in their order."""
    for path in paths:
        here: object = told
        for name in path:
            here = here.get(name) if isinstance(here, dict) else None
        if here is not None:
            yield here


def _text(told: Mapping[str, object], paths: tuple[tuple[str, ...], ...]) -> str:
    return next((text for text in _found(told, paths) if isinstance(text, str) and text.strip()), "")


def _strings(told: object) -> Iterator[str]:
    """Every text value, at any depth (a stack, because the body decides how deep)."""
    waiting = [told]
    while waiting:
        here = waiting.pop()
        if isinstance(here, str):
            yield here
        elif isinstance(here, dict):
            waiting.extend(here.values())
        elif isinstance(here, list):
            waiting.extend(here)
