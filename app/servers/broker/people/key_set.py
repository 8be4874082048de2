"""The signing keys of an OpenID provider (RFC 7517), fetched, kept, and fetched again when they rotate."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import jwt

_log = logging.getLogger("parlance.broker")

_KEYS_AT_MOST: Final = 100


class KeysUnavailable(Exception):
    """No key set could be fetched, or the one at hand is too old."""


class KeySet:
    """Keys by id. Fetched at most once at a time and, for unknown ids, at most once per ``refetch_s``."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[bytes]],
        clock_s: Callable[[], float],
        *,
        refresh_s: float,
        refetch_s: float,
        stale_s: float,
    ) -> None:
        """``fetch`` returns the document or raises KeysUnavailable, by its own deadline; ``clock_s`` is monotonic."""
        self._fetch = fetch
        self._clock_s = clock_s
        self._refresh_s, self._refetch_s, self._stale_s = refresh_s, refetch_s, stale_s
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_s: float | None = None
        self._tried_s: float | None = None
        self._one_at_a_time = asyncio.Lock()

    async def key(self, key_id: str) -> jwt.PyJWK | None:
        """The key of this id; None when the provider has none. Raises KeysUnavailable."""
        if self._age_s() >= self._refresh_s or key_id not in self._keys:
            await self._refresh(key_id)
        if self._age_s() >= self._stale_s:
            raise KeysUnavailable
        return self._keys.get(key_id)

    async def _refresh(self, key_id: str) -> None:
        async with self._one_at_a_time:
            if self._age_s() < self._refresh_s and key_id in self._keys:
                return  # somebody else fetched while this one waited
            if self._tried_s is not None and self._clock_s() - self._tried_s < self._refetch_s:
                return
            self._tried_s = self._clock_s()
            try:
                self._keys = _read(await self._fetch())
            except KeysUnavailable:
                _log.warning("x signing keys: the provider does not answer; %d old ones are kept", len(self._keys))
                return
            self._fetched_s = self._clock_s()
            _log.info("- signing keys: %d", len(self._keys))

    def _age_s(self) -> float:
        return float("inf") if self._fetched_s is None else self._clock_s() - self._fetched_s


def _read(document: bytes) -> dict[str, jwt.PyJWK]:
    """Keys for signatures; those of unknown kinds are passed over (RFC 7517 section 5)."""
    try:
        listed = json.loads(document)["keys"]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise KeysUnavailable from None
    found: dict[str, jwt.PyJWK] = {}
    for each in listed[:_KEYS_AT_MOST] if isinstance(listed, list) else []:
        if not isinstance(each, dict) or each.get("use", "sig") != "sig" or each.get("kty") == "oct":
            continue
        try:
            key = jwt.PyJWK(each)
        except (jwt.PyJWTError, ValueError, TypeError, KeyError):
            continue
        found[str(each.get("kid", ""))] = key
    return found
