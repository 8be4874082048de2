"""Which way to a server is tried first: networks that let no WebRTC through are remembered for some hours. Pure.

Moments are epoch seconds, since they outlive the program. ``NO_NETWORK`` and a network without a name are never
remembered.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from app.conversation.profiles import Transport

RETRY_AFTER_S: Final = 6 * 3600.0
"""Networks change: WebRTC has much the better sound and gets another try after this."""
NETWORKS_KEPT: Final = 20
NO_NETWORK: Final = "none"
"""The name of having none, which says nothing about any."""


@dataclass(frozen=True, slots=True)
class Network:
    """A network as this machine sees it, in opaque words that whoever can see it makes up."""

    way: str
    """The way out, or ``NO_NETWORK``."""
    gateway: str = ""
    """The machine there, where that is known; empty while nobody has asked for it lately."""

    @property
    def name(self) -> str:
        """What it is remembered by."""
        return f"{self.way}-{self.gateway}" if self.gateway else self.way

    def is_another_than(self, other: "Network") -> bool:
        """Whether the machine has moved. That it knows more or less of the same gateway is no move."""
        return self.way != other.way or bool(self.gateway and other.gateway and self.gateway != other.gateway)


@dataclass(frozen=True, slots=True)
class BlockedNetwork:
    """A network that did not let WebRTC through."""

    network: str
    failed_at_s: float


@dataclass(frozen=True, slots=True)
class KnownPaths:
    """What earlier connections learned about networks; the latest last."""

    blocked: tuple[BlockedNetwork, ...] = ()

    def order(self, transports: tuple[Transport, ...], network: str, now_s: float) -> tuple[Transport, ...]:
        """The profile's transports (``Profile.transports``) in the order to try them on this network."""
        if Transport.WEBRTC not in transports or not self.is_blocked(network, now_s):
            return transports
        return (*(one for one in transports if one is not Transport.WEBRTC), Transport.WEBRTC)

    def is_blocked(self, network: str, now_s: float) -> bool:
        """Whether WebRTC failed here lately. A failure in the future is one by a clock that was wrong."""
        return any(each.network == network and 0 <= now_s - each.failed_at_s < RETRY_AFTER_S for each in self.blocked)

    def after_failure(self, network: str, now_s: float) -> Self:
        """WebRTC did not get through on this network, while WebSocket did."""
        if network in ("", NO_NETWORK):
            return self
        return self._with(self._without(network), BlockedNetwork(network, now_s))

    def after_success(self, network: str) -> Self:
        """WebRTC got through, or shall be tried again here."""
        return self._with(self._without(network))

    def _without(self, network: str) -> tuple[BlockedNetwork, ...]:
        return tuple(each for each in self.blocked if each.network != network)

    def _with(self, others: Iterable[BlockedNetwork], *latest: BlockedNetwork) -> Self:
        return type(self)((*others, *latest)[-NETWORKS_KEPT:])
