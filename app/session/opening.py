"""From a profile to an open line: credential, secret, and the first way that gets through.

WebRTC first, unless this network is known to block it; when its media path does not come up in time, the same
conversation goes over a WebSocket, and the network is remembered.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from app.conversation import happenings as did
from app.conversation.admission import Answer, Secret
from app.conversation.profiles import Door, Profile, Transport
from app.conversation.stages import Stage
from app.conversation.troubles import ConnectTimedOut, CredentialMissing, LinkLost, StorageTrouble
from app.session.mailbox import Mailbox, Sign
from app.session.ports import Credentials, Line, NewCallLine, NewSocketLine, Paths, Playout, Rehearsal, Tokens

log = logging.getLogger("parlance.session")

TRANSPORT_LIMIT_S: Final = 6.0
"""How long ICE and DTLS may take while there is another way to try; under loss they need 1 to 3 s."""


@dataclass(frozen=True, slots=True)
class World:
    """What every attempt works with."""

    tokens: Tokens
    credentials: Credentials
    rehearsal: Rehearsal
    paths: Paths
    new_call: NewCallLine
    new_socket: NewSocketLine


class Opening:
    """One way up; ``line`` is whatever there is to close, at any point. Session loop only."""

    def __init__(
        self,
        world: World,
        profile: Profile,
        say: Callable[[did.Happening], None],
        heard: Callable[[Playout], None],
    ) -> None:
        self.profile = profile
        self.line: Line | None = None
        self.mailbox = Mailbox()
        self.stage = Stage.TOKEN
        self._world: Final = world
        self._say: Final = say
        self._heard: Final = heard
        self._brokered: tuple[Secret, Answer] | None = None
        """The credential and the answer of a broker that holds a place for the call."""

    async def run(self) -> None:
        """Open the line; raises Trouble."""
        credential = await self._credential()
        transports = await self._world.paths.order(self.profile.transports)
        for transport, is_last in ((each, each is transports[-1]) for each in transports):
            if transport is Transport.WEBSOCKET:
                await self._open_socket(credential)
            elif not await self._open_call(credential, is_last=is_last):
                log.info("x WebRTC does not get through here")
                continue
            blocked = transport is Transport.WEBSOCKET and transports[0] is Transport.WEBRTC
            await self._world.paths.learned(blocked=blocked)
            return

    async def take_leave(self) -> None:
        """Tell the broker that the call is over, where it holds a place for it; bounded, and never raises."""
        brokered, self._brokered = self._brokered, None
        if brokered is not None:
            await self._world.tokens.hang_up(self.profile, *brokered)

    async def _open_call(self, credential: Secret | None, *, is_last: bool) -> bool:
        """False when the media path stays shut and there is another way to try."""
        self._enter(Stage.TOKEN)
        grant = await self._world.tokens.mint(self.profile, credential)
        self._enter(Stage.OFFER)
        line = self._world.new_call(self._new_mailbox(), self.profile)
        self._use(line)
        offer = await line.offer()
        self._enter(Stage.EXCHANGE)
        answer = await self._world.tokens.exchange(self.profile, grant.secret, offer)
        log.info("- call %s", answer.call_id or "without an id")
        if self.profile.door is Door.BROKER_PROXY:
            self._brokered = grant.secret, answer
        await line.accept(answer.sdp)
        self._enter(Stage.TRANSPORT)
        try:
            async with asyncio.timeout(None if is_last else TRANSPORT_LIMIT_S):
                await self.mailbox.until(Sign.TRANSPORT_UP)
        except (TimeoutError, LinkLost) as shut:
            if is_last:
                raise ConnectTimedOut(Stage.TRANSPORT.value) from shut
            await line.close()
            return False
        self._enter(Stage.CHANNEL)
        await self.mailbox.until(Sign.CHANNEL_OPEN)
        return True

    async def _open_socket(self, credential: Secret | None) -> None:
        self._enter(Stage.TOKEN)
        entry = await self._world.tokens.socket_entry(self.profile, credential)
        self._enter(Stage.CHANNEL)
        line = self._world.new_socket(self._new_mailbox(), self.profile)
        self._use(line)
        await line.connect(entry.url, entry.headers())
        await self.mailbox.until(Sign.CHANNEL_OPEN)

    def _new_mailbox(self) -> Mailbox:
        self.mailbox = Mailbox()
        return self.mailbox

    def _use(self, line: Line) -> None:
        self.line = line
        self._heard(line.playout)

    def _enter(self, stage: Stage) -> None:
        self.stage = stage
        self._say(did.StageReached(stage))

    async def _credential(self) -> Secret | None:
        if self.profile.door is Door.REHEARSAL and not self.profile.server_url:
            self._enter(Stage.REHEARSAL)
            url, key = await self._world.rehearsal.start()
            self.profile = replace(self.profile, server_url=url)
            return key
        self._enter(Stage.TOKEN)
        try:
            credential = await self._world.credentials.read(self.profile.credential_slot)
        except StorageTrouble as unreadable:
            if self.profile.needs_credential:
                raise
            self._say(did.TroubleArose(unreadable))
            return None
        if credential is None and self.profile.needs_credential:
            raise CredentialMissing
        return credential
