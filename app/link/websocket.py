"""A WebSocket line: the same conversation over TCP, for networks that let no UDP through.

Towards the session it is a call like any other: what only WebRTC servers say is said by ``Speaking``, what only they
understand is translated here, and sound comes and goes in the one form of Parlance.
"""

import asyncio
import contextlib
import logging
import math
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Protocol

import numpy as np
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from app.audio.half_rate import HALF_RATE_HZ, Halver
from app.audio.pcm import BLOCK_SAMPLES, Pcm, samples_of_ms, silence
from app.audio.pcm_playout import PcmPlayout
from app.audio.ring import Ring
from app.conversation.troubles import LinkLost, Trouble
from app.link.bell import Bell
from app.link.consent import CONSENT_INTERVAL_S, Consent
from app.link.handshake import Socket, farewell, hang_up, opened
from app.link.speaking import Speaking
from app.realtime import requests as ask
from app.realtime.events import KnownEvent
from app.realtime.requests import ClientRequest
from app.realtime.session import AudioFormat
from app.realtime.wire import decode, decode_request, encode, encode_event

log = logging.getLogger("parlance.link")

CHUNK_SAMPLES: Final = samples_of_ms(40)
"""Sound of one message: 25 messages of 2.6 kB a second."""
UNSENT_SAMPLES: Final = samples_of_ms(3000)
"""Sound that waits for a stalled network; of more the oldest goes. A longer stall is the end of the link anyway."""
TEXTS_LIMIT: Final = 1000
"""Messages that wait for a stalled network; with more a link is as good as lost."""
CLOSE_LIMIT_S: Final = 2.0

_FORMAT: Final = AudioFormat("audio/pcm", HALF_RATE_HZ)


class Ears(Protocol):
    """What a line tells, on the session loop; nothing after ``close`` began or after ``link_broke``."""

    def transport_up(self) -> None:
        """The WebSocket is open."""

    def channel_opened(self) -> None:
        """Messages can be sent."""

    def text_arrived(self, text: str) -> None:
        """One message of the server, or one that a WebRTC server would have sent."""

    def link_broke(self, trouble: Trouble) -> None:
        """The line ended without being asked to."""


class VoiceSocket:
    """One connection, made for one attempt: ``connect``, talk, ``close``. On the session loop, but for ``send_audio``.

    Driven by its caller, by the network, by the playout and by the clock. One task, owned by the line, holds all that
    runs; it ends with the first thing that breaks, and says so once.
    """

    def __init__(self, ears: Ears, *, beta: bool = False) -> None:
        self._ears = ears
        self._beta = beta
        self._played: Final = Bell()
        self.playout: Final = PcmPlayout(changed=self._played.ring)
        self._speaking: Final = Speaking(self.playout, self._tell, self._send)
        self._events_made = 0
        self._outgoing: Final = Bell()
        self._microphone: Final = Ring(UNSENT_SAMPLES)
        self._halver: Final = Halver()
        self._texts: Final = deque[str]()
        self._task: asyncio.Task[None] | None = None
        self._decided: Final = asyncio.Event()
        self._refusal: Trouble | None = None
        self._up = False
        self._closed = False

    @property
    def dropped_samples(self) -> int:
        """Of 48 kHz, that waited too long for the network and were not sent."""
        return self._microphone.dropped

    async def connect(self, url: str, headers: Mapping[str, str]) -> None:
        """Open the WebSocket, within 10 s.

        Raises ServerUrlInvalid, ServerUnreachable, ServerRefused, ServerAnswerUnusable, KeyRefused, QuotaExhausted,
        and LinkLost when ``close`` comes in between.
        """
        if self._closed:
            raise LinkLost
        self._task = asyncio.create_task(self._run(url, headers), name="socket")
        await self._decided.wait()
        if self._refusal is not None:
            raise self._refusal

    def send_text(self, text: str) -> None:
        """Send one message after all sound given so far; without effect unless the line is up."""
        if not self._up:
            return
        match request := decode_request(text, beta=self._beta):
            case ask.OutputAudioBufferClear():
                self.playout.cut()
                self._speaking.follow()
            case ask.SessionUpdate(session=options):
                # On WebRTC the codec was negotiated; here the session says what the samples are.
                formatted = replace(options, input_format=_FORMAT, output_format=_FORMAT)
                self._send(replace(request, session=formatted))
            case _:
                self._put(text)

    def send_audio(self, block: Pcm, gap_samples: int) -> int:
        """Send one block, after so much time in which nothing was sent. Sound thread; dropped while it is not up.

        The gap is sent as silence: the server finds turns by counting samples, so a pause that is left out would never
        have been, and its clock would fall behind ours. A gap is not longer than the talk key's pre-roll. Returns how
        many more blocks fill a message.
        """
        if not self._up:
            return 1
        if gap_samples:
            self._microphone.write(silence(min(gap_samples, UNSENT_SAMPLES)))
        self._microphone.write(block)
        waiting = self._microphone.fill
        if waiting >= CHUNK_SAMPLES:
            self._outgoing.ring()
        return math.ceil((CHUNK_SAMPLES - waiting % CHUNK_SAMPLES) / BLOCK_SAMPLES)

    async def close(self) -> None:
        """End it and leave nothing behind, within 2 s. At any point; raises nothing; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._fall_silent(LinkLost())
        self.playout.cut()
        if self._task is not None:
            self._task.cancel()
            _, pending = await asyncio.wait({self._task}, timeout=CLOSE_LIMIT_S)
            if pending:
                log.error("x the line did not close in time")
        log.info("- line closed")

    # --- the one task ---------------------------------------------------------------------------------------

    async def _run(self, url: str, headers: Mapping[str, str]) -> None:
        try:
            connection = await opened(url, headers)
            if isinstance(connection, Trouble):
                self._refusal = connection
                return
            try:
                await self._live(connection)
            finally:
                await hang_up(connection)
        finally:
            self._decided.set()

    async def _live(self, connection: Socket) -> None:
        trouble: Trouble = LinkLost()
        self._come_up()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read(connection), name="socket reads")
                tasks.create_task(self._write(connection), name="socket writes")
                tasks.create_task(self._ask_for_consent(connection), name="socket asks for consent")
                tasks.create_task(self._follow_playout(), name="socket follows the playout")
        except* Trouble as broken:
            trouble = _first(broken)
            log.info("x line broke: %s", trouble.kind)
        finally:
            if not self._closed:
                self._fall_silent(trouble)
                self._ears.link_broke(trouble)

    def _come_up(self) -> None:
        log.info("- WebSocket is up")
        self._played.open()
        self._outgoing.open()
        self._up = True
        self._ears.transport_up()
        self._ears.channel_opened()
        self._decided.set()

    def _fall_silent(self, trouble: Trouble) -> None:
        """From here on nothing is told to anybody and nothing is taken."""
        self._up = False
        self._played.shut()
        self._outgoing.shut()
        self._refusal = trouble
        self._decided.set()

    async def _read(self, connection: Socket) -> None:
        """All that the server says, to the last word before it hung up; alone decides that it did."""
        while True:
            try:
                message = await connection.recv(decode=False)
            except ConnectionClosed:
                raise farewell(connection.close_code, connection.close_reason or "") from None
            self._arrived(message.decode(errors="replace"))
            # Messages that are there already come without waiting: let sound and timers have their turn.
            await asyncio.sleep(0)

    def _arrived(self, text: str) -> None:
        taken = self._speaking.take(decode(text))
        if self._up and not taken:
            self._ears.text_arrived(text)
        self._speaking.follow()

    async def _write(self, connection: Socket) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self._outgoing.wait()
                self._put_sound()
                while self._texts:
                    await connection.send(self._texts.popleft())

    async def _ask_for_consent(self, connection: Socket) -> None:
        """Raises LinkLost when the server is gone without a word; whatever it sends counts as an answer."""
        consent, loop = Consent(), asyncio.get_running_loop()
        while not consent.lost and len(self._texts) <= TEXTS_LIMIT:
            heard, next_s = connection.heard, loop.time() + CONSENT_INTERVAL_S
            consent.asked()
            with contextlib.suppress(TimeoutError, ConnectionClosed):
                async with asyncio.timeout_at(next_s):  # a stalled network lets nobody send
                    await connection.ping()
            await asyncio.sleep(next_s - loop.time())
            if connection.heard != heard:
                consent.answered()
            if connection.state is not State.OPEN:
                # It said good-bye; whether it hangs up as well is not waited for.
                connection.transport.abort()
                return
        raise LinkLost

    async def _follow_playout(self) -> None:
        while True:
            await self._played.wait()
            self._speaking.follow()

    # --- in words -------------------------------------------------------------------------------------------

    def _tell(self, event: KnownEvent) -> None:
        if self._up:
            self._events_made += 1
            made = replace(event, event_id=f"event_made_here_{self._events_made}")
            self._ears.text_arrived(encode_event(made, beta=self._beta))

    def _send(self, request: ClientRequest) -> None:
        self._put(encode(request, beta=self._beta))

    def _put(self, text: str) -> None:
        if self._up:
            self._put_sound()
            self._texts.append(text)
            self._outgoing.ring()

    def _put_sound(self) -> None:
        """All sound there is, before whatever is said next: a commit must not overtake what it commits."""
        samples = np.empty(self._microphone.fill, np.int16)
        self._microphone.read_into(samples)
        if len(samples):
            sound = self._halver.push(samples).astype("<i2").tobytes()
            self._texts.append(encode(ask.InputAudioBufferAppend(audio=sound), beta=self._beta))


def _first(troubles: BaseExceptionGroup[Trouble]) -> Trouble:
    leaf: BaseException = troubles
    while isinstance(leaf, BaseExceptionGroup):
        leaf = leaf.exceptions[0]
    assert isinstance(leaf, Trouble)
    return leaf
