"""Signing keys that are fetched, kept and rotated."""

import asyncio
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from app.servers.broker.people.key_set import KeySet, KeysUnavailable

PUBLIC = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True)


def document(*ids: str) -> bytes:
    return json.dumps({"keys": [{**PUBLIC, "kid": each} for each in ids]}).encode()


class Provider:
    """Answers with what it is told to, and counts."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.fetches = 0
        self.says: bytes | None = document("a")

    async def fetch(self) -> bytes:
        self.fetches += 1
        await asyncio.sleep(0)
        if self.says is None:
            raise KeysUnavailable
        return self.says

    def keys(self) -> KeySet:
        return KeySet(self.fetch, lambda: self.now_s, refresh_s=100, refetch_s=10, stale_s=1000)


async def test_keys_are_fetched_once_and_kept() -> None:
    provider = Provider()
    keys = provider.keys()
    assert await keys.key("a") is not None
    assert await keys.key("a") is not None
    assert provider.fetches == 1


async def test_many_at_once_fetch_once() -> None:
    provider = Provider()
    keys = provider.keys()
    found = await asyncio.gather(*(keys.key("a") for _ in range(20)))
    assert all(found)
    assert provider.fetches == 1


async def test_an_unknown_id_makes_it_fetch_but_not_in_a_row() -> None:
    provider = Provider()
    keys = provider.keys()
    await keys.key("a")
    provider.says = document("b")
    assert await keys.key("b") is None
    provider.now_s = 11
    assert await keys.key("b") is not None
    assert await keys.key("a") is None
    assert [await keys.key(f"made-up-{number}") for number in range(9)] == [None] * 9
    assert provider.fetches == 2


async def test_keys_are_refreshed_with_time_and_withdrawn_ones_go() -> None:
    provider = Provider()
    keys = provider.keys()
    await keys.key("a")
    provider.says = document("b")
    provider.now_s = 101
    assert await keys.key("a") is None


async def test_old_keys_bridge_an_outage_but_not_for_ever() -> None:
    provider = Provider()
    keys = provider.keys()
    await keys.key("a")
    provider.says = None
    provider.now_s = 500
    assert await keys.key("a") is not None
    provider.now_s = 1001
    with pytest.raises(KeysUnavailable):
        await keys.key("a")


@pytest.mark.parametrize(
    "says", [None, b"", b"[]", b'{"keys": 1}', b"[" * 100_000, b'{"keys": [1, {"kty": "oct", "k": "eA"}]}']
)
async def test_documents_that_hold_no_keys(says: bytes | None) -> None:
    provider = Provider()
    provider.says = says
    keys = provider.keys()
    try:
        assert await keys.key("a") is None
    except KeysUnavailable:
        assert provider.fetches == 1
