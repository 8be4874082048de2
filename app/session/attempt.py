"""One try at a connection, from the first request to the last byte. Never used twice.

A dead connection cannot speak, by construction: the link may only put into this attempt's mailbox, only this attempt's
pump reads it, and the pump ends with the attempt. Stopping is a wish that the attempt carries out by itself; its
clean-up runs outside of everything that is cancelled; ``LinkEnded`` is its last word, said once.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from app.audio.pcm import Pcm
from app.conversation import happenings as did
from app.conversation.admission import Secret
from app.conversation.profiles import Dialect, Door, Profile
from app.conversation.stages import Stage
from app.conversation.troubles import ConnectTimedOut, CredentialMissing, LinkLost, StorageTrouble, Trouble
from app.realtime.events import MalformedEvent, ServerEvent, UnknownEvent
from app.realtime.requests import ClientRequest
from app.realtime.wire import decode_noting, encode
from app.session.ports import CallLine, Credentials, NewCallLine, Playout, Rehearsal, Tokens

log = logging.getLogger("parlance.session")

CONNECT_LIMIT_S: Final = 15.0
MAILBOX_SIZE: Final = 2000
"""Some four seconds of the busiest stream; more in one go than that is no conversation."""
UNKNOWN_KINDS_TOLD: Final = 50


@dataclass(frozen=True, slots=True)
class World:
    """What every attempt works with."""

    tokens: Tokens
    credentials: Credentials
    rehearsal: Rehearsal
    new_call: NewCallLine


class _Stopped(Exception):
    """Our own wish to end, carried to every leg."""


class _Sign(Enum):
    TRANSPORT_UP = auto()
    CHANNEL_OPEN = auto()


class Mailbox:
    """Where a link puts what it has to say, in order. Session loop only."""

    def __init__(self) -> None:
        self._words: Final = asyncio.Queue[_Sign | str | Trouble](MAILBOX_SIZE)

    def transport_up(self) -> None:
        """ICE and DTLS are through."""
        self._put(_Sign.TRANSPORT_UP)

    def channel_opened(self) -> None:
        """The data channel can be written to."""
        self._put(_Sign.CHANNEL_OPEN)

    def text_arrived(self, text: str) -> None:
        """One message."""
        self._put(text)

    def link_broke(self, trouble: Trouble) -> None:
        """The last thing that is read."""
        self._put(trouble)

    async def next(self) -> _Sign | str | Trouble:
        """The next word."""
        return await self._words.get()

    @property
    def is_empty(self) -> bool:
        """Whether ``next`` would wait."""
        return self._words.empty()

    def _put(self, word: _Sign | str | Trouble) -> None:
        if self._words.full():  # a server that floods us is as good as gone
            self._words.get_nowait()
            word = LinkLost()
        self._words.put_nowait(word)


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
        self._world: Final = world
        self._profile = profile
        self._say: Final = say
        self._heard: Final = heard
        self._connect_limit_s: Final = connect_limit_s
        self._mailbox: Final = Mailbox()
        self._wish_to_stop: Final = asyncio.Event()
        self._stage = Stage.TOKEN
        self._line: CallLine | None = None
        self._secret: Secret | None = None
        self._signs: Final = set[_Sign]()
        self._early: Final[list[str]] = []
        self._unknown_kinds: Final = set[str]()

    def stop(self) -> None:
        """Ask for the end."""
        self._wish_to_stop.set()

    def send(self, request: ClientRequest) -> None:
        """Put a request on the channel; without effect before it is open."""
        if self._line is not None:
            self._line.send_text(encode(request, beta=self._profile.dialect is Dialect.BETA))

    @property
    def playout(self) -> Playout | None:
        """What its line receives; None before there is one."""
        return self._line.playout if self._line is not None else None

    def send_audio(self, block: Pcm, gap_samples: int) -> None:
        """Send one block, after so much time in which nothing was sent. Sound thread."""
        line = self._line
        if line is not None:
            line.send_audio(block, gap_samples)

    async def run(self) -> None:
        """Connect, converse, clean up, and say how it ended."""
        trouble: Trouble | None = None
        try:
            async with asyncio.TaskGroup() as legs:
                legs.create_task(self._obey_stop())
                legs.create_task(self._live())
        except* _Stopped:
            pass
        except* Trouble as troubles:
            trouble = _first(troubles)
        finally:
            await self._clean_up()
        self._say(did.LinkEnded(trouble))

    async def _obey_stop(self) -> None:
        await self._wish_to_stop.wait()
        raise _Stopped

    async def _live(self) -> None:
        try:
            async with asyncio.timeout(self._connect_limit_s):
                await self._connect()
        except TimeoutError as late:
            raise ConnectTimedOut(self._stage.value) from late
        self._say(did.LinkOpened())
        await self._pump()

    # --- connecting -----------------------------------------------------------------------------------------

    def _enter(self, stage: Stage) -> None:
        self._stage = stage
        self._say(did.StageReached(stage))

    async def _connect(self) -> None:
        credential = await self._credential()
        if self._profile.door is not Door.BROKER_PROXY:
            self._enter(Stage.TOKEN)
            self._secret = (await self._world.tokens.mint(self._profile, credential)).secret
        else:
            self._secret = credential
        self._enter(Stage.OFFER)
        self._line = line = self._world.new_call(self._mailbox, self._profile.ice_servers)
        self._heard(line.playout)
        offer = await line.offer()
        self._enter(Stage.EXCHANGE)
        answer = await self._world.tokens.exchange(self._profile, self._secret, offer)
        log.info("- call %s", answer.call_id or "without an id")
        await line.accept(answer.sdp)
        self._enter(Stage.TRANSPORT)
        await self._until(_Sign.TRANSPORT_UP)
        self._enter(Stage.CHANNEL)
        await self._until(_Sign.CHANNEL_OPEN)

    async def _credential(self) -> Secret | None:
        if self._profile.door is Door.REHEARSAL:
            if self._profile.server_url:
                return await self._stored_credential()
            self._enter(Stage.REHEARSAL)
            url, key = await self._world.rehearsal.start()
            self._profile = replace(self._profile, server_url=url)
            return key
        return await self._stored_credential()

    async def _stored_credential(self) -> Secret | None:
        self._enter(Stage.TOKEN)
        try:
            credential = await self._world.credentials.read(self._profile.credential_slot)
        except StorageTrouble as unreadable:
            if self._profile.needs_credential:
                raise
            self._say(did.TroubleArose(unreadable))
            return None
        if credential is None and self._profile.needs_credential:
            raise CredentialMissing
        return credential

    async def _until(self, sign: _Sign) -> None:
        """Read the mailbox up to that sign; a text that comes before its channel's sign is kept for the pump."""
        while sign not in self._signs:
            match await self._mailbox.next():
                case Trouble() as trouble:
                    raise trouble
                case str() as text:
                    self._early.append(text)
                case _Sign() as seen:
                    self._signs.add(seen)

    # --- conversing -----------------------------------------------------------------------------------------

    async def _pump(self) -> None:
        for text in self._early:
            self._hear(text)
        while True:
            match await self._mailbox.next():
                case Trouble() as trouble:
                    raise trouble
                case str() as text:
                    self._hear(text)
                case _Sign():
                    pass
            if not self._mailbox.is_empty:
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
            if kind not in self._unknown_kinds and len(self._unknown_kinds) < UNKNOWN_KINDS_TOLD:
                self._unknown_kinds.add(kind)
                log.info("< unknown %s", kind)

    async def _clean_up(self) -> None:
        """Leave nothing behind. The line bounds its own closing; the server learns of it on the wire."""
        line, self._line = self._line, None
        self._secret = None
        if line is not None:
            await line.close()


def _first(troubles: BaseExceptionGroup[Trouble]) -> Trouble:
    leaf: BaseException = troubles
    while isinstance(leaf, BaseExceptionGroup):
        leaf = leaf.exceptions[0]
    assert isinstance(leaf, Trouble)
    return leaf
