"""What opens the door of a server: secrets, grants and SDP answers, as values that cannot be printed."""

from dataclasses import dataclass, field
from typing import NoReturn

from app.conversation.profiles import AuthStyle


class Secret:
    """A credential in memory. Its text never shows in repr, str, format, pickles or tracebacks."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself: call it at the one place that puts it on the wire or into the keyring."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret stays in this process")


@dataclass(frozen=True, slots=True)
class Grant:
    """A short-lived secret for one connection (PROTOCOL 1.1: one fresh secret per attempt)."""

    secret: Secret
    expires_at_s: float | None = None
    """Epoch seconds as the server told them; None when it did not."""
    session_id: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The SDP answer of a server. ``call_id`` is for bug reports and hang-up, never a secret."""

    sdp: str = field(repr=False)
    call_id: str = ""
    place: str = field(default="", repr=False)
    """Where the answerer keeps the call, as its ``Location`` told; empty when it did not."""


@dataclass(frozen=True, slots=True)
class SocketEntry:
    """Where a WebSocket is opened, and with what."""

    url: str
    secret: Secret
    auth: AuthStyle = AuthStyle.BEARER

    def headers(self) -> dict[str, str]:
        """The headers that let one in, with the secret in clear: call it where they go onto the wire."""
        return auth_headers(self.secret, self.auth)


def auth_headers(secret: Secret, style: AuthStyle) -> dict[str, str]:
    """How a secret is shown in that style, in clear; no header for an empty one."""
    text = secret.reveal().strip()
    if not text or style is AuthStyle.NONE:
        return {}
    return {"Authorization": f"Bearer {text}"} if style is AuthStyle.BEARER else {"api-key": text}
