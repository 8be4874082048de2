"""The rehearsal server's process, with small stand-ins for the server and in one test the real one."""

import asyncio
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.conversation.admission import Secret
from app.conversation.profiles import REHEARSAL
from app.conversation.troubles import KeyRefused, RehearsalUnavailable, ServerRefused
from app.processes.rehearsal import KEY_VARIABLE, RehearsalProcess
from app.tokens.http import HttpTokens
from tests.support.session_loop import run_on_session_thread
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

READY = """
import json, os, sys
key = os.environ["PARLANCE_REHEARSAL_KEY"]
print("starting up")
print(json.dumps({"ready": True, "url": f"http://127.0.0.1:{os.getpid()}/v1", "key": key}), flush=True)
"""
UNTIL_STDIN_ENDS = READY + "sys.stdin.read()\n"


@pytest.fixture
async def script(tmp_path: Path) -> AsyncIterator[Callable[..., RehearsalProcess]]:
    """Makes a RehearsalProcess that runs a script, and ends it afterwards."""
    made: list[RehearsalProcess] = []

    def make(code: str, ready_s: float = 15.0) -> RehearsalProcess:
        file = tmp_path / "stand_in.py"
        file.write_text(code)
        made.append(RehearsalProcess([sys.executable, str(file)], ready_s=ready_s))
        return made[-1]

    yield make
    for process in made:
        await process.stop()
    eventually(lambda: not any(thread.name == "rehearsal" for thread in threading.enumerate()), "the thread ends")


def pid_of(url: str) -> int:
    return int(url.removeprefix("http://127.0.0.1:").removesuffix("/v1"))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def told_of(pid: int, what: str) -> str:
    return Path(f"/proc/{pid}/{what}").read_text()


async def test_it_starts_once_and_stops(script: Callable[..., RehearsalProcess]) -> None:
    process = script(UNTIL_STDIN_ENDS)
    url, key = await process.start()
    assert is_running(pid_of(url))
    assert await process.start() == (url, key)
    await process.stop()
    assert not is_running(pid_of(url))
    await process.stop()


async def test_each_child_has_a_key_of_its_own_in_its_environment_only(script: Callable[..., RehearsalProcess]) -> None:
    process = script(UNTIL_STDIN_ENDS)
    url, key = await process.start()
    if sys.platform == "linux":
        assert key.reveal() not in told_of(pid_of(url), "cmdline")
        assert f"{KEY_VARIABLE}={key.reveal()}" in told_of(pid_of(url), "environ")
    await process.stop()
    _, other = await process.start()
    assert key != other
    assert len(key.reveal()) > 40


async def test_the_child_is_not_told_the_broker_s_credential(
    script: Callable[..., RehearsalProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLANCE_BROKER_CREDENTIAL", "planted")
    await script("import os\nassert 'PARLANCE_BROKER_CREDENTIAL' not in os.environ\n" + UNTIL_STDIN_ENDS).start()


async def test_starting_twice_at_once_makes_one_child(script: Callable[..., RehearsalProcess]) -> None:
    process = script(UNTIL_STDIN_ENDS)
    first, second = await asyncio.gather(process.start(), process.start())
    assert first == second


async def test_a_child_that_died_is_replaced(script: Callable[..., RehearsalProcess]) -> None:
    process = script(UNTIL_STDIN_ENDS)
    url, _ = await process.start()
    os.kill(pid_of(url), signal.SIGKILL)
    eventually(lambda: not is_running(pid_of(url)), "it is reaped")
    again, _ = await process.start()
    assert is_running(pid_of(again))


async def test_a_child_that_fails_says_why(script: Callable[..., RehearsalProcess]) -> None:
    process = script("import starlette_is_not_installed")
    with pytest.raises(RehearsalUnavailable, match="code 1: ModuleNotFoundError: No module named"):
        await process.start()
    with pytest.raises(RehearsalUnavailable):
        await process.start()


async def test_what_it_says_last_is_cleaned(script: Callable[..., RehearsalProcess]) -> None:
    process = script(
        READY.replace('"ready": True', '"ready": False') + "sys.exit('\\x1b[31m' + key + ' ' * 9 + 'x' * 999)"
    )
    with pytest.raises(RehearsalUnavailable) as caught:
        await process.start()
    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "sk-rehearsal" not in told
    assert "\x1b" not in str(caught.value)
    assert len(caught.value.sentence) < 300


async def test_a_program_that_is_not_there() -> None:
    with pytest.raises(RehearsalUnavailable, match="No such file") as caught:
        await RehearsalProcess(["/nowhere/to/be/found"]).start()
    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "sk-rehearsal" not in told


async def test_a_child_that_is_never_ready_is_ended(script: Callable[..., RehearsalProcess], tmp_path: Path) -> None:
    file = tmp_path / "pid"
    process = script(f"import os, sys\nopen({str(file)!r}, 'w').write(str(os.getpid()))\nsys.stdin.read()", ready_s=2.0)
    with pytest.raises(RehearsalUnavailable, match="not ready within 2 s"):
        await process.start()
    assert not is_running(int(file.read_text()))


async def test_a_child_that_ignores_the_request_to_end_is_killed(script: Callable[..., RehearsalProcess]) -> None:
    process = script(
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + READY + "while True: signal.pause()\n"
    )
    url, _ = await process.start()
    asked_at_s = time.monotonic()
    await process.stop()
    assert time.monotonic() - asked_at_s < 5.0
    assert not is_running(pid_of(url))


async def test_a_grandchild_that_holds_the_output_open_is_ended_too(script: Callable[..., RehearsalProcess]) -> None:
    process = script(
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], stdin=subprocess.DEVNULL)\n"
        + UNTIL_STDIN_ENDS.replace("os.getpid()", "child.pid")
    )
    url, _ = await process.start()
    await process.stop()
    eventually(lambda: not is_running(pid_of(url)), "the grandchild ended")


async def test_a_talkative_child_is_drained(script: Callable[..., RehearsalProcess], tmp_path: Path) -> None:
    done = tmp_path / "done"
    process = script(
        READY
        + f"for _ in range(300): print('x' * 9999)\nprint('y' * 3_000_000)\nopen({str(done)!r}, 'w').close()\n"
        + "sys.stdin.read()\n"
    )
    await process.start()
    eventually(done.exists, "all was written")


async def test_giving_up_a_start_leaves_the_child_for_the_next(script: Callable[..., RehearsalProcess]) -> None:
    process = script("import sys, time\nsys.stdin\n" + UNTIL_STDIN_ENDS)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await process.start()
    url, key = await process.start()
    assert is_running(pid_of(url))
    assert isinstance(key, Secret)


async def test_stopping_during_a_start(script: Callable[..., RehearsalProcess]) -> None:
    process = script("import sys\nsys.stdin.read()")
    async with asyncio.TaskGroup() as group:
        starting = group.create_task(outcome(process))
        await asyncio.sleep(0)
        await process.stop()
    assert isinstance(starting.result(), RehearsalUnavailable)


async def outcome(process: RehearsalProcess) -> object:
    try:
        return await process.start()
    except RehearsalUnavailable as trouble:
        return trouble


@pytest.mark.usefixtures("qapp")
def test_it_works_on_the_session_thread_s_qt_loop(tmp_path: Path) -> None:
    file = tmp_path / "stand_in.py"
    file.write_text(UNTIL_STDIN_ENDS)
    process = RehearsalProcess([sys.executable, str(file)])

    async def story() -> str:
        url, _ = await process.start()
        await process.stop()
        return url

    assert not is_running(pid_of(run_on_session_thread(story)))


async def test_the_child_ends_when_this_program_is_killed(tmp_path: Path) -> None:
    stand_in = tmp_path / "stand_in.py"
    stand_in.write_text(UNTIL_STDIN_ENDS)
    code = f"""
import asyncio, sys
from app.processes.rehearsal import RehearsalProcess
async def main():
    url, _ = await RehearsalProcess([sys.executable, {str(stand_in)!r}]).start()
    print(url, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert parent.stdout
    url = (await parent.stdout.readline()).decode().strip()
    assert is_running(pid_of(url))
    parent.kill()
    await parent.wait()
    eventually(lambda: not is_running(pid_of(url)), "the child noticed")


async def test_the_real_server_takes_the_key_it_was_given() -> None:
    process, tokens = RehearsalProcess(), HttpTokens()
    try:
        url, key = await process.start()
        rehearsal = replace(REHEARSAL, server_url=url)
        grant = await tokens.mint(rehearsal, key)
        assert grant.secret.reveal().startswith("ek_")
        assert grant.expires_at_s is not None
        with pytest.raises(KeyRefused):
            await tokens.mint(rehearsal, Secret("sk-another"))
        with pytest.raises(ServerRefused):
            await tokens.exchange(rehearsal, grant.secret, "v=0\r\nnothing that can be answered\r\n")
    finally:
        await tokens.close()
        await process.stop()
