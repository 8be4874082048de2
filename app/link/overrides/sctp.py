"""aiortc's SCTP with a channel that opens two round trips earlier and timers that suit loss."""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from typing import Final, cast

from aiortc import RTCDtlsTransport, RTCSctpCapabilities, RTCSctpTransport
from aiortc.rtcsctptransport import WEBRTC_DCEP, Chunk, CookieEchoChunk, DataChunk

SCTP_RTO_MARGIN_S: Final = 0.2
"""What SCTP waits beyond the mean round trip at least: the longest a peer may delay its SACK, and what Linux adds
for TCP."""

SCTP_RTO_MAX_S: Final = 2.0


class _Bundle(Chunk):
    """Several chunks in one packet (RFC 9260 section 6.10)."""

    def __init__(self, chunks: Iterable[Chunk]) -> None:
        super().__init__()
        self._chunks = tuple(chunks)

    def __bytes__(self) -> bytes:
        return b"".join(map(bytes, self._chunks))


class Sctp(RTCSctpTransport):
    """SCTP for one data channel.

    Opening: What: the channel's OPEN travels in the packet of COOKIE-ECHO (RFC 9260 section 5.1 E), and the channel
    counts as open from then on. Why: two round trips; RFC 8832 section 6 allows messages before the ACK. Nothing else
    is sent before COOKIE-ACK, as the RFC wants. Until: aiortc bundles and does not wait for the ACK.

    Timers: What: RTO is the mean round trip plus SCTP_RTO_MARGIN_S at least, starts from ICE's round trip, and doubles
    at each expiry. Why: aiortc begins with 3 s, never goes below 1 s, and never backs off. Until: they are arguments.

    Sending: What: a packet that cannot be sent counts as lost. Why: aiortc sends from tasks nobody owns, where
    ConnectionError would go unseen until "exception was never retrieved". Until: those tasks have an owner.
    """

    def __init__(self, transport: RTCDtlsTransport) -> None:
        super().__init__(transport)
        self.ended: Final = asyncio.Event()
        """Set once the association is over, or was never to be."""

    def expect_rtt(self, rtt_s: float) -> None:
        """Begin with this round trip."""
        self._update_rto(rtt_s)

    async def open(self, port: int, max_message_bytes: int) -> None:
        """Begin the association with the server's port; it opens when the server answers."""
        await self.start(RTCSctpCapabilities(maxMessageSize=max_message_bytes), port)

    async def _send_chunk(self, chunk: Chunk) -> None:
        if isinstance(chunk, CookieEchoChunk):
            await self._launch_opening()
            chunk = _Bundle([chunk, *self._sent_queue])
        with contextlib.suppress(ConnectionError):
            await super()._send_chunk(chunk)

    async def _launch_opening(self) -> None:
        """Move the channel's OPEN from aiortc's queue into flight; when COOKIE-ECHO is repeated it is there already."""
        if self._data_channel_queue and self._data_channel_queue[0][1] == WEBRTC_DCEP:
            channel, protocol, opening = self._data_channel_queue.popleft()
            channel._setId(cast("int", self._data_channel_id))
            self._data_channels[cast("int", channel.id)] = channel
            await self._send(cast("int", channel.id), protocol, opening)
            self._sent_queue.append(self._outbound_queue.popleft())
        for chunk in self._sent_queue:
            self._depart(chunk)

    def _depart(self, chunk: DataChunk) -> None:
        self._flight_size_increase(chunk)
        chunk._sent_count += 1
        chunk._sent_time = time.time()

    async def _transmit(self) -> None:
        if self._association_state == self.State.ESTABLISHED:
            await super()._transmit()

    def _set_state(self, state: RTCSctpTransport.State) -> None:
        super()._set_state(state)
        if state == self.State.CLOSED:
            self.ended.set()
        if state == self.State.ESTABLISHED and self._sent_queue and not self._t3_handle:
            self._t3_start()
        if state in (self.State.COOKIE_ECHOED, self.State.ESTABLISHED):
            self._open_channels()

    async def _data_channel_flush(self) -> None:
        await super()._data_channel_flush()
        self._open_channels()

    def _open_channels(self) -> None:
        for channel in list(self._data_channels.values()):
            if channel.readyState == "connecting":
                channel._setReadyState("open")

    def _update_rto(self, R: float) -> None:
        super()._update_rto(R)
        mean_s, deviation_s = cast("float", self._srtt), cast("float", self._rttvar)
        self._rto = min(mean_s + max(4 * deviation_s, SCTP_RTO_MARGIN_S), SCTP_RTO_MAX_S)

    def _t1_expired(self) -> None:
        self._back_off()
        super()._t1_expired()

    def _t3_expired(self) -> None:
        self._back_off()
        super()._t3_expired()

    def _back_off(self) -> None:
        self._rto = min(2 * self._rto, SCTP_RTO_MAX_S)
