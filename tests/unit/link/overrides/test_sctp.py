"""Our SCTP against aiortc's own, over a wire that can lose what it is told to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

import pytest
from aiortc import (
    RTCDataChannel,
    RTCDataChannelParameters,
    RTCDtlsTransport,
    RTCSctpCapabilities,
    RTCSctpTransport,
)
from aiortc import rtcsctptransport as sctp

from app.link.overrides.sctp import SCTP_RTO_MARGIN_S, SCTP_RTO_MAX_S, Sctp
from tests.support.upstream import assert_unchanged

UPSTREAM: list[tuple[Callable[..., Any], str]] = [
    (RTCSctpTransport.start, "49e4b76964b2"),
    (RTCSctpTransport.stop, "0be1a2711d5d"),
    (RTCSctpTransport._init, "46e38c9bf709"),
    (RTCSctpTransport._send, "f0f8aff63a9a"),
    (RTCSctpTransport._send_chunk, "eb2f909e3c2f"),
    (sctp.serialize_packet, "5731d3849142"),
    (RTCSctpTransport._receive_chunk, "830bae988365"),
    (RTCSctpTransport._transmit, "aa8941d5f8f0"),
    (RTCSctpTransport._set_state, "72015aed4aa4"),
    (RTCSctpTransport._data_channel_flush, "d5f055f33db1"),
    (RTCSctpTransport._data_channel_open, "5f09ebd7c200"),
    (RTCSctpTransport._data_channel_receive, "3df88b4b9c66"),
    (RTCSctpTransport._data_channel_send, "bff23b8d60ec"),
    (RTCSctpTransport._update_rto, "a1e7afb18886"),
    (RTCSctpTransport._t1_start, "2fd799f8e120"),
    (RTCSctpTransport._t1_expired, "6e2dbbf402bd"),
    (RTCSctpTransport._t3_start, "fa045ec7c5ff"),
    (RTCSctpTransport._t3_expired, "0e759bf4b1b2"),
    (RTCSctpTransport._flight_size_increase, "ed02a0fe6eb5"),
]


@pytest.mark.parametrize(("function", "mark"), UPSTREAM, ids=lambda value: getattr(value, "__qualname__", ""))
def test_what_is_overridden_is_what_it_was(function: Callable[..., Any], mark: str) -> None:
    assert_unchanged(function, mark)


class End:
    """What SCTP needs of DTLS: packets in and out, in order; ``loses`` is asked for each that goes out."""

    def __init__(self, role: str) -> None:
        self.state = "connected"
        self._role = role
        self.sent: list[list[sctp.Chunk]] = []
        self.loses: Callable[[list[sctp.Chunk]], bool] = lambda chunks: False
        self.broken = False
        self._departed = asyncio.Event()
        self.outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        self._receiver: Any = None

    def _register_data_receiver(self, receiver: Any) -> None:
        self._receiver = receiver

    def _unregister_data_receiver(self, receiver: Any) -> None:
        self._receiver = None

    async def _send_data(self, data: bytes) -> None:
        if self.broken:
            raise ConnectionError("not connected")
        chunks = sctp.parse_packet(data)[3]
        self.sent.append(chunks)
        self._departed.set()
        if not self.loses(chunks):
            self.outgoing.put_nowait(data)

    async def departed(self, kind: type[sctp.Chunk], times: int) -> None:
        while sum(has(kind)(chunks) for chunks in self.sent) < times:
            self._departed.clear()
            await self._departed.wait()

    async def carry_to(self, other: "End") -> None:
        while True:
            data = await self.outgoing.get()
            if other._receiver:
                await other._receiver._handle_data(data)


class Pair:
    """Our association with a channel, and a stock one that waits to be called, as servers do."""

    def __init__(self) -> None:
        self.ours, self.theirs = End("client"), End("server")
        self.sctp = Sctp(cast("RTCDtlsTransport", self.ours))
        self.server = RTCSctpTransport(cast("RTCDtlsTransport", self.theirs))
        self.channel = RTCDataChannel(self.sctp, RTCDataChannelParameters(label="events"))
        self.opened = asyncio.Event()
        self.texts: asyncio.Queue[str] = asyncio.Queue()
        self.channel.on("open", self.opened.set)
        self.server.on("datachannel", lambda channel: channel.on("message", self.texts.put_nowait))

    async def connect(self) -> None:
        # The server does not send an INIT of its own, so that each test knows which packet is which.
        self.server._remote_port = 5000
        self.server._data_channel_id = 1
        self.theirs._register_data_receiver(self.server)
        await self.sctp.open(5000, 65536)


@asynccontextmanager
async def new_pair() -> AsyncIterator[Pair]:
    pair = Pair()
    carriers = [asyncio.create_task(pair.ours.carry_to(pair.theirs))]
    carriers.append(asyncio.create_task(pair.theirs.carry_to(pair.ours)))
    try:
        async with asyncio.timeout(20):
            yield pair
    finally:
        await pair.sctp.stop()
        await pair.server.stop()
        for carrier in carriers:
            carrier.cancel()
        await asyncio.wait(carriers)


def has(kind: type[sctp.Chunk]) -> Callable[[list[sctp.Chunk]], bool]:
    return lambda chunks: any(isinstance(chunk, kind) for chunk in chunks)


def loses_first(kind: type[sctp.Chunk]) -> Callable[[list[sctp.Chunk]], bool]:
    lost: list[object] = []

    def loses(chunks: list[sctp.Chunk]) -> bool:
        if not lost and has(kind)(chunks):
            lost.append(chunks)
            return True
        return False

    return loses


async def test_the_channel_is_open_before_the_last_acknowledgement() -> None:
    async with new_pair() as pair:
        pair.theirs.loses = has(sctp.CookieAckChunk)
        await pair.connect()
        await pair.opened.wait()
        assert pair.sctp._association_state == pair.sctp.State.COOKIE_ECHOED
        (echo,) = [chunks for chunks in pair.ours.sent if has(sctp.CookieEchoChunk)(chunks)]
        assert [type(chunk) for chunk in echo] == [sctp.CookieEchoChunk, sctp.DataChunk]


async def test_messages_follow_at_once() -> None:
    async with new_pair() as pair:
        pair.channel.on("open", lambda: pair.channel.send("first"))
        await pair.connect()
        assert await pair.texts.get() == "first"
        pair.channel.send("second")
        assert await pair.texts.get() == "second"
        openings = [chunks for chunks in pair.ours.sent if has(sctp.DataChunk)(chunks)]
        assert len(openings) == 3, "the OPEN went out once, with the cookie"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (sctp.InitChunk, None),
        (sctp.CookieEchoChunk, None),
        (None, sctp.InitAckChunk),
        (None, sctp.CookieAckChunk),
        (None, sctp.SackChunk),
    ],
)
async def test_any_packet_of_the_beginning_may_be_lost(
    ours: type[sctp.Chunk] | None, theirs: type[sctp.Chunk] | None
) -> None:
    async with new_pair() as pair:
        if ours:
            pair.ours.loses = loses_first(ours)
        if theirs:
            pair.theirs.loses = loses_first(theirs)
        for text in ("one", "two", "x" * 60_000):
            pair.channel.on("open", partial(pair.channel.send, text))
        pair.sctp.expect_rtt(0.01)
        await pair.connect()
        assert [len(await pair.texts.get()) for _ in range(3)] == [3, 3, 60_000]
        first_ack = next(number for number, chunks in enumerate(pair.ours.sent) if has(sctp.CookieEchoChunk)(chunks))
        before = [type(chunks[0]) for chunks in pair.ours.sent[: first_ack + 1]]
        assert set(before) <= {sctp.InitChunk, sctp.CookieEchoChunk}
        assert max(map(len, pair.ours.sent)) == 2, "the cookie takes the OPEN along and nothing else"


async def test_no_data_leaves_alone_before_the_cookie_is_acknowledged() -> None:
    async with new_pair() as pair:
        pair.theirs.loses = has(sctp.CookieAckChunk)
        pair.channel.on("open", lambda: pair.channel.send("early"))
        pair.sctp.expect_rtt(0.01)
        await pair.connect()
        await pair.ours.departed(sctp.CookieEchoChunk, 3)
        # SACKs are for what a server sends that has our cookie already.
        assert not any(isinstance(chunks[0], sctp.DataChunk) for chunks in pair.ours.sent)


async def test_both_may_call_at_once() -> None:
    async with new_pair() as pair:
        await asyncio.gather(
            pair.server.start(RTCSctpCapabilities(maxMessageSize=65536), 5000), pair.sctp.open(5000, 65536)
        )
        await pair.opened.wait()
        pair.channel.send("hello")
        assert await pair.texts.get() == "hello"


async def test_timers_follow_the_path_and_back_off() -> None:
    async with new_pair() as pair:
        ours = pair.sctp
        ours.expect_rtt(0.01)
        assert ours._rto == pytest.approx(0.01 + SCTP_RTO_MARGIN_S)
        ours.expect_rtt(0.01)
        ours._t3_expired()
        assert ours._rto == pytest.approx(2 * (0.01 + SCTP_RTO_MARGIN_S))
        for _ in range(10):
            ours._t3_expired()
        assert ours._rto == SCTP_RTO_MAX_S
        for _ in range(100):
            ours._update_rto(0.5)
        assert ours._rto == pytest.approx(0.5 + SCTP_RTO_MARGIN_S, abs=0.01)


async def test_what_cannot_be_sent_is_as_good_as_lost() -> None:
    async with new_pair() as pair:
        await pair.connect()
        await pair.opened.wait()
        pair.channel.send("before")
        assert await pair.texts.get() == "before"
        pair.ours.broken = True
        pair.channel.send("while the path is gone")
        await asyncio.sleep(0)
        pair.ours.broken = False
        assert await pair.texts.get() == "while the path is gone"


async def test_an_association_that_never_came_to_be_is_noticed() -> None:
    async with new_pair() as pair:
        pair.ours.loses = lambda chunks: True
        await pair.connect()
        for _ in range(sctp.SCTP_MAX_INIT_RETRANS + 1):
            pair.sctp._t1_handle.cancel()  # type: ignore[union-attr]  # instead of waiting for it
            pair.sctp._t1_expired()
        assert pair.sctp.ended.is_set()
        assert pair.sctp._rto == SCTP_RTO_MAX_S
