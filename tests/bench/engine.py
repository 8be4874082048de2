"""Parlance without its window, as a process: ``python -m tests.bench.engine ORDER``.

Everything between devices and network is the product's own: conductor, attempt, sound thread, link, tokens, on a qasync
loop in a thread of its own as in the app. The order is JSON (``Order``); the answer are lines of JSON on standard
output: ``{"live": true}`` when the measured stretch of a call begins, and at the end ``{"result": …}``.
"""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QThread, QTimer

from app.assembly.memory import one_arena, settle
from app.assembly.session_loop import run_on_loop
from app.assembly.session_thread import SWITCH_INTERVAL_S
from app.assembly.surroundings import Adapters, build_adapters
from app.assembly.tool_desk import ToolBox
from app.audio.downlink import Downlink, DownlinkStats
from app.audio.packetiser import Packetiser
from app.conversation import happenings as did
from app.conversation.machines import Link
from app.conversation.profiles import Door, Profile
from app.conversation.settings import CueSettings, Hearing, Settings
from app.conversation.troubles import Trouble
from app.conversation.view import View
from app.link.voice import VoiceCall
from app.session.conductor import Conductor, Screen
from app.session.ports import CallLine, LinkEars
from app.vault.places import Places
from tests.bench.devices import BenchDevices
from tests.bench.sounds import sound_of
from tests.bench.tap import now_s

CONNECT_LIMIT_S: Final = 20.0
SETTLE_S: Final = 3.0
"""From the open channel until what is measured begins: buffers find their depth."""
SAMPLE_S: Final = 0.25
"""Between two looks at the figures: looking is no part of the product, and counts as its CPU time."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to do."""

    url: str
    """Where the offer goes."""
    connects: int = 0
    """Connect and hang up so many times; else hold one call."""
    seconds: float = 10.0
    """Of the call, after SETTLE_S."""
    microphone: str = "voice"
    packet_ms: int = 20
    block_ms: int = 0
    """How long the GUI thread computes once a second."""


class _Ears:
    """The attempt's own ears, with a clock."""

    def __init__(self, ears: LinkEars, moments: dict[str, float]) -> None:
        self._ears = ears
        self._moments = moments

    def transport_up(self) -> None:
        self._ears.transport_up()

    def channel_opened(self) -> None:
        self._moments["open_s"] = now_s()
        self._ears.channel_opened()

    def text_arrived(self, text: str) -> None:
        self._ears.text_arrived(text)

    def link_broke(self, trouble: Trouble) -> None:
        self._moments["lost_s"] = now_s()
        self._ears.link_broke(trouble)


class _Engine:
    """The product, wired as ``app.assembly.call`` does it, with devices and a line that know the time."""

    def __init__(self, tasks: asyncio.TaskGroup, order: Order, adapters: Adapters) -> None:
        self.devices = BenchDevices(sound_of(order.microphone, 30), listens_for_clicks=order.microphone == "clicks")
        self._profile = Profile(name="bench", title="Bench", door=Door.BROKER_PROXY, broker_url=order.url)
        self._tokens = adapters.tokens
        self._order = order
        self._calls: list[VoiceCall] = []
        self.moments: dict[str, float] = {}
        """Of the latest call: ``click_s``, ``open_s``, ``lost_s``, as far as they came."""
        self._changed = asyncio.Event()
        # A click is noise: it comes through if nothing is done to the sound of the microphone.
        hearing = Hearing.AS_IS if order.microphone == "clicks" else Hearing.LOUDSPEAKER
        cues = CueSettings(enabled=False)  # what is played is timed
        settings = Settings(profile="bench", profiles=(self._profile,), hearing=hearing, cues=cues)
        world = adapters.world
        self._make_call = world.new_call
        screen = Screen(view=self._show, desk=lambda _view: None)
        noting = replace(world, new_call=self._new_call)
        self._conductor = Conductor(tasks, noting, self.devices, ToolBox(), settings, screen)

    def _new_call(self, ears: LinkEars, profile: Profile) -> CallLine:
        call = self._make_call(_Ears(ears, self.moments), profile)
        assert isinstance(call, VoiceCall)
        if self._order.packet_ms != 20:
            vars(call)["_packetiser"] = Packetiser(packet_ms=self._order.packet_ms)
        self._calls.append(call)
        return call

    def _show(self, _view: View) -> None:
        self._changed.set()

    async def warm_up(self) -> None:
        """Have a connection to the server, as after a first try or a minted secret."""
        with contextlib.suppress(Trouble):  # the server says that this is no offer
            await self._tokens.exchange(self._profile, None, "v=0\r\n")

    async def connect(self) -> None:
        """Click, and wait until it is live or failed."""
        self.moments.clear()
        self.moments["click_s"] = now_s()
        self._conductor.handle(did.ConnectRequested())
        await self.until(lambda: self._conductor.state.link in (Link.LIVE, Link.DOWN), CONNECT_LIMIT_S)

    async def hang_up(self) -> None:
        """And wait until all is gone."""
        self._conductor.handle(did.DisconnectRequested())
        await self.until(lambda: self._conductor.state.link is Link.DOWN, CONNECT_LIMIT_S)

    async def until(self, reached: Callable[[], bool], limit_s: float) -> None:
        """Wait; TimeoutError after the limit."""
        async with asyncio.timeout(limit_s):
            while not reached():
                self._changed.clear()
                await self._changed.wait()

    def stats(self) -> DownlinkStats:
        """Of the newest call."""
        playout = self._calls[-1].playout
        assert isinstance(playout, Downlink)
        return playout.stats()


async def _connects(engine: _Engine, order: Order) -> dict[str, Any]:
    moments = []
    for _ in range(order.connects):
        with contextlib.suppress(TimeoutError):  # a failed one is a finding
            await engine.connect()
        moments.append(dict(engine.moments))
        await asyncio.sleep(0.1)  # the first sound comes after the channel when packets were lost
        await engine.hang_up()
        await engine.warm_up()  # the connection there was is busy with the farewell
    return {"connects": moments}


async def _call(engine: _Engine, order: Order) -> dict[str, Any]:
    await engine.connect()
    await asyncio.sleep(SETTLE_S)
    before, delays = engine.stats(), []
    _tell({"live": True, "at_s": now_s()})
    began_s = time.monotonic()
    while (left_s := began_s + order.seconds - time.monotonic()) > 0:
        if "lost_s" in engine.moments:
            break
        await asyncio.sleep(min(SAMPLE_S, left_s))
        delays.append(engine.stats().delay_ms)
    after = engine.stats()
    await engine.hang_up()
    return {
        **engine.moments,
        "stats": {name: value - asdict(before)[name] for name, value in asdict(after).items()},
        "delay_ms": sum(delays) / len(delays),
        "echo_cancelled": "livekit" in sys.modules,
        "captured": engine.devices.captured.at_s,
        "played": engine.devices.played.at_s,
    }


async def _work(order: Order) -> dict[str, Any]:
    adapters = build_adapters(Places.here())
    try:
        async with asyncio.TaskGroup() as tasks:
            engine = _Engine(tasks, order, adapters)
            await engine.warm_up()
            settle()
            return await (_connects if order.connects else _call)(engine, order)
    finally:
        await adapters.close()


def _tell(words: dict[str, Any]) -> None:
    print(json.dumps(words), flush=True)


class _SessionThread(QThread):
    def __init__(self, order: Order) -> None:
        super().__init__()
        self._order = order

    def run(self) -> None:
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        _tell({"result": run_on_loop(self, lambda: _work(self._order))})


def _compute(duration_ms: int) -> None:
    """Python code that never waits, as a bad slot would."""
    until_s = time.monotonic() + duration_ms / 1000
    while time.monotonic() < until_s:
        pass


def main() -> None:
    """The process."""
    order = Order(**json.loads(sys.argv[1]))
    application = QCoreApplication(sys.argv[:1])
    session = _SessionThread(order)
    session.finished.connect(application.quit)
    timer = QTimer()
    if order.block_ms:
        timer.timeout.connect(lambda: _compute(order.block_ms))
        timer.start(1000)
    one_arena()
    session.start()
    application.exec()
    session.wait()


if __name__ == "__main__":
    main()
