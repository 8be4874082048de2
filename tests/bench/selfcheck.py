"""How exact the emulator is: pings through it, answered and stamped by the kernel, so that only it can be late."""

import os
import socket
import statistics
import struct
import time
from dataclasses import dataclass
from typing import Final

from tests.bench.netsim import Conditions
from tests.bench.network import SERVER_ADDRESS, Network, inside
from tests.bench.tap import now_s, receive, stamp

DELAY_MS: Final = 25.0
PACE_S: Final = 0.01
"""100 packets a second, as in a call."""
_ECHO_REQUEST: Final = 8
_ECHO_REPLY: Final = 0


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """What the pings say."""

    round_trip_ms: float
    """Median without delay."""
    error_ms: float
    """Median of what is added to a round trip of 50 ms."""
    jitter_ms: float
    """From the median there to the 95th percentile, both ways together."""


def self_check(network: Network, pings: int = 100) -> SelfCheck:
    """Ping without delay, then with DELAY_MS each way."""
    with inside(network.client):
        pinger = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    with pinger:
        stamp(pinger)
        pinger.settimeout(2)
        network.set(Conditions())
        plain = _pings(pinger, pings)
        network.set(Conditions(delay_ms=DELAY_MS))
        delayed = sorted(_pings(pinger, pings))
        network.set(Conditions())
    middle = statistics.median(delayed)
    return SelfCheck(statistics.median(plain), middle - 2 * DELAY_MS, delayed[int(0.95 * pings)] - middle)


def _pings(pinger: socket.socket, times: int) -> list[float]:
    """Round trips in ms."""
    trips = []
    for number in range(times):
        request = _request(number)
        sent_s = now_s()
        pinger.sendto(request, (SERVER_ADDRESS, 0))
        while True:
            answer, came_s = receive(pinger)
            if answer[20] == _ECHO_REPLY and answer[24:28] == request[4:8]:
                break
        trips.append((came_s - sent_s) * 1000)
        time.sleep(PACE_S)
    return trips


def _request(number: int) -> bytes:
    """An echo request (RFC 792)."""
    words = (_ECHO_REQUEST << 8, 0, os.getpid() & 0xFFFF, number)
    total = sum(words)
    checksum = ~(total + (total >> 16)) & 0xFFFF
    return struct.pack("!HHHH", words[0], checksum, *words[2:])
