"""Children that answer, hang, die and are interrupted."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.servers.rehearsal.children.child import Child, ChildGone
from tests.support.waiting import eventually

MODULE = "tests.support.child_of_moods"
WITHIN_S = 20.0


@pytest.fixture
async def child() -> AsyncIterator[Child]:
    one = Child(MODULE, {"do": "open"})
    yield one
    await one.stop()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_question_is_answered(child: Child) -> None:
    await child.start()
    pid = child.opened["pid"]
    assert (await child.ask({"do": "say", "what": "é\n"}, WITHIN_S))["said"] == "é\n"
    await child.start()
    assert child.opened["pid"] == pid
    await child.stop()
    assert not is_alive(pid)


async def test_questions_wait_for_one_another(child: Child) -> None:
    answers = await asyncio.gather(*(child.ask({"do": "say", "what": n}, WITHIN_S) for n in range(20)))
    assert [each["said"] for each in answers] == list(range(20))


async def test_an_answer_nobody_waits_for_is_passed_over(child: Child, tmp_path: Path) -> None:
    await child.start()
    pid = child.opened["pid"]
    path = tmp_path / "go on"
    waiting = asyncio.create_task(child.ask({"do": "wait for a file", "path": str(path)}, WITHIN_S))
    await asyncio.to_thread(eventually, (tmp_path / "go on.awaited").exists, "the child was asked")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    path.touch()
    assert (await child.ask({"do": "say", "what": "next"}, WITHIN_S))["said"] == "next"
    assert child.opened["pid"] == pid


async def test_a_dead_child_is_replaced(child: Child) -> None:
    await child.start()
    pid = child.opened["pid"]
    with pytest.raises(ChildGone):
        await child.ask({"do": "die"}, WITHIN_S)
    assert (await child.ask({"do": "say", "what": "again"}, WITHIN_S))["said"] == "again"
    assert child.opened["pid"] != pid


async def test_a_hanging_child_is_ended(child: Child) -> None:
    await child.start()
    pid = child.opened["pid"]
    with pytest.raises(ChildGone):
        await child.ask({"do": "hang"}, 0.05)
    assert not is_alive(pid)
    assert (await child.ask({"do": "say", "what": "again"}, WITHIN_S))["said"] == "again"


async def test_a_child_that_never_opens_is_given_up() -> None:
    child = Child("no.such.module", {})
    for _ in range(5):
        with pytest.raises(ChildGone):
            await child.start()
    await child.stop()


async def test_a_start_that_is_interrupted_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "go on"
    child = Child(MODULE, {"do": "wait for a file", "path": str(path)})
    starting = asyncio.create_task(child.start())
    await asyncio.to_thread(eventually, (tmp_path / "go on.awaited").exists, "the child was asked")
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    path.touch()
    assert (await child.ask({"do": "say", "what": "later"}, WITHIN_S))["said"] == "later"
    assert child.opened["waited"]
    await child.stop()
