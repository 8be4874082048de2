"""The other end of a call, in this process: a stock aiortc RTCPeerConnection that answers, on a network one can spoil.

Nothing of aiortc is changed but for what is counted or lost on the way, and, if asked for, ICE-lite, which aiortc
cannot do as a server.
"""

import asyncio
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Self

from aioice import Candidate, ice, stun
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.rtp import RtpPacket
from av.packet import Packet

WAIT_S = 10.0
"""Longer than anything here takes, even on a busy machine."""


class Network:
    """What lies between the peer's sockets and the world; both ways, datagram by datagram."""

    def __init__(self) -> None:
        self.loses: Callable[[bytes], bool] = lambda datagram: False
        """Asked for every datagram; may count."""
        self.delay_s = 0.0
        """One way."""
        self.sent: list[bytes] = []
        """What the peer sent, lost or not."""
        self.received: list[bytes] = []
        """What arrived at the peer."""

    def pass_on(self, datagram: bytes, deliver: Callable[[], None]) -> None:
        if self.loses(datagram):
            return
        if self.delay_s:
            asyncio.get_running_loop().call_later(self.delay_s, deliver)
        else:
            deliver()


class _SpoiltTransport:
    """A datagram transport whose packets go over the network above."""

    def __init__(self, transport: asyncio.DatagramTransport, network: Network) -> None:
        self._transport = transport
        self._network = network

    def sendto(self, data: bytes, addr: tuple[str, int]) -> None:
        self._network.sent.append(data)
        self._network.pass_on(data, lambda: self._deliver(data, addr))

    def _deliver(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(data, addr)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def _spoil(protocol: ice.StunProtocol, network: Network) -> None:
    receive = protocol.datagram_received

    def deliver(data: bytes, addr: tuple[Any, ...]) -> None:
        network.received.append(data)
        receive(data, addr)

    def datagram_received(data: bytes, addr: tuple[Any, ...]) -> None:
        network.pass_on(data, lambda: deliver(data, addr))

    vars(protocol)["datagram_received"] = datagram_received
    vars(protocol)["transport"] = _SpoiltTransport(protocol.transport, network)


def _behave_lite(connection: ice.Connection) -> None:
    """Send no checks, take the first nomination (RFC 8445 section 7.3.2)."""

    def check_incoming(message: stun.Message, addr: tuple[str, int], protocol: ice.StunProtocol) -> None:
        if "USE-CANDIDATE" not in message.attributes or connection._nominated:
            return
        seen = Candidate("seen", 1, "udp", message.attributes["PRIORITY"], addr[0], addr[1], "prflx")
        pair = ice.CandidatePair(protocol, seen)
        pair.state = ice.CandidatePair.State.SUCCEEDED
        pair.nominated = True
        connection._check_list.append(pair)
        connection.check_complete(pair)

    vars(connection)["check_incoming"] = check_incoming
    # True keeps connect() waiting for something to happen.
    vars(connection)["_check_periodic"] = lambda: not connection._check_list_done


class _Voice(MediaStreamTrack):
    """What the peer says: packets that are encoded already."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.packets: asyncio.Queue[Any] = asyncio.Queue()

    async def recv(self) -> Any:
        return await self.packets.get()


class RealtimePeer:
    """Answers one offer. An async context manager: leaving it closes the peer."""

    def __init__(self, *, lite: bool = False, begins_dtls: bool = True, takes_sound: bool = True) -> None:
        self.network = Network()
        self.texts: asyncio.Queue[str] = asyncio.Queue()
        self.packets: list[RtpPacket] = []
        """RTP that arrived, as it was on the wire."""
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._lite = lite
        self._begins_dtls = begins_dtls
        self._takes_sound = takes_sound
        self._voice = _Voice()
        self._said_samples = 0
        self._channel: RTCDataChannel | None = None
        self._opened = asyncio.Event()
        self._heard = asyncio.Event()
        self.connection.on("datachannel", self._channel_came)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def answer(self, offer_sdp: str) -> str:
        """Apply the offer, begin to connect, and return the answer."""
        await self.connection.setRemoteDescription(RTCSessionDescription(offer_sdp, "offer"))
        (transceiver,) = self.connection.getTransceivers()
        self.connection.addTrack(self._voice)
        if not self._takes_sound:
            transceiver.direction = "sendonly"
        if not self._begins_dtls:
            transceiver.receiver.transport._set_role("server")
        self._listen(transceiver.receiver)
        agent = transceiver.receiver.transport.transport._connection
        if self._lite:
            _behave_lite(agent)
        await self.connection.setLocalDescription()
        for protocol in agent._protocols:
            _spoil(protocol, self.network)
        answer = self.connection.localDescription.sdp
        return answer.replace("t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n") if self._lite else answer

    def _listen(self, receiver: Any) -> None:
        handle = receiver._handle_rtp_packet

        async def count(packet: RtpPacket, arrival_time_ms: int) -> None:
            self.packets.append(packet)
            self._heard.set()
            await handle(packet, arrival_time_ms=arrival_time_ms)

        receiver._handle_rtp_packet = count

    def _channel_came(self, channel: RTCDataChannel) -> None:
        self._channel = channel
        channel.on("message", self.texts.put_nowait)
        self._opened.set()

    async def opened(self) -> RTCDataChannel:
        """Wait for the data channel."""
        async with asyncio.timeout(WAIT_S):
            await self._opened.wait()
        assert self._channel is not None
        return self._channel

    async def next_text(self) -> str:
        """Wait for the next message."""
        async with asyncio.timeout(WAIT_S):
            return await self.texts.get()

    async def heard(self, packets: int) -> list[RtpPacket]:
        """Wait until so many RTP packets have arrived in all."""
        async with asyncio.timeout(WAIT_S):
            while len(self.packets) < packets:
                self._heard.clear()
                await self._heard.wait()
        return self.packets

    async def send_text(self, text: str) -> None:
        """Say something on the data channel."""
        (await self.opened()).send(text)

    def say(self, payload: bytes, samples: int) -> None:
        """Send one Opus packet."""
        packet = Packet(payload)
        packet.pts = self._said_samples
        packet.time_base = Fraction(1, 48_000)
        self._said_samples += samples
        self._voice.packets.put_nowait(packet)

    def vanish(self) -> None:
        """Be gone without a word: from now on every datagram is lost, both ways."""
        self.network.loses = lambda datagram: True

    async def close(self) -> None:
        """Hang up."""
        await self.connection.close()
