"""Whole calls: a stock WebRTC client, the broker, and the rehearsal server behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.support.broker import Broker, broker
from tests.support.caller import Caller
from tests.support.rehearsal import KEY, rehearsal_server

CONFIG = """
[upstream]
kind = "compatible"
base_url = "{url}"
[policies.default]
instructions = "Speak like a pirate."
instructions_free = false
"""


@asynccontextmanager
async def calling(own: Broker, server_url: str, *, by_secret: bool) -> AsyncIterator[Caller]:
    """A call by a secret that the broker minted, or by the broker as a proxy; ended when left."""
    caller = Caller()
    async with asyncio.TaskGroup() as tasks:
        receiving = [tasks.create_task(caller.take_events()), tasks.create_task(caller.take_sound())]
        try:
            offer = await caller.offer()
            answer = await (
                _with_secret(own, server_url, offer) if by_secret else asyncio.to_thread(own.connect, offer)
            )
            assert answer.status_code == 201, answer.text
            caller.location = answer.headers["location"]
            await caller.accept(answer.text)
            await caller.until("session.created")
            yield caller
        finally:
            await caller.peer.close()
            for each in receiving:
                each.cancel()


async def _with_secret(own: Broker, server_url: str, offer: str) -> httpx.Response:
    minted = (await asyncio.to_thread(own.mint)).json()
    headers = {"Authorization": f"Bearer {minted['value']}", "Content-Type": "application/sdp"}
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post(f"{server_url}/realtime/calls", content=offer, headers=headers)


def instructions(caller: Caller) -> object:
    return next(each for each in caller.events if each["type"] == "session.created")["session"]["instructions"]


async def test_a_call_by_a_minted_secret_and_one_through_the_broker(tmp_path: Path) -> None:
    async with rehearsal_server() as server:
        config = CONFIG.format(url=server.url)
        with broker(tmp_path, config, env={"PARLANCE_BROKER_KEY": KEY}) as own:
            async with calling(own, server.url, by_secret=True) as caller:
                assert instructions(caller) == "Speak like a pirate."
            async with calling(own, server.url, by_secret=False) as caller:
                assert instructions(caller) == "Speak like a pirate."
                ended = await asyncio.to_thread(own.hang_up, caller.location.rpartition("/")[2])
                assert ended.status_code == 200
                async with asyncio.timeout(10):
                    await caller.closed.wait()
