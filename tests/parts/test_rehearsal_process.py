"""The rehearsal server as a process of its own."""

import asyncio
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import numpy as np
import pytest

from app.audio.pcm import Pcm
from tests.support import socket_caller
from tests.support.caller import calling

_CODE = "import sys; from app.servers.rehearsal.server import run; sys.exit(run({arguments}))"


@asynccontextmanager
async def process(arguments: str = "") -> AsyncIterator[Process]:
    """The server's process; killed when left, if it is still there."""
    code = _CODE.format(arguments=arguments)
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.communicate()


async def ready_line(child: Process) -> dict[str, Any]:
    assert child.stdout is not None
    async with asyncio.timeout(30):
        line = await child.stdout.readline()
    told: dict[str, Any] = json.loads(line)
    return told


async def end_of(child: Process) -> tuple[int | None, bytes, bytes]:
    """Exit code and what else was written."""
    async with asyncio.timeout(10):
        out, err = await child.communicate()
    return child.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_says_that_it_is_ready_and_ends_in_silence(number: signal.Signals) -> None:
    async with process('key="sk-mine"') as child:
        told = await ready_line(child)
        assert told["ready"] is True
        assert told["key"] == "sk-mine"
        assert told["url"].startswith("http://127.0.0.1:")
        assert told["url"].endswith("/v1")
        async with calling(told["url"], told["key"]) as caller:
            child.send_signal(number)
            async with asyncio.timeout(10):
                await caller.closed.wait()
        assert await end_of(child) == (0, b"", b"")


async def test_makes_up_a_key_of_its_own_each_time() -> None:
    keys = []
    for _ in range(2):
        async with process() as child:
            keys.append((await ready_line(child))["key"])
    assert keys[0] != keys[1]
    assert all(len(key) > 30 for key in keys)


async def test_ends_when_its_parent_is_gone() -> None:
    async with process("with_parent=True") as child:
        await ready_line(child)
        assert child.stdin is not None
        child.stdin.close()
        assert await end_of(child) == (0, b"", b"")


async def test_a_taken_port_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        async with process(f"port={taken.getsockname()[1]}") as child:
            code, out, err = await end_of(child)
    assert (code, out) == (1, b"")
    assert err.count(b"\n") == 1
    assert b"Choose another port" in err


async def test_the_log_tells_changes_but_nothing_that_was_said() -> None:
    async with process("verbose=True") as child:
        told = await ready_line(child)
        async with calling(told["url"], told["key"]) as caller:
            content = [{"type": "input_text", "text": "planted words"}]
            caller.ask("conversation.item.create", item={"type": "message", "role": "user", "content": content})
            caller.ask("response.create", response={"output_modalities": ["text"]})
            await caller.until("response.done")
        child.terminate()
        _, _, err = await end_of(child)
    assert b"begins" in err
    assert b"is over" in err
    for secret in (b"planted", told["key"].encode(), b"ek_"):
        assert secret not in err


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng speaks for the user")
async def test_a_spoken_question_is_understood_and_answered(capsys: pytest.CaptureFixture[str]) -> None:
    async with process() as child:
        told = await ready_line(child)
        transcription = {"audio": {"input": {"transcription": {"model": "gpt-transcribe"}}}}
        async with calling(told["url"], told["key"], transcription) as caller:
            caller.microphone.say(spoken("what time is it"))
            transcript = await caller.until("conversation.item.input_audio_transcription.completed")
            assert transcript["transcript"] == "what time is it"
            answer = await caller.until("response.output_audio_transcript.done")
            assert re.search(r"\d", answer["transcript"]), answer["transcript"]
            await caller.until("output_audio_buffer.stopped")
            decided, first = (
                caller.came_s[caller.names.index(name)]
                for name in ("input_audio_buffer.speech_stopped", "output_audio_buffer.started")
            )
            assert decided <= first
    with capsys.disabled():
        figure = (first - decided) * 1000
        sys.stdout.write(f"\nend of turn decided -> first sample leaves: {figure:.0f} ms (goal 250)\n")


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng speaks for the user")
async def test_a_spoken_question_over_websocket_with_the_fault_panel_open() -> None:
    async with process("faults=True") as child:
        told = await ready_line(child)
        headers = {"Authorization": f"Bearer {told['key']}"}
        async with httpx.AsyncClient(headers=headers, timeout=10) as http:
            faults: dict[str, dict[str, object]] = {"coming": {"unknown_event": {}}}
            assert (await http.put(f"{told['url'].removesuffix('/v1')}/faults", json=faults)).status_code == 200
        async with socket_caller.calling(told["url"], told["key"], judged=False) as caller:
            await caller.until("rehearsal.surprise")
            question = np.concatenate((spoken("what time is it"), np.zeros(48_000, np.int16)))
            await caller.say(question[::2])
            answer = await caller.until("response.output_audio_transcript.done")
            assert re.search(r"\d", answer["transcript"]), answer["transcript"]
            await caller.until("response.done")
            assert len(caller.heard()) > socket_caller.RATE_HZ


def spoken(text: str) -> Pcm:
    """A person's question at 48 kHz, after half a second of thought."""
    made = subprocess.run(["espeak-ng", "--stdout", "-s", "150", text], capture_output=True, check=True, timeout=20)
    samples = np.frombuffer(made.stdout[44:], np.int16)
    times = np.arange(len(samples) * 48_000 // 22_050) * (22_050 / 48_000)
    question = np.interp(times, np.arange(len(samples)), samples)
    return np.concatenate((np.zeros(24_000), question)).astype(np.int16)
