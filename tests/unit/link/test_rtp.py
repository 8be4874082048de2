"""The RTP timeline, the short queue before it, and the reports about both directions."""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress

import pytest
from aiortc import rtp

from app.audio.packets import OpusPacket, RtpPacket
from app.link.rtp import MAX_STREAMS_HEARD, QUEUE_SAMPLES, Outbox, RtpSession

TWENTY_MS = 960
PAYLOAD_TYPE = 111


def packet(number: int, gap_samples: int = 0) -> OpusPacket:
    return OpusPacket(number.to_bytes(2, "big"), TWENTY_MS, gap_samples)


class Wire:
    """Where a session sends to."""

    def __init__(self) -> None:
        self.sent: list[rtp.RtpPacket] = []
        self._arrived = asyncio.Event()

    async def send(self, data: bytes) -> None:
        self.sent.append(rtp.RtpPacket.parse(data))
        self._arrived.set()

    async def carried(self, packets: int) -> list[rtp.RtpPacket]:
        async with asyncio.timeout(5):
            while len(self.sent) < packets:
                self._arrived.clear()
                await self._arrived.wait()
        return self.sent


@asynccontextmanager
async def running(endless: Coroutine[None, None, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(endless)
    await asyncio.sleep(0)
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def new_session(heard: list[RtpPacket] | None = None) -> RtpSession:
    session = RtpSession((heard if heard is not None else []).append)
    session.negotiated((PAYLOAD_TYPE,))
    return session


def from_peer(sequence: int, *, ssrc: int = 7, payload: bytes = b"sound", payload_type: int = PAYLOAD_TYPE) -> bytes:
    return rtp.RtpPacket(
        payload_type=payload_type,
        sequence_number=sequence % 65536,
        timestamp=sequence * TWENTY_MS,
        ssrc=ssrc,
        payload=payload,
    ).serialize()


async def test_packets_follow_one_another_on_the_rtp_clock() -> None:
    session, wire = new_session(), Wire()
    async with running(session.run_sending(wire.send)):
        for number in range(3):
            session.outbox.put(packet(number))
        session.outbox.put(packet(3, gap_samples=48_000))
        sent = await wire.carried(4)
    first = sent[0]
    assert {each.ssrc for each in sent} == {session.ssrc}
    assert {each.payload_type for each in sent} == {PAYLOAD_TYPE}
    assert [(each.sequence_number - first.sequence_number) % 65536 for each in sent] == [0, 1, 2, 3]
    elapsed = [(each.timestamp - first.timestamp) % 2**32 for each in sent]
    assert elapsed == [0, TWENTY_MS, 2 * TWENTY_MS, 3 * TWENTY_MS + 48_000]
    assert [each.marker for each in sent] == [1, 0, 0, 1]
    assert (session.packets_sent, session.bytes_sent) == (4, 8)


async def test_what_waits_too_long_is_dropped_and_time_goes_on() -> None:
    session, wire = new_session(), Wire()
    too_many = QUEUE_SAMPLES // TWENTY_MS + 5
    async with running(session.run_sending(wire.send)):
        session.outbox.put(packet(0))
        await wire.carried(1)
        for number in range(1, too_many + 1):  # the loop does not run in between
            session.outbox.put(packet(number))
        sent = await wire.carried(1 + QUEUE_SAMPLES // TWENTY_MS)
    assert session.outbox.dropped == 5
    assert [int.from_bytes(each.payload) for each in sent] == [0, *range(6, too_many + 1)]
    elapsed = [(each.timestamp - sent[0].timestamp) % 2**32 for each in sent]
    assert elapsed == [TWENTY_MS * int.from_bytes(each.payload) for each in sent]


async def test_the_outbox_takes_packets_from_a_thread_only_while_it_is_open() -> None:
    outbox = Outbox()
    outbox.put(packet(0))
    outbox.open()

    def speak() -> None:
        for number in range(1, 11):
            outbox.put(packet(number))

    thread = threading.Thread(target=speak)
    thread.start()
    taken: list[OpusPacket] = []
    async with asyncio.timeout(5):
        while len(taken) < 10:
            taken += await outbox.take()
    thread.join()
    outbox.shut()
    outbox.put(packet(99))
    assert [int.from_bytes(each.payload) for each in taken] == list(range(1, 11))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await outbox.take()


def test_a_closed_loop_is_left_alone() -> None:
    outbox = Outbox()

    async def session_ends() -> None:
        outbox.open()
        outbox.shut()

    asyncio.run(session_ends())
    outbox.put(packet(1))


async def test_opus_is_handed_on_and_nothing_else() -> None:
    heard: list[RtpPacket] = []
    session = new_session(heard)
    session.rtp_arrived(from_peer(65535))
    session.rtp_arrived(from_peer(3, payload_type=13))
    session.rtp_arrived(from_peer(65536, payload=b""))
    session.rtp_arrived(b"\x80")
    session.rtp_arrived(from_peer(65537, ssrc=8))
    assert [(each.ssrc, each.sequence, each.payload) for each in heard] == [(7, 65535, b"sound"), (8, 1, b"sound")]
    assert heard[0].timestamp == 65535 * TWENTY_MS
    assert heard[0].arrival_s <= heard[1].arrival_s
    assert (session.packets_received, session.bytes_received) == (3, 10)
    session.mute()
    session.rtp_arrived(from_peer(65538))
    assert len(heard) == 2


async def test_reports_tell_what_was_lost_and_what_was_sent() -> None:
    session, wire = new_session(), Wire()
    (empty, name) = rtp.RtcpPacket.parse(session.report())
    assert isinstance(empty, rtp.RtcpRrPacket)
    assert isinstance(name, rtp.RtcpSdesPacket)
    for sequence in (65534, 65535, 65537, 65539):
        session.rtp_arrived(from_peer(sequence))
    session.rtcp_arrived(
        bytes(rtp.RtcpSrPacket(ssrc=7, sender_info=rtp.RtcpSenderInfo(0x1234_5678_9ABC_DEF0, 1, 2, 3)))
    )
    async with running(session.run_sending(wire.send)):
        session.outbox.put(packet(1))
        (sent,) = await wire.carried(1)
    (report, _, bye) = rtp.RtcpPacket.parse(session.farewell())
    assert isinstance(report, rtp.RtcpSrPacket)
    assert isinstance(bye, rtp.RtcpByePacket)
    assert bye.sources == [session.ssrc]
    assert (report.sender_info.packet_count, report.sender_info.octet_count) == (1, 2)
    assert report.sender_info.rtp_timestamp == sent.timestamp
    (block,) = report.reports
    assert (block.ssrc, block.packets_lost, block.highest_sequence) == (7, 2, 65536 + 3)
    assert block.lsr == 0x5678_9ABC
    assert 0 <= block.dlsr < 65536
    assert session.packets_lost == 2


async def test_the_peers_report_on_us_is_taken_in() -> None:
    session = new_session()
    ours = rtp.RtcpReceiverInfo(session.ssrc, 25, 4, 100, 0, 0, 0)
    others = rtp.RtcpReceiverInfo(session.ssrc ^ 1, 25, 9, 100, 0, 0, 0)
    session.rtcp_arrived(bytes(rtp.RtcpRrPacket(ssrc=7, reports=[ours, others])))
    session.rtcp_arrived(b"\x00garbage")
    assert session.packets_lost_by_peer == 4


async def test_a_peer_that_changes_its_ssrc_for_ever_costs_no_memory() -> None:
    session = new_session()
    for ssrc in range(1000):
        session.rtp_arrived(from_peer(1, ssrc=ssrc))
    (report, _) = rtp.RtcpPacket.parse(session.report())
    assert isinstance(report, rtp.RtcpRrPacket)
    assert [block.ssrc for block in report.reports] == list(range(1000 - MAX_STREAMS_HEARD, 1000))


async def test_reports_go_out_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.link.rtp.REPORT_INTERVAL_S", 0.01)
    session = new_session()
    sent: asyncio.Queue[bytes] = asyncio.Queue()
    async with asyncio.timeout(5), running(session.run_reports(sent.put)):
        await sent.get()
        await sent.get()
