"""A request that is not done, in the words of the protocol: an HTTP error or an ``error`` event."""

from dataclasses import dataclass

INVALID_REQUEST = "invalid_request_error"
SERVER_ERROR = "server_error"


@dataclass(frozen=True, slots=True)
class Reason:
    """What the client is told (PROTOCOL 4.10)."""

    message: str
    code: str | None = None
    param: str | None = None
    kind: str = INVALID_REQUEST
    """The error's ``type``."""


class Refusal(Exception):
    """Raised where a request turns out to be undoable; nothing has changed by then."""

    def __init__(self, message: str, code: str | None = None, param: str | None = None, *, status: int = 400) -> None:
        super().__init__(message)
        self.reason = Reason(message, code, param)
        self.status = status
        """What HTTP says for it; meaningless on the data channel."""
