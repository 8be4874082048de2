"""Which trouble each failure is. Tokens come from two sides, a broker or the server itself, and a person must be told
which of the two to look at; everything else in this room speaks of a ``Side`` and need not care.
"""

from collections.abc import Callable
from dataclasses import dataclass

from app.conversation.troubles import (
    BrokerAnswerUnusable,
    BrokerBusy,
    BrokerFailed,
    BrokerForbids,
    BrokerLeaksKey,
    BrokerRedirects,
    BrokerRefused,
    BrokerTimedOut,
    BrokerUnreachable,
    BrokerUntrusted,
    BrokerUrlInvalid,
    ConnectTimedOut,
    KeyRefused,
    NotSignedIn,
    PortalInTheWay,
    ServerAnswerUnusable,
    ServerRefused,
    ServerUnreachable,
    ServerUrlInvalid,
    Trouble,
)
from app.tokens.network import CERTIFICATE_WHYS


@dataclass(frozen=True, slots=True)
class Side:
    """The failures of one side, as one column of a table."""

    url_invalid: Callable[[str], Trouble]
    """The address cannot be used; takes why."""
    unreachable: Callable[[str], Trouble]
    """No connection, or it broke; takes why."""
    timed_out: Callable[[], Trouble]
    """No whole answer in time."""
    redirects: Callable[[], Trouble]
    """3xx: never followed, it could carry the credential elsewhere."""
    portal: Callable[[], Trouble]
    """A web page where an answer belongs, or HTTP 511."""
    sign_in_refused: Callable[[int, str], Trouble]
    """401 or 403; takes status and code."""
    busy: Callable[[float | None, str], Trouble]
    """429; takes the seconds to wait, if told, and the code."""
    failed: Callable[[int, str, str], Trouble]
    """5xx; takes status, code and request id."""
    refused: Callable[[int, str], Trouble]
    """Any other 4xx; takes status and code."""
    unusable: Callable[[str], Trouble]
    """An answer that is none; takes why."""
    leaks_key: Callable[[], Trouble]
    """A main API key where a short-lived secret belongs."""


BROKER = Side(
    url_invalid=BrokerUrlInvalid,
    unreachable=lambda why: (BrokerUntrusted if why in CERTIFICATE_WHYS else BrokerUnreachable)(why),
    timed_out=BrokerTimedOut,
    redirects=BrokerRedirects,
    portal=PortalInTheWay,
    sign_in_refused=lambda status, code: BrokerForbids(code) if status == 403 else NotSignedIn(),
    busy=BrokerBusy,
    failed=lambda status, _code, request_id: BrokerFailed(status, request_id),
    refused=BrokerRefused,
    unusable=BrokerAnswerUnusable,
    leaks_key=BrokerLeaksKey,
)

SERVER = Side(
    url_invalid=ServerUrlInvalid,
    unreachable=ServerUnreachable,
    timed_out=lambda: ConnectTimedOut("waiting for the server's answer", "Try again in a moment."),
    redirects=lambda: ServerAnswerUnusable("it leads somewhere else"),
    portal=lambda: ServerAnswerUnusable("it is a web page"),
    # A 403 with a code is about the model or the region, not about the key (PROTOCOL 1.2).
    sign_in_refused=lambda status, code: ServerRefused(status, code) if status == 403 and code else KeyRefused(),
    busy=lambda _retry_after_s, code: ServerRefused(429, code, retryable=True),
    failed=lambda status, code, _request_id: ServerRefused(status, code, retryable=True),
    refused=ServerRefused,
    unusable=ServerAnswerUnusable,
    leaks_key=lambda: ServerAnswerUnusable("it holds a main API key instead of a short-lived secret"),
)
