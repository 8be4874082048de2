"""One call: a connection, the session behind it, and the tasks that keep both going."""

import asyncio
import logging
from dataclasses import replace
from typing import Final

import numpy as np

from app.audio.pcm import silence
from app.realtime.events import MalformedEvent, ServerEvent
from app.realtime.session import SessionOptions
from app.realtime.wire import decode_request, encode_event
from app.servers.rehearsal.engine.ids import Ids
from app.servers.rehearsal.engine.session import Limits, Session
from app.servers.rehearsal.peer import Peer
from app.servers.rehearsal.ports import Heard, Speech, Talents
from app.servers.rehearsal.voice import VoiceUnavailable

CONNECT_WITHIN_S: Final = 30.0
FRAME_S: Final = 0.02
_BEHIND_AT_MOST_S: Final = 0.2
_LAST_FRAMES: Final = 25
"""An expired session goes on for so many frames, so that its last event gets through."""
_TALENT_WITHIN_S: Final = 10.0

logger = logging.getLogger("parlance.servers")


class _Over(Exception):
    """Ends the tasks of a call."""


class Call:
    """Answers one offer and lives until either side ends it. It is the stage of its session."""

    def __init__(self, options: SessionOptions, talents: Talents, ids: Ids, limits: Limits) -> None:
        self.id: Final = ids.new("rtc")
        self._options = options
        self._talents = talents
        self._ids = ids
        self._limits = limits
        self._peer = Peer()
        self._tasks: asyncio.TaskGroup | None = None
        self._session: Session | None = None

    @property
    def over(self) -> bool:
        """Whether it is ending or has ended."""
        return self._peer.over.is_set()

    async def answer(self, offer_sdp: str) -> str:
        """The SDP answer; raises a Refusal, after which the call is to be closed."""
        return await self._peer.answer(offer_sdp)

    def hang_up(self) -> None:
        """End it; ``run`` returns soon after."""
        self._peer.over.set()

    async def close(self) -> None:
        """Release a call that never ran."""
        await self._peer.close()

    async def run(self) -> None:
        """Hold the conversation; returns when it is over."""
        logger.info("- call %s begins", self.id)
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                tasks.create_task(self._watch())
                tasks.create_task(self._converse(tasks))
        except* _Over:
            pass
        finally:
            self._tasks = None
            await self._peer.close()
            logger.info("- call %s is over", self.id)

    def emit(self, event: ServerEvent) -> None:
        """For the session: send an event."""
        assert not isinstance(event, MalformedEvent)
        self._peer.send(encode_event(event))

    def recognise(self, hearing_id: str, speech: Speech) -> None:
        """For the session: write down a turn."""
        assert self._tasks is not None
        self._tasks.create_task(self._recognise(hearing_id, speech))

    def speak(self, response_id: str, text: str, voice: str, speed: float) -> None:
        """For the session: make sound of a sentence."""
        assert self._tasks is not None
        self._tasks.create_task(self._speak(response_id, text, voice, speed))

    async def _watch(self) -> None:
        await self._peer.over.wait()
        raise _Over

    async def _converse(self, tasks: asyncio.TaskGroup) -> None:
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await self._peer.connected.wait()
        except TimeoutError:
            logger.info("x call %s never connected", self.id)
            raise _Over from None
        session = self._session = self._new_session()
        session.open()
        tasks.create_task(self._serve(session))
        await self._pump(session)
        raise _Over

    def _new_session(self) -> Session:
        loop = asyncio.get_running_loop()
        limits = replace(self._limits, message_bytes=self._peer.message_bytes)
        talents = self._talents
        return Session(self._options, self, self._ids, loop.time, talents.mind, talents.new_detector, limits)

    async def _serve(self, session: Session) -> None:
        while True:
            session.take(decode_request(await self._peer.requests.get()))

    async def _pump(self, session: Session) -> None:
        """The clock of the session: every 20 ms one frame in and one out, counted and not merely awaited."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        frames_left = _LAST_FRAMES
        while frames_left:
            due_s = max(due_s + FRAME_S, loop.time() - _BEHIND_AT_MOST_S)
            await asyncio.sleep(due_s - loop.time())
            session.hear(self._peer.ears.pull())
            self._peer.mouth.say(session.step())
            if session.ended:
                frames_left -= 1

    async def _recognise(self, hearing_id: str, speech: Speech) -> None:
        heard: Heard | None = None
        try:
            async with asyncio.timeout(_TALENT_WITHIN_S):
                heard = await self._talents.recogniser.recognise(speech)
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
