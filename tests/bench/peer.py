"""The server's end of one call: aiortc at the level of RTP, so that packets are made once and never touched again."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import aioice
from aioice import Candidate, ice, stun
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
    rtcicetransport,
)
from aiortc.rtp import RtpPacket
from av.packet import Packet

from app.audio.pcm import samples_of_ms
from tests.bench.tap import now_s

_POLL_S = 0.02


class _Prompt(aioice.Connection):
    """Full ICE that sees at once when it is through, where aioice looks every 20 ms."""

    async def connect(self) -> None:
        for candidate in self._remote_candidates:
            self._pair_remote_candidate(candidate)
        self.sort_check_list()
        self._unfreeze_initial()
        self._take_early_checks()
        if await self._outcome() != ice.ICE_COMPLETED:
            raise ConnectionError("no pair works")
        self._query_consent_task = asyncio.create_task(self.query_consent())

    async def _outcome(self) -> int:
        while self._check_periodic():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_S):
                    return await self._check_list_state.get()
        return await self._check_list_state.get()

    def _take_early_checks(self) -> None:
        for early in self._early_checks:
            self.check_incoming(*early)
        self._early_checks.clear()
        self._early_checks_done = True


class _Lite(_Prompt):
    """ICE-lite (RFC 8445 section 7.3.2): sends no checks and takes the first nomination."""

    async def connect(self) -> None:
        self._take_early_checks()
        if await self._check_list_state.get() != ice.ICE_COMPLETED:
            raise ConnectionError("nobody nominated a pair")
        self._query_consent_task = asyncio.create_task(self.query_consent())

    def check_incoming(self, message: stun.Message, addr: tuple[str, int], protocol: ice.StunProtocol) -> None:
        if "USE-CANDIDATE" not in message.attributes or self._nominated:
            return
        seen = Candidate("seen", 1, "udp", message.attributes["PRIORITY"], addr[0], addr[1], "prflx")
        pair = ice.CandidatePair(protocol, seen)
        pair.state = ice.CandidatePair.State.SUCCEEDED
        pair.nominated = True
        self._check_list.append(pair)
        self.check_complete(pair)


class _Speech(MediaStreamTrack):
    """Packets at their pace, from the moment the transport is up."""

    kind = "audio"

    def __init__(self, payloads: list[bytes], packet_ms: int) -> None:
        super().__init__()
        self._payloads = payloads
        self._packet_ms = packet_ms
        self._number = 0
        self._began_s = 0.0

    async def recv(self) -> Any:
        loop = asyncio.get_running_loop()
        self._began_s = self._began_s or loop.time()
        due_s = self._began_s + self._number * self._packet_ms / 1000
        await asyncio.sleep(max(0.0, due_s - loop.time()))
        packet = Packet(self._payloads[self._number % len(self._payloads)])
        packet.pts = self._number * samples_of_ms(self._packet_ms)
        packet.time_base = Fraction(1, 48_000)
        self._number += 1
        return packet


@dataclass(frozen=True, slots=True)
class Heard:
    """One RTP packet of the client."""

    at_s: float
    sequence: int
    timestamp: int
    payload: bytes


class Peer:
    """Answers one offer."""

    def __init__(self, payloads: list[bytes], packet_ms: int, *, lite: bool) -> None:
        self.heard: list[Heard] = []
        self.channel_open_s: float | None = None
        """When the server saw the channel."""
        self._lite = lite
        self._packet_ms = packet_ms
        with _ice(_Lite if lite else _Prompt):
            self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._speech = _Speech(payloads, packet_ms)
        self._connection.on("datachannel", self._channel_came)

    async def answer(self, offer: str) -> str:
        """The answer; connecting begins."""
        with _ice(_Lite if self._lite else _Prompt):
            await self._connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        (transceiver,) = self._connection.getTransceivers()
        self._connection.addTrack(self._speech)
        vars(transceiver.receiver)["_handle_rtp_packet"] = self._hear
        await self._connection.setLocalDescription()
        sdp: str = self._connection.localDescription.sdp
        payload_type = next(line for line in sdp.splitlines() if " opus/48000" in line).split(":")[1].split()[0]
        fec = f"a=fmtp:{payload_type} minptime=10;useinbandfec=1\r\na=ptime:{self._packet_ms}\r\n"
        sdp = sdp.replace("m=application", fec + "m=application")
        return sdp.replace("t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n") if self._lite else sdp

    async def _hear(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        self.heard.append(Heard(now_s(), packet.sequence_number, packet.timestamp, packet.payload))

    def _channel_came(self, channel: RTCDataChannel) -> None:
        """Speak as much of the protocol as opens the microphone."""
        self.channel_open_s = now_s()
        session: dict[str, Any] = {"type": "realtime", "object": "realtime.session", "id": "sess_bench"}

        def take(text: str) -> None:
            request = json.loads(text)
            if request["type"] == "session.update":
                effective = {**session, **request["session"]}
                channel.send(json.dumps({"type": "session.updated", "event_id": "e2", "session": effective}))

        channel.on("message", take)
        channel.send(json.dumps({"type": "session.created", "event_id": "e1", "session": session}))

    async def close(self) -> None:
        """Hang up."""
        await self._connection.close()


@contextlib.contextmanager
def _ice(kind: Callable[..., aioice.Connection]) -> Any:
    """aiortc has no other way to be given an ICE agent."""
    stock = vars(rtcicetransport)["Connection"]
    vars(rtcicetransport)["Connection"] = kind
    try:
        yield
    finally:
        vars(rtcicetransport)["Connection"] = stock
