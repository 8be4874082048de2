"""Flights are repeated until the peer has them; packets come out as they are."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import pytest
from aiortc import RTCCertificate, RTCDtlsTransport

from app.link.overrides.dtls import Dtls, DtlsPath
from tests.support.upstream import assert_unchanged

if TYPE_CHECKING:
    from app.link.overrides.ice import IceAgent

UPSTREAM: list[tuple[Callable[..., Any], str]] = [
    (RTCDtlsTransport.__init__, "3bffce6c2b56"),
    (RTCDtlsTransport.start, "3b3522667fe0"),
    (RTCDtlsTransport.stop, "44a8b3fc40aa"),
    (RTCDtlsTransport._do_handshake, "0af5299c3335"),
    (vars(RTCDtlsTransport)["_RTCDtlsTransport__run"], "24d63d929a10"),
    (RTCDtlsTransport._recv_next, "998076720c05"),
    (RTCDtlsTransport._write_ssl, "6573c0237063"),
    (RTCDtlsTransport._handle_rtp_data, "5def9061cc3d"),
    (RTCDtlsTransport._handle_rtcp_data, "5469e786d77b"),
    (RTCDtlsTransport._send_rtp, "763b02bceb0b"),
    (RTCDtlsTransport._set_role, "6f0a82da3298"),
]

HELLO = b"\x16\xfe\xff handshake"
ALERT = b"\x15\xfe\xfd alert"
DATA = b"\x17\xfe\xfd data"
SRTP = b"\x80\x60 sound"


@pytest.mark.parametrize(("function", "mark"), UPSTREAM, ids=lambda value: getattr(value, "__qualname__", ""))
def test_what_is_overridden_is_what_it_was(function: Callable[..., Any], mark: str) -> None:
    assert_unchanged(function, mark)


class Pipe:
    """The two methods of an ICE agent that a path uses, joined to the test; any other end is a test's mistake."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[bytes] = asyncio.Queue()
        self.arriving: asyncio.Queue[bytes] = asyncio.Queue()
        self.rtt_s = 0.0

    async def send(self, data: bytes) -> None:
        await self.sent.put(data)

    async def recv(self) -> bytes:
        return await self.arriving.get()


def path_over(pipe: Pipe) -> DtlsPath:
    return DtlsPath(cast("IceAgent", pipe))


async def test_a_lost_flight_is_sent_again_until_the_peer_has_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.link.overrides.dtls.FLIGHT_REPEAT_S", 0.01)
    pipe = Pipe()
    path = path_over(pipe)
    repeating = asyncio.create_task(path.repeat_flights())
    async with asyncio.timeout(5):
        await path._send(HELLO)
        for _ in range(4):
            assert await pipe.sent.get() == HELLO
        await path._send(ALERT)
        while await pipe.sent.get() != ALERT:
            pass
        assert await pipe.sent.get() == HELLO, "an alert is no flight"
        pipe.arriving.put_nowait(HELLO)
        await path._recv()
        assert not repeating.done(), "a handshake record does not show that the peer has all of ours"
        pipe.arriving.put_nowait(SRTP)
        await path._recv()
        await repeating


async def test_data_from_the_peer_settles_the_handshake() -> None:
    pipe = Pipe()
    path = path_over(pipe)
    pipe.arriving.put_nowait(DATA)
    await path._recv()
    async with asyncio.timeout(5):
        await path.repeat_flights()
    assert pipe.sent.empty()


async def test_on_a_long_path_a_flight_is_given_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.link.overrides.dtls.FLIGHT_REPEAT_S", 0.001)
    pipe = Pipe()
    pipe.rtt_s = 1000.0
    path = path_over(pipe)
    repeating = asyncio.create_task(path.repeat_flights())
    await path._send(HELLO)
    assert await pipe.sent.get() == HELLO
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await pipe.sent.get()
    repeating.cancel()
    await asyncio.wait({repeating})


async def test_two_ends_shake_hands_although_each_first_flight_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.link.overrides.dtls.FLIGHT_REPEAT_S", 0.02)
    ours, theirs = Pipe(), Pipe()
    arrived: asyncio.Queue[bytes] = asyncio.Queue()
    certificates = [RTCCertificate.generateCertificate() for _ in range(2)]
    ends = [
        Dtls(path, certificate, arrived.put_nowait, arrived.put_nowait)
        for path, certificate in zip([path_over(ours), path_over(theirs)], certificates, strict=True)
    ]

    async def carry(from_pipe: Pipe, to_pipe: Pipe) -> None:
        await from_pipe.sent.get()  # the loss
        while True:
            to_pipe.arriving.put_nowait(await from_pipe.sent.get())

    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        background = [
            tasks.create_task(each)
            for each in (
                carry(ours, theirs),
                carry(theirs, ours),
                *(cast("DtlsPath", end.transport).repeat_flights() for end in ends),
            )
        ]
        prints = [[(f.algorithm, f.value) for f in each.getFingerprints()] for each in certificates]
        await asyncio.gather(
            ends[0].connect(server_begins=True, fingerprints=prints[1]),
            ends[1].connect(server_begins=False, fingerprints=prints[0]),
        )
        await ends[0].send_rtp(b"\x80\x60" + bytes(20))
        assert (await arrived.get())[:2] == b"\x80\x60"
        pump = ends[0]._task
        await ends[0].stop()
        assert pump
        assert pump.done()
        with pytest.raises(ConnectionError):
            await ends[1].closed()
        await ends[1].stop()
        for task in background:
            task.cancel()


async def test_another_certificate_than_promised_is_refused() -> None:
    ours, theirs = Pipe(), Pipe()
    ours.sent, theirs.sent = theirs.arriving, ours.arriving
    ends = [Dtls(path_over(pipe), RTCCertificate.generateCertificate(), print, print) for pipe in (ours, theirs)]
    promised = [("sha-256", "00:11:22")]
    async with asyncio.timeout(10):
        outcomes = await asyncio.gather(
            ends[0].connect(server_begins=True, fingerprints=promised),
            ends[1].connect(server_begins=False, fingerprints=promised),
            return_exceptions=True,
        )
    assert [type(outcome) for outcome in outcomes] == [ConnectionError, ConnectionError]
    for end in ends:
        await end.stop()
