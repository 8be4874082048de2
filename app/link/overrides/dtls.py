"""DTLS and SRTP as aiortc has them, with lost handshake flights repeated sooner and packets handed out undecoded."""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Final, cast

from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport, RTCIceTransport

from app.link.overrides.ice import IceAgent

FLIGHT_REPEAT_S: Final = 0.1
"""Until a DTLS flight is sent again, or one and a half round trips if that is longer."""

_HANDSHAKE_RECORDS: Final = (20, 22)
"""ChangeCipherSpec and Handshake (RFC 6347 section 4.1)."""
_APPLICATION_DATA: Final = 23
_FIRST_SRTP: Final = 128


class DtlsPath:
    """The ICE agent in the shape in which RTCDtlsTransport wants it, with a memory for handshake flights.

    What: a flight is sent again after FLIGHT_REPEAT_S, until the peer shows by SRTP or data that it has all of them.
    Why: OpenSSL repeats after 1 s, and pyOpenSSL has no way to set that; a repeated record is recognised as such.
    Until: pyOpenSSL exposes DTLS_set_timer_cb.
    """

    role = "controlling"

    def __init__(self, agent: IceAgent) -> None:
        self._agent = agent
        self._flight = b""
        self._flight_sent_s = 0.0
        self._settled = False

    async def _recv(self) -> bytes:
        data = await self._agent.recv()
        if data and (data[0] == _APPLICATION_DATA or data[0] >= _FIRST_SRTP):
            self._settled = True
        return data

    async def _send(self, data: bytes) -> None:
        if not self._settled and data[0] in _HANDSHAKE_RECORDS:
            self._flight = data
            self._flight_sent_s = time.monotonic()
        await self._agent.send(data)

    async def repeat_flights(self) -> None:
        """Send what may have been lost again; ends when the handshake is through on both sides."""
        repeat_s = max(FLIGHT_REPEAT_S, 1.5 * (self._agent.rtt_s or 0.0))
        while not self._settled:
            due_s = self._flight_sent_s + repeat_s if self._flight else time.monotonic() + repeat_s
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            if self._flight and not self._settled and time.monotonic() >= self._flight_sent_s + repeat_s:
                await self._send(self._flight)


class Dtls(RTCDtlsTransport):
    """DTLS and SRTP for one transport.

    What: decrypted RTP and RTCP go to two functions instead of through aiortc's router to RTCRtpReceiver and -Sender.
    Why: the receiver's jitter buffer and decoder thread (see above); one transport carries one sound stream only.
    Until: aiortc's receiver hands out packets. Also, ``stop`` waits for the pump, which aiortc only cancels.
    """

    def __init__(
        self,
        path: DtlsPath,
        certificate: RTCCertificate,
        on_rtp: Callable[[bytes], None],
        on_rtcp: Callable[[bytes], None],
    ) -> None:
        super().__init__(cast("RTCIceTransport", path), [certificate])
        self._on_rtp = on_rtp
        self._on_rtcp = on_rtcp

    async def connect(self, *, server_begins: bool, fingerprints: Iterable[tuple[str, str]]) -> None:
        """Shake hands; raises ConnectionError when it fails or the certificate is not the promised one."""
        self._set_role("server" if server_begins else "client")
        promised = [RTCDtlsFingerprint(algorithm=name, value=value) for name, value in fingerprints]
        await self.start(RTCDtlsParameters(fingerprints=promised))
        if self.state != "connected":
            raise ConnectionError("the DTLS handshake failed")

    async def closed(self) -> None:
        """Wait until the transport ends by itself, then raise ConnectionError."""
        pump = cast("asyncio.Task[None]", self._task)
        await asyncio.wait({pump})
        raise ConnectionError("DTLS was closed") from (None if pump.cancelled() else pump.exception())

    async def send_rtp(self, data: bytes) -> None:
        """Encrypt and send RTP or RTCP; raises ConnectionError while there is no connection."""
        await self._send_rtp(data)

    async def stop(self) -> None:
        """Say goodbye and end the pump."""
        pump = self._task
        await super().stop()
        if pump is not None:
            await asyncio.gather(pump, return_exceptions=True)

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:
        self._on_rtp(data)

    async def _handle_rtcp_data(self, data: bytes) -> None:
        self._on_rtcp(data)
