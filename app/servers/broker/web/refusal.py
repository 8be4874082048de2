"""A request that is not done, in the one form that clients read: ``{error, message, code, requestId, retryAfter}``."""

from http import HTTPStatus
from typing import Final

from starlette.responses import JSONResponse

from app.servers.broker.allowance.rates import whole_seconds
from app.servers.broker.upstream.answers import Fault, UpstreamFault

RETRY_SOON_S: Final = 5.0


class Refusal(Exception):
    """Raised where a request turns out to be undoable. The message is for people outside: no names of machines, no
    numbers of theirs, nothing an upstream said.
    """

    def __init__(
        self, status: int, code: str, message: str, retry_after_s: float | None = None, *, detail: str = ""
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s
        self.detail = detail
        """For the log and the audit trail alone."""

    def response(self, request_id: str) -> JSONResponse:
        """The answer."""
        wait_s = self.retry_after_s
        body = {
            "error": HTTPStatus(self.status).phrase,
            "message": self.message,
            "code": self.code,
            "requestId": request_id,
            "retryAfter": None if wait_s is None else whole_seconds(wait_s) * 1000,
        }
        headers = {} if wait_s is None else {"Retry-After": str(whole_seconds(wait_s))}
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return JSONResponse(body, self.status, headers)


_FAULTS: Final[dict[Fault, tuple[int, str]]] = {
    Fault.DOWN: (503, "The voice service is not available at the moment."),
    Fault.SLOW: (504, "The voice service did not answer in time."),
    Fault.BUSY: (429, "The voice service is busy."),
    Fault.EMPTY: (503, "The company's account with the voice service is used up. Tell who runs this broker."),
    Fault.KEY: (502, "The voice service does not accept this broker. Tell who runs it."),
    Fault.OFFER: (400, "The voice service did not accept the offer."),
    Fault.REJECTED: (502, "The voice service did not accept the request."),
    Fault.ODD: (502, "The voice service gave an answer that cannot be used."),
}


def of_upstream(trouble: UpstreamFault) -> Refusal:
    """What a client is told about the server's trouble."""
    status, message = _FAULTS[trouble.fault]
    wait_s = trouble.retry_after_s
    if wait_s is None and trouble.fault in (Fault.DOWN, Fault.BUSY):
        wait_s = RETRY_SOON_S
    return Refusal(status, trouble.fault.value, message, wait_s, detail=trouble.detail)


def store_gone() -> Refusal:
    """Nothing can be counted, so nothing may be spent."""
    message = "Limits cannot be checked at the moment, so nothing is started."
    return Refusal(503, "limits_unavailable", message, RETRY_SOON_S)
