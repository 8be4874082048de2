"""One POST upstream: bounded in time and length, never redirected, and silent about what it carried."""

import asyncio
import logging
import ssl
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from app.servers.broker.config.keys import Key
from app.servers.broker.config.settings import Upstream

LONGEST_ANSWER: Final = 262_144
CONNECT_S: Final = 5.0
_LONGEST_DOCUMENT: Final = 1_048_576

# httpx logs each URL at INFO, and httpcore logs headers at DEBUG: both can hold a secret.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read within its bounds."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


class NoReply(Exception):
    """No whole answer. ``sent``: the server may have acted on the request."""

    def __init__(self, kind: str, *, sent: bool) -> None:
        super().__init__(kind)
        self.kind = kind
        self.sent = sent


class Shown(httpx.Auth):
    """Puts the key on the wire at the last moment, so that no frame of ours holds a header with it."""

    def __init__(self, key: Key, style: str) -> None:
        self._key = key
        self._style = style

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Called by httpx for each request."""
        if self._style == "bearer":
            request.headers["Authorization"] = f"Bearer {self._key.reveal()}"
        elif self._style == "api-key":
            request.headers["api-key"] = self._key.reveal()
        yield request


class Post:
    """Kept connections to the server. Event loop only."""

    def __init__(self, upstream: Upstream, key: Key, certificates: Path | None) -> None:
        self._shown = Shown(key, upstream.auth_style)
        self._client = httpx.AsyncClient(
            verify=_trust(certificates),
            trust_env=False,  # the configuration says which proxy is used, not the environment
            proxy=upstream.proxy or None,
            http2=False,
            follow_redirects=False,
            timeout=httpx.Timeout(None, connect=min(CONNECT_S, upstream.timeout_s), pool=upstream.timeout_s),
            limits=httpx.Limits(max_connections=upstream.connections, keepalive_expiry=60.0),
            headers={"User-Agent": "Parlance-Broker", "Accept-Encoding": "identity"},
        )

    async def send(self, url: str, content: bytes, headers: Mapping[str, str]) -> Reply:
        """The answer; raises NoReply. The caller sets the deadline."""
        try:
            async with self._client.stream(
                "POST", url, content=content, headers=dict(headers), auth=self._shown
            ) as response:
                return await _read(response, LONGEST_ANSWER)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as trouble:
            raise NoReply(type(trouble).__name__, sent=False) from None
        except (httpx.HTTPError, OSError) as trouble:
            raise NoReply(type(trouble).__name__, sent=True) from None

    async def close(self) -> None:
        """Close kept connections."""
        await self._client.aclose()


async def fetch(url: str, within_s: float) -> bytes:
    """A public document, such as a key set; raises NoReply."""
    try:
        async with (
            asyncio.timeout(within_s),
            httpx.AsyncClient(verify=_trust(None), trust_env=False, follow_redirects=False) as client,
            client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response,
        ):
            reply = await _read(response, _LONGEST_DOCUMENT)
    except (httpx.HTTPError, OSError, TimeoutError) as trouble:
        raise NoReply(type(trouble).__name__, sent=True) from None
    if reply.status != 200:
        raise NoReply(f"HTTP {reply.status}", sent=True)
    return reply.body


async def _read(response: httpx.Response, most: int) -> Reply:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > most:
            raise NoReply("TooLong", sent=True)
    return Reply(response.status_code, bytes(body), response.headers)


def _trust(certificates: Path | None) -> ssl.SSLContext:
    """The system's authorities, where companies put their own, and httpx's bundle; or one file alone."""
    if certificates is not None:
        return ssl.create_default_context(cafile=str(certificates))
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context
