"""Calls to the rehearsal server over WebSocket, by plain websockets and by OpenAI's own client."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
import openai
import pytest
import pytest_asyncio
from websockets.exceptions import InvalidStatus

from app.servers.rehearsal import calls
from app.servers.rehearsal.ports import SPEECH_RATE_HZ, Reply
from tests.support.rehearsal import KEY, Server, rehearsal_server
from tests.support.socket_caller import RATE_HZ, calling, hum, hush

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
    "response.output_audio.delta",
    "response.output_audio_transcript.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
    "conversation.item.done",
    "response.done",
]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    async with rehearsal_server() as running:
        yield running


async def minted(server: Server, session: dict[str, Any]) -> str:
    """A secret for sessions with these settings."""
    async with httpx.AsyncClient(base_url=server.url, headers={"Authorization": f"Bearer {KEY}"}) as http:
        answer = await http.post("/realtime/client_secrets", json={"session": {"type": "realtime", **session}})
    return str(answer.json()["value"])


def once(names: list[str]) -> list[str]:
    """The names without repetitions of deltas."""
    return [name for at, name in enumerate(names) if not name.endswith(".delta") or name not in names[:at]]


async def test_a_conversation_faster_than_real_time(server: Server) -> None:
    server.mind.replies.append(Reply(STORY))
    async with calling(server.url, KEY) as caller:
        await caller.say(np.concatenate((hush(400), hum(800), hush(700))))
        stopped = await caller.until("input_audio_buffer.speech_stopped")
        assert stopped["audio_end_ms"] == pytest.approx(1700, abs=60), "counted by samples, not by the clock"
        done = await caller.until("response.done")
        assert done["response"]["status"] == "completed"
        assert once(caller.names) == TURN_AND_ANSWER
        turn = server.recogniser.turns[-1]
        loud = np.flatnonzero(np.abs(turn) > 3000)
        assert (loud[-1] - loud[0]) / SPEECH_RATE_HZ == pytest.approx(0.8, abs=0.01)
        spectrum = np.abs(np.fft.rfft(turn[loud[0] : loud[0] + 8000]))
        assert abs(np.argmax(spectrum) * 2 - 440) <= 4, "it is not slower or faster than it was said"
        sound = caller.heard()
        spectrum = np.abs(np.fft.rfft(sound[2400:14_400]))
        assert abs(np.argmax(spectrum) * 2 - 300) <= 4, "the voice hums at 300 Hz"
        took_s = caller.came_s[-1] - caller.came_s[caller.names.index("response.output_audio.delta")]
        assert took_s < 0.8 * len(sound) / RATE_HZ, "sound is sent faster than it is spoken"
        pieces = [len(base64.b64decode(each["delta"])) for each in caller.of("response.output_audio.delta")]
        assert max(pieces) <= 2 * RATE_HZ // 5
        assert len(sound) / RATE_HZ == pytest.approx(60 * len(STORY) / 1000, abs=0.3)


async def test_the_user_interrupts_and_the_client_says_how_much_was_heard(server: Server) -> None:
    server.mind.replies.append(Reply(STORY))
    async with calling(server.url, KEY) as caller:
        await caller.say(np.concatenate((hum(600), hush(600))))
        await caller.until("response.output_audio.delta", 4)
        await caller.say(np.concatenate((hum(600), hush(600))))
        done = await caller.until("response.done")
        assert done["response"]["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
        item_id = done["response"]["output"][0]["id"]
        held_ms = len(caller.heard(item_id)) * 1000 // RATE_HZ
        whole = done["response"]["output"][0]["content"][0]["transcript"]
        await caller.until("response.done", 2)
        assert not [name for name in caller.names if "output_audio_buffer" in name or "truncated" in name]
        cut: dict[str, Any] = {"item_id": item_id, "content_index": 0}
        await caller.ask("conversation.item.truncate", audio_end_ms=held_ms + 1000, **cut)
        error = await caller.until("error")
        assert error["error"]["message"].endswith(f"is already shorter than {held_ms + 1000}ms")
        await caller.ask("conversation.item.truncate", audio_end_ms=300, **cut)
        assert (await caller.until("conversation.item.truncated"))["audio_end_ms"] == 300
        await caller.ask("conversation.item.retrieve", item_id=item_id)
        kept = (await caller.until("conversation.item.retrieved"))["item"]["content"][0]["transcript"]
        assert whole.startswith(kept)
        assert len(kept) < len(whole)


async def test_a_held_key(server: Server) -> None:
    async with calling(server.url, await minted(server, {"audio": {"input": {"turn_detection": None}}})) as caller:
        await caller.ask("input_audio_buffer.commit")
        error = await caller.until("error")
        assert error["error"]["code"] == "input_audio_buffer_commit_empty"
        await caller.say(hum(500), piece_ms=17)
        await caller.ask("input_audio_buffer.commit")
        await caller.ask("response.create", response={"output_modalities": ["text"]})
        await caller.until("response.done")
        turn_s = len(server.recogniser.turns[-1]) / SPEECH_RATE_HZ
        assert turn_s == pytest.approx(0.3 + 0.5 + 0.3, abs=0.01), "a little of a quiet room is put around it"
        assert not caller.of("response.output_audio.delta")


@pytest.mark.parametrize(
    ("request_", "code", "param"),
    [
        ({"type": "output_audio_buffer.clear"}, "invalid_event_for_transport", "type"),
        ({"type": "input_audio_buffer.append", "audio": "***"}, "invalid_value", "audio"),
        (
            {
                "type": "session.update",
                "session": {"type": "realtime", "audio": {"input": {"format": {"type": "audio/pcmu"}}}},
            },
            "invalid_value",
            "session.audio.input.format.type",
        ),
        (
            {"type": "response.create", "response": {"audio": {"output": {"format": {"type": "audio/pcma"}}}}},
            "invalid_value",
            "response.audio.output.format.type",
        ),
        ({"type": "session.update", "session": {}}, "missing_required_parameter", "session.type"),
    ],
)
async def test_what_is_refused(server: Server, request_: dict[str, Any], code: str, param: str) -> None:
    async with calling(server.url, KEY) as caller:
        await caller.socket.send(json.dumps({**request_, "event_id": "mine"}))
        error = (await caller.until("error"))["error"]
        assert (error["code"], error["param"], error["event_id"]) == (code, param, "mine")


async def test_too_much_sound_at_once_is_refused(server: Server) -> None:
    async with calling(server.url, KEY, max_size=None) as caller:
        sound = "A" * ((15 * 2**20 + 3) // 3 * 4)
        await caller.ask("input_audio_buffer.append", audio=sound)
        assert (await caller.until("error"))["error"]["param"] == "audio"


@pytest.mark.parametrize(
    ("key", "query", "status"),
    [("sk-wrong", "?model=gpt-realtime-2.1", 401), ("", "?model=gpt-realtime-2.1", 401), (KEY, "", 400)],
)
async def test_who_is_not_let_in(server: Server, key: str, query: str, status: int) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with calling(server.url, key, query=query):
            pass
    assert refused.value.response.status_code == status
    assert set(json.loads(refused.value.response.body)["error"]) == {"message", "type", "code", "param"}


async def test_a_secret_brings_its_session_and_the_key_may_come_as_a_subprotocol(server: Server) -> None:
    secret = await minted(server, {"audio": {"output": {"voice": "cedar"}}})
    protocols = ["realtime", f"openai-insecure-api-key.{secret}"]
    async with calling(server.url, "", query="", subprotocols=protocols) as caller:
        created = await caller.until("session.created")
        assert caller.socket.subprotocol == "realtime"
        assert created["session"]["audio"]["output"]["voice"] == "cedar"
    async with calling(server.url, KEY, query="?model=gpt-other") as caller:
        assert (await caller.until("session.created"))["session"]["model"] == "gpt-other"


async def test_the_beta_protocol_is_hung_up_on(server: Server) -> None:
    refused = (4000, "invalid_request_error.beta_api_shape_disabled")
    async with calling(server.url, KEY) as caller:
        await caller.ask("session.update", session={"voice": "marin", "input_audio_format": "pcm16"})
        assert await caller.until_closed() == refused
    protocols = ["realtime", f"openai-insecure-api-key.{KEY}", "openai-beta.realtime-v1"]
    async with calling(server.url, "", subprotocols=protocols) as caller:
        assert await caller.until_closed() == refused
        assert not caller.names


async def test_a_session_ends_after_its_time() -> None:
    async with rehearsal_server(longest_s=0.5) as short, calling(short.url, KEY) as caller:
        assert (await caller.until("error"))["error"]["code"] == "session_expired"
        assert await caller.until_closed() == (1001, "Your session hit the maximum duration of 60 minutes.")


async def test_a_server_that_ends_says_so() -> None:
    async with rehearsal_server() as short, calling(short.url, KEY) as caller:
        await caller.until("session.created")
        short.over.set()
        assert (await caller.until_closed())[0] == 1012


async def test_a_client_that_goes_frees_its_line(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "CALLS_AT_MOST", 1)
    async with calling(server.url, KEY) as caller:
        await caller.until("session.created")
        with pytest.raises(InvalidStatus):
            async with calling(server.url, KEY):
                pass
        caller.socket.transport.abort()
        await caller.until_closed()
    async with httpx.AsyncClient(base_url=server.url, headers={"Authorization": f"Bearer {KEY}"}) as http:
        while (await http.post("/realtime/calls", content="v=0", headers=SDP)).status_code == 503:
            pass


async def test_openais_own_client(server: Server) -> None:
    async with (
        openai.AsyncOpenAI(api_key=KEY, base_url=server.url, max_retries=0) as client,
        client.realtime.connect(model="gpt-realtime-2.1") as connection,
    ):
        assert (await connection.recv()).type == "session.created"
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        content: Any = [{"type": "input_text", "text": "and in Paris"}]
        await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
        await connection.response.create()
        async for event in connection:
            if event.type == "response.output_text.done":
                assert event.text == "and in Paris"
            if event.type == "response.done":
                break
