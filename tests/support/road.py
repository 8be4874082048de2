"""The stretch of network between an app and a server, TCP and UDP, to be spoilt and mended by a test."""

import asyncio
import contextlib
import re
from typing import Any, Final, Self

_CANDIDATE: Final = re.compile(
    r"^a=candidate:(\S+) 1 udp (\d+) ([\d.]+) (\d+) typ host.*$", re.MULTILINE | re.IGNORECASE
)
_ANY_CANDIDATE: Final = re.compile(r"^a=(candidate:|end-of-candidates).*\r?\n", re.MULTILINE)

CALLS_AT_ONCE: Final = 3
"""A call, its successor, and one that is hanging up."""

Address = tuple[str, int]


class Lane:
    """One connection's way, there and back."""

    def __init__(self) -> None:
        self.there, self.back = asyncio.Event(), asyncio.Event()
        self.there.set()
        self.back.set()


class Road:
    """An async context manager. TCP goes through ``port``, UDP through what ``lead`` and ``lead_back`` put into SDP."""

    def __init__(self, to_port: int) -> None:
        self.calls = 0
        """Calls whose SDP was led over this road."""
        self._to_port = to_port
        self._port = 0
        self._udp_open = True
        self._cut = False
        self._server: asyncio.Server | None = None
        self._lanes: list[Lane] = []
        self._relays: set[asyncio.Task[Any]] = set()
        self._pairs: list[_Pair] = []

    async def __aenter__(self) -> Self:
        await self.open_port()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close_port()
        for pair in self._pairs:
            pair.close()
        if self._relays:
            await asyncio.wait(self._relays, timeout=2.0)

    @property
    def port(self) -> int:
        """The same as long as the road lasts."""
        return self._port

    @property
    def udp_is_open(self) -> bool:
        """Whether the firewall lets UDP through."""
        return self._udp_open

    def lead_to(self, port: int) -> None:
        """New connections go to another server."""
        self._to_port = port

    def cut(self, *, way_there: bool = True) -> None:
        """Carry nothing any more, or only from app to server, and tell nobody: no reset, no end."""
        self._cut = way_there
        for lane in self._lanes:
            lane.back.clear()
            if way_there:
                lane.there.clear()

    def mend(self) -> None:
        """Carry again; TCP has lost nothing, UDP everything."""
        self._cut = False
        for lane in self._lanes:
            lane.there.set()
            lane.back.set()

    def cut_what_is_open(self) -> None:
        """What is open now is dead for ever without a word; new connections get through."""
        self.cut()
        self._lanes.clear()
        self._cut = False

    def block_udp(self) -> None:
        """As a strict firewall does."""
        self._udp_open = False

    def reset(self) -> None:
        """Break all TCP connections."""
        for relay in self._relays:
            relay.cancel()

    def close_port(self) -> None:
        """Refuse connections and break those there are."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset()

    async def open_port(self) -> None:
        """Take connections again."""
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", self._port, limit=2**16)
        self._port = int(self._server.sockets[0].getsockname()[1])

    def new_lane(self) -> Lane:
        """For a connection that begins."""
        lane = Lane()
        self._lanes.append(lane)
        if self._cut:
            self.cut()
        return lane

    def forget(self, lane: Lane) -> None:
        """That connection is over."""
        with contextlib.suppress(ValueError):
            self._lanes.remove(lane)

    # --- TCP ------------------------------------------------------------------------------------------------

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task, lane = asyncio.current_task(), self.new_lane()
        assert task is not None
        self._relays.add(task)
        ends = [writer]
        try:
            await lane.there.wait()
            there, onward = await asyncio.open_connection("127.0.0.1", self._to_port, limit=2**16)
            ends.append(onward)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_carry(reader, onward, lane.there))
                tasks.create_task(_carry(there, writer, lane.back))
        except (OSError, ExceptionGroup, asyncio.CancelledError):
            pass
        finally:
            for end in ends:
                end.transport.abort()
            self._relays.discard(task)
            self.forget(lane)

    # --- UDP ------------------------------------------------------------------------------------------------

    async def lead(self, offer_sdp: str) -> str:
        """The offer as the server shall see it: the app is on this road."""
        self.calls += 1
        pair = _Pair(self)
        self._pairs.append(pair)
        if len(self._pairs) > CALLS_AT_ONCE:
            self._pairs.pop(0).close()
        return await pair.stand_in(offer_sdp)

    async def lead_back(self, answer_sdp: str) -> str:
        """The answer to the last offer as the app shall see it."""
        return await self._pairs[-1].stand_in(answer_sdp)


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter, passable: asyncio.Event) -> None:
    while data := await source.read(2**16):
        await passable.wait()
        sink.write(data)
        await sink.drain()
    await passable.wait()
    sink.write_eof()


class _Pair:
    """Two sockets of one call: the first stands in for the app and is all the server sees of it, the second for the
    server.
    """

    def __init__(self, road: Road) -> None:
        self._road = road
        self._lane = road.new_lane()
        self._sides: list[_Side] = []

    async def stand_in(self, sdp: str) -> str:
        """With one candidate, which is a socket of ours, for all of theirs."""
        found = _CANDIDATE.search(sdp)
        if found is None:
            return sdp
        foundation, priority, host, port = found.groups()
        side = _Side(self, (host, int(port)))
        try:
            side.transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: side, (host, 0))
        except OSError:  # a candidate that is nowhere
            return sdp
        self._sides.append(side)
        own_port = side.transport.get_extra_info("sockname")[1]
        line = f"a=candidate:{foundation} 1 udp {priority} {host} {own_port} typ host\r\na=end-of-candidates\r\n"
        bare = _ANY_CANDIDATE.sub("", sdp)
        at = bare.index("a=ice-ufrag")
        return bare[:at] + line + bare[at:]

    def carry(self, side: "_Side", data: bytes) -> None:
        """What comes in at one side is for whom that side stands in, and seems to come from the other side."""
        if len(self._sides) < 2 or not self._road.udp_is_open:
            return
        from_server = side is self._sides[0]
        if (self._lane.back if from_server else self._lane.there).is_set():
            self._sides[1 if from_server else 0].transport.sendto(data, side.stands_for)

    def close(self) -> None:
        """Free both."""
        self._road.forget(self._lane)
        for side in self._sides:
            side.transport.close()


class _Side(asyncio.DatagramProtocol):
    transport: asyncio.DatagramTransport

    def __init__(self, pair: _Pair, stands_for: Address) -> None:
        self._pair = pair
        self.stands_for = stands_for

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._pair.carry(self, data)

    def error_received(self, exc: Exception) -> None:
        """The other end is gone: what is sent to it is lost."""
