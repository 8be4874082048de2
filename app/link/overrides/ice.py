"""aioice, quicker to connect, quicker to notice a dead peer, and clean when it ends."""

import asyncio
import contextlib
import ipaddress
import logging
import random
import socket
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Final, TypeAlias, cast

import aioice
from aioice import Candidate, ice, stun, turn
from aioice.candidate import candidate_foundation, candidate_priority

from app.link.consent import CONSENT_INTERVAL_S, CONSENT_QUESTIONS, Consent

log = logging.getLogger("parlance.link")

CHECK_PACE_S: Final = 0.02
"""Between the first checks of two candidate pairs (Ta of RFC 8445 section 14.2 is 50 ms; aioice takes 20)."""

STUN_RTO_S: Final = 0.1
"""Until the first repetition of a STUN request; doubled six times after that, 12.7 s in all."""

ICE_SERVERS_WAIT_S: Final = 2.0
"""STUN and TURN servers that have not answered by then are done without."""

CLOSE_WAIT_S: Final = 1.0
"""How long a TURN server may take to confirm that its allocation is no longer needed."""

_Question: TypeAlias = Callable[[], Coroutine[None, None, tuple[Candidate, ice.StunProtocol | None]]]
"""Brings a candidate from an ICE server, and its own protocol if it is a relay."""


class _QuickTransaction(stun.Transaction):
    """What: the first repetition comes after STUN_RTO_S instead of 0.5 s.

    Why: at 5 % loss a tenth of all checks needs a repetition, and each costs the person waiting half a second.
    Until: aioice takes the RTO as an argument.
    """

    def __init__(
        self,
        request: stun.Message,
        addr: tuple[str, int],
        protocol: ice.StunProtocol,
        retransmissions: int | None,
        integrity_key: bytes | None,
    ) -> None:
        super().__init__(request, addr, protocol, retransmissions, integrity_key)
        self._Transaction__timeout_delay = STUN_RTO_S


class _ConsentQuestion:
    """A binding request whose answer is only counted; stands among a protocol's transactions without task or timer."""

    def __init__(self, key: bytes, answered: Callable[[], None]) -> None:
        self._key = key
        self._answered = answered

    def response_received(self, message: stun.Message, addr: tuple[str, int]) -> None:
        if message.message_class == stun.Class.RESPONSE and message.check_message_integrity(self._key):
            self._answered()


class _Socket(ice.StunProtocol):
    """What: requests run as quick transactions, and their round trip is measured. Why and until: as above."""

    receiver: "IceAgent"

    async def request(
        self,
        request: stun.Message,
        addr: tuple[str, int],
        integrity_key: bytes | None = None,
        retransmissions: int | None = None,
    ) -> tuple[stun.Message, tuple[str, int]]:
        """Run a STUN transaction."""
        if integrity_key is not None:
            request.add_message_integrity(integrity_key)
        transaction = _QuickTransaction(request, addr, self, retransmissions, integrity_key)
        self.transactions[request.transaction_id] = transaction
        asked_s = time.monotonic()
        try:
            answer = await transaction.run()
        finally:
            del self.transactions[request.transaction_id]
        self.receiver.measured(time.monotonic() - asked_s)
        return answer


def host_addresses() -> list[str]:
    """This machine's addresses that can reach something.

    Link-local ones cannot reach a server (and IPv6 ones need a scope that SDP cannot carry). Without any network the
    loopback address is left, which aioice would not offer: a server on this machine stays reachable.
    """
    found = ice.get_host_addresses(use_ipv4=True, use_ipv6=True)
    return [address for address in found if not ipaddress.ip_address(address).is_link_local] or ["127.0.0.1"]


class IceAgent(aioice.Connection):
    """ICE for one transport, always controlling.

    ``remote_is_lite`` stays False even for ICE-lite servers: aioice then puts USE-CANDIDATE into the first check, which
    saves a round trip. If several pairs were nominated that way, the consent questions, which carry it too, tell the
    server which one we use.
    """

    def __init__(
        self,
        *,
        stun_server: tuple[str, int] | None = None,
        turn_server: tuple[str, int] | None = None,
        turn_username: str | None = None,
        turn_password: str | None = None,
        turn_ssl: bool = False,
        turn_transport: str = "udp",
    ) -> None:
        super().__init__(
            ice_controlling=True,
            stun_server=stun_server,
            turn_server=turn_server,
            turn_username=turn_username,
            turn_password=turn_password,
            turn_ssl=turn_ssl,
            turn_transport=turn_transport,
        )
        self._rtt_s: float | None = None

    @property
    def rtt_s(self) -> float | None:
        """Smoothed round trip of the STUN requests to the peer."""
        return self._rtt_s

    @property
    def candidate_types(self) -> tuple[str, str]:
        """Ours and the server's of the pair in use; empty while there is none."""
        pair = self._nominated.get(1)
        return (pair.local_candidate.type, pair.remote_candidate.type) if pair else ("", "")

    def measured(self, rtt_s: float) -> None:
        """Take a round trip into the mean (RFC 6298 section 2.3)."""
        self._rtt_s = rtt_s if self._rtt_s is None else self._rtt_s + (rtt_s - self._rtt_s) / 8

    async def gather_candidates(self) -> None:
        """Collect local candidates.

        What: all of gathering. Why: aioice waits 5 s for a dead STUN server, leaves tasks and sockets behind when
        gathering is cancelled, and offers link-local addresses. Until: upstream does none of the three.
        """
        self._local_candidates_start = True
        for address in host_addresses():
            await self._bind(address)
        try:
            async with asyncio.timeout(ICE_SERVERS_WAIT_S), asyncio.TaskGroup() as tasks:
                for question in self._server_questions():
                    tasks.create_task(self._take(question))
        except TimeoutError:
            log.warning("x an ICE server does not answer, going without it")
        self._local_candidates_end = True

    async def _bind(self, address: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            transport, protocol = await loop.create_datagram_endpoint(lambda: _Socket(self), local_addr=(address, 0))
        except OSError as refused:
            log.info("x cannot bind to an address of this machine: %s", refused.strerror)
            return
        self._protocols.append(protocol)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, turn.UDP_SOCKET_BUFFER_SIZE)
        host, port = transport.get_extra_info("sockname")[:2]
        protocol.local_candidate = Candidate(
            foundation=candidate_foundation("host", "udp", host),
            component=1,
            transport="udp",
            priority=candidate_priority(1, "host"),
            host=host,
            port=port,
            type="host",
        )
        self._local_candidates.append(protocol.local_candidate)

    def _server_questions(self) -> Iterable[_Question]:
        if self.stun_server:
            for protocol in self._protocols:
                if ipaddress.ip_address(protocol.local_candidate.host).version == 4:
                    yield partial(ice.server_reflexive_candidate, protocol, self.stun_server)
        if self.turn_server:
            yield partial(
                ice.relayed_candidate,
                component=1,
                hide_related_address=False,
                protocol_factory=lambda: _Socket(self),
                turn_server=self.turn_server,
                turn_username=self.turn_username,
                turn_password=self.turn_password,
                turn_ssl=self.turn_ssl,
                turn_transport=self.turn_transport,
            )

    async def _take(self, question: _Question) -> None:
        try:
            candidate, relay = await question()
        except (stun.TransactionError, OSError, KeyError) as refused:
            log.warning("x an ICE server is of no use: %s", type(refused).__name__)
            return
        self._local_candidates.append(candidate)
        if relay is not None:
            self._protocols.append(relay)

    async def connect(self) -> None:
        """Find a pair that works; raises ConnectionError when there is none.

        What: completion is waited for where aioice looks for it every 20 ms per pair; no consent task is started.
        Why: up to 20 ms of every connect, more with several pairs; ``keep_consent`` is a task of the link.
        Until: aioice's connect() ends by event.
        """
        self._rtt_s = None
        for remote_candidate in self._remote_candidates:
            self._pair_remote_candidate(remote_candidate)
        self.sort_check_list()
        self._unfreeze_initial()
        for early_check in self._early_checks:
            self.check_incoming(*early_check)
        self._early_checks.clear()
        self._early_checks_done = True
        outcome = await self._outcome() if self._check_list else ice.ICE_FAILED
        for pair in self._check_list:
            if pair.task:
                pair.task.cancel()
        if outcome != ice.ICE_COMPLETED:
            raise ConnectionError("no pair of addresses works")

    async def _outcome(self) -> int:
        while self._check_periodic():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHECK_PACE_S):
                    return await self._check_list_state.get()
        return await self._check_list_state.get()

    async def keep_consent(self) -> None:
        """Ask the peer whether it is there, for ever; raises ConnectionError when it stops answering.

        What: replaces aioice's query_consent(). Why: that one takes 30 s to notice a silent death, and never gets an
        answer when the round trip is above 0.5 s, as it stops listening before. Until: upstream asks without waiting
        for the last answer and takes the times as arguments.
        """
        consent = Consent()
        asked: deque[tuple[ice.StunProtocol, bytes]] = deque()
        while not consent.lost:
            asked.append(self._ask(consent))
            if len(asked) > 2 * CONSENT_QUESTIONS:
                protocol, question = asked.popleft()
                protocol.transactions.pop(question, None)
            # A little random, so that many clients do not ask in step (RFC 7675 section 5.1).
            await asyncio.sleep(CONSENT_INTERVAL_S * random.uniform(0.9, 1.0))
        raise ConnectionError("the peer stopped answering")

    def _ask(self, consent: Consent) -> tuple[ice.StunProtocol, bytes]:
        pair = self._nominated[1]
        key = cast("str", self.remote_password).encode()
        request = self.build_request(pair, nominate=True)
        request.add_message_integrity(key)
        asked_s = time.monotonic()

        def answered() -> None:
            consent.answered()
            self.measured(time.monotonic() - asked_s)

        question = cast("stun.Transaction", _ConsentQuestion(key, answered))
        pair.protocol.transactions[request.transaction_id] = question
        consent.asked()
        pair.protocol.send_stun(request, pair.remote_addr)
        return pair.protocol, request.transaction_id

    async def close(self) -> None:
        """Close all sockets.

        What: a TURN server is not waited for longer than CLOSE_WAIT_S. Why: aioice repeats its farewell for up to
        30 s. Until: aioice bounds it.
        """
        closing = asyncio.create_task(super().close(), name="link closes ICE")
        # Not by a timeout: cancelled, aioice would lose track of what is still to be closed.
        await asyncio.wait({closing}, timeout=CLOSE_WAIT_S)
        if not closing.done():
            for protocol in self._protocols:
                farewell: asyncio.Task[None] | None = getattr(protocol.transport, "_TurnTransport__close_task", None)
                if farewell:
                    farewell.cancel()
        await closing
