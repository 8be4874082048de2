"""The faults of one call, asked at the points where they can strike. Without any it changes nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from app.audio.pcm import Pcm
from app.realtime.events import ErrorDetail, ErrorEvent, KnownEvent, ResponseOutputAudioDelta, UnknownEvent
from app.realtime.items import ResponseError
from app.realtime.requests import ClientRequest, MalformedRequest, UnknownRequest
from app.realtime.wire import encode_event
from app.realtime.wire.names import REQUESTS
from app.servers.rehearsal.engine.session import Limits
from app.servers.rehearsal.faults import table
from app.servers.rehearsal.faults.packets import Frames, Packets
from app.servers.rehearsal.faults.reading import written
from app.servers.rehearsal.faults.spoiling import TRANSCRIPTION, Message, spoilt, text_of
from app.servers.rehearsal.faults.table import Fault
from app.servers.rehearsal.ports import Mind, Question, Reply

_REQUEST_NAMES: Final = {cls: name for name, cls in REQUESTS.items()}
_BYTES_PER_MS: Final = 48
"""Of PCM16 at 24 kHz."""

Timed = table.Drop | table.Close | table.CloseChannel | table.NewSsrc
AnyFault = TypeVar("AnyFault", bound=Fault)


@dataclass(frozen=True, slots=True)
class Told:
    """A message to the client."""

    text: str
    late_ms: int = 0
    apart: bool = False
    """Whether what comes after it need not wait for it."""


class CallFaults:
    """Driven by its call, and by ``strike`` when the panel changes."""

    def __init__(self, faults: tuple[Fault, ...] = ()) -> None:
        self.packets: Final = Packets()
        self._frames = Frames()
        self._faults: dict[type[Fault], Fault] = {}
        self._used: dict[type[Fault], int] = {}
        self._sounded_ms = 0.0
        self._held: list[Message] = []
        self.strike(faults)

    @property
    def shown(self) -> dict[str, dict[str, object]]:
        """What strikes, as JSON."""
        return written(tuple(self._faults.values()))

    def strike(self, faults: tuple[Fault, ...]) -> None:
        """From now on these strike and no others."""
        self._faults = {type(each): each for each in faults}
        self._used = {}
        self._sounded_ms = 0.0
        self._frames.stall()
        loss = self.get(table.PacketLoss)
        self.packets.lose(loss.pattern if loss else "")

    def get(self, kind: type[AnyFault]) -> AnyFault | None:
        """The fault of this kind, if it strikes."""
        fault = self._faults.get(kind)
        return fault if isinstance(fault, kind) else None

    @property
    def timed(self) -> list[Timed]:
        """Those that strike at a moment of their own."""
        return [each for each in self._faults.values() if isinstance(each, Timed)]

    def limits(self, limits: Limits, now_s: float) -> Limits:
        """How long the session lasts; ``now_s`` in epoch seconds."""
        expire, skewed = self.get(table.Expire), self.get(table.SkewedClock)
        if expire is not None:
            limits = replace(limits, longest_s=expire.in_s, expires_at=int(now_s + expire.in_s))
        if skewed is not None:
            limits = replace(limits, expires_at=limits.expires_at + skewed.s)
        return limits

    def mind(self, mind: Mind) -> Mind:
        """The mind as it answers in this call."""
        return _FaultyMind(mind, self)

    def refusal(self, request: ClientRequest | UnknownRequest | MalformedRequest) -> ErrorEvent | None:
        """What a request is answered with instead of being done."""
        fault = self.get(table.RequestError)
        if fault is None or _REQUEST_NAMES.get(type(request)) != fault.request or not self.use(fault, fault.count):
            return None
        return ErrorEvent(ErrorDetail(fault.type, fault.code, fault.message, None, request.event_id))

    def told(self, event: KnownEvent | UnknownEvent) -> Iterator[Told]:
        """The messages that are sent for an event."""
        text = encode_event(event, beta=table.BetaNames in self._faults)
        if not self._faults and not self._held:
            yield Told(text)
            return
        late_ms = self._late_ms(event)
        for message in self._in_order(spoilt(self._faults, json.loads(text))):
            apart = isinstance(message, dict) and message["type"].startswith(TRANSCRIPTION)
            later = self.get(table.TranscriptionLate) if apart else None
            yield Told(text_of(message), late_ms + (later.ms if later else 0), apart)

    def frames(self, frame: Pcm) -> Iterator[Pcm]:
        """The frames of sound that are sent for 20 ms."""
        return self._frames.pass_on(frame, self.get(table.Stall))

    def use(self, fault: Fault, count: int) -> bool:
        """Whether it strikes once more: ``count`` times in this call, always if 0."""
        used = self._used.get(type(fault), 0)
        self._used[type(fault)] = used + 1
        return not count or used < count

    def _late_ms(self, event: KnownEvent | UnknownEvent) -> int:
        delay, stall = self.get(table.DelayEvents), self.get(table.Stall)
        late_ms = delay.ms if delay else 0
        if stall is not None and isinstance(event, ResponseOutputAudioDelta):
            self._sounded_ms += len(event.delta) / _BYTES_PER_MS
            if self._sounded_ms > stall.after_ms and self.use(stall, 1):
                late_ms += stall.ms
        return late_ms

    def _in_order(self, messages: list[Message]) -> Iterator[Message]:
        """The messages, one that is out of order after the one behind it."""
        if not messages:
            return
        fault = self.get(table.OutOfOrder)
        held, self._held = self._held, []
        for message in messages:
            if fault and not held and isinstance(message, dict) and message["type"].startswith(fault.types):
                self._held.append(message)
            else:
                yield message
        yield from held


class _FaultyMind:
    """Fails or writes where the faults want it to."""

    def __init__(self, mind: Mind, faults: CallFaults) -> None:
        self._mind = mind
        self._faults = faults

    def answer(self, question: Question) -> Reply:
        failed, wrote = self._faults.get(table.FailedResponse), self._faults.get(table.WrittenAnswer)
        if failed is not None and self._faults.use(failed, failed.count):
            return Reply(trouble=ResponseError(failed.type, failed.code, failed.message))
        reply = self._mind.answer(question)
        if wrote is not None and self._faults.use(wrote, wrote.count):
            return replace(reply, in_writing=True)
        return reply
