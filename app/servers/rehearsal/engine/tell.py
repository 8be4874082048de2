"""The one way in which events leave: numbered, to the stage."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from app.realtime.events import ErrorDetail, ErrorEvent, KnownEvent
from app.servers.rehearsal.engine.ids import Ids
from app.servers.rehearsal.engine.refusal import Reason
from app.servers.rehearsal.ports import Stage


class Teller:
    """Gives every event its id. Parts of the engine share one."""

    def __init__(self, stage: Stage, ids: Ids, now_s: Callable[[], float]) -> None:
        self.stage: Final = stage
        self.ids: Final = ids
        self.now_s: Final = now_s
        """A clock that never goes back."""

    def tell(self, *events: KnownEvent) -> None:
        """Send events in this order."""
        for event in events:
            self.stage.emit(replace(event, event_id=self.ids.new("event")))

    def refuse(self, reason: Reason, request_id: str = "") -> None:
        """Send an ``error`` event; ``request_id`` is the ``event_id`` of the request that caused it."""
        detail = ErrorDetail(reason.kind, reason.code, reason.message, reason.param, request_id)
        self.tell(ErrorEvent(detail))
