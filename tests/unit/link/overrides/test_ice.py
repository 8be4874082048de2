"""Our ICE agent against aioice's own, on this machine's addresses."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aioice import Connection, ice, stun, turn

from app.link.overrides.ice import IceAgent, host_addresses
from tests.support.upstream import assert_unchanged

UPSTREAM: list[tuple[Callable[..., Any], str]] = [
    (Connection.__init__, "a99ae9c97fc6"),
    (Connection.gather_candidates, "d33db28d4d1e"),
    (Connection.get_component_candidates, "118597a9fcb7"),
    (ice.get_host_addresses, "d4a54f9a68c3"),
    (ice.server_reflexive_candidate, "76dd55584717"),
    (ice.relayed_candidate, "271e25be8724"),
    (Connection.connect, "da51be461901"),
    (Connection._check_periodic, "ce421a512904"),
    (Connection.check_start, "7de056d252f4"),
    (Connection.check_complete, "52f939709eab"),
    (Connection._check_list_maybe_complete, "b190e289adad"),
    (Connection.build_request, "cd68d42d3765"),
    (Connection.query_consent, "fe49173a650a"),
    (Connection.close, "25dcfac536f5"),
    (ice.StunProtocol.request, "97991c38f65e"),
    (ice.StunProtocol.datagram_received, "ff4c8b910d45"),
    (stun.Transaction, "7a9c44cb879b"),
    (turn.TurnTransport, "c0fe18d7d58e"),
    (turn.TurnClientMixin.delete, "8ec62766df8e"),
]


@pytest.mark.parametrize(("function", "mark"), UPSTREAM, ids=lambda value: getattr(value, "__qualname__", ""))
def test_what_is_overridden_is_what_it_was(function: Callable[..., Any], mark: str) -> None:
    assert_unchanged(function, mark)


class Lossy(Connection):
    """aioice's own agent, which keeps the requests it gets and loses some."""

    def __init__(self) -> None:
        super().__init__(ice_controlling=False)
        self.requests: list[tuple[float, stun.Message]] = []
        self.loses_next = 0
        self._asked = asyncio.Event()

    async def asked(self, times: int) -> None:
        while len(self.requests) < times:
            self._asked.clear()
            await self._asked.wait()

    def request_received(self, message: stun.Message, addr: tuple[str, int], protocol: ice.StunProtocol) -> None:
        self.requests.append((time.monotonic(), message))
        self._asked.set()
        if self.loses_next:
            self.loses_next -= 1
        else:
            super().request_received(message, addr, protocol)


@asynccontextmanager
async def gathered(**options: Any) -> AsyncIterator[tuple[IceAgent, Lossy]]:
    """Two agents that know of each other's first address and have not begun to connect."""
    ours, theirs = IceAgent(**options), Lossy()
    try:
        await asyncio.gather(ours.gather_candidates(), theirs.gather_candidates())
        for one, other in ((ours, theirs), (theirs, ours)):
            one.remote_username, one.remote_password = other.local_username, other.local_password
            await one.add_remote_candidate(other.local_candidates[0])
            await one.add_remote_candidate(None)
        yield ours, theirs
    finally:
        await asyncio.gather(ours.close(), theirs.close())


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[IceAgent, Lossy]]:
    async with gathered() as (ours, theirs), asyncio.timeout(10):
        await asyncio.gather(ours.connect(), theirs.connect())
        yield ours, theirs


async def test_completion_is_noticed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.link.overrides.ice.CHECK_PACE_S", 60.0)
    async with connected() as (ours, theirs):
        await ours.send(b"across")
        assert await theirs.recv() == b"across"
        assert ours.candidate_types == ("host", "host")
        assert ours.rtt_s is not None


async def test_the_first_check_nominates_even_to_ice_lite() -> None:
    async with gathered() as (ours, theirs), asyncio.timeout(10):
        connecting = asyncio.create_task(ours.connect())
        await theirs.connect()
        await connecting
        assert "USE-CANDIDATE" in theirs.requests[0][1].attributes


async def test_a_lost_check_is_repeated_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.link.overrides.ice.STUN_RTO_S", 0.01)
    async with gathered() as (ours, theirs), asyncio.timeout(10):
        theirs.loses_next = 1
        # The peer stays passive, or its own check would bring ours forward.
        await ours.connect()
        (first_s, first), (second_s, second) = theirs.requests[:2]
        assert first.transaction_id == second.transaction_id
        assert second_s - first_s < 0.45, "aioice's own repetition comes after 0.5 s"


async def test_no_pair_that_works_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.link.overrides.ice.STUN_RTO_S", 0.001)
    async with gathered() as (ours, theirs), asyncio.timeout(10):
        theirs.loses_next = 1000
        with pytest.raises(ConnectionError):
            await ours.connect()
        assert ours.candidate_types == ("", "")


async def test_consent_is_kept_and_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.link.overrides.ice.CONSENT_INTERVAL_S", 0.01)
    async with connected() as (ours, theirs):
        theirs.requests.clear()
        keeping = asyncio.create_task(ours.keep_consent())
        await theirs.asked(50)
        assert not keeping.done()
        assert all("USE-CANDIDATE" in message.attributes for _, message in theirs.requests)
        assert sum(len(protocol.transactions) for protocol in ours._protocols) < 20
        theirs.loses_next = 1000
        with pytest.raises(ConnectionError):
            await keeping


async def test_a_forged_answer_is_no_consent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.link.overrides.ice.CONSENT_INTERVAL_S", 0.01)
    async with connected() as (ours, theirs):
        theirs._local_password = "x" * 22
        with pytest.raises(ConnectionError):
            await ours.keep_consent()


def test_addresses_that_reach_nothing_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    found = ["169.254.3.4", "198.51.100.7", "fe80::1", "2001:db8::7"]
    monkeypatch.setattr(ice, "get_host_addresses", lambda use_ipv4, use_ipv6: found)
    assert host_addresses() == ["198.51.100.7", "2001:db8::7"]
    found[:] = ["169.254.3.4"]
    assert host_addresses() == ["127.0.0.1"]


class IceServer(asyncio.DatagramProtocol):
    """STUN, and as much of TURN as allocating needs, on loopback; ``silent`` answers nothing."""

    def __init__(self) -> None:
        self.silent = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if self.silent:
            return
        request = stun.parse_message(data)
        response = stun.Message(request.message_method, stun.Class.RESPONSE, request.transaction_id)
        response.attributes["XOR-MAPPED-ADDRESS"] = ("198.51.100.9", 40000)
        if request.message_method == stun.Method.ALLOCATE:
            response.attributes["XOR-RELAYED-ADDRESS"] = ("198.51.100.10", 50000)
            response.attributes["LIFETIME"] = 600
        self.transport.sendto(bytes(response), addr)


@asynccontextmanager
async def ice_server() -> AsyncIterator[tuple[IceServer, tuple[str, int]]]:
    loop = asyncio.get_running_loop()
    # On all addresses, as each of our sockets asks from its own.
    transport, protocol = await loop.create_datagram_endpoint(IceServer, local_addr=("0.0.0.0", 0))
    try:
        yield protocol, ("127.0.0.1", transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


@pytest.fixture
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])


@pytest.mark.usefixtures("only_loopback")
async def test_stun_and_turn_give_their_candidates() -> None:
    async with ice_server() as (_, address):
        agent = IceAgent(stun_server=address, turn_server=address, turn_username="me", turn_password="secret")
        await agent.gather_candidates()
        found = {candidate.type: candidate.host for candidate in agent.local_candidates}
        assert found == {"host": "127.0.0.1", "srflx": "198.51.100.9", "relay": "198.51.100.10"}
        await agent.close()


@pytest.mark.usefixtures("only_loopback")
async def test_a_dead_ice_server_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.link.overrides.ice.ICE_SERVERS_WAIT_S", 0.05)
    before = asyncio.all_tasks()
    async with ice_server() as (server, address):
        server.silent = True
        agent = IceAgent(stun_server=address, turn_server=address, turn_username="me", turn_password="secret")
        await agent.gather_candidates()
        assert [candidate.type for candidate in agent.local_candidates] == ["host"]
        assert asyncio.all_tasks() == before
        await agent.close()


@pytest.mark.usefixtures("only_loopback")
async def test_a_turn_server_that_died_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.link.overrides.ice.CLOSE_WAIT_S", 0.05)
    before = asyncio.all_tasks()
    async with ice_server() as (server, address):
        agent = IceAgent(turn_server=address, turn_username="me", turn_password="secret")
        await agent.gather_candidates()
        server.silent = True
        async with asyncio.timeout(5):
            await agent.close()
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == before
