"""One call: a connection, the session behind it, and the tasks that keep both going."""

import asyncio
import logging
from dataclasses import replace
from typing import Final, Protocol

import numpy as np

from app.audio.pcm import Pcm, silence
from app.realtime.events import MalformedEvent, ServerEvent
from app.realtime.requests import InputAudioBufferAppend
from app.realtime.session import SessionOptions
from app.realtime.wire import decode_request
from app.servers.rehearsal.engine.appended import in_seconds
from app.servers.rehearsal.engine.ids import Ids
from app.servers.rehearsal.engine.session import EXPIRED, Limits, Session
from app.servers.rehearsal.faults.call_faults import CallFaults, Timed
from app.servers.rehearsal.faults.table import Close, CloseChannel, Drop, Fault, NewSsrc
from app.servers.rehearsal.floor import with_margins
from app.servers.rehearsal.lane import Lane
from app.servers.rehearsal.ports import Heard, Speech, Talents
from app.servers.rehearsal.voice import VoiceUnavailable

CONNECT_WITHIN_S: Final = 30.0
FRAME_S: Final = 0.02
_BEHIND_AT_MOST_S: Final = 0.2
_LAST_FRAMES: Final = 25
"""An expired session goes on for so many frames, so that its last event gets through."""
_TALENT_WITHIN_S: Final = 10.0
_SILENT_AT_MOST_S: Final = 30.0
"""A line that fell silent is freed as soon as that of a client who vanished."""
_GOING_AWAY: Final = 1001
"""RFC 6455 section 7.4.1; what OpenAI closes an expired session with (PROTOCOL 1.3)."""

logger = logging.getLogger("parlance.servers")


class _Over(Exception):
    """Ends the tasks of a call."""


class Line(Protocol):
    """The connection to a client. Event loop's thread only."""

    @property
    def sound_in_events(self) -> bool:
        """Whether sound travels in events; else ``hear`` and ``say`` carry it."""

    @property
    def message_bytes(self) -> int:
        """The longest message the client takes; known once connected."""

    @property
    def requests(self) -> asyncio.Queue[str | bytes]:
        """Messages of the client."""

    @property
    def connected(self) -> asyncio.Event:
        """Set once sound can flow."""

    @property
    def over(self) -> asyncio.Event:
        """Set once it is ending or has ended."""

    def send(self, text: str) -> None:
        """Send one message."""

    def hear(self) -> Speech | None:
        """The user's next 20 ms."""

    def say(self, pcm: Pcm) -> None:
        """Send 20 ms of sound."""

    def close_channel(self) -> None:
        """Let the client have no more events, only sound; without effect where both share a connection."""

    def fall_silent(self) -> None:
        """Neither send nor take anything any more, and tell nobody."""

    def end(self, code: int = 1000, reason: str = "") -> None:
        """End it, with a close code of WebSocket; ``run`` returns soon after."""

    async def run(self) -> None:
        """Carry messages until it is over."""

    async def close(self) -> None:
        """Say good-bye and free everything, within a second."""


class Call:
    """One conversation over a line, until either side ends it. It is the stage of its session."""

    def __init__(
        self, line: Line, options: SessionOptions, talents: Talents, ids: Ids, limits: Limits, faults: CallFaults
    ) -> None:
        self.id: Final = ids.new("rtc")
        self.faults: Final = faults
        """What goes wrong on purpose."""
        self._line = line
        self._options = options
        self._talents = talents
        self._ids = ids
        self._limits = limits
        self._tasks: asyncio.TaskGroup | None = None
        self._session: Session | None = None
        self._lane = Lane(line.send)
        self._slow_lane = Lane(line.send)

    @property
    def over(self) -> bool:
        """Whether it is ending or has ended."""
        return self._line.over.is_set()

    def hang_up(self, code: int = 1000, reason: str = "") -> None:
        """End it; ``run`` returns soon after."""
        self._line.end(code, reason)

    async def run(self) -> None:
        """Hold the conversation; returns when it is over."""
        logger.info("- call %s begins", self.id)
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                tasks.create_task(self._watch())
                tasks.create_task(self._lane.run())
                tasks.create_task(self._slow_lane.run())
                tasks.create_task(self._converse(tasks))
        except* _Over:
            pass
        finally:
            self._tasks = None
            await self._line.close()
            logger.info("- call %s is over", self.id)

    def emit(self, event: ServerEvent) -> None:
        """For the session: send an event."""
        assert not isinstance(event, MalformedEvent)
        for told in self.faults.told(event):
            lane = self._slow_lane if told.apart else self._lane
            lane.put(told.text, told.late_ms)

    def strike(self, faults: tuple[Fault, ...]) -> None:
        """Let these faults and no others strike from now on."""
        self.faults.strike(faults)
        if self._session is not None and self._tasks is not None:
            self._await_faults(self._tasks)

    def recognise(self, hearing_id: str, speech: Speech) -> None:
        """For the session: write down a turn."""
        assert self._tasks is not None
        self._tasks.create_task(self._recognise(hearing_id, speech))

    def speak(self, response_id: str, text: str, voice: str, speed: float) -> None:
        """For the session: make sound of a sentence."""
        assert self._tasks is not None
        self._tasks.create_task(self._speak(response_id, text, voice, speed))

    async def _watch(self) -> None:
        await self._line.run()
        raise _Over

    async def _converse(self, tasks: asyncio.TaskGroup) -> None:
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await self._line.connected.wait()
        except TimeoutError:
            logger.info("x call %s never connected", self.id)
            raise _Over from None
        session = self._session = self._new_session()
        session.open()
        self._await_faults(tasks)
        tasks.create_task(self._serve(session))
        await self._pump(session)
        self._line.end(_GOING_AWAY, EXPIRED)

    def _new_session(self) -> Session:
        loop = asyncio.get_running_loop()
        limits = replace(self._limits, message_bytes=self._line.message_bytes)
        talents, in_events = self._talents, self._line.sound_in_events
        return Session(
            *(self._options, self, self._ids, loop.time, self.faults.mind(talents.mind), talents.new_detector, limits),
            sound_in_events=in_events,
        )

    async def _serve(self, session: Session) -> None:
        while True:
            request = decode_request(await self._line.requests.get())
            refusal = self.faults.refusal(request)
            if refusal is not None:
                self.emit(replace(refusal, event_id=self._ids.new("event")))
            elif isinstance(request, InputAudioBufferAppend):
                for part in in_seconds(request):
                    session.take(part)
                    await asyncio.sleep(0)
            else:
                session.take(request)

    async def _pump(self, session: Session) -> None:
        """The clock of the session: every 20 ms one frame in and one out, counted and not merely awaited.

        Returns when the session is over.
        """
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        frames_left = _LAST_FRAMES
        while frames_left:
            due_s = max(due_s + FRAME_S, loop.time() - _BEHIND_AT_MOST_S)
            await asyncio.sleep(due_s - loop.time())
            speech = self._line.hear()
            if speech is not None:
                session.hear(speech)
            for frame in self.faults.frames(session.step()):
                self._line.say(frame)
            if session.ended:
                frames_left -= 1

    def _await_faults(self, tasks: asyncio.TaskGroup) -> None:
        """Begin to wait for the moment of those that have one."""
        for fault in self.faults.timed:
            tasks.create_task(self._meet(fault))

    async def _meet(self, fault: Timed) -> None:
        await asyncio.sleep(fault.after_s)
        if self.faults.get(type(fault)) is not fault:
            return
        match fault:
            case Drop():
                self._line.fall_silent()
                await asyncio.sleep(_SILENT_AT_MOST_S)
                self._line.end()
            case Close():
                self._line.end(fault.code, fault.reason)
            case CloseChannel():
                self._line.close_channel()
            case NewSsrc():
                self.faults.packets.change_source()

    async def _recognise(self, hearing_id: str, speech: Speech) -> None:
        heard: Heard | None = None
        try:
            async with asyncio.timeout(_TALENT_WITHIN_S):
                heard = await self._talents.recogniser.recognise(with_margins(speech))
        except TimeoutError:
            logger.warning("x recogniser: no answer in time")
        if self._session is not None:
            self._session.recognised(hearing_id, heard)

    async def _speak(self, response_id: str, text: str, voice: str, speed: float) -> None:
        made = None
        try:
            async with asyncio.timeout(_TALENT_WITHIN_S):
                chunks = [chunk async for chunk in self._talents.voice.synthesise(text, voice=voice, speed=speed)]
                made = np.concatenate(chunks) if chunks else silence(0)
        except (TimeoutError, VoiceUnavailable) as why:
            logger.warning("x voice: %s", type(why).__name__)
        if self._session is not None:
            self._session.voiced(response_id, made)
