"""The connection to one client: SDP answer, data channel, sound. aiortc's callbacks end here, in queues and events."""

import asyncio
import logging
import re
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidAccessError, InvalidStateError, OperationError

from app.audio.pcm import Pcm
from app.servers.rehearsal.engine.refusal import Refusal
from app.servers.rehearsal.media import Ears, Mouth
from app.servers.rehearsal.ports import Speech

LABEL: Final = "oai-events"
_CLOSE_WITHIN_S: Final = 0.5
_EVENTS_WAITING_AT_MOST: Final = 500
_REQUESTS_WAITING_AT_MOST: Final = 500
_BYTES_WAITING_AT_MOST: Final = 8_000_000
_MESSAGE_BYTES_DEFAULT: Final = 65_536
"""RFC 8841 section 6.1: what holds without ``max-message-size``."""

_UNUSABLE: Final = (
    *(ValueError, LookupError, TypeError, AttributeError, AssertionError),
    *(InvalidStateError, InvalidAccessError, OperationError),
)
"""What aiortc raises for a malformed or impossible offer: its parser checks nothing by itself."""

logger = logging.getLogger("parlance.servers")


class Peer:
    """Answers one offer. Event loop's thread only."""

    sound_in_events = False

    def __init__(self) -> None:
        self._ears: Final = Ears()
        self._mouth: Final = Mouth()
        self.requests: Final[asyncio.Queue[str | bytes]] = asyncio.Queue(_REQUESTS_WAITING_AT_MOST)
        """Messages of the client."""
        self.connected: Final = asyncio.Event()
        """Sound can flow."""
        self.over: Final = asyncio.Event()
        """The client is gone, or does not behave. aioice notices a silent one within 30 s (RFC 7675)."""
        self.message_bytes = _MESSAGE_BYTES_DEFAULT
        """The longest message the client takes."""
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._channel: RTCDataChannel | None = None
        self._unsent: deque[str] = deque(maxlen=_EVENTS_WAITING_AT_MOST)

    async def answer(self, offer_sdp: str) -> str:
        """The SDP answer; raises a Refusal for an offer that cannot be answered."""
        if not offer_sdp.startswith("v=0") or "m=audio" not in offer_sdp or "opus/48000" not in offer_sdp:
            raise Refusal("The SDP is not an offer with Opus audio.", "invalid_offer", "sdp")
        self.message_bytes = _message_bytes(offer_sdp)
        self._pc.on("datachannel", self._channel_came)
        self._pc.on("connectionstatechange", self._state_changed)
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(offer_sdp, "offer"))
            self._pc.addTrack(self._mouth)
            await self._pc.setLocalDescription(await self._pc.createAnswer())
        except _UNUSABLE as trouble:
            raise Refusal("The SDP offer could not be used.", "invalid_offer", "sdp") from trouble
        for transceiver in self._pc.getTransceivers():
            if isinstance(transceiver.receiver, RTCRtpReceiver):
                self._ears.listen_to(transceiver.receiver)
        return _with_fec(self._pc.localDescription.sdp)

    def send(self, text: str) -> None:
        """Send one message, once the channel is open. One the client does not take is left out."""
        if len(text.encode()) > self.message_bytes:
            logger.warning("x event longer than the client takes: %d characters", len(text))
        elif self._channel is None:
            self._unsent.append(text)
        elif self._channel.readyState == "open":
            self._channel.send(text)
            if self._channel.bufferedAmount > _BYTES_WAITING_AT_MOST:
                logger.warning("x client does not read its events")
                self.over.set()

    def hear(self) -> Speech:
        """The user's next 20 ms."""
        return self._ears.pull()

    def say(self, pcm: Pcm) -> None:
        """Send 20 ms of sound."""
        self._mouth.say(pcm)

    def end(self, code: int = 1000, reason: str = "") -> None:
        """End it; ``run`` returns. WebRTC has no words for why."""
        self.over.set()

    def close_channel(self) -> None:
        """Let the client have no more events, only sound."""
        if self._channel is not None:
            self._channel.remove_listener("close", self.over.set)
            self._channel.close()

    def fall_silent(self) -> None:
        """Let no packet through any more, either way; nobody is told.

        aioice has no word for it, hence by its private parts: each socket is cut off from the rest.
        """
        for transceiver in self._pc.getTransceivers():
            for protocol in transceiver.sender.transport.transport._connection._protocols:
                vars(protocol)["datagram_received"] = lambda data, addr: None
                vars(protocol)["transport"] = _CutCable(protocol.transport)

    def spoil_packets(self, spoil: Callable[[bytes], bytes | None]) -> None:
        """Let RTP packets be lost or changed before they are encrypted, by aiortc's private door for them."""
        for transceiver in self._pc.getTransceivers():
            transport = transceiver.sender.transport
            vars(transport)["_send_rtp"] = _Spoiling(transport._send_rtp, spoil)

    async def run(self) -> None:
        """Return when it is over."""
        await self.over.wait()

    async def close(self) -> None:
        """End the connection, at most in half a second."""
        self.over.set()
        self._mouth.stop()
        try:
            async with asyncio.timeout(_CLOSE_WITHIN_S):
                # aiortc may be closing by itself: this would wait on its future, and a timeout would cancel that.
                await asyncio.shield(self._pc.close())
        except TimeoutError:
            logger.warning("x connection did not close in time")
        self._mouth.close()
        self._ears.close()

    def _channel_came(self, channel: RTCDataChannel) -> None:
        if channel.label != LABEL or self._channel is not None:
            return
        self._channel = channel
        channel.on("message", self._message_came)
        channel.on("close", self.over.set)
        while self._unsent:
            channel.send(self._unsent.popleft())

    def _message_came(self, message: str | bytes) -> None:
        if self.requests.full():
            logger.warning("x client sends faster than it can be served")
            self.over.set()
        else:
            self.requests.put_nowait(message)

    def _state_changed(self) -> None:
        state = self._pc.connectionState
        logger.info("- connection %s", state)
        if state == "connected":
            self.connected.set()
        elif state in ("failed", "closed"):
            self.over.set()


class _CutCable:
    """A datagram transport that sends nothing."""

    def __init__(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport

    def sendto(self, data: bytes, addr: tuple[str, int]) -> None:
        """Lose it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _Spoiling:
    """Stands in for the sending of packets; RTCP (RFC 5761 section 4) goes as it is."""

    def __init__(self, send: Callable[[bytes], Awaitable[None]], spoil: Callable[[bytes], bytes | None]) -> None:
        self._send = send
        self._spoil = spoil

    async def __call__(self, packet: bytes) -> None:
        spoilt = packet if 192 <= packet[1] <= 223 else self._spoil(packet)
        if spoilt is not None:
            await self._send(spoilt)


def _message_bytes(offer_sdp: str) -> int:
    found = re.search(r"^a=max-message-size:(\d{1,12})\s*$", offer_sdp, re.MULTILINE)
    if found is None:
        return _MESSAGE_BYTES_DEFAULT
    return int(found[1]) or 2**30  # 0 means any size


def _with_fec(answer_sdp: str) -> str:
    """Ask the client for in-band FEC, which aiortc leaves out (RFC 7587 section 6.1)."""
    return re.sub(
        r"(a=rtpmap:(\d+) opus/48000/2\r?\n)", r"\1a=fmtp:\2 minptime=10;useinbandfec=1\r\n", answer_sdp, count=1
    )
