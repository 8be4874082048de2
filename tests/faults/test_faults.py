"""Whatever breaks, the conversation goes on with nothing lost and nothing said twice, or one sentence says why not.

All cases run in one event loop, some at a time: they mostly wait for somebody to notice something. What they say and
hear is sound in real time, so none begins while the machine is late, and one that went wrong while the machine stood
still proves nothing and is played again with no other beside it.
"""

import asyncio
import gc
import os
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pytest

from app.conversation.machines import Link
from app.conversation.profiles import REHEARSAL, Transport
from app.conversation.view import Look
from app.processes.rehearsal import RehearsalProcess
from tests.faults import broker, panel, path, person, server  # noqa: F401  # each puts its faults on the list
from tests.faults.scene import FAULTS, NOTHING, RECONNECTING, Fault, Scene
from tests.support.http_server import HttpServer
from tests.support.road import Road
from tests.support.talk import a_clock_each, profile_of, settings_for, talking, through
from tests.support.tone_server import COMMAND, ToneServer

AT_A_TIME: Final = 8
PROMPT_S: Final = 0.03
"""A loop that is later than this has enough to do."""
STALLED_S: Final = 0.08
"""Half a word: a loop that was this late may have torn one."""
CASE_LIMIT_S: Final = 60.0
ROOT: Final = Path(__file__).resolve().parents[2]

CASES: Final = {
    f"{fault.name} [{transport.value}]": (fault, transport) for fault in FAULTS for transport in fault.transports
}


@dataclass
class Outcome:
    """How a case went."""

    wrong: BaseException | None = None
    took_s: float = 0.0


_case: ContextVar[str] = ContextVar("case", default="")


@dataclass
class Watch:
    """Who made which task, to find those that are left over."""

    tasks: dict[str, set[asyncio.Task[Any]]] = field(default_factory=dict)

    def make(
        self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **options: Any
    ) -> asyncio.Task[Any]:
        task = asyncio.Task(work, loop=loop, **options)
        mine = self.tasks.setdefault(_case.get(), set())
        mine.add(task)
        task.add_done_callback(mine.discard)
        return task


async def play(fault: Fault, transport: Transport, folder: Path) -> None:
    """One case, from the first connect to the last answer."""
    async with AsyncExitStack() as stack:
        tone_server = await stack.enter_async_context(ToneServer())
        road = await stack.enter_async_context(Road(tone_server.port))
        http = stack.enter_context(HttpServer()) if fault.by_broker else None
        pid_file = folder / "pid"
        process = RehearsalProcess((*COMMAND, str(pid_file))) if fault.by_process else None
        profile = profile_of(road, transport) if http is None else through(road, http.url, transport)
        if process is not None:
            profile = replace(REHEARSAL, transport=transport)
        settings = settings_for(profile, push_to_talk=fault.push_to_talk)
        talk = await stack.enter_async_context(talking(road, settings, folder, process))
        scene = Scene(transport, tone_server, road, talk, http, pid_file)
        if http is not None:
            scene.give_out_secrets()
        if fault.coming:
            await tone_server.put_faults(coming=fault.coming)
        if not fault.early:
            await talk.connect()
            await talk.ask("one two")
        await fault.cause(scene)
        if fault.ends:
            await talk.ended(fault.sees)
            assert talk.rows == talk.expected
            return
        await talk.back()
        await talk.ask("nine ten")
        assert (Look.RECONNECTING in talk.looks) == (fault.sees == RECONNECTING), talk.looks
        assert talk.link is Link.LIVE
        if fault.sees == NOTHING:
            assert not talk.sentences
        elif fault.goes_on:
            assert fault.sees in talk.sentences


def _innermost(wrong: BaseException) -> BaseException:
    while isinstance(wrong, BaseExceptionGroup) and len(wrong.exceptions) == 1:
        wrong = wrong.exceptions[0]
    return wrong


@dataclass
class Lateness:
    """How late the event loop was, and with it every conversation on it."""

    worst_s: dict[str, float] = field(default_factory=dict)
    """For each case that is being played."""
    prompt: asyncio.Event = field(default_factory=asyncio.Event)

    async def measure(self) -> None:
        """For ever."""
        late = deque([0.0], maxlen=20)
        while True:
            due_s = time.monotonic() + 0.02
            await asyncio.sleep(0.02)
            late.append(time.monotonic() - due_s)
            for name, worst_s in self.worst_s.items():
                self.worst_s[name] = max(worst_s, late[-1])
            if max(late) < PROMPT_S:
                self.prompt.set()
            else:
                self.prompt.clear()


async def play_all(names: list[str]) -> dict[str, Outcome]:
    loop, watch, late = asyncio.get_running_loop(), Watch(), Lateness()
    sys.setswitchinterval(0.0005)  # as the app does: sound has a thread in every conversation
    loop.set_task_factory(watch.make)  # type: ignore[arg-type]  # typeshed wants a Future of any kind
    outcomes = {name: Outcome() for name in names}
    stalled: list[str] = []

    async def one(name: str) -> None:
        _case.set(name)
        outcome = outcomes[name] = Outcome()
        late.worst_s[name] = 0.0
        began_s = time.monotonic()
        try:
            with tempfile.TemporaryDirectory() as folder:
                async with asyncio.timeout(CASE_LIMIT_S):
                    await play(*CASES[name], Path(folder))
            await asyncio.sleep(0)
            left = [task for task in watch.tasks.get(name, ()) if not task.done()]
            assert not left, f"tasks are left: {left}"
        except BaseException as wrong:  # noqa: BLE001 - told by the test of that name
            outcome.wrong = _innermost(wrong)
        outcome.took_s = time.monotonic() - began_s
        if late.worst_s.pop(name) > STALLED_S and outcomes[name].wrong is not None:
            stalled.append(name)

    async def in_turn(name: str, gate: asyncio.Semaphore) -> None:
        async with gate:
            await late.prompt.wait()
            late.prompt.clear()
            await asyncio.create_task(one(name))

    def noticed(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        told = context.get("exception") or AssertionError(context["message"])
        outcomes[_case.get()] = Outcome(told)

    loop.set_exception_handler(noticed)
    measuring = asyncio.create_task(late.measure())
    gate = asyncio.Semaphore(AT_A_TIME)
    async with asyncio.TaskGroup() as tasks:
        for name in sorted(names, key=lambda name: CASES[name][0].by_process, reverse=True):
            tasks.create_task(in_turn(name, gate))
    for name in tuple(stalled):
        await in_turn(name, gate)
    measuring.cancel()
    return outcomes


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if not thread.name.startswith("asyncio_")}


def open_files() -> int:
    return len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0


@dataclass
class Report:
    outcomes: dict[str, Outcome]
    threads_before: set[str]
    files_before: int


@pytest.fixture(scope="module")
def report(request: pytest.FixtureRequest) -> Report:
    """All chosen cases have been played."""
    chosen = [
        str(item.callspec.params["name"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.path == request.path and hasattr(item, "callspec")
    ]
    before = threads(), open_files()
    with a_clock_each():
        outcomes = asyncio.run(play_all(chosen))
    gc.collect()
    return Report(outcomes, *before)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", CASES)
def test_fault(report: Report, name: str) -> None:
    outcome = report.outcomes[name]
    print(f"{outcome.took_s:.1f} s")  # noqa: T201 - for whoever asks pytest for it
    if outcome.wrong is not None:
        raise outcome.wrong


def test_nothing_is_left_over(report: Report) -> None:
    assert threads() <= report.threads_before
    assert open_files() <= report.files_before


def test_the_page_tells_of_these_faults() -> None:
    page = (ROOT / "app" / "FAULTS.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith("| ")][1:]
    told = [tuple(cell.strip() for cell in line.strip("|").split("|")[:3]) for line in lines]
    assert told == [(each.name, ", ".join(one.value for one in each.transports), each.sees) for each in FAULTS]
    assert len(FAULTS) >= 25
