"""The control socket and those who knock at it: its own client, another user, junk, too many, the dead."""

import asyncio
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.remote.client import NOT_RUNNING, ask, ask_until
from app.remote.wire import Answer, Verb, read_answer, request_line
from tests.support.control import said_to, served
from tests.support.session_loop import run_on_session_thread

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes there")

STEAL = """
import os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
line = socket.socket(socket.AF_UNIX)
line.settimeout(5)
try:
    line.connect(sys.argv[1])
    line.sendall(b'{"do": "unmute"}\\n')
    print(line.recv(500).decode(), end="")
except OSError as error:
    print(type(error).__name__)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that other users can reach, as pytest's own cannot be."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


async def test_each_verb_arrives_and_is_answered(folder: Path) -> None:
    async with served(folder) as asked:
        for verb in Verb:
            assert await asyncio.to_thread(ask, folder, verb) == Answer(True)
    assert asked == list(Verb)


async def test_a_refusal_is_told_with_its_reason(folder: Path) -> None:
    async with served(folder, Answer(False, "Not now.")):
        assert await asyncio.to_thread(ask, folder, Verb.TALK_DOWN) == Answer(False, "Not now.")


def test_it_works_on_the_session_loop(qapp: object, folder: Path) -> None:
    async def talk() -> Answer:
        async with served(folder):
            return await asyncio.to_thread(ask, folder, Verb.MUTE)

    assert run_on_session_thread(talk) == Answer(True)


def test_nobody_is_there(folder: Path) -> None:
    assert ask(folder, Verb.SHOW) == NOT_RUNNING
    assert ask(folder / "gone", Verb.SHOW) == NOT_RUNNING


async def test_what_a_killed_run_left_is_replaced(folder: Path) -> None:
    left = "import socket, sys; line = socket.socket(socket.AF_UNIX); line.bind(sys.argv[1]); line.listen()"
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", left, str(folder / "control.sock")], check=True)
    assert ask(folder, Verb.SHOW) == NOT_RUNNING
    async with served(folder):
        assert (await asyncio.to_thread(ask_until, folder, Verb.SHOW, 5)).ok
    assert not (folder / "control.sock").exists()


async def test_a_folder_may_lie_deep(folder: Path) -> None:
    deep = folder / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    async with served(deep) as asked:
        assert (await asyncio.to_thread(ask, deep, Verb.CONNECT)).ok
    assert asked == [Verb.CONNECT]


async def test_the_socket_is_for_its_owner_only(folder: Path) -> None:
    async with served(folder):
        assert stat.S_IMODE((folder / "control.sock").stat().st_mode) == 0o600


@pytest.mark.skipif(os.getuid() != 0, reason="only root can play another user")
@pytest.mark.parametrize("mode", [0o600, 0o666])
async def test_another_user_is_refused_by_mode_and_by_name(folder: Path, mode: int) -> None:
    async with served(folder) as asked:
        (folder / "control.sock").chmod(mode)
        process = await asyncio.create_subprocess_exec(
            "/usr/bin/python3", "-c", STEAL, str(folder / "control.sock"), stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
    assert asked == []
    assert said == b"PermissionError\n" if mode == 0o600 else b"true" not in said


@pytest.mark.parametrize("junk", [b"\n", b"mute\n", b"{}\n", b"\x00" * 100_000, b'{"do": "mute"', b""])
async def test_junk_is_refused_and_the_next_is_served(folder: Path, junk: bytes) -> None:
    async with served(folder) as asked:
        answer = await said_to(folder, junk)
        assert answer == b"" or not read_answer(answer).ok
        assert (await asyncio.to_thread(ask, folder, Verb.MUTE)).ok
    assert asked == [Verb.MUTE]


async def test_the_silent_are_sent_away_and_too_many_too(folder: Path) -> None:
    async with served(folder) as asked:
        async with asyncio.timeout(10):
            said = await asyncio.gather(*(said_to(folder, b"", end=False) for _ in range(20)))
        assert all(answer == b"" or not read_answer(answer).ok for answer in said)
        assert (await asyncio.to_thread(ask, folder, Verb.MUTE)).ok
    assert asked == [Verb.MUTE]


async def test_one_line_is_one_request(folder: Path) -> None:
    async with served(folder) as asked:
        await said_to(folder, request_line(Verb.MUTE) * 3)
    assert asked == [Verb.MUTE]
