"""Between RTP and the engine: what arrives becomes 16 kHz speech, what is to be said becomes packets of Opus."""

import asyncio
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

import numpy as np
from aioice import ice
from aiortc import MediaStreamTrack, RTCRtpReceiver
from av import AudioFrame, AudioResampler, Packet

from app.audio.downlink import Downlink
from app.audio.opus import OpusEncoder
from app.audio.packets import RtpPacket
from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm
from app.servers.rehearsal.floor import Floor
from app.servers.rehearsal.ports import SPEECH_RATE_HZ, Speech

PACKET_SAMPLES: Final = 2 * BLOCK_SAMPLES

_TIME_BASE: Final = Fraction(1, RATE_HZ)
_PACKETS_WAITING_AT_MOST: Final = 5
_JITTER_BUFFER: Final = "_RTCRtpReceiver__jitter_buffer"
_LOOPBACK: Final = "127.0.0.1"
_FLOOR_MS: Final = 10
"""More than a person needs: a hole costs a recogniser a word."""


class Ears:
    """Received packets as an even stream of speech."""

    def __init__(self) -> None:
        self._downlink = Downlink(floor_ms=_FLOOR_MS)
        self._resampler = AudioResampler(format="s16", layout="mono", rate=SPEECH_RATE_HZ)
        self._frame = np.zeros(PACKET_SAMPLES, np.int16)
        self._pts = 0
        self._floor = Floor()

    def listen_to(self, receiver: RTCRtpReceiver) -> None:
        """Take the packets of a receiver.

        WORKAROUND https://github.com/aiortc/aiortc/issues/543: aiortc's own jitter buffer loses 100 ms of sound per
        lost packet and never recovers its delay. Standing in its place keeps aiortc's RTCP reports true.
        """
        setattr(receiver, _JITTER_BUFFER, _Tap(self._downlink.insert))

    def pull(self) -> Speech:
        """The next 20 ms, silence where nothing came."""
        now_s = time.monotonic()
        self._downlink.pull(self._frame[:BLOCK_SAMPLES], now_s)
        self._downlink.pull(self._frame[BLOCK_SAMPLES:], now_s)
        frame = AudioFrame.from_ndarray(self._frame.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, self._pts, _TIME_BASE
        self._pts += PACKET_SAMPLES
        made = [each.to_ndarray().ravel() for each in self._resampler.resample(frame)]
        return self._floor.under(np.concatenate(made) if made else np.zeros(0))

    def close(self) -> None:
        """Free the decoder."""
        self._downlink.close()


class _Tap:
    """Stands where aiortc keeps its jitter buffer, and passes packets on instead."""

    def __init__(self, insert: Callable[[RtpPacket], None]) -> None:
        self._insert = insert

    def add(self, packet: Any) -> tuple[bool, None]:
        """aiortc's call for each packet of the negotiated codec; no frame ever comes out for its decoder."""
        payload = bytes(packet.payload)
        if payload:
            self._insert(RtpPacket(packet.ssrc, packet.sequence_number, packet.timestamp, payload, time.monotonic()))
        return False, None


class Mouth(MediaStreamTrack):
    """The assistant's sound as a track of ready packets, sent as fast as they are given."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._encoder = OpusEncoder(packet_ms=20)
        self._packets: asyncio.Queue[Packet[Any]] = asyncio.Queue(_PACKETS_WAITING_AT_MOST)
        self._pts = 0

    def say(self, pcm: Pcm) -> None:
        """20 ms of sound. Dropped while the transport does not take it."""
        packet = Packet(self._encoder.encode(pcm))
        packet.pts, packet.time_base = self._pts, _TIME_BASE
        self._pts += PACKET_SAMPLES
        if not self._packets.full():
            self._packets.put_nowait(packet)

    async def recv(self) -> "Packet[Any]":
        """For aiortc: the next packet."""
        return await self._packets.get()

    def close(self) -> None:
        """Free the encoder."""
        self.stop()
        self._encoder.close()


def reach_loopback() -> None:
    """Let every connection of this process be reached at 127.0.0.1 too.

    aioice leaves it out, yet a machine without any network must be able to rehearse. Call it once.
    """
    found = ice.get_host_addresses

    def with_loopback(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return [*found(use_ipv4, use_ipv6), *([_LOOPBACK] if use_ipv4 else [])]

    ice.get_host_addresses = with_loopback
