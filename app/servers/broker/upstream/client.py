"""What the broker asks of the server: mint, connect, hang up (PROTOCOL 1.1, 1.2, 1.4)."""

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final

from app.servers.broker.config.settings import Upstream
from app.servers.broker.upstream.answers import (
    Answered,
    Fault,
    Minted,
    UpstreamFault,
    is_ill,
    read_answered,
    read_minted,
)
from app.servers.broker.upstream.circuit import Breaker
from app.servers.broker.upstream.posting import NoReply, Post, Reply

_log = logging.getLogger("parlance.broker")

_PAUSE_S: Final = 0.1
_HANG_UP_TRIES: Final = 3

Again = Callable[[NoReply | Reply], bool]
"""Whether a request that ended like this may be sent once more."""


class Server:
    """The server, as the broker uses it. Event loop only."""

    def __init__(
        self,
        upstream: Upstream,
        post: Post,
        breaker: Breaker,
        now: Callable[[], datetime],
        observed: Callable[[str, float], None] = lambda _what, _seconds: None,
    ) -> None:
        """``now`` is the wall clock, because expiry is told on that scale; ``observed`` is told how long each took."""
        self._upstream = upstream
        self._post = post
        self._now = now
        self._observed = observed
        self.breaker = breaker

    async def mint(self, session: Mapping[str, object], secret_s: int, user: str) -> Minted:
        """A secret; raises UpstreamFault. Sent again after most failures: a secret nobody has costs nothing."""
        body = {"expires_after": {"anchor": "created_at", "seconds": secret_s}, "session": session}
        headers = {"Content-Type": "application/json", **_of(user)}
        url = self._upstream.address + self._upstream.secrets_path
        reply = await self._guarded("mint", url, json.dumps(body).encode(), headers, _unless_answered)
        return read_minted(reply, secret_s, self._now())

    async def connect(self, offer_sdp: bytes, session: Mapping[str, object], user: str) -> Answered:
        """An SDP answer; raises UpstreamFault. Sent again only if nothing was sent: each call costs money."""
        kind, body = form({"sdp": ("application/sdp", offer_sdp), "session": ("application/json", _json(session))})
        headers = {"Content-Type": kind, **_of(user)}
        url = self._upstream.address + self._upstream.calls_path
        reply = await self._guarded("connect", url, body, headers, _unless_sent)
        return read_answered(reply, self._now())

    async def hang_up(self, call_id: str) -> bool:
        """Whether the call is over now, which includes that it was before. Past the breaker: it saves money."""
        url = self._upstream.address + self._upstream.hang_up_path.replace("{call_id}", call_id)
        try:
            reply = await self._timed("hang_up", self._sent(url, b"", {}, _unless_answered, _HANG_UP_TRIES))
        except UpstreamFault as trouble:
            _log.warning("x hang-up: %s", trouble)
            return False
        return 200 <= reply.status < 300 or reply.status in (404, 410)

    async def close(self) -> None:
        """Close kept connections."""
        await self._post.close()

    async def _guarded(self, what: str, url: str, body: bytes, headers: Mapping[str, str], again: Again) -> Reply:
        if wait_s := self.breaker.enter():
            raise UpstreamFault(Fault.DOWN, "circuit open", wait_s)
        try:
            reply = await self._timed(what, self._sent(url, body, headers, again, self._upstream.tries))
        except UpstreamFault:
            self.breaker.failed()
            raise
        if is_ill(reply.status):
            self.breaker.failed()
        else:
            self.breaker.succeeded()
        return reply

    async def _timed(self, what: str, sending: Awaitable[Reply]) -> Reply:
        """The answer within the limit over all tries; raises UpstreamFault."""
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        try:
            async with asyncio.timeout(self._upstream.timeout_s):
                return await sending
        except TimeoutError:
            raise UpstreamFault(Fault.SLOW, what) from None
        except NoReply as trouble:
            too_long = trouble.kind == "TooLong"
            raise UpstreamFault(Fault.ODD if too_long else Fault.DOWN, trouble.kind) from None
        finally:
            self._observed(what, loop.time() - begun_s)

    async def _sent(self, url: str, body: bytes, headers: Mapping[str, str], again: Again, tries: int) -> Reply:
        for left in reversed(range(tries)):
            try:
                reply = await self._post.send(url, body, headers)
            except NoReply as trouble:
                if not left or not again(trouble):
                    raise
            else:
                if not left or not again(reply):
                    return reply
            await asyncio.sleep(_PAUSE_S)
        raise AssertionError("at least one try")


def form(parts: Mapping[str, tuple[str, bytes]]) -> tuple[str, bytes]:
    """Content type and body of a multipart form (RFC 7578) with fields by name, as the calls endpoint wants it."""
    edge = secrets.token_hex(16)
    body = b"".join(
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, (kind, content) in parts.items()
    )
    return f"multipart/form-data; boundary={edge}", body + f"--{edge}--\r\n".encode()


def _of(user: str) -> dict[str, str]:
    return {"OpenAI-Safety-Identifier": user}


def _json(session: Mapping[str, object]) -> bytes:
    return json.dumps(session).encode()


def _unless_answered(ended: NoReply | Reply) -> bool:
    return isinstance(ended, NoReply) or ended.status in (500, 502, 503, 504)


def _unless_sent(ended: NoReply | Reply) -> bool:
    return isinstance(ended, NoReply) and not ended.sent
