"""Minting secrets and exchanging SDP over HTTPS (PROTOCOL 1.1, 1.2, 1.8): the session's port ``Tokens``.

Every profile goes the same way: ``mint`` gives what opens the calls endpoint, ``exchange`` shows it there. What a
broker or a server mints is a bearer's secret; where nothing is minted, it is the credential itself in its own style.
A WebSocket takes the credential too where there is one for that server, and what a broker mints otherwise.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime

import httpx

from app.conversation.admission import Answer, Grant, Secret, SocketEntry
from app.conversation.profiles import AuthStyle, Door, Profile
from app.conversation.troubles import CredentialMissing, Trouble
from app.tokens.answers import read_answer
from app.tokens.asking import ask
from app.tokens.endpoints import (
    broker_endpoint,
    calls_endpoint,
    hang_up_endpoint,
    server_endpoint,
    socket_endpoint,
)
from app.tokens.failures import BROKER, SERVER, Side
from app.tokens.posting import Letter, NoReply, Post, Shown, is_sendable

_log = logging.getLogger("parlance.tokens")

MINT_S = 10.0
EXCHANGE_S = 15.0
WARM_S = 5.0
HANG_UP_S = 30.0
"""How long a broker is tried to be told of a call's end: a network that broke may come back meanwhile."""
HANG_UP_TRY_S = 5.0
HANG_UP_PAUSE_S = 1.0
HANG_UP_FIRST_S = 1.0
"""How long the next call lets the end of the one before go first, so that it finds the place free."""
HURRY_S = 0.3
"""How long a hang-up may take from the moment that the program ends."""
LONGEST_TOKEN_BYTES = 64 * 1024
LONGEST_SDP_BYTES = 256 * 1024


class HttpTokens:
    """From a profile to a secret and to an SDP answer. Session loop only.

    ``epoch_s`` is the wall clock, which alone can tell whether a secret has expired.
    """

    def __init__(self, epoch_s: Callable[[], float] = lambda: datetime.now(UTC).timestamp()) -> None:
        self._epoch_s = epoch_s
        self._post = Post()
        self._hurried = False
        self._farewells = set[asyncio.Timeout]()
        self._all_told = asyncio.Event()
        self._all_told.set()

    async def mint(self, profile: Profile, credential: Secret | None) -> Grant:
        """What opens the calls endpoint, fresh; raises SignInTrouble, BrokerTrouble or, where the server mints,
        LinkTrouble.
        """
        if profile.needs_credential and not credential:
            raise CredentialMissing
        if not profile.mints:
            return Grant(credential or Secret(""))
        side, url, style, body = _mint_order(profile)
        shown = Shown(credential, style)
        letter = Letter(url, shown, "application/json", body, MINT_S, LONGEST_TOKEN_BYTES)
        answer = await self._ask(side, letter)
        if isinstance(answer, Answer):
            raise side.unusable("it is an SDP answer instead of a secret")
        return answer

    async def exchange(self, profile: Profile, secret: Secret | None, offer_sdp: str) -> Answer:
        """Offer for answer, at the server or at a proxying broker; raises SignIn-, Broker- or LinkTrouble."""
        side, url, style = calls_endpoint(profile)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HANG_UP_FIRST_S):
                await self._all_told.wait()
        letter = Letter(url, Shown(secret, style), "application/sdp", offer_sdp, EXCHANGE_S, LONGEST_SDP_BYTES)
        answer = await self._ask(side, letter)
        if isinstance(answer, Grant):
            raise side.unusable("it is a secret instead of an SDP answer")
        return answer

    async def socket_entry(self, profile: Profile, credential: Secret | None) -> SocketEntry:
        """Where and with what a WebSocket is opened; raises as ``mint`` does, which brokers are asked to."""
        address = socket_endpoint(profile)
        if profile.door is Door.BROKER:
            return SocketEntry(address, (await self.mint(profile, credential)).secret)
        if profile.needs_credential and not credential:
            raise CredentialMissing
        secret = credential or Secret("")
        if not is_sendable(secret):
            raise SERVER.sign_in_refused(401, "")
        return SocketEntry(address, secret, profile.auth)

    async def hang_up(self, profile: Profile, credential: Secret, answer: Answer) -> None:
        """Tell a proxying broker that the call of its answer is over, so that its place is free at once.

        Best effort within HANG_UP_S, or what ``hurry`` leaves of it. Never raises.
        """
        url = hang_up_endpoint(profile, answer)
        if url is None:
            return
        letter = Letter(url, Shown(credential), "", "", HANG_UP_TRY_S, LONGEST_TOKEN_BYTES)
        farewell = asyncio.timeout(HURRY_S if self._hurried else HANG_UP_S)
        self._all_told.clear()
        try:
            async with farewell:
                self._farewells.add(farewell)
                status = await self._delivered(letter)
            _log.info("< hang-up HTTP %d", status)
        except TimeoutError:
            _log.info("x hang-up: the broker was not told")
        finally:
            self._farewells.discard(farewell)
            if not self._farewells:
                self._all_told.set()

    def hurry(self) -> None:
        """The program ends and waits for every ``hang_up``: they have HURRY_S from now, and so have later ones."""
        self._hurried = True
        until_s = asyncio.get_running_loop().time() + HURRY_S
        for farewell in self._farewells:
            if not farewell.expired():  # one that is about to be left cannot be changed any more
                farewell.reschedule(min(until_s, farewell.when() or until_s))

    async def warm(self, profile: Profile) -> None:
        """Open the connections that minting and the exchange will use, which saves round trips then.

        Asks for the options of each host's root, without any credential. Never raises; at most 5 s each.
        """
        try:
            addresses = [_mint_order(profile)[1]] if profile.mints else []
            addresses.append(calls_endpoint(profile)[1])
        except Trouble:
            return  # whoever connects is told
        for origin in dict.fromkeys(url.copy_with(raw_path=b"/") for url in addresses):
            nothing = Letter(origin, Shown(None), "text/plain", "", WARM_S, LONGEST_TOKEN_BYTES, method="OPTIONS")
            await self._post.send(nothing)

    async def close(self) -> None:
        """Close kept connections; a later call opens new ones."""
        await self._post.close()

    async def _delivered(self, letter: Letter) -> int:
        """The status of the reply, to as many letters as it takes until there is one that settles it."""
        reply = await self._post.send(letter)
        while isinstance(reply, NoReply) or reply.status == 429 or reply.status >= 500:
            await asyncio.sleep(HANG_UP_PAUSE_S)
            reply = await self._post.send(letter)
        return reply.status

    async def _ask(self, side: Side, letter: Letter) -> Grant | Answer:
        return read_answer(await ask(self._post, side, letter), side, self._epoch_s())


def _mint_order(profile: Profile) -> tuple[Side, httpx.URL, AuthStyle, str]:
    """Who is asked for a secret, where, how, and with which body."""
    if profile.door is Door.BROKER:
        return BROKER, broker_endpoint(profile), AuthStyle.BEARER, "{}"
    session: dict[str, object] = {"type": "realtime", "model": profile.model}
    if profile.voice:
        session["audio"] = {"output": {"voice": profile.voice}}
    url = server_endpoint(profile, profile.secrets_path)
    return SERVER, url, profile.auth, json.dumps({"session": session})
