"""The sound stream of a link: packets out on an RTP timeline, packets in to whoever plays them, RTCP for both.

One RTP session (RFC 3550) with one stream of ours. Nothing is encoded, decoded, ordered or delayed here.
"""

import asyncio
import logging
import random
import secrets
import struct
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from aiortc import clock, rtp
from aiortc.rtcrtpreceiver import StreamStatistics

from app.audio.packets import OpusPacket, RtpPacket
from app.audio.pcm import RATE_HZ, samples_of_ms

log = logging.getLogger("parlance.link")

QUEUE_SAMPLES: Final = samples_of_ms(300)
"""Sound older than this is not worth sending: the listener would hear the whole rest of the call that much later."""

REPORT_INTERVAL_S: Final = 1.0
"""Mean time between RTCP reports."""

MAX_STREAMS_HEARD: Final = 8
"""Streams of the peer whose statistics are kept; a new SSRC pushes out the oldest."""

_HEADER: Final = struct.Struct(">BBHII")
"""RFC 3550 section 5.1, without extensions."""
_VERSION: Final = 2 << 6
_MARKER: Final = 1 << 7


class Outbox:
    """Where packets wait on their way from the sound thread to the session loop. Short, and the oldest is dropped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._packets: deque[OpusPacket] = deque()
        self._samples = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._filled = asyncio.Event()
        self.dropped = 0

    def open(self) -> None:
        """Take packets from now on. On the loop that will empty it."""
        with self._lock:
            self._loop = asyncio.get_running_loop()

    def shut(self) -> None:
        """Take none any more. After that no thread touches the loop."""
        with self._lock:
            self._loop = None
            self._packets.clear()

    def put(self, packet: OpusPacket) -> None:
        """Add one; without effect unless open. From any thread."""
        with self._lock:
            if self._loop is None:
                return
            self._packets.append(packet)
            self._samples += packet.samples
            while self._samples > QUEUE_SAMPLES and len(self._packets) > 1:
                self._drop_oldest()
            if len(self._packets) == 1:
                self._loop.call_soon_threadsafe(self._filled.set)

    def _drop_oldest(self) -> None:
        """The next one inherits the time, so that what follows keeps its place on the RTP clock."""
        oldest = self._packets.popleft()
        self._samples -= oldest.samples
        heir = self._packets[0]
        self._packets[0] = replace(heir, gap_samples=heir.gap_samples + oldest.gap_samples + oldest.samples)
        self.dropped += 1

    async def take(self) -> list[OpusPacket]:
        """Wait for packets and take all there are. On the loop."""
        await self._filled.wait()
        with self._lock:
            packets = list(self._packets)
            self._packets.clear()
            self._samples = 0
            self._filled.clear()
        return packets


class _Heard:
    """What is known of one stream of the peer."""

    def __init__(self) -> None:
        self.statistics = StreamStatistics(RATE_HZ)
        self.last_report = 0
        """The middle 32 bits of the NTP time in the peer's last sender report."""
        self.last_report_s = 0.0

    def block(self, ssrc: int) -> rtp.RtcpReceiverInfo:
        """Our report on it (RFC 3550 section 6.4.1)."""
        age_s = time.monotonic() - self.last_report_s if self.last_report else 0.0
        return rtp.RtcpReceiverInfo(
            ssrc=ssrc,
            fraction_lost=self.statistics.fraction_lost,
            packets_lost=self.statistics.packets_lost,
            highest_sequence=self.statistics.cycles + (self.statistics.max_seq or 0),
            jitter=self.statistics.jitter,
            lsr=self.last_report,
            dlsr=min(int(age_s * 65536), 0xFFFFFFFF),
        )


class RtpSession:
    """One sound stream each way. Driven by the outbox, the two functions for arrivals, and the clock."""

    def __init__(self, audio_in: Callable[[RtpPacket], None]) -> None:
        self.ssrc: Final = secrets.randbits(32)
        self.cname: Final = secrets.token_hex(8)
        self.outbox: Final = Outbox()
        self.packets_sent = 0
        self.bytes_sent = 0
        """Of payload, as in RTCP."""
        self.packets_received = 0
        self.bytes_received = 0
        self.packets_lost_by_peer = 0
        """What the peer last said it missed of ours."""
        self._audio_in = audio_in
        self._payload_types: tuple[int, ...] = ()
        self._heard: dict[int, _Heard] = {}
        # Sequence numbers start in the lower half: one that wraps early can break SRTP (RFC 3711 section 3.3.1).
        self._sequence = secrets.randbits(15)
        self._timestamp = secrets.randbits(32)
        self._last_sent_at = clock.NTP_EPOCH
        self._last_sent_timestamp = 0

    def negotiated(self, payload_types: tuple[int, ...]) -> None:
        """The Opus payload types of the answer: the first is sent, all are taken."""
        self._payload_types = payload_types

    def mute(self) -> None:
        """Hand on nothing that arrives from now on."""
        self._payload_types = ()

    @property
    def packets_lost(self) -> int:
        """Packets of the peer that never came, over all its streams."""
        return sum(heard.statistics.packets_lost for heard in self._heard.values())

    async def run_sending(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        """Send what is put into the outbox, for ever; ends with what ``send`` raises."""
        self.outbox.open()
        try:
            while True:
                for packet in await self.outbox.take():
                    await send(self._departing(packet))
        finally:
            self.outbox.shut()

    def _departing(self, packet: OpusPacket) -> bytes:
        self._timestamp = (self._timestamp + packet.gap_samples) & 0xFFFFFFFF
        # The first packet after silence has the marker (RFC 3550 section 5.1, RFC 3551 section 4.1).
        marker = _MARKER if packet.gap_samples or not self.packets_sent else 0
        payload_type = self._payload_types[0] | marker
        header = _HEADER.pack(_VERSION, payload_type, self._sequence, self._timestamp, self.ssrc)
        self._last_sent_at = clock.current_datetime()
        self._last_sent_timestamp = self._timestamp
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + packet.samples) & 0xFFFFFFFF
        self.packets_sent += 1
        self.bytes_sent += len(packet.payload)
        return header + packet.payload

    def rtp_arrived(self, data: bytes) -> None:
        """Hand one packet on; what is not Opus is not ours."""
        arrival_s = time.monotonic()
        try:
            packet = rtp.RtpPacket.parse(data)
        except ValueError as malformed:
            log.debug("x RTP: %s", malformed)
            return
        if packet.payload_type not in self._payload_types:
            return
        self._stream(packet.ssrc).statistics.add(packet)
        self.packets_received += 1
        self.bytes_received += len(packet.payload)
        if packet.payload:  # none is padding, sent by some peers to probe the path
            self._audio_in(RtpPacket(packet.ssrc, packet.sequence_number, packet.timestamp, packet.payload, arrival_s))

    def _stream(self, ssrc: int) -> _Heard:
        if ssrc not in self._heard:
            if len(self._heard) == MAX_STREAMS_HEARD:
                del self._heard[next(iter(self._heard))]
            self._heard[ssrc] = _Heard()
        return self._heard[ssrc]

    def rtcp_arrived(self, data: bytes) -> None:
        """Take in the peer's reports."""
        try:
            packets = rtp.RtcpPacket.parse(data)
        except ValueError as malformed:
            log.debug("x RTCP: %s", malformed)
            return
        for packet in packets:
            if isinstance(packet, rtp.RtcpSrPacket) and packet.ssrc in self._heard:
                heard = self._heard[packet.ssrc]
                heard.last_report = packet.sender_info.ntp_timestamp >> 16 & 0xFFFFFFFF
                heard.last_report_s = time.monotonic()
            if isinstance(packet, (rtp.RtcpSrPacket, rtp.RtcpRrPacket)):
                for report in packet.reports:
                    if report.ssrc == self.ssrc:
                        self.packets_lost_by_peer = max(0, report.packets_lost)

    async def run_reports(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        """Report every second or so, for ever (the randomness is RFC 3550 section 6.3.1); ends as ``send`` does."""
        while True:
            await asyncio.sleep(REPORT_INTERVAL_S * random.uniform(0.5, 1.5))
            await send(self.report())

    def report(self) -> bytes:
        """A sender report, or a receiver report while nothing was sent; with our name."""
        blocks = [heard.block(ssrc) for ssrc, heard in self._heard.items()]
        name = rtp.RtcpSourceInfo(ssrc=self.ssrc, items=[(1, self.cname.encode())])
        state: rtp.RtcpSrPacket | rtp.RtcpRrPacket
        if self.packets_sent:
            info = rtp.RtcpSenderInfo(
                ntp_timestamp=clock.datetime_to_ntp(self._last_sent_at),
                rtp_timestamp=self._last_sent_timestamp,
                packet_count=self.packets_sent & 0xFFFFFFFF,
                octet_count=self.bytes_sent & 0xFFFFFFFF,
            )
            state = rtp.RtcpSrPacket(ssrc=self.ssrc, sender_info=info, reports=blocks)
        else:
            state = rtp.RtcpRrPacket(ssrc=self.ssrc, reports=blocks)
        return bytes(state) + bytes(rtp.RtcpSdesPacket(chunks=[name]))

    def farewell(self) -> bytes:
        """The last report, with BYE (RFC 3550 section 6.6)."""
        return self.report() + bytes(rtp.RtcpByePacket(sources=[self.ssrc]))
