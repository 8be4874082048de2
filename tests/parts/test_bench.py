"""The bench itself: the emulated network, the server and the engine on it, and that nothing is left behind."""

import os
import subprocess

import pytest

from tests.bench.clickwork import stream_since
from tests.bench.clients import Parlance, Wish, stage
from tests.bench.netsim import Conditions
from tests.bench.network import BenchTrouble, emulated_network
from tests.bench.selfcheck import DELAY_MS, self_check
from tests.bench.tap import tap

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces belong to root")


def namespaces() -> str:
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    return "\n".join(line for line in listed.splitlines() if f"-{os.getpid()}-" in line)


def test_without_root_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(BenchTrouble, match="root"), emulated_network():
        pass


@needs_root
def test_parlance_calls_through_the_emulated_network() -> None:
    round_trip_s = 2 * DELAY_MS / 1000
    with emulated_network() as network:
        assert len(namespaces().splitlines()) == 3
        assert self_check(network, pings=10).round_trip_ms < 2 * DELAY_MS
        with stage(network) as server, tap(network) as listener:
            network.set(Conditions(delay_ms=DELAY_MS))
            (connected,) = Parlance(server).connects(Wish(), 1)
            first_sound = stream_since(listener.packets(outgoing=False), connected.click_s)[0]
        assert connected.open_s - connected.click_s > 3.9 * round_trip_s
        assert first_sound.at_s - connected.click_s > 3.9 * round_trip_s
    assert not namespaces()


@needs_root
def test_a_failure_leaves_nothing_behind() -> None:
    with pytest.raises(ZeroDivisionError), emulated_network():
        raise ZeroDivisionError
    assert not namespaces()
