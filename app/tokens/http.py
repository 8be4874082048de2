"""Minting secrets and exchanging SDP over HTTPS (PROTOCOL 1.1, 1.2, 1.8): the session's port ``Tokens``."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime

import httpx

from app.conversation.admission import Answer, Grant, Secret
from app.conversation.profiles import AuthStyle, Door, Profile
from app.conversation.troubles import CredentialMissing
from app.tokens.addresses import AddressUnusable, checked, endpoint
from app.tokens.answers import read_answer
from app.tokens.failures import BROKER, SERVER, Side
from app.tokens.network import NetworkFault
from app.tokens.posting import Letter, NoReply, Post, Shown

MINT_S = 10.0
EXCHANGE_S = 15.0
HANG_UP_S = 2.0
LONGEST_TOKEN_BYTES = 64 * 1024
LONGEST_SDP_BYTES = 256 * 1024

_log = logging.getLogger("parlance.tokens")


class HttpTokens:
    """From a profile to a secret and to an SDP answer. Session loop only.

    ``epoch_s`` is the wall clock, which alone can tell whether a secret has expired.
    """

    def __init__(self, epoch_s: Callable[[], float] = lambda: datetime.now(UTC).timestamp()) -> None:
        self._epoch_s = epoch_s
        self._post = Post()

    async def mint(self, profile: Profile, credential: Secret | None) -> Grant:
        """A fresh secret; raises SignInTrouble, BrokerTrouble or, where the server mints, LinkTrouble."""
        if profile.door is Door.OWN_KEY and profile.auth is not AuthStyle.NONE and not credential:
            raise CredentialMissing
        side, url, style, body = _mint_order(profile)
        shown = Shown(credential, style)
        letter = Letter(url, shown, "application/json", body, MINT_S, LONGEST_TOKEN_BYTES)
        answer = await self._ask(side, letter)
        if isinstance(answer, Answer):
            raise side.unusable("it is an SDP answer instead of a secret")
        return answer

    async def exchange(self, profile: Profile, secret: Secret | None, offer_sdp: str) -> Answer:
        """Offer for answer, at the server or at a proxying broker; raises SignIn-, Broker- or LinkTrouble."""
        if profile.door is Door.BROKER_PROXY:
            side, url = BROKER, _broker_url(profile)
        else:
            side, url = SERVER, _server_url(profile, profile.calls_path)
        letter = Letter(url, Shown(secret), "application/sdp", offer_sdp, EXCHANGE_S, LONGEST_SDP_BYTES)
        answer = await self._ask(side, letter)
        if isinstance(answer, Grant):
            raise side.unusable("it is a secret instead of an SDP answer")
        return answer

    async def close(self) -> None:
        """Close kept connections; a later call opens new ones."""
        await self._post.close()

    async def _ask(self, side: Side, letter: Letter) -> Grant | Answer:
        if not letter.shown.sendable:
            raise side.sign_in_refused(401, "")
        reply = await self._post.send(letter)
        if isinstance(reply, NoReply):
            _log.info("x %s", reply.kind)
            if reply.too_long:
                raise side.unusable(reply.why)
            raise (side.timed_out() if reply.timed_out else side.unreachable(reply.why)) from NetworkFault(reply.kind)
        _log.info("< HTTP %d", reply.status)
        return read_answer(reply, side, self._epoch_s())


def _mint_order(profile: Profile) -> tuple[Side, httpx.URL, AuthStyle, str]:
    """Who is asked for a secret, where, how, and with which body."""
    match profile.door:
        case Door.BROKER:
            return BROKER, _broker_url(profile), AuthStyle.BEARER, "{}"
        case Door.OWN_KEY | Door.REHEARSAL:
            voice = {"output": {"voice": profile.voice}}
            session = {"type": "realtime", "model": profile.model, "audio": voice}
            url = _server_url(profile, profile.secrets_path)
            return SERVER, url, profile.auth, json.dumps({"session": session})
        case Door.BROKER_PROXY:
            raise BROKER.unusable("in proxy mode it hands out no secret")


def _broker_url(profile: Profile) -> httpx.URL:
    try:
        return checked(profile.broker_url)
    except AddressUnusable as error:
        raise BROKER.url_invalid(str(error)) from None


def _server_url(profile: Profile, path: str) -> httpx.URL:
    try:
        return endpoint(profile.server_url, path)
    except AddressUnusable as error:
        raise SERVER.url_invalid(str(error)) from None
