"""One WebRTC connection to a Realtime server: sound both ways and one data channel, over one transport."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from aiortc import RTCCertificate, RTCDataChannel, RTCDataChannelParameters, RTCIceServer
from aiortc.rtcicetransport import connection_kwargs

from app.audio.packets import OpusPacket, RtpPacket
from app.conversation.profiles import IceServer
from app.conversation.troubles import LinkLost, Trouble
from app.link.overrides.dtls import Dtls, DtlsPath
from app.link.overrides.ice import IceAgent
from app.link.overrides.sctp import Sctp
from app.link.rtp import RtpSession
from app.link.sdp import Answer, Offer, read_answer

log = logging.getLogger("parlance.link")

CHANNEL_LABEL: Final = "oai-events"
CLOSE_LIMIT_S: Final = 2.0


class Ears(Protocol):
    """What a link tells, on the session loop; nothing after ``close`` began or after ``link_broke``."""

    def transport_up(self) -> None:
        """ICE and DTLS are through."""

    def channel_opened(self) -> None:
        """The data channel can be written to."""

    def text_arrived(self, text: str) -> None:
        """One message of the data channel."""

    def link_broke(self, trouble: Trouble) -> None:
        """The link ended without being asked to."""


@dataclass(frozen=True, slots=True)
class LinkStats:
    """How a link is doing."""

    rtt_ms: float | None
    """Smoothed round trip; None before the first answer."""
    packets_sent: int
    bytes_sent: int
    """Of Opus."""
    packets_dropped: int
    """Ours that waited too long for the loop and were not sent."""
    packets_lost_by_peer: int
    """Ours that the server says it missed."""
    packets_received: int
    bytes_received: int
    packets_lost: int
    """The server's that never came."""
    local_candidate: str
    """``host``, ``srflx``, ``prflx``, ``relay``, or nothing before a pair was found."""
    remote_candidate: str


class WebRtcLink:
    """One connection, made for one attempt: ``offer``, ``accept``, talk, ``close``. On the session loop only.

    Driven by its caller, by the network and by the clock. After ``accept`` one task, owned by the link, holds all
    that runs; it ends with the first thing that breaks, and says so once.
    """

    def __init__(
        self, ears: Ears, audio_in: Callable[[RtpPacket], None], ice_servers: tuple[IceServer, ...] = ()
    ) -> None:
        self._ears = ears
        self._rtp = RtpSession(audio_in)
        self._certificate = RTCCertificate.generateCertificate()
        self._ice = IceAgent(**_ice_options(ice_servers))
        self._path = DtlsPath(self._ice)
        self._dtls = Dtls(self._path, self._certificate, self._rtp.rtp_arrived, self._rtp.rtcp_arrived)
        self._sctp = Sctp(self._dtls)
        self._channel: RTCDataChannel | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def offer(self) -> str:
        """Gather candidates and return the SDP offer.

        At once without ICE servers, at most 2 s with. Raises LinkLost when ``close`` comes in between.
        """
        self._task = asyncio.create_task(self._ice.gather_candidates(), name="link gathers")
        await asyncio.wait({self._task})
        if self._closed:
            raise LinkLost
        self._task.result()
        self._channel = RTCDataChannel(self._sctp, RTCDataChannelParameters(label=CHANNEL_LABEL))
        self._channel.on("open", self._ears.channel_opened)
        self._channel.on("message", self._message_arrived)
        self._channel.on("close", self._sctp.ended.set)
        return Offer(
            username=self._ice.local_username,
            password=self._ice.local_password,
            candidates=tuple(self._ice.local_candidates),
            fingerprint=self._certificate.getFingerprints()[0].value,
            ssrc=self._rtp.ssrc,
            cname=self._rtp.cname,
        ).text()

    async def accept(self, answer_sdp: str) -> None:
        """Apply the answer and start connecting; raises ServerAnswerUnusable, and LinkLost after ``close``."""
        if self._closed:
            raise LinkLost
        answer = read_answer(answer_sdp)
        self._rtp.negotiated(answer.payload_types)
        self._task = asyncio.create_task(self._live(answer), name="link")

    def send_text(self, text: str) -> None:
        """Put one message on the data channel; without effect unless it is open.

        Raises ValueError for a message longer than the server takes.
        """
        if self._channel is not None and self._channel.readyState == "open" and not self._closed:
            self._channel.send(text)

    def send_packet(self, packet: OpusPacket) -> None:
        """Send one packet. From any thread; dropped while the transport is not up."""
        self._rtp.outbox.put(packet)

    def stats(self) -> LinkStats:
        """How it is doing; cheap. On the session loop."""
        local, remote = self._ice.candidate_types
        return LinkStats(
            rtt_ms=None if self._ice.rtt_s is None else self._ice.rtt_s * 1000,
            packets_sent=self._rtp.packets_sent,
            bytes_sent=self._rtp.bytes_sent,
            packets_dropped=self._rtp.outbox.dropped,
            packets_lost_by_peer=self._rtp.packets_lost_by_peer,
            packets_received=self._rtp.packets_received,
            bytes_received=self._rtp.bytes_received,
            packets_lost=self._rtp.packets_lost,
            local_candidate=local,
            remote_candidate=remote,
        )

    async def close(self) -> None:
        """End it and leave nothing behind, within 2 s. At any point; raises nothing; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._fall_silent()
        try:
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await self._take_down()
        except TimeoutError:
            log.error("x the link did not close in time")
        log.info("- link closed")

    async def _take_down(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        with contextlib.suppress(ConnectionError):
            await self._dtls.send_rtp(self._rtp.farewell())
        await self._sctp.stop()
        await self._dtls.stop()
        await self._ice.close()

    def _fall_silent(self) -> None:
        """From here on nothing is told to anybody and no packet is taken."""
        self._rtp.outbox.shut()
        self._rtp.mute()
        if self._channel is not None:
            self._channel.remove_all_listeners()

    async def _live(self, answer: Answer) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._connect(answer, tasks)
        except* ConnectionError as broken:
            log.info("x link broke: %s", broken.exceptions[0])
        finally:
            if not self._closed:
                self._fall_silent()
                self._ears.link_broke(LinkLost())

    async def _connect(self, answer: Answer, tasks: asyncio.TaskGroup) -> None:
        """Go up layer by layer, leaving to ``tasks`` what runs from then on; each of them raises what breaks it."""
        await self._find_path(answer)
        log.info("- ICE found a path")
        tasks.create_task(self._ice.keep_consent(), name="link asks for consent")
        tasks.create_task(self._path.repeat_flights(), name="link repeats DTLS flights")
        await self._dtls.connect(server_begins=answer.server_begins_dtls, fingerprints=answer.fingerprints)
        log.info("- DTLS is up")
        tasks.create_task(self._dtls.closed(), name="link watches DTLS")
        if answer.listens:
            tasks.create_task(self._rtp.run_sending(self._dtls.send_rtp), name="link sends sound")
        tasks.create_task(self._rtp.run_reports(self._dtls.send_rtp), name="link reports")
        self._ears.transport_up()
        if self._ice.rtt_s is not None:
            self._sctp.expect_rtt(self._ice.rtt_s)
        await self._sctp.open(answer.sctp_port, answer.max_message_bytes)
        await self._sctp.ended.wait()
        raise ConnectionError("the data channel was closed")

    async def _find_path(self, answer: Answer) -> None:
        self._ice.remote_username = answer.username
        self._ice.remote_password = answer.password
        for candidate in answer.candidates:
            await self._ice.add_remote_candidate(candidate)
        # No more will come, whatever the answer says: without this aioice would wait for them for ever.
        await self._ice.add_remote_candidate(None)
        await self._ice.connect()

    def _message_arrived(self, message: str | bytes) -> None:
        self._text_arrived(message if isinstance(message, str) else message.decode(errors="replace"))

    def _text_arrived(self, text: str) -> None:
        self._ears.text_arrived(text)


def _ice_options(servers: tuple[IceServer, ...]) -> dict[str, Any]:
    """The STUN and TURN servers as aioice wants them; it takes one of each, and no more is needed."""
    usable = []
    for server in servers:
        candidate = RTCIceServer(urls=server.url, username=server.username, credential=server.password)
        try:
            connection_kwargs([candidate])
        except ValueError as malformed:
            log.warning("x ICE server ignored: %s", malformed)
        else:
            usable.append(candidate)
    return connection_kwargs(usable)
