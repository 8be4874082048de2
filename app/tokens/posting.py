"""One letter to a stranger: bounded in time and in length, never redirected, and silent about what it carried."""

import asyncio
import logging
import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

import httpx

from app.conversation.admission import Secret, auth_headers
from app.conversation.profiles import AuthStyle
from app.tokens.addresses import is_loopback
from app.tokens.answers import Reply
from app.tokens.network import why

CONNECT_S = 5.0
KEPT_WARM_S = 120.0
"""A connection is kept for the exchange that follows minting, and from ``warm`` until somebody presses Connect."""
_CHUNK_BYTES = 16 * 1024


class Shown(httpx.Auth):
    """Puts a secret on the wire at the last moment, so that no frame of ours holds a header with it."""

    def __init__(self, secret: Secret | None, style: AuthStyle = AuthStyle.BEARER) -> None:
        self._secret = secret or Secret("")
        self._style = style

    @property
    def sendable(self) -> bool:
        """Whether a header can carry the secret."""
        return is_sendable(self._secret)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Called by httpx for each request."""
        request.headers.update(auth_headers(self._secret, self._style))
        yield request


def is_sendable(secret: Secret) -> bool:
    """Whether a header can carry the secret; a pasted one may hold anything."""
    return re.fullmatch(r"[\x21-\x7e]*", secret.reveal().strip()) is not None


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent, and within which bounds the reply is read."""

    url: httpx.URL = field(repr=False)
    shown: Shown = field(repr=False)
    content_type: str
    body: str = field(repr=False)
    limit_s: float
    limit_bytes: int
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further ones, none of them secret."""


@dataclass(frozen=True, slots=True)
class NoReply:
    """A letter without a reply that could be read."""

    kind: str
    """The library's name for what happened, for the log."""
    why: str = ""
    timed_out: bool = False
    too_long: bool = False


class Post:
    """Kept connections. Session loop only."""

    def __init__(self) -> None:
        self._clients: dict[bool, httpx.AsyncClient] = {}
        # httpx logs each URL at INFO, with its query, and httpcore logs headers at DEBUG: both can hold a secret.
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)

    async def send(self, letter: Letter) -> Reply | NoReply:
        """Failures come back as values, so that no frame which saw headers or bodies is part of a traceback."""
        try:
            async with asyncio.timeout(letter.limit_s):
                return await self._send(letter)
        except TimeoutError:
            return NoReply("TimeoutError", timed_out=True)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return NoReply(type(error).__name__, why(error))

    async def close(self) -> None:
        """Close what is kept; a later letter opens a new connection."""
        clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            await client.aclose()

    async def _send(self, letter: Letter) -> Reply | NoReply:
        try:
            client = self._client_for(letter.url)
        except (ValueError, ImportError):  # httpx on a proxy scheme that it does not know or has no library for
            return NoReply("ProxyError", "the system's proxy setting cannot be used")
        headers = {
            **({"Content-Type": letter.content_type} if letter.content_type else {}),
            "Accept": "application/sdp, application/json",
            "Accept-Encoding": "identity",  # a short compressed body can be a very long one
            **letter.headers,
        }
        async with client.stream(
            letter.method, letter.url, content=letter.body.encode(), headers=headers, auth=letter.shown
        ) as response:
            if response.status_code == httpx.codes.SWITCHING_PROTOCOLS:
                return _reply(response, b"")  # what follows is no body; leaving closes the connection
            body = bytearray()
            async for chunk in response.aiter_raw(_CHUNK_BYTES):
                body += chunk
                if len(body) > letter.limit_bytes:
                    break
            if len(body) > letter.limit_bytes and response.is_success:
                return NoReply("TooLong", "it is too long", too_long=True)
            return _reply(response, bytes(body))

    def _client_for(self, url: httpx.URL) -> httpx.AsyncClient:
        """This machine is reached directly, whatever proxy the environment names."""
        here = is_loopback(url)
        if here not in self._clients:
            self._clients[here] = _new_client(trust_env=not here)
        return self._clients[here]


def _new_client(*, trust_env: bool) -> httpx.AsyncClient:
    certificates = httpx.create_ssl_context(trust_env=trust_env)
    # Companies put their own authority into the system's store, which httpx's bundle does not know.
    certificates.load_default_certs()
    return httpx.AsyncClient(
        verify=certificates,
        trust_env=trust_env,
        http2=False,
        follow_redirects=False,
        # The letter's own limit bounds the rest.
        timeout=httpx.Timeout(None, connect=CONNECT_S),
        limits=httpx.Limits(max_connections=4, keepalive_expiry=KEPT_WARM_S),
        headers={"User-Agent": "Parlance"},
    )


def _reply(response: httpx.Response, body: bytes) -> Reply:
    headers = response.headers
    return Reply(
        status=response.status_code,
        body=body,
        content_type=headers.get("content-type", ""),
        location=headers.get("location", ""),
        retry_after=headers.get("retry-after", ""),
        request_id=headers.get("x-request-id", ""),
        date=headers.get("date", ""),
    )
