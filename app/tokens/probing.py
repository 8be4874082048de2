"""Looks at the places of a profile without holding a conversation: for the doctor.

Nothing is left behind: what is asked for is either harmless (OPTIONS, a handshake without a credential, closed at
once) or cannot be granted (an offer that is none).
"""

import base64
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import httpx

from app.conversation.admission import Secret
from app.conversation.profiles import AuthStyle, Door, Profile
from app.conversation.troubles import ServerRefused
from app.tokens.answers import Reply, refusal
from app.tokens.asking import ask
from app.tokens.endpoints import broker_endpoint, calls_endpoint, server_endpoint, socket_endpoint
from app.tokens.failures import BROKER, SERVER, Side
from app.tokens.posting import Letter, Post, Shown

LIMIT_S: Final = 8.0
LIMIT_BYTES: Final = 64 * 1024
NO_OFFER: Final = "v=0\r\nm=audio\r\n"
"""Every parser of SDP stumbles over a media line without port, protocol and formats, so that nothing can come of it."""

_SAYS_NO_OFFER: Final = (400, 415, 422)
_ELSEWHERE: Final = ("beta_api_shape_disabled", "model_not_found", "unknown_url")
"""Codes of a 400 that is about the address or the model, not about the offer (PROTOCOL 4.10)."""


class Probe:
    """One look at each place; each raises the trouble that a conversation would meet there. Session loop only."""

    def __init__(self) -> None:
        self._post = Post()

    async def broker(self, profile: Profile) -> str:
        """Whether the broker's address is usable and something answers there."""
        return await self._reach(BROKER, broker_endpoint(profile))

    async def server(self, profile: Profile) -> str:
        """The same for the server."""
        return await self._reach(SERVER, server_endpoint(profile, profile.calls_path or profile.socket_path))

    async def calls(self, profile: Profile, secret: Secret | None) -> str:
        """Whether SDP offers are taken where the profile says, with this secret."""
        side, url, style = calls_endpoint(profile)
        letter = Letter(url, Shown(secret, style), "application/sdp", NO_OFFER, LIMIT_S, LIMIT_BYTES)
        reply = await ask(self._post, side, letter)
        if 200 <= reply.status < 300:
            raise side.unusable("it agrees to an offer that is none")
        if _is_web_page(reply):
            raise side.portal()
        trouble = refusal(reply, side, _now_s())
        if isinstance(trouble, ServerRefused) and trouble.code in _ELSEWHERE:
            raise trouble
        if reply.status in _SAYS_NO_OFFER:
            return f"takes offers (HTTP {reply.status} to one that is none)"
        if reply.status == 500 and profile.door is Door.DIRECT:
            return "takes offers, and stumbles over one that is none (HTTP 500)"
        raise trouble

    async def socket(self, profile: Profile) -> str:
        """Whether a WebSocket is opened where the profile says; asked without a credential."""
        url = socket_endpoint(profile).replace("ws", "http", 1)
        letter = Letter(httpx.URL(url), Shown(None), "", "", LIMIT_S, LIMIT_BYTES, "GET", _handshake())
        reply = await ask(self._post, SERVER, letter)
        if reply.status == 101:
            return "opens"
        if reply.status in (401, 403) and profile.auth is not AuthStyle.NONE:
            return f"is there and wants to know who asks (HTTP {reply.status})"
        if 200 <= reply.status < 300:
            raise SERVER.unusable("it is no WebSocket")
        raise refusal(reply, SERVER, _now_s())

    async def close(self) -> None:
        """Close kept connections."""
        await self._post.close()

    async def _reach(self, side: Side, url: httpx.URL) -> str:
        """Any answer will do, but for being sent elsewhere."""
        letter = Letter(url, Shown(None), "", "", LIMIT_S, LIMIT_BYTES, "OPTIONS")
        reply = await ask(self._post, side, letter)
        if 300 <= reply.status < 400:
            raise side.redirects()
        return f"{url.host} answers{' over TLS' if url.scheme == 'https' else ''}"


def _handshake() -> Mapping[str, str]:
    """RFC 6455 section 4.1."""
    return {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
    }


def _is_web_page(reply: Reply) -> bool:
    return reply.content_type.startswith("text/html") or reply.body.lstrip().startswith(b"<")


def _now_s() -> float:
    return datetime.now(UTC).timestamp()
