"""A long conversation with a fault each minute, and many short ones: ``python -m tests.bench.soak``.

    python -m tests.bench.soak                                  # warm-up, 30 minutes, then 300 connects
    python -m tests.bench.soak --minutes 5 --connects 60 --transport websocket

The app's conductor and adapters without a window, against a server in a process of its own, in the language of tones:
every question and answer is checked. What grows is told: tasks, threads, sockets, file descriptors, and memory after
warm-up. Exit code 1 if something is left over, a word is lost, or memory grows faster than GOAL_MB_PER_HOUR.
"""

import argparse
import asyncio
import ctypes
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from app.assembly.memory import one_arena, settle
from app.conversation import happenings as did
from app.conversation.machines import Link
from app.conversation.profiles import Transport
from app.conversation.settings import Settings
from tests.support.rehearsal import KEY
from tests.support.road import Road
from tests.support.talk import Talk, a_clock_each, profile_of, settings_for, talking
from tests.support.tone_server import COMMAND, put_faults
from tests.support.tones import WORDS

GOAL_MB_PER_HOUR: Final = 1.0
WARM_UP_ROUNDS: Final = 3
"""So often each fault comes, one soon after another, before anything is measured: until Python and the C library have
all the room they need for what comes and goes, memory grows while nothing is kept."""
WARM_UP_QUESTIONS: Final = 3
"""After each of these faults."""
WARM_CONNECTS: Final = 20
ASK_EVERY_S: Final = 10.0


@dataclass(frozen=True)
class Counts:
    """What is open in this process."""

    tasks: int
    threads: int
    sockets: int
    files: int

    @classmethod
    def now(cls) -> "Counts":
        """Threads of the pool stay, and so do not count."""
        links = [os.readlink(each) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
        threads = [each for each in threading.enumerate() if not each.name.startswith("asyncio_")]
        return cls(
            len(asyncio.all_tasks()), len(threads), sum(link.startswith("socket:") for link in links), len(links)
        )

    def more_than(self, before: "Counts") -> "Counts":
        """What has been added since."""
        return Counts(
            self.tasks - before.tasks,
            self.threads - before.threads,
            self.sockets - before.sockets,
            self.files - before.files,
        )

    def __str__(self) -> str:
        return f"{self.tasks} tasks, {self.threads} threads, {self.sockets} sockets, {self.files} file descriptors"


class Server:
    """The server's process, which can be frozen and killed."""

    def __init__(self, folder: Path) -> None:
        self._pid_file = folder / "pid"
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    async def start(self) -> None:
        """Serve; each time on another port."""
        command = (*COMMAND, str(self._pid_file))
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220
        assert self._process.stdout is not None
        line = await asyncio.to_thread(self._process.stdout.readline)
        self.port = int(json.loads(line)["url"].split(":")[2].split("/")[0])

    def signal(self, number: int) -> None:
        """To the process."""
        assert self._process is not None
        self._process.send_signal(number)

    async def end(self) -> None:
        """However it is."""
        assert self._process is not None
        self._process.kill()
        await asyncio.to_thread(self._process.wait)
        assert self._process.stdout is not None
        self._process.stdout.close()


@dataclass
class Soak:
    """One long conversation."""

    talk: Talk
    road: Road
    server: Server
    asked: int = 0
    memory: list[tuple[float, float]] = field(default_factory=list)
    """Seconds, and megabytes."""
    counts: list[Counts] = field(default_factory=list)

    @property
    def faults(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        """In their order."""
        return (
            ("the network goes silent", self._cut),
            ("another network", self._another_network),
            ("the server hangs up", lambda: self._spoil(close={})),
            ("the devices go", self._unplug),
            ("the server freezes", self._freeze),
            ("the machine slept", self._sleep),
            ("the port is closed", self._close_port),
            ("the server goes silent", lambda: self._spoil(drop={})),
            ("the server is killed", self._kill),
            ("the network pauses", self._pause),
        )

    async def warm_up(self) -> None:
        """Have each fault some times, in a hurry."""
        began_s = time.monotonic()
        for _, cause in self.faults * WARM_UP_ROUNDS:
            await cause()
            for _ in range(WARM_UP_QUESTIONS):
                await self._ask()
        print(
            f"warm after {time.monotonic() - began_s:.0f} s and {self.asked} questions: {own_mb():.1f} MB", flush=True
        )

    async def run(self, duration_s: float, minute_s: float = 60.0) -> None:
        """Talk, with a fault each minute."""
        began_s = time.monotonic()
        minute = 0
        while time.monotonic() - began_s < duration_s:
            name, cause = self.faults[minute % len(self.faults)]
            minute += 1
            await cause()
            while time.monotonic() - began_s < min(minute * minute_s, duration_s):
                await self._ask()
                await asyncio.sleep(ASK_EVERY_S)
                gc.collect()
                self.memory.append((time.monotonic() - began_s, own_mb()))
            self.counts.append(Counts.now())
            print(f"{minute:4} min  {name}: {self.memory[-1][1]:.1f} MB, {self.counts[-1]}", flush=True)

    @property
    def slope_mb_per_hour(self) -> float:
        """Of a straight line through the measurements."""
        points = np.array(self.memory)
        return float(np.polyfit(points[:, 0], points[:, 1], 1)[0] * 3600)

    async def _ask(self) -> None:
        first, second = WORDS[self.asked % 9], WORDS[(self.asked + 1) % 9]
        self.asked += 1
        await self.talk.back()
        await self.talk.ask(f"{first} {second}")

    async def _cut(self) -> None:
        self.road.cut()
        await self.talk.lost()
        self.road.mend()

    async def _pause(self) -> None:
        self.road.cut()
        await asyncio.sleep(2.0)
        self.road.mend()

    async def _another_network(self) -> None:
        self.talk.paths.name = f"network {self.asked}"
        await self.talk.moved_again()

    async def _sleep(self) -> None:
        self.talk.set_clock_ahead(3600.0)
        await self.talk.moved_again()

    async def _spoil(self, **running: object) -> None:
        await put_faults(self.server.port, KEY, {"running": running})
        await self.talk.lost()

    async def _unplug(self) -> None:
        self.talk.devices.unplug()
        await asyncio.sleep(2.0)
        self.talk.devices.plug_in()
        await asyncio.sleep(2.0)

    async def _freeze(self) -> None:
        self.server.signal(signal.SIGSTOP)
        await self.talk.lost()
        self.server.signal(signal.SIGCONT)

    async def _close_port(self) -> None:
        self.road.close_port()
        self.road.cut()
        await self.talk.lost()
        self.road.mend()
        await asyncio.sleep(2.0)
        await self.road.open_port()

    async def _kill(self) -> None:
        await self.server.end()
        await self.talk.lost()
        await self.server.start()
        self.road.lead_to(self.server.port)


def settings_of(road: Road, transport: Transport) -> Settings:
    """For that transport over that road."""
    return settings_for(profile_of(road, transport))


def own_mb() -> float:
    """Memory of this process alone: what it shares counts more or less as other processes come and go.

    What the C library keeps for later is given back first: it is as much as was ever needed at once, and no growth.
    """
    ctypes.CDLL(None).malloc_trim(0)
    rollup = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Anonymous:")) / 1024


async def converse(folder: Path, minutes: float, transport: Transport) -> bool:
    """The long conversation; whether all is well."""
    server = Server(folder)
    await server.start()
    before = Counts.now()
    try:
        async with Road(server.port) as road, talking(road, settings_of(road, transport), folder) as talk:
            await talk.connect()
            settle()  # as the app does
            soak = Soak(talk, road, server)
            await soak.warm_up()
            await soak.run(minutes * 60)
        left = await settled(before)
    finally:
        await server.end()
    print(f"{soak.asked} questions over {transport.value}, all answered, none lost or doubled.")
    for name in ("tasks", "threads", "sockets", "files"):
        values = [getattr(each, name) for each in soak.counts]
        print(f"  {name}: {min(values)} to {max(values)} while talking, {getattr(left, name)} left afterwards")
    slope = soak.slope_mb_per_hour
    print(f"  memory: {soak.memory[0][1]:.1f} to {soak.memory[-1][1]:.1f} MB, {slope:+.2f} MB per hour after warm-up")
    return slope < GOAL_MB_PER_HOUR and is_nothing(left)


async def connect_often(folder: Path, connects: int) -> bool:
    """Connect and hang up, over both transports in turn; whether nothing is left over."""
    server = Server(folder)
    await server.start()
    before = Counts.now()
    sizes: list[float] = []
    began_s = time.monotonic()
    try:
        async with Road(server.port) as road:
            ways = [settings_of(road, each) for each in (Transport.WEBRTC, Transport.WEBSOCKET)]
            async with talking(road, ways[0], folder) as talk:
                settle()
                for number in range(connects):
                    talk.conductor.use_settings(ways[number % 2])
                    await talk.connect()
                    talk.wish(did.DisconnectRequested())
                    await talk.until(lambda: talk.link is Link.DOWN, "hung up")
                    gc.collect()
                    sizes.append(own_mb())
        left = await settled(before)
    finally:
        await server.end()
    each_s = (time.monotonic() - began_s) / connects
    print(f"{connects} connects and hang-ups, {each_s:.2f} s each: {left} left over")
    if connects > 2 * WARM_CONNECTS:
        grown = (np.mean(sizes[-WARM_CONNECTS:]) - np.mean(sizes[WARM_CONNECTS : 2 * WARM_CONNECTS])) * 1024
        print(
            f"  memory: {grown / (connects - 2 * WARM_CONNECTS):+.1f} kB for each after the first {2 * WARM_CONNECTS}"
        )
    return is_nothing(left)


async def settled(before: Counts) -> Counts:
    """What there is more than before, once what is closing has closed."""
    for _ in range(50):
        gc.collect()
        if is_nothing(left := Counts.now().more_than(before)):
            return left
        await asyncio.sleep(0.1)
    return Counts.now().more_than(before)


def is_nothing(left: Counts) -> bool:
    """Whether nothing is left over."""
    return max(left.tasks, left.threads, left.sockets, left.files) <= 0


async def run(options: argparse.Namespace) -> int:
    """Both parts; the exit code."""
    one_arena()  # both as the app does
    sys.setswitchinterval(0.0005)
    good = True
    with tempfile.TemporaryDirectory() as folder, a_clock_each():
        if options.minutes > 0:
            good = await converse(Path(folder), options.minutes, Transport(options.transport)) and good
        if options.connects > 0:
            good = await connect_often(Path(folder), options.connects) and good
    print("well" if good else "NOT well")
    return 0 if good else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Talk for long, with a fault each minute, and connect often.")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--connects", type=int, default=300)
    parser.add_argument("--transport", choices=["webrtc", "websocket", "auto"], default="webrtc")
    raise SystemExit(asyncio.run(run(parser.parse_args())))
