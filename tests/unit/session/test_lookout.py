import asyncio
from collections.abc import Sequence

import pytest

from app.conversation.paths import NO_NETWORK, Network
from app.conversation.profiles import Transport
from app.session import lookout
from app.session.lookout import Lookout

HOME = Network("wlan0", "aa")
HOME_UNASKED = Network("wlan0")
HOTEL = Network("wlan0", "bb")
CABLE = Network("eth0")


class Walk:
    """Paths that lead from one network to the next with each look."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self.ahead = list(networks)

    def network(self) -> Network:
        return self.ahead.pop(0)

    async def order(self, transports: tuple[Transport, ...]) -> tuple[Transport, ...]:
        return transports

    async def learned(self, *, blocked: bool) -> None:
        pass


@pytest.mark.parametrize(
    ("networks", "moves"),
    [
        ((HOME, HOME, HOME), 0),
        ((HOME, CABLE, CABLE), 1),
        ((HOME, HOTEL, HOME), 2),
        ((HOME, Network(NO_NETWORK), HOME), 2),
        # The gateway's hardware address comes and goes with the kernel's table of neighbours.
        ((HOME_UNASKED, HOME, HOME_UNASKED, HOME), 0),
        ((HOME, HOME_UNASKED, HOTEL), 1),
    ],
)
async def test_another_network_is_told_once(
    networks: Sequence[Network], moves: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookout, "LOOK_EVERY_S", 0.0)
    walk, told = Walk(networks), []

    def look() -> None:
        if not walk.ahead:
            guard.stop()

    guard = Lookout(walk, lambda: told.append(True), look)
    async with asyncio.timeout(10):
        await guard.run()
    assert len(told) == moves
