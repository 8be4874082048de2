"""The events a client received, waited for by type, with OpenAI's schema as the judge."""

import asyncio
import json
from typing import Any

from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter

_ORACLE: TypeAdapter[object] = TypeAdapter(RealtimeServerEvent)


class EventLog:
    """Events as JSON, with the moment they came."""

    def __init__(self, *, judged: bool = True) -> None:
        """``judged``: what OpenAI's schema does not know is a failure."""
        self.events: list[dict[str, Any]] = []
        self.came_s: list[float] = []
        self.texts: list[str] = []
        self._judged = judged
        self._news = asyncio.Condition()

    @property
    def names(self) -> list[str]:
        """The types of all events so far."""
        return [event["type"] for event in self.events]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The events of one type so far."""
        return [event for event in self.events if event["type"] == kind]

    async def note(self, text: str) -> None:
        """A message came. What is no event is kept as text only, unless everything is judged."""
        if self._judged:
            _ORACLE.validate_json(text)
        self.texts.append(text)
        event = _event(text)
        if event is not None:
            self.came_s.append(asyncio.get_running_loop().time())
            self.events.append(event)
        async with self._news:
            self._news.notify_all()

    async def until(self, kind: str, count: int = 1, within_s: float = 20.0) -> dict[str, Any]:
        """The ``count``-th event of this type, waited for."""
        try:
            async with asyncio.timeout(within_s), self._news:
                await self._news.wait_for(lambda: len(self.of(kind)) >= count)
        except TimeoutError:
            raise AssertionError(f"no {kind} within {within_s:g} s, only {self.names}") from None
        return self.of(kind)[count - 1]


def _event(text: str) -> dict[str, Any] | None:
    try:
        body = json.loads(text)
    except ValueError:
        return None
    return body if isinstance(body, dict) and isinstance(body.get("type"), str) else None
