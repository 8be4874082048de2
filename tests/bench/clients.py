"""The two who call: both make the same calls to the same server and tell the same things about them."""

import base64
import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from tests.bench.chromium import Chromium, chromium
from tests.bench.engine import SETTLE_S, Order
from tests.bench.network import ROOT, SERVER_ADDRESS, BenchTrouble, Network, command_in, inside
from tests.bench.peer import Heard
from tests.bench.processes import Cost, Meter, tree
from tests.bench.server import PORT, SAYS_S
from tests.bench.sounds import sound_of
from tests.support.speech import write_wav

_NEVER: Final = float("nan")


@dataclass(frozen=True, slots=True)
class Connected:
    """One click."""

    click_s: float
    open_s: float
    """When the channel could be used; not a number if it never could."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a call was like."""

    connected: Connected
    live_s: float
    """When the measured stretch began."""
    not_real: float = _NEVER
    """Share of made-up sound, silence for silence not counted."""
    buffer_ms: float = _NEVER
    """Mean time in the jitter buffer."""
    playout_ms: float = _NEVER
    """Chromium's own account of what comes after its jitter buffer."""
    cost: Cost | None = None
    captured: list[float] = field(default_factory=list)
    played: list[float] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    """What the server got."""
    lost_s: float = _NEVER
    """When the client said that the link is dead."""
    echo_cancelled: bool = True


@dataclass(frozen=True, slots=True)
class Wish:
    """What call to make."""

    says: str = "voice"
    """The server: ``voice`` or ``clicks``."""
    microphone: str = "voice"
    seconds: float = 20.0
    lite: bool = False
    server_packet_ms: int = 20
    packet_ms: int = 20
    """Parlance's own; a browser follows the server's ``ptime``."""
    block_ms: int = 0
    """How long Parlance's GUI thread computes once a second."""
    until_lost: bool = False
    meanwhile: Callable[[], None] = lambda: None
    """Done when the measured stretch begins."""

    @property
    def path(self) -> str:
        """Where the offer goes."""
        return f"/call?says={self.says}&ptime={self.server_packet_ms}&lite={int(self.lite)}"


class Client(Protocol):
    """Parlance or Chromium."""

    def connects(self, wish: Wish, times: int) -> list[Connected]:
        """Click and hang up so many times."""

    def call(self, wish: Wish) -> Call:
        """Hold one call."""


class Stage:
    """The network and the server on it."""

    def __init__(self, network: Network, url: str, certificate: Path) -> None:
        self.network = network
        self.url = url
        self.certificate = certificate

    def heard(self) -> list[Heard]:
        """The RTP that has arrived of the latest call."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        with inside(self.network.server):
            connection = http.client.HTTPSConnection(SERVER_ADDRESS, PORT, context=context, timeout=10)
            connection.request("GET", "/heard")
            answer = json.loads(connection.getresponse().read())
            connection.close()
        return [
            Heard(at_s, sequence, timestamp, base64.b64decode(payload))
            for at_s, sequence, timestamp, payload in answer["packets"]
        ]


@contextmanager
def stage(network: Network) -> Iterator[Stage]:
    """A running server."""
    with tempfile.TemporaryDirectory(prefix="parlance-bench-") as folder:
        command = [sys.executable, "-m", "tests.bench.server", SERVER_ADDRESS, folder]
        with subprocess.Popen(
            command_in(network.server, command), cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout
                ready = json.loads(process.stdout.readline() or "{}")
                if not ready:
                    raise BenchTrouble("The bench's server did not start; its reason stands above.")
                yield Stage(network, ready["url"], Path(folder) / "certificate.pem")
            finally:
                process.kill()


class Parlance:
    """The engine, a new process for each row."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def connects(self, wish: Wish, times: int) -> list[Connected]:
        """Click and hang up so many times."""
        result = self._run(wish, connects=times)[0]
        return [Connected(one["click_s"], one.get("open_s", _NEVER)) for one in result["connects"]]

    def call(self, wish: Wish) -> Call:
        """Hold one call."""
        result, live_s, cost = self._run(wish)
        if "open_s" not in result:
            raise BenchTrouble("Parlance did not connect.")
        stats = result["stats"]
        heard = sum(stats[f"{kind}_samples"] for kind in ("real", "fec", "concealed", "silent"))
        return Call(
            connected=Connected(result["click_s"], result["open_s"]),
            live_s=live_s,
            not_real=stats["concealed_samples"] / max(1, heard),
            buffer_ms=result["delay_ms"],
            cost=cost,
            captured=result["captured"],
            played=result["played"],
            heard=self._stage.heard(),
            lost_s=result.get("lost_s", _NEVER),
            echo_cancelled=result["echo_cancelled"],
        )

    def _run(self, wish: Wish, connects: int = 0) -> tuple[dict[str, Any], float, Cost | None]:
        order = Order(
            url=self._stage.url + wish.path,
            connects=connects,
            seconds=wish.seconds,
            microphone=wish.microphone,
            packet_ms=wish.packet_ms,
            block_ms=wish.block_ms,
        )
        command = [sys.executable, "-m", "tests.bench.engine", json.dumps(asdict(order))]
        environment = os.environ | {
            "SSL_CERT_FILE": str(self._stage.certificate),
            "QT_QPA_PLATFORM": "offscreen",
            "PARLANCE_HOME": str(self._stage.certificate.with_name("home")),
            "PARLANCE_BROKER_CREDENTIAL": "of-no-meaning",  # the keyring is not what is measured
        }
        live_s, meter, cost = _NEVER, None, None
        with subprocess.Popen(
            command_in(self._stage.network.client, command),
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout
            try:
                for line in process.stdout:
                    told = json.loads(line)
                    if "live" in told:
                        live_s, meter = told["at_s"], Meter(lambda: tree(process.pid))
                        wish.meanwhile()
                        if not wish.until_lost:
                            # The engine says nothing more until its stretch is over, and then ends.
                            time.sleep(max(0.0, wish.seconds - 0.2))
                            cost = meter.read()
                    if "result" in told:
                        return told["result"], live_s, cost
            finally:
                process.kill()
        raise BenchTrouble("Parlance's engine ended without a result; its reason stands above.")


class ChromiumClient:
    """The browser, a new one for each row."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self._stage = stage
        self._voice = folder / "voice.wav"
        write_wav(self._voice, sound_of("voice", SAYS_S))

    @contextmanager
    def _page(self, wish: Wish) -> Iterator[Chromium]:
        def wrap(command: Sequence[str]) -> list[str]:
            return command_in(self._stage.network.client, command)

        with chromium(microphone=self._voice, wrap=wrap) as browser:
            browser.open(self._stage.url + "/")
            browser.run(f"prepare({json.dumps(wish.microphone)}, true)")
            yield browser

    def connects(self, wish: Wish, times: int) -> list[Connected]:
        """Click and hang up so many times."""
        with self._page(wish) as browser:
            found = []
            for _ in range(times):
                found.append(_connected(browser, wish))
                time.sleep(0.1)
                browser.run("hangUp()")
            return found

    def call(self, wish: Wish) -> Call:
        """Hold one call."""
        with self._page(wish) as browser:
            finds = json.dumps(wish.says == "clicks")
            connected = Connected(**browser.run(f"connect({json.dumps(wish.path)}, {finds})"))
            time.sleep(SETTLE_S)
            before, live_s = browser.run("stats()"), browser.run("nowS()")
            meter = Meter(lambda: tree(browser.process.pid))
            wish.meanwhile()
            lost_s = self._wait(browser, wish)
            cost = meter.read()
            after, clicks = browser.run("stats()"), browser.run("clicks()")
            heard = self._stage.heard()
        delta = {name: after[name] - before[name] for name in after if isinstance(after[name], int | float)}
        emitted = delta.get("jitterBufferEmittedCount", 0)
        return Call(
            connected=connected,
            live_s=live_s,
            not_real=(delta["concealedSamples"] - delta["silentConcealedSamples"])
            / max(1, delta["totalSamplesReceived"]),
            buffer_ms=1000 * delta["jitterBufferDelay"] / emitted if emitted else _NEVER,
            playout_ms=1000 * delta["totalPlayoutDelay"] / max(1, delta["totalSamplesCount"])
            if "totalPlayoutDelay" in delta
            else _NEVER,
            cost=cost,
            captured=clicks["captured"],
            played=clicks["played"],
            heard=heard,
            lost_s=lost_s,
        )

    def _wait(self, browser: Chromium, wish: Wish) -> float:
        ends_s = time.monotonic() + wish.seconds
        while (left_s := ends_s - time.monotonic()) > 0:
            time.sleep(min(left_s, 0.1 if wish.until_lost else left_s))
            if wish.until_lost and (lost_s := browser.run("brokenS()")):
                return float(lost_s)
        return _NEVER


def _connected(browser: Chromium, wish: Wish) -> Connected:
    """One click of many; a failed one is a finding."""
    try:
        return Connected(**browser.run(f"connect({json.dumps(wish.path)}, false)"))
    except BenchTrouble:
        return Connected(_NEVER, _NEVER)
