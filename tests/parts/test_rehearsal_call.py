"""Calls to the rehearsal server by a stock client over loopback: aiortc and OpenAI's schema."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator

import httpx
import numpy as np
import pytest
import pytest_asyncio
from aioice import ice

from app.audio.pcm import Pcm, samples_of_ms
from app.servers.rehearsal import calls
from app.servers.rehearsal.ports import SPEECH_RATE_HZ, Reply
from tests.support.caller import calling
from tests.support.rehearsal import KEY, Server, rehearsal_server

SDP = {"Content-Type": "application/sdp"}
STORY = "Once upon a time there was a fox. It lived in a wood. One day it met a hen. They talked for a long while."
TURN_AND_ANSWER = [
    "session.created",
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
    "response.created",
    "rate_limits.updated",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "output_audio_buffer.started",
    "response.output_audio_transcript.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
    "conversation.item.done",
    "response.done",
    "output_audio_buffer.stopped",
]


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    async with rehearsal_server() as running:
        yield running


def hum(duration_ms: int) -> Pcm:
    """Something loud to say."""
    return (9000 * np.sin(2 * np.pi * 440 * np.arange(samples_of_ms(duration_ms)) / 48_000)).astype(np.int16)


def once(names: list[str]) -> list[str]:
    """The names without repetitions of deltas."""
    return [name for at, name in enumerate(names) if not name.endswith(".delta") or name not in names[:at]]


async def test_a_stock_client_holds_a_conversation(server: Server) -> None:
    async with calling(server.url, KEY) as caller:
        caller.microphone.say(hum(800))
        audible_s = await caller.until_audible()
        await caller.until("output_audio_buffer.stopped")
        assert once(caller.names) == TURN_AND_ANSWER
        started_s = caller.came_s[caller.names.index("output_audio_buffer.started")]
        assert audible_s > started_s - 0.1
        turn = server.recogniser.turns[-1]
        loud = np.flatnonzero(np.abs(turn) > 3000)
        assert 0.7 < (loud[-1] - loud[0]) / SPEECH_RATE_HZ < 1.6, "a stall of the machine is stretched over, not lost"
        frames = [frame for at_s, frame in caller.heard if at_s >= audible_s]
        spectrum = np.abs(np.fft.rfft(np.concatenate(frames)[4800:28_800]))
        assert abs(np.argmax(spectrum) * 48_000 / 24_000 - 300) <= 4, "the voice hums at 300 Hz"


async def test_how_soon_the_answer_is_heard(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    async with calling(server.url, KEY) as caller:
        caller.microphone.say(hum(600))
        await caller.until("output_audio_buffer.started")
        decided, first = (
            caller.came_s[caller.names.index(name)]
            for name in ("input_audio_buffer.speech_stopped", "output_audio_buffer.started")
        )
        assert decided <= first
        with capsys.disabled():
            figure = (first - decided) * 1000
            sys.stdout.write(f"\nend of turn decided -> first sample leaves, without a model: {figure:.0f} ms\n")


async def test_the_user_interrupts(server: Server) -> None:
    server.mind.replies.append(Reply(STORY))
    async with calling(server.url, KEY) as caller:
        caller.microphone.say(hum(600))
        audible_s = await caller.until_audible()
        await caller.until("response.output_audio_transcript.delta", 8)
        caller.microphone.say(hum(600))
        done = await caller.until("response.done")
        assert done["response"]["status"] == "cancelled"
        assert done["response"]["status_details"]["reason"] == "turn_detected"
        order = ["output_audio_buffer.cleared", "conversation.item.truncated", "response.done"]
        assert [name for name in caller.names if name in order] == order
        truncated = await caller.until("conversation.item.truncated")
        cleared_s = caller.came_s[caller.names.index("output_audio_buffer.cleared")]
        heard_ms = (cleared_s - audible_s) * 1000
        assert truncated["audio_end_ms"] == pytest.approx(heard_ms, abs=300)
        second = await caller.until("response.done", 2)
        assert second["response"]["status"] == "completed"


async def test_a_typed_question_with_a_held_key(server: Server) -> None:
    async with calling(server.url, KEY, {"audio": {"input": {"turn_detection": None}}}) as caller:
        caller.ask("input_audio_buffer.clear")
        await caller.until("input_audio_buffer.cleared")
        caller.microphone.say(hum(500))
        await caller.microphone.all_said.wait()
        caller.ask("input_audio_buffer.commit", event_id="a")
        caller.ask("input_audio_buffer.commit", event_id="b")
        error = await caller.until("error")
        assert error["error"]["code"] == "input_audio_buffer_commit_empty"
        assert error["error"]["event_id"] == "b"
        content = [{"type": "input_text", "text": "and in Paris"}]
        caller.ask("conversation.item.create", item={"type": "message", "role": "user", "content": content})
        caller.ask("response.create", response={"output_modalities": ["text"]})
        done = await caller.until("response.done")
        assert done["response"]["output"][0]["content"] == [{"type": "output_text", "text": "and in Paris"}]
        assert "output_audio_buffer.started" not in caller.names


async def test_two_calls_do_not_hear_one_another(server: Server) -> None:
    async with calling(server.url, KEY) as one, calling(server.url, KEY) as other:
        one.microphone.say(hum(600))
        await one.until("response.done")
        assert other.names == ["session.created"]
        assert one.events[0]["session"]["id"] != other.events[0]["session"]["id"]


async def test_a_bug_in_one_call_ends_that_call_alone(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    async with calling(server.url, KEY) as good:
        async with calling(server.url, KEY) as bad:
            server.recogniser.crash = ZeroDivisionError("planted")
            bad.microphone.say(hum(600))
            async with asyncio.timeout(10):
                await bad.closed.wait()
        assert [record.message for record in caplog.records if "crashed" in record.message]
        server.recogniser.crash = None
        good.microphone.say(hum(600))
        await good.until("output_audio_buffer.started")


async def test_a_session_ends_after_its_time() -> None:
    async with rehearsal_server(longest_s=0.5) as short, calling(short.url, KEY) as caller:
        error = await caller.until("error")
        assert error["error"]["code"] == "session_expired"
        async with asyncio.timeout(10):
            await caller.closed.wait()


async def test_a_client_that_vanishes_frees_its_line(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ice, "CONSENT_INTERVAL", 0.1)
    monkeypatch.setattr(ice, "CONSENT_FAILURES", 2)
    monkeypatch.setattr(calls, "CALLS_AT_MOST", 1)
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", _ANOTHER_CLIENT, server.url, KEY, stdout=PIPE)
    assert child.stdout is not None
    async with asyncio.timeout(30):
        assert await child.stdout.readline() == b"connected\n"
        child.kill()
        await child.communicate()
        async with httpx.AsyncClient(base_url=server.url, headers={"Authorization": f"Bearer {KEY}"}) as http:
            while (await http.post("/realtime/calls", content="v=0", headers=SDP)).status_code == 503:
                pass


_ANOTHER_CLIENT = """
import asyncio, sys
from tests.support.caller import calling
async def main():
    async with calling(*sys.argv[1:]):
        print("connected", flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""
