"""All running calls."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Final

from app.realtime.session import SessionOptions
from app.servers.rehearsal.call import Call, Line
from app.servers.rehearsal.engine.ids import Ids
from app.servers.rehearsal.engine.refusal import Refusal
from app.servers.rehearsal.engine.session import LONGEST_S, Limits
from app.servers.rehearsal.faults.call_faults import CallFaults
from app.servers.rehearsal.faults.panel import Panel
from app.servers.rehearsal.faults.spoiling import with_candidates
from app.servers.rehearsal.faults.table import BlockedUdp, Fault
from app.servers.rehearsal.peer import Peer
from app.servers.rehearsal.ports import Talents

CALLS_AT_MOST: Final = 8
SERVICE_RESTART: Final = 1012
"""The close code of a server that ends, from IANA's registry of WebSocket close codes."""

logger = logging.getLogger("parlance.servers")


class Calls:
    """Starts and ends calls; each is a task of the given group."""

    def __init__(
        self, tasks: asyncio.TaskGroup, talents: Talents, ids: Ids, panel: Panel, longest_s: float = LONGEST_S
    ) -> None:
        self._tasks = tasks
        self._talents = talents
        self._ids = ids
        self._panel = panel
        self._longest_s = longest_s
        self._calls: dict[str, Call] = {}

    @property
    def faults(self) -> dict[str, dict[str, dict[str, object]]]:
        """What strikes each running call, by its id."""
        return {call.id: call.faults.shown for call in self._calls.values()}

    def strike(self, faults: tuple[Fault, ...]) -> None:
        """Let these faults and no others strike all running calls."""
        for call in self._calls.values():
            call.strike(faults)

    async def connect(self, offer_sdp: str, options: SessionOptions) -> tuple[str, str]:
        """Start a call over WebRTC; returns its id and the SDP answer; raises Refusal."""
        self.require_free_line()
        peer = Peer()
        call = self._begun(peer, options)
        try:
            answer_sdp = await peer.answer(offer_sdp)
        except BaseException:
            del self._calls[call.id]
            await peer.close()
            raise
        if self._panel.open:
            answer_sdp = _over_udp(peer, answer_sdp, call.faults)
        self._tasks.create_task(self._run(call))
        return call.id, answer_sdp

    async def hold(self, line: Line, options: SessionOptions) -> None:
        """Hold a call over a line that is open already, until it is over."""
        await self._run(self._begun(line, options))

    def require_free_line(self) -> None:
        """Raise a Refusal when there are as many calls as there can be."""
        if len(self._calls) >= CALLS_AT_MOST:
            raise Refusal("All lines are busy.", "server_overloaded", status=503)

    def hang_up(self, call_id: str) -> bool:
        """End a call; False when there is none of that id."""
        call = self._calls.get(call_id)
        if call is None or call.over:
            return False
        call.hang_up()
        return True

    def hang_up_all(self) -> None:
        """End all calls."""
        for call in self._calls.values():
            call.hang_up(SERVICE_RESTART)

    def _begun(self, line: Line, options: SessionOptions) -> Call:
        now_s = datetime.now(UTC).timestamp()
        faults = self._panel.next_call()
        limits = faults.limits(Limits(self._longest_s, int(now_s + self._longest_s)), now_s)
        call = Call(line, options, self._talents, self._ids, limits, faults)
        self._calls[call.id] = call
        return call

    async def _run(self, call: Call) -> None:
        """One call's bug ends that call and no other."""
        try:
            (crash,) = await asyncio.gather(call.run(), return_exceptions=True)
        finally:
            del self._calls[call.id]
        if isinstance(crash, Exception):
            logger.error("x call %s crashed", call.id, exc_info=crash)


def _over_udp(peer: Peer, answer_sdp: str, faults: CallFaults) -> str:
    """Let packets meet their faults; returns the answer as it is sent."""
    peer.spoil_packets(faults.packets.spoil)
    blocked = faults.get(BlockedUdp)
    if blocked is None:
        return answer_sdp
    peer.fall_silent()
    return with_candidates(answer_sdp, blocked.candidates)
