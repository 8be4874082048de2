"""The panel: which faults coming calls and requests meet. Asked by the HTTP side before and while it answers."""

import asyncio
import json
from typing import Final, Literal, TypeVar

from starlette.responses import HTMLResponse, Response

from app.servers.rehearsal.answers import envelope
from app.servers.rehearsal.engine.refusal import INVALID_REQUEST, SERVER_ERROR, Reason, Refusal
from app.servers.rehearsal.faults.call_faults import CallFaults
from app.servers.rehearsal.faults.reading import read_faults, written
from app.servers.rehearsal.faults.table import (
    DelayAnswer,
    Fault,
    HtmlAnswer,
    RefuseCall,
    RefuseToken,
    SkewedClock,
    WrongContentType,
)

SDP: Final = "application/sdp"
_PAGE: Final = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Welcome</h1></body></html>"

Endpoint = Literal["token", "call"]
AnyFault = TypeVar("AnyFault", bound=Fault)


class Panel:
    """Driven by ``set``; ``open`` says whether clients may do that."""

    def __init__(self, *, open_to_clients: bool = False) -> None:
        self.open: Final = open_to_clients
        self._coming: dict[type[Fault], Fault] = {}
        self._left: dict[type[Fault], int] = {}

    @property
    def shown(self) -> dict[str, dict[str, object]]:
        """What is set, as JSON."""
        return written(tuple(self._coming.values()))

    def set(self, faults: tuple[Fault, ...]) -> None:
        """From now on coming calls and requests meet these and no others."""
        self._coming = {type(each): each for each in faults}
        self._left = {kind: each.times for kind, each in self._coming.items() if each.times}

    async def before(self, endpoint: Endpoint) -> Response | None:
        """To be awaited before a request is answered; perhaps it is answered with this instead."""
        delay = self._coming.get(DelayAnswer)
        if isinstance(delay, DelayAnswer) and delay.endpoint in ("", endpoint) and self._strike(DelayAnswer):
            await asyncio.sleep(delay.ms / 1000)
        refuse = self._strike(RefuseToken if endpoint == "token" else RefuseCall)
        if refuse is None:
            return None
        kind = INVALID_REQUEST if refuse.status < 500 else SERVER_ERROR
        answer: Response = envelope(Reason(refuse.message, refuse.code, kind=kind), refuse.status)
        if refuse.body:
            answer = Response(refuse.body, refuse.status, media_type=_media_type(refuse.body))
        if refuse.retry_after:
            answer.headers["Retry-After"] = refuse.retry_after
        return answer

    def sdp_answer(self, sdp: str, call_id: str) -> Response:
        """The answer to an offer."""
        page = self._strike(HtmlAnswer)
        if page is not None:
            return HTMLResponse(_PAGE, page.status)
        wrong = self._strike(WrongContentType)
        place = {"Location": f"/v1/realtime/calls/{call_id}"}
        return Response(sdp.encode(), 201, place, media_type=SDP if wrong is None else wrong.type)

    def told_time(self, epoch_s: int) -> int:
        """The end of a secret as clients are told it."""
        skewed = self._coming.get(SkewedClock)
        return epoch_s + (skewed.s if isinstance(skewed, SkewedClock) else 0)

    def next_call(self) -> CallFaults:
        """What a call that begins now meets."""
        kinds = [kind for kind in self._coming if kind.strikes != "requests"]
        return CallFaults(tuple(each for each in map(self._strike, kinds) if each is not None))

    def _strike(self, kind: type[AnyFault]) -> AnyFault | None:
        """The fault, if it is set; counts."""
        fault = self._coming.get(kind)
        if not isinstance(fault, kind):
            return None
        if kind in self._left:
            self._left[kind] -= 1
            if self._left[kind] == 0:
                del self._coming[kind], self._left[kind]
        return fault


def read_document(document: dict[str, object]) -> tuple[tuple[Fault, ...] | None, tuple[Fault, ...] | None]:
    """What coming and what running calls shall meet, None if nothing is said of them; raises Refusal."""
    for name in document:
        if name not in ("coming", "running"):
            raise Refusal(f"Unknown parameter: '{name[:40]}'.", "unknown_parameter", name[:40])
    coming, running = (
        read_faults(document[name], name) if name in document else None for name in ("coming", "running")
    )
    for fault in running or ():
        if fault.strikes != "calls":
            name = next(iter(written((fault,))))
            raise Refusal(f"The fault '{name}' cannot strike running calls.", "invalid_value", f"running.{name}")
    return coming, running


def _media_type(body: str) -> str:
    try:
        json.loads(body)
    except ValueError:
        return "text/html" if body.lstrip().startswith("<") else "text/plain"
    return "application/json"
