"""Who may come in: the standard key, and the short-lived secrets minted with it (PROTOCOL 1.1)."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from app.realtime.events import ErrorCode
from app.servers.rehearsal.engine.refusal import Refusal

Session = TypeVar("Session")

_KEPT_AT_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class _Minted(Generic[Session]):
    session: Session
    expires_at_s: float


def bearer(headers: Mapping[str, str]) -> str:
    """The key a request comes with; raises a Refusal when there is none, or when it asks for the beta protocol."""
    if "realtime=v1" in headers.get("openai-beta", ""):
        raise beta_refused()
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Refusal("No API key was given in the Authorization header.", "invalid_api_key", status=401)
    return key.strip()


def beta_refused() -> Refusal:
    """What the beta protocol is answered with (PROTOCOL 1.6)."""
    return Refusal("The Realtime beta API is not supported; use its GA form.", ErrorCode.BETA_SHAPE)


class Keys(Generic[Session]):
    """Knows the standard key and every secret that is still good."""

    def __init__(self, standard: str, new_secret: Callable[[], str], now_s: Callable[[], float]) -> None:
        """``now_s`` is the time of day in epoch seconds, because clients are told an expiry on that scale."""
        self._standard = standard.encode()
        self._new_secret = new_secret
        self._now_s = now_s
        self._minted: dict[str, _Minted[Session]] = {}

    def mint(self, session: Session, lifetime_s: int) -> tuple[str, int]:
        """A new secret that starts sessions with ``session``'s settings, and its end in epoch seconds."""
        now_s = self._now_s()
        self._minted = {value: minted for value, minted in self._minted.items() if minted.expires_at_s > now_s}
        if len(self._minted) >= _KEPT_AT_MOST:
            del self._minted[next(iter(self._minted))]
        value, expires_at_s = self._new_secret(), int(now_s) + lifetime_s
        self._minted[value] = _Minted(session, expires_at_s)
        return value, expires_at_s

    def is_standard(self, key: str) -> bool:
        """Whether this is the standard key, without telling by the time taken how close it was."""
        return hmac.compare_digest(key.encode(), self._standard)

    def require_standard(self, key: str) -> None:
        """Raise a 401 unless ``key`` is the standard key."""
        if not self.is_standard(key):
            raise _refused()

    def session_of(self, key: str) -> Session:
        """The settings a secret was minted with; raises a 401 for an unknown or expired one."""
        minted = self._minted.get(key)
        if minted is None or minted.expires_at_s <= self._now_s():
            raise _refused()
        return minted.session


def _refused() -> Refusal:
    return Refusal("Incorrect API key provided, or the ephemeral key has expired.", "invalid_api_key", status=401)
