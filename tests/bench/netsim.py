"""The network emulator: a bridge between two interfaces that delays, shakes, loses or swallows what passes.

A process of its own (``python -m tests.bench.netsim PORT_A PORT_B``), because it must keep time while others work; in
Python, because at the few hundred packets a second of a call its own error is far below half a millisecond
(``network.self_check`` measures it in every run). One line of JSON on standard input sets the conditions, one line on
standard output confirms them; it ends with its input.
"""

import heapq
import json
import os
import random
import select
import socket
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any, Final, TextIO

_ETH_P_ALL: Final = 3
_SOL_PACKET: Final = 263
_PACKET_IGNORE_OUTGOING: Final = 23
_ARP: Final = b"\x08\x06"
_FRAME_BYTES: Final = 2048


@dataclass(frozen=True, slots=True)
class Conditions:
    """What happens to a frame; the same in both directions. The address resolution of the link is spared."""

    delay_ms: float = 0.0
    """One way: half the round trip."""
    jitter_ms: float = 0.0
    """On top of the delay, uniform between 0 and this."""
    in_order: bool = True
    """A frame waits for the one before it; else it may overtake."""
    loss: float = 0.0
    """Share of frames that vanish."""
    burst: float = 1.0
    """Mean number of frames that vanish in a row."""
    hole: bool = False
    """Nothing passes."""

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))


class Direction:
    """One way over the bridge: who is on the road, and when each arrives."""

    def __init__(self, seed: int) -> None:
        self.conditions = Conditions()
        self._chance: Final = random.Random(seed)
        self._road: list[tuple[float, int, bytes]] = []
        self._number = 0
        self._last_due_s = 0.0
        self._losing = False

    def enter(self, frame: bytes, now_s: float) -> None:
        """A frame came."""
        set_to = self.conditions
        if frame[12:14] == _ARP:
            self._queue(frame, now_s)
        elif not set_to.hole and not self._is_lost():
            due_s = now_s + (set_to.delay_ms + self._chance.random() * set_to.jitter_ms) / 1000
            if set_to.in_order:
                due_s = self._last_due_s = max(due_s, self._last_due_s)
            self._queue(frame, due_s)

    def _queue(self, frame: bytes, due_s: float) -> None:
        self._number += 1
        heapq.heappush(self._road, (due_s, self._number, frame))

    def _is_lost(self) -> bool:
        """A chain of two states (Gilbert): losing begins so rarely and lasts so long that ``loss`` is the mean."""
        set_to = self.conditions
        if not set_to.loss:
            self._losing = False
        elif self._losing:
            self._losing = self._chance.random() >= 1 / set_to.burst
        if not self._losing and set_to.loss:
            self._losing = self._chance.random() < set_to.loss / (set_to.burst * (1 - set_to.loss) + set_to.loss)
        return self._losing

    def leaving(self, now_s: float) -> list[bytes]:
        """The frames that arrive now."""
        frames = []
        while self._road and self._road[0][0] <= now_s:
            frames.append(heapq.heappop(self._road)[2])
        return frames

    @property
    def next_due_s(self) -> float:
        """When the next frame arrives; never if there is none."""
        return self._road[0][0] if self._road else float("inf")


def _port(name: str) -> socket.socket:
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    port.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
    port.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    port.bind((name, 0))
    port.setblocking(False)
    return port


def _frames(port: socket.socket) -> list[bytes]:
    frames: list[bytes] = []
    while len(frames) < 64:
        try:
            frames.append(port.recv(_FRAME_BYTES))
        except BlockingIOError:
            break
    return frames


def bridge(names: tuple[str, str], orders: TextIO, answers: TextIO) -> None:
    """Carry frames until ``orders`` ends."""
    ports = tuple(_port(name) for name in names)
    sources: list[Any] = [*ports, orders]
    ways = (Direction(seed=1), Direction(seed=2))
    while True:
        now_s = time.monotonic()
        for way, port in zip(ways, reversed(ports), strict=True):
            for frame in way.leaving(now_s):
                port.send(frame)
        wait_s = min(way.next_due_s for way in ways) - time.monotonic()
        timeout_s = None if wait_s == float("inf") else max(0.0, wait_s)
        ready: list[Any] = select.select(sources, [], [], timeout_s)[0]
        now_s = time.monotonic()
        for port, way in zip(ports, ways, strict=True):
            if port in ready:
                for frame in _frames(port):
                    way.enter(frame, now_s)
        if orders in ready:
            order = orders.readline()
            if not order:
                return
            for way in ways:
                way.conditions = Conditions(**json.loads(order))
            answers.write(order)
            answers.flush()


def main() -> None:
    """The process."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    except PermissionError:  # in some containers even root may not; it is then only less exact on a busy machine
        print("netsim: no real-time priority", file=sys.stderr)
    bridge((sys.argv[1], sys.argv[2]), sys.stdin, sys.stdout)


if __name__ == "__main__":
    main()
