"""Every fault there is: a class each, whose docstring says what it does and whose fields are its parameters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

_CLOSE_CODES: Final = frozenset({*range(1000, 1004), *range(1006, 1015), *range(3000, 5000)})
"""Of RFC 6455 section 7.4; 1006, which cannot be sent, stands for no farewell at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong."""

    strikes: ClassVar[str] = "calls"
    """``requests`` of HTTP, ``coming`` calls only, or ``calls``: coming and running ones."""

    times: int = 0
    """How many calls or requests it strikes; 0 means every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayAnswer(Fault):
    """Answers HTTP requests late; `endpoint` is `token`, `call`, or empty for both."""

    strikes: ClassVar[str] = "requests"
    ms: int = 1000
    endpoint: str = ""

    def __post_init__(self) -> None:
        _require(self.endpoint in ("", "token", "call"), "endpoint")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refuse(Fault):
    strikes: ClassVar[str] = "requests"
    status: int = 503
    retry_after: str = ""
    code: str = "server_error"
    message: str = "The server had an error."
    body: str = ""

    def __post_init__(self) -> None:
        _require(200 <= self.status <= 599, "status")
        _require(_fits_header(self.retry_after), "retry_after")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseToken(_Refuse):
    """Refuses to mint secrets with this status; `retry_after` is the header, `body` replaces the protocol's error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseCall(_Refuse):
    """Refuses calls and WebSockets with this status; `retry_after` and `body` as for `refuse_token`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongContentType(Fault):
    """Answers the offer with SDP under this content type."""

    strikes: ClassVar[str] = "requests"
    type: str = "text/plain"

    def __post_init__(self) -> None:
        _require(bool(self.type) and _fits_header(self.type), "type")


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlAnswer(Fault):
    """Answers the offer with a web page, as the sign-in page of a network does."""

    strikes: ClassVar[str] = "requests"
    status: int = 200

    def __post_init__(self) -> None:
        _require(200 <= self.status <= 599, "status")


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedUdp(Fault):
    """Answers the offer, but lets no packet through; `candidates` in the answer are `kept`, `none` or `unreachable`."""

    strikes: ClassVar[str] = "coming"
    candidates: str = "kept"

    def __post_init__(self) -> None:
        _require(self.candidates in ("kept", "none", "unreachable"), "candidates")


@dataclass(frozen=True, slots=True, kw_only=True)
class SkewedClock(Fault):
    """Tells expiry times of secrets and sessions by a clock that is so many seconds fast; slow if negative."""

    strikes: ClassVar[str] = "coming"
    s: int = -3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire(Fault):
    """Lets the session end after so many seconds: told by `expires_at`, then by `session_expired`, then it hangs up."""

    strikes: ClassVar[str] = "coming"
    in_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Timed(Fault):
    after_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(_Timed):
    """Sends nothing any more and ignores everything, as if a cable were pulled out; after 30 s the line is freed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(_Timed):
    """Hangs up; a WebSocket with this code and reason, with 1006 without a farewell."""

    code: int = 1011
    reason: str = ""

    def __post_init__(self) -> None:
        _require(self.code in _CLOSE_CODES, "code")
        _require(len(self.reason.encode(errors="replace")) <= 123, "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseChannel(_Timed):
    """Closes the data channel and lets the sound go on (WebRTC only)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayEvents(Fault):
    """Sends all events late, in their order."""

    ms: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inserted(Fault):
    at: str = "session.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedEvent(_Inserted):
    """Sends this text, which is no event, after each event of the type `at`."""

    text: str = '{"type":'


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEvent(_Inserted):
    """Sends an event of this unheard-of type after each event of the type `at`."""

    type: str = "rehearsal.surprise"


@dataclass(frozen=True, slots=True, kw_only=True)
class HugeEvent(_Inserted):
    """Sends an event of so many bytes after each event of the type `at`; over WebRTC only if the client takes it."""

    bytes: int = 3_000_000

    def __post_init__(self) -> None:
        _require(self.bytes <= 7_000_000, "bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaNames(Fault):
    """Names events, content and session fields as the beta protocol did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfOrder(Fault):
    """Sends events whose type begins with one of `types` after the event that should follow them."""

    types: tuple[str, ...] = ("conversation.item.added",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate(Fault):
    """Sends events whose type begins with one of `types` twice."""

    types: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveOut(Fault):
    """Never sends events whose type begins with one of `types`."""

    types: tuple[str, ...] = ("session.updated",)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionMissing(Fault):
    """Never tells what the user said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionFailed(Fault):
    """Tells that what the user said could not be written down."""

    code: str = "transcription_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionLate(Fault):
    """Tells what the user said so many milliseconds late, with everything else in time."""

    ms: int = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class NamelessCall(Fault):
    """Leaves the name out where the arguments of a function call are complete; with `items` out of its item too."""

    items: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenAnswer(Fault):
    """Answers in writing where speech was asked for; the first `count` responses, 0 for all."""

    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedResponse(Fault):
    """Ends responses as failed, with this error; the first `count` responses, 0 for all."""

    count: int = 1
    type: str = "server_error"
    code: str = "server_error"
    message: str = "The server had an error while processing your request."


@dataclass(frozen=True, slots=True, kw_only=True)
class NoUsage(Fault):
    """Leaves out what a response cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestError(Fault):
    """Answers the next `count` requests of the type `request` with this error and does not do them."""

    request: str = "response.create"
    count: int = 1
    type: str = "invalid_request_error"
    code: str = "rate_limit_exceeded"
    message: str = "Rate limit reached."


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall(Fault):
    """Holds the assistant's sound back for `ms`, once, when `after_ms` of it were sent; then catches up."""

    ms: int = 800
    after_ms: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketLoss(Fault):
    """Loses packets of sound: `pattern` has a digit for each, 1 if it is lost, and begins anew at its end (WebRTC)."""

    pattern: str = "0000000001"

    def __post_init__(self) -> None:
        _require(bool(self.pattern) and set(self.pattern) <= {"0", "1"}, "pattern")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSsrc(_Timed):
    """Goes on as another RTP source, with other sequence numbers and times (WebRTC only)."""


_ALL: Final[tuple[type[Fault], ...]] = (
    *(DelayAnswer, RefuseToken, RefuseCall, WrongContentType, HtmlAnswer, BlockedUdp, SkewedClock, Expire),
    *(Drop, Close, CloseChannel, DelayEvents, MalformedEvent, UnknownEvent, HugeEvent, BetaNames, OutOfOrder),
    *(Duplicate, LeaveOut, TranscriptionMissing, TranscriptionFailed, TranscriptionLate, NamelessCall),
    *(WrittenAnswer, FailedResponse, NoUsage, RequestError, Stall, PacketLoss, NewSsrc),
)

FAULTS: Final[Mapping[str, type[Fault]]] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", each.__name__).lower(): each for each in _ALL
}
"""Under the names that the panel knows them by. FAULTS.md shows the same to people."""


def _require(holds: bool, parameter: str) -> None:
    if not holds:
        raise ValueError(parameter)


def _fits_header(text: str) -> bool:
    return text.isascii() and text.isprintable()
