"""What really passed a network card, and when: the kernel's own time stamps, independent of both ends.

Moments are seconds of the wall clock, the only one that kernel, browser and Python have in common.
"""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from tests.bench.network import CLIENT_ADDRESS, Network, inside

_ETH_P_ALL: Final = 3
_SO_TIMESTAMPNS: Final = 35
_IPV4: Final = b"\x08\x00"
_UDP: Final = 17


def now_s() -> float:
    """The wall clock."""
    return time.clock_gettime(time.CLOCK_REALTIME)


def stamp(listener: socket.socket) -> None:
    """Have the kernel write down when each datagram of this socket came."""
    listener.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)


def receive(listener: socket.socket) -> tuple[bytes, float]:
    """The next datagram of a stamped socket, and when it came."""
    data, notes, _, _ = listener.recvmsg(4096, 64)
    for level, kind, value in notes:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack("qq", value[:16])
            return data, seconds + nanoseconds / 1e9
    return data, now_s()


@dataclass(frozen=True, slots=True)
class Passed:
    """One RTP packet at the client's card."""

    at_s: float
    outgoing: bool
    """From the client."""
    ssrc: int
    sequence: int
    timestamp: int
    payload_bytes: int


class Tap:
    """The RTP packets that have passed so far."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._packets: list[Passed] = []
        self._ended = False

    def packets(self, *, outgoing: bool) -> list[Passed]:
        """Those of one direction, in the order of the card."""
        return [one for one in tuple(self._packets) if one.outgoing is outgoing]

    def run(self) -> None:
        """The thread's own."""
        while not self._ended:
            try:
                frame, at_s = receive(self._listener)
            except TimeoutError:
                continue
            packet = _read(frame, at_s)
            if packet is not None:
                self._packets.append(packet)

    def end(self) -> None:
        """Ask the thread to end."""
        self._ended = True


def _read(frame: bytes, at_s: float) -> Passed | None:
    """The RTP packet in an Ethernet frame; RTP's header is not encrypted (RFC 3711)."""
    if frame[12:14] != _IPV4 or frame[23] != _UDP:
        return None
    header = 14 + (frame[14] & 15) * 4
    payload = frame[header + 8 :]
    # Version 2, and no payload type of RTCP (RFC 5761 section 4).
    if len(payload) < 12 or payload[0] >> 6 != 2 or 64 <= payload[1] & 127 < 96:
        return None
    sequence, timestamp, ssrc = struct.unpack("!HII", payload[2:12])
    outgoing = frame[26:30] == socket.inet_aton(CLIENT_ADDRESS)
    return Passed(at_s, outgoing, ssrc, sequence, timestamp, len(payload) - 12)


@contextmanager
def tap(network: Network) -> Iterator[Tap]:
    """Listen at the client's card."""
    with inside(network.client):
        listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        listener.bind(("eth0", 0))
    stamp(listener)
    listener.settimeout(0.2)
    one = Tap(listener)
    thread = threading.Thread(target=one.run, name="tap", daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.end()
        thread.join()
        listener.close()
