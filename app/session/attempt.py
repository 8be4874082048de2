"""One try at a connection, from the first request to the last byte. Never used twice.

A dead connection cannot speak, by construction: a line may only put into its own mailbox, only this attempt's pump
reads it, and the pump ends with the attempt. Stopping is a wish that the attempt carries out by itself; its clean-up
runs outside of everything that is cancelled; ``LinkEnded`` is its last word, said once.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from app.audio.pcm import Pcm
from app.conversation import happenings as did
from app.conversation.profiles import Dialect, Profile
from app.conversation.troubles import ConnectTimedOut, Trouble
from app.realtime.events import MalformedEvent, ServerEvent, UnknownEvent
from app.realtime.requests import ClientRequest
from app.realtime.wire import decode_noting, encode
from app.session.opening import Opening, World
from app.session.ports import Playout

log = logging.getLogger("parlance.session")

CONNECT_LIMIT_S: Final = 15.0
UNKNOWN_KINDS_TOLD: Final = 50


class _Stopped(Exception):
    """Our own wish to end, carried to every leg."""


class Attempt:
    """Drive it with ``run`` in a task of its own, and with ``stop``; session loop only, but for ``send_audio``."""

    def __init__(
        self,
        world: World,
        profile: Profile,
        say: Callable[[did.Happening], None],
        *,
        heard: Callable[[Playout], None],
        connect_limit_s: float = CONNECT_LIMIT_S,
    ) -> None:
        self._opening: Final = Opening(world, profile, say, heard)
        self._beta: Final = profile.dialect is Dialect.BETA
        self._say: Final = say
        self._connect_limit_s: Final = connect_limit_s
        self._wish_to_stop: Final = asyncio.Event()
        self._told: Final = set[str]()

    def stop(self) -> None:
        """Ask for the end."""
        self._wish_to_stop.set()

    def send(self, request: ClientRequest) -> None:
        """Put a request on the channel; without effect before it is open."""
        if self._opening.line is not None:
            self._opening.line.send_text(encode(request, beta=self._beta))

    @property
    def playout(self) -> Playout | None:
        """What its line receives; None before there is one."""
        return self._opening.line.playout if self._opening.line is not None else None

    def send_audio(self, block: Pcm, gap_samples: int) -> int:
        """Send one block, after so much time in which nothing was sent. Sound thread; as a line's."""
        line = self._opening.line
        return line.send_audio(block, gap_samples) if line is not None else 1

    async def run(self) -> None:
        """Connect, converse, clean up, and say how it ended."""
        trouble: Trouble | None = None
        async with asyncio.TaskGroup() as farewell:
            try:
                async with asyncio.TaskGroup() as legs:
                    legs.create_task(self._obey_stop())
                    legs.create_task(self._live())
            except* _Stopped:
                pass
            except* Trouble as troubles:
                trouble = _first(troubles)
            finally:
                # Beside the rest: nobody waits for a broker to hear that the call is over.
                farewell.create_task(self._opening.take_leave())
                line, self._opening.line = self._opening.line, None
                if line is not None:
                    await line.close()
            self._say(did.LinkEnded(trouble))

    async def _obey_stop(self) -> None:
        await self._wish_to_stop.wait()
        raise _Stopped

    async def _live(self) -> None:
        try:
            async with asyncio.timeout(self._connect_limit_s):
                await self._opening.run()
        except TimeoutError as late:
            raise ConnectTimedOut(self._opening.stage.value) from late
        self._say(did.LinkOpened())
        mailbox = self._opening.mailbox
        while True:
            self._hear(await mailbox.next_text())
            if not mailbox.is_empty:
                # A queue that is not empty never waits: let sound and timers have their turn between two events.
                await asyncio.sleep(0)

    def _hear(self, text: str) -> None:
        event, passed_over = decode_noting(text)
        self._note(event, passed_over)
        self._say(did.ServerSaid(event))

    def _note(self, event: ServerEvent, passed_over: tuple[str, ...]) -> None:
        """Unknown kinds and fields are told once by name; the words of an event never are."""
        if isinstance(event, MalformedEvent):
            log.warning("x malformed event: %s", event.reason)
        elif isinstance(event, UnknownEvent):
            passed_over = (event.type,)
        for name in passed_over:
            kind = f"{type(event).__name__}: {name}"[:120]
            if kind not in self._told and len(self._told) < UNKNOWN_KINDS_TOLD:
                self._told.add(kind)
                log.info("< unknown %s", kind)


def _first(troubles: BaseExceptionGroup[Trouble]) -> Trouble:
    leaf: BaseException = troubles
    while isinstance(leaf, BaseExceptionGroup):
        leaf = leaf.exceptions[0]
    assert isinstance(leaf, Trouble)
    return leaf
