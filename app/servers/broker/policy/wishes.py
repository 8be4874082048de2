"""What a client asks for, in every shape the field writes it (PROTOCOL 1.1, 1.7, 3.1, 3.2), checked strictly.

Three shapes, told apart by their keys: GA (``session``, ``expires_after``), guide 004's (``sessionId``,
``capabilities``), and a flat session in beta spelling. Nothing unknown passes: it is refused by name.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Final

from app.realtime.requests import MalformedRequest, SessionUpdate
from app.realtime.session import UNSET, SessionOptions, problems
from app.realtime.wire import decode_request, encode
from app.realtime.wire.names import BETA_PATHS, GA_PATHS
from app.servers.broker.config.settings import LONGEST_SECRET_S, SHORTEST_SECRET_S

_BETA_ONLY: Final = {path[0] for path in BETA_PATHS[SessionOptions].values() if len(path) == 1} | {
    "voice",
    "speed",
    "turn_detection",
}
"""A key among these and no ``audio``: the session is written flat, as in beta."""
_DEAF_TO: Final = frozenset({"temperature"})
"""What the guides send and GA has no place for: dropped in the flat shape only."""
_NOT_FOR_CLIENTS: Final = frozenset({"id", "object", "expires_at", "client_secret", "include", "prompt", "tracing"})
"""What the reading of the wire passes over, but what a client may not ask for here."""
_CAPABILITIES: Final = 16


class WishRefused(Exception):
    """A request that names a thing that is not, or not so; the text is for the client."""

    def __init__(self, param: str, why: str) -> None:
        self.param = shown(param)
        super().__init__(f"{self.param}: {why}" if param else why)


def shown(name: str) -> str:
    """A name that a client made up, fit to be sent back: short, and nothing that could not be encoded."""
    return name[:64].encode("ascii", "backslashreplace").decode()


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client asks for."""

    options: SessionOptions = field(default_factory=SessionOptions)
    secret_s: int | None = None
    session_id: str = ""
    """The client's own name for the session, sent back to it (guide 004)."""


def wish_of(body: bytes) -> Wish:
    """The wish in a request's body; no body is no wish. Raises WishRefused."""
    told = _object(body) if body.strip() else {}
    rest = dict(told)
    secret_s = _secret_s(rest.pop("expires_after", None))
    session_id = _session_id(rest.pop("sessionId", None))
    _check_capabilities(rest.pop("capabilities", None))
    if "session" not in rest:
        return Wish(options_of(rest, "") if rest else SessionOptions(), secret_s, session_id)
    session = rest.pop("session")
    if rest:
        raise WishRefused(next(iter(rest)), "there is no such parameter beside session")
    return Wish(SessionOptions() if session is None else options_of(session, "session"), secret_s, session_id)


def options_of(session: object, at: str) -> SessionOptions:
    """The options in a session object; raises WishRefused. ``at`` is what the object is called in messages."""
    if not isinstance(session, dict):
        raise WishRefused(at, "an object is expected")
    for name in session:
        if name in _NOT_FOR_CLIENTS:
            raise WishRefused(_join(at, name), "it cannot be set through this broker")
    beta = "audio" not in session and not _BETA_ONLY.isdisjoint(session)
    session = {name: value for name, value in session.items() if not (beta and name in _DEAF_TO)}
    if "temperature" in session:
        raise WishRefused(_join(at, "temperature"), "there is no such parameter")
    request = decode_request(
        json.dumps({"type": "session.update", "session": {"type": "realtime", **session}}), beta=beta
    )
    if isinstance(request, MalformedRequest):
        param = (request.param or "").removeprefix("session.")
        raise WishRefused(_join(at, param), request.message.removeprefix(f"{request.param}: "))
    assert isinstance(request, SessionUpdate)
    if beta and session.get("type", "realtime") != "realtime":
        raise WishRefused(_join(at, "type"), "realtime is expected")
    return _in_bounds(request.session, at)


def session_body(options: SessionOptions) -> dict[str, object]:
    """Options as the GA session object that goes upstream."""
    session: dict[str, object] = json.loads(encode(SessionUpdate(options)))["session"]
    return session


def _in_bounds(options: SessionOptions, at: str) -> SessionOptions:
    for each in fields(options):
        value = getattr(options, each.name)
        if value is UNSET:
            continue
        for problem in problems(replace(SessionOptions(), **{each.name: value})):
            path = GA_PATHS[SessionOptions].get(each.name, (each.name,))
            raise WishRefused(_join(at, ".".join(path)), problem)
    return options


def _object(body: bytes) -> Mapping[str, object]:
    try:
        told = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise WishRefused("", "The body is not JSON.") from None
    if not isinstance(told, dict):
        raise WishRefused("", "The body must be a JSON object.")
    return told


def _refuse_constant(name: str) -> float:
    """RFC 8259 section 6 has no NaN and no Infinity."""
    raise ValueError(name)


def _secret_s(wish: object) -> int | None:
    if wish is None:
        return None
    at = "expires_after"
    if not isinstance(wish, dict):
        raise WishRefused(at, "an object is expected")
    for name in wish:
        if name not in ("anchor", "seconds"):
            raise WishRefused(f"{at}.{name}", "there is no such parameter")
    if wish.get("anchor", "created_at") != "created_at":
        raise WishRefused(f"{at}.anchor", "created_at is expected")
    seconds = wish.get("seconds")
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise WishRefused(f"{at}.seconds", "a whole number is expected")
    if not SHORTEST_SECRET_S <= seconds <= LONGEST_SECRET_S:
        raise WishRefused(f"{at}.seconds", f"it must lie between {SHORTEST_SECRET_S} and {LONGEST_SECRET_S}")
    return seconds


def _session_id(wish: object) -> str:
    if wish is None:
        return ""
    if not isinstance(wish, str) or len(wish) > 128 or not wish.isprintable() or not wish.isascii():
        raise WishRefused("sessionId", "a short plain text is expected")
    return wish


def _check_capabilities(wish: object) -> None:
    """Guide 004 lists what its client can do; nothing follows from it, but nonsense is refused."""
    if wish is None:
        return
    if not isinstance(wish, list) or len(wish) > _CAPABILITIES or not all(isinstance(each, str) for each in wish):
        raise WishRefused("capabilities", "a short list of texts is expected")


def _join(at: str, name: str) -> str:
    return f"{at}.{name}" if at and name else at or name
