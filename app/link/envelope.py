"""Messages in envelopes, as the speaches server sends them on its data channel (PROTOCOL 6).

A short message travels whole, a long one in numbered fragments: slices of the base64 of all of it. Only that server's
own messages are wrapped; it takes a client's as they are.
"""

import base64
import binascii
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

WHOLE_LIMIT_BYTES: Final = 900
FRAGMENT_CHARS: Final = 800

INCOMPLETE_LIMIT: Final = 8
"""Messages of which a part is missing; the oldest gives way. The channel keeps order, so one is the rule."""
FRAGMENTS_LIMIT: Final = 2000
"""Of one message; 1.2 MB in fragments of the usual size."""
MESSAGE_LIMIT_CHARS: Final = FRAGMENTS_LIMIT * FRAGMENT_CHARS
PATIENCE_S: Final = 30.0
"""How long a message may be incomplete."""


@dataclass(slots=True)
class _Incomplete:
    total: int
    began_s: float
    fragments: dict[int, str] = field(default_factory=dict)
    chars: int = 0


class Envelope:
    """Both sides of one channel. One thread at a time; ``now_s`` is a monotonic clock."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s: Final = now_s
        self._incomplete: Final[dict[str, _Incomplete]] = {}
        self._wrapped = 0

    def wrap(self, text: str) -> list[str]:
        """The messages that carry a text from the server."""
        self._wrapped += 1
        body = {"id": f"message_{self._wrapped}"}
        data = base64.b64encode(text.encode()).decode()
        if len(text.encode()) <= WHOLE_LIMIT_BYTES:
            return [json.dumps({"type": "full_message", **body, "data": data})]
        slices = [data[start : start + FRAGMENT_CHARS] for start in range(0, len(data), FRAGMENT_CHARS)]
        return [
            json.dumps(
                {
                    "type": "partial_message",
                    **body,
                    "data": each,
                    "fragment_index": index,
                    "total_fragments": len(slices),
                }
            )
            for index, each in enumerate(slices)
        ]

    def unwrap(self, message: str) -> str | None:
        """The text that is complete with this message, or None. What is no envelope is the text itself."""
        self._forget_stale()
        match _object(message):
            case {"type": "full_message", "data": str(data)}:
                return _text(data, otherwise=message)
            case {
                "type": "partial_message",
                "id": str(key),
                "data": str(data),
                "fragment_index": int(index),
                "total_fragments": int(total),
            } if 0 <= index < total <= FRAGMENTS_LIMIT:
                whole = self._add(key, index, total, data)
                return None if whole is None else _text(whole, otherwise=message)
            case _:
                return message

    def _add(self, key: str, index: int, total: int, data: str) -> str | None:
        """All data of a message, once this fragment was the last that was missing."""
        begun = self._incomplete.get(key)
        if begun is None or begun.total != total:
            self._incomplete.pop(key, None)
            if len(self._incomplete) == INCOMPLETE_LIMIT:
                self._incomplete.pop(next(iter(self._incomplete)))
            begun = self._incomplete[key] = _Incomplete(total, self._now_s())
        if index not in begun.fragments:
            begun.fragments[index] = data
            begun.chars += len(data)
        if begun.chars > MESSAGE_LIMIT_CHARS:
            del self._incomplete[key]
        elif len(begun.fragments) == total:
            del self._incomplete[key]
            return "".join(begun.fragments[each] for each in range(total))
        return None

    def _forget_stale(self) -> None:
        oldest_s = self._now_s() - PATIENCE_S
        for key, begun in tuple(self._incomplete.items()):
            if begun.began_s < oldest_s:
                del self._incomplete[key]


def _object(message: str) -> object:
    try:
        return json.loads(message)
    except (ValueError, RecursionError):
        return None


def _text(data: str, *, otherwise: str) -> str:
    """What cannot be opened goes on unopened, and is reported as what it is."""
    try:
        return base64.b64decode(data, validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        return otherwise
