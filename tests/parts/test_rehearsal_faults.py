"""The fault panel, as clients set it and as stock clients meet what was set."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
import pytest
import pytest_asyncio
from aioice import ice
from aiortc import RTCInboundRtpStreamStats
from websockets.exceptions import InvalidStatus

from app.servers.rehearsal.faults.table import FAULTS
from app.servers.rehearsal.ports import FunctionWish, Reply
from tests.support import caller as webrtc
from tests.support.rehearsal import KEY, Server, rehearsal_server
from tests.support.socket_caller import RATE_HZ, SocketCaller, calling, hum, hush

TRANSCRIBING = {"type": "realtime", "audio": {"input": {"transcription": {"model": "gpt-transcribe"}}}}
STORY = "Once upon a time there was a fox. It lived in a wood. One day it met a hen. They talked for a long while."
WITHIN_S = 20.0

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Faulty:
    """A server whose faults are set over HTTP."""

    def __init__(self, server: Server, http: httpx.AsyncClient) -> None:
        self.url = server.url
        self.mind = server.mind
        self.http = http

    async def set(self, **document: dict[str, object]) -> dict[str, Any]:
        answer = await self.http.put(f"{self.url.removesuffix('/v1')}/faults", json=document)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    async def coming(self, **faults: dict[str, object]) -> None:
        await self.set(coming=dict(faults))

    async def running(self, **faults: dict[str, object]) -> None:
        await self.set(running=dict(faults))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running_server() -> AsyncIterator[Faulty]:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with rehearsal_server(faults=True) as running, httpx.AsyncClient(headers=headers, timeout=10) as http:
        yield Faulty(running, http)


@pytest_asyncio.fixture(loop_scope="module")
async def server(running_server: Faulty) -> AsyncIterator[Faulty]:
    yield running_server
    await running_server.set(coming={}, running={})
    running_server.mind.replies.clear()


async def write(caller: SocketCaller, text: str = "hello") -> None:
    content = [{"type": "input_text", "text": text}]
    await caller.ask("conversation.item.create", item={"type": "message", "role": "user", "content": content})
    await caller.ask("response.create")


async def test_the_panel_is_closed_unless_asked_for() -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with rehearsal_server() as plain, httpx.AsyncClient(headers=headers) as http:
        for method in ("GET", "PUT"):
            assert (await http.request(method, f"{plain.url.removesuffix('/v1')}/faults")).status_code == 404


async def test_the_panel_tells_what_there_is_and_what_is_set(server: Faulty) -> None:
    await server.coming(drop={"after_s": 60})
    async with calling(server.url, KEY) as caller:
        await caller.until("session.created")
        await server.running(no_usage={})
        address = f"{server.url.removesuffix('/v1')}/faults"
        shown = (await server.http.get(address)).json()
        assert set(shown["faults"]) == set(FAULTS)
        assert shown["coming"] == {"drop": {"after_s": 60.0, "times": 0}}
        assert list(shown["running"].values()) == [{"no_usage": {"times": 0}}]
        refused = await server.http.get(address, headers={"Authorization": "Bearer sk-wrong"})
        assert refused.status_code == 401
        refused = await server.http.put(address, json={"coming": {"explode": {}}})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "coming.explode")


async def test_tokens_and_calls_are_refused(server: Faulty) -> None:
    await server.coming(
        refuse_token={"status": 429, "retry_after": "7", "code": "insufficient_quota", "times": 1},
        refuse_call={"status": 503, "retry_after": "1", "body": "<h1>Maintenance</h1>", "times": 2},
        delay_answer={"ms": 10},
    )
    token = await server.http.post(f"{server.url}/realtime/client_secrets")
    assert (token.status_code, token.headers["retry-after"]) == (429, "7")
    assert token.json()["error"]["code"] == "insufficient_quota"
    assert (await server.http.post(f"{server.url}/realtime/client_secrets")).status_code == 200
    call = await server.http.post(f"{server.url}/realtime/calls", headers={"Content-Type": "application/sdp"})
    assert (call.status_code, call.text) == (503, "<h1>Maintenance</h1>")
    with pytest.raises(InvalidStatus) as refused:
        async with calling(server.url, KEY):
            pass
    assert refused.value.response.headers["Retry-After"] == "1"
    async with calling(server.url, KEY) as caller:
        await caller.until("session.created")


async def test_expiry_is_told_by_a_wrong_clock_and_comes(server: Faulty) -> None:
    await server.coming(expire={"in_s": 0.3}, skewed_clock={"s": -5000})
    minted = (await server.http.post(f"{server.url}/realtime/client_secrets")).json()
    async with calling(server.url, minted["value"], query="") as caller:
        created = await caller.until("session.created")
        assert -5000 < created["session"]["expires_at"] - minted["expires_at"] < 0
        assert (await caller.until("error"))["error"]["code"] == "session_expired"
        assert (await caller.until_closed())[0] == 1001


async def test_a_socket_falls_silent(server: Faulty) -> None:
    async with calling(server.url, KEY) as caller:
        await caller.until("session.created")
        await server.running(drop={})
        await write(caller)
        pong = await caller.socket.ping()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await asyncio.shield(pong)
        assert caller.names == ["session.created"]
        assert not caller.closed.is_set()
        await server.running(close={})
        assert (await caller.until_closed())[0] == 1006


async def test_a_socket_is_closed(server: Faulty) -> None:
    await server.coming(close={"code": 4321, "reason": "because", "after_s": 0.05, "times": 1})
    async with calling(server.url, KEY) as caller:
        assert await caller.until_closed() == (4321, "because")
        assert caller.names == ["session.created"]
    async with calling(server.url, KEY) as caller:
        await caller.until("session.created")
        await server.running(close={"code": 1006})
        assert await caller.until_closed() == (1006, "")


async def test_strange_messages(server: Faulty) -> None:
    await server.coming(malformed_event={}, unknown_event={}, huge_event={}, leave_out={"types": ["response.created"]})
    async with calling(server.url, KEY, judged=False, max_size=None) as caller:
        await write(caller)
        await caller.until("response.done")
        assert '{"type":' in caller.texts
        assert {"rehearsal.surprise", "rehearsal.huge"} < set(caller.names)
        assert max(map(len, caller.texts)) == pytest.approx(3_000_000, rel=0.01)
        assert "response.created" not in caller.names


async def test_a_response_fails_then_one_is_written(server: Faulty) -> None:
    await server.coming(failed_response={"code": "rate_limit_exceeded"}, written_answer={"count": 1}, no_usage={})
    async with calling(server.url, KEY) as caller:
        await write(caller)
        response = (await caller.until("response.done"))["response"]
        assert (response["status"], response["output"]) == ("failed", [])
        assert response["status_details"]["error"]["code"] == "rate_limit_exceeded"
        await caller.ask("response.create")
        response = (await caller.until("response.done", 2))["response"]
        assert response["output"][0]["content"] == [{"type": "output_text", "text": "hello"}]
        assert "usage" not in response
        assert not len(caller.heard())
        await caller.ask("response.create")
        await caller.until("response.done", 3)
        assert len(caller.heard())


async def test_a_request_is_answered_with_an_error_once(server: Faulty) -> None:
    await server.coming(request_error={"request": "session.update", "code": "strange"})
    async with calling(server.url, KEY) as caller:
        await caller.ask("session.update", session=TRANSCRIBING, event_id="mine")
        error = (await caller.until("error"))["error"]
        assert (error["code"], error["event_id"]) == ("strange", "mine")
        await caller.ask("session.update", session=TRANSCRIBING)
        await caller.until("session.updated")


async def test_a_transcript_is_late_and_the_rest_is_not(server: Faulty) -> None:
    await server.coming(transcription_late={"ms": 700})
    async with calling(server.url, KEY) as caller:
        await caller.ask("session.update", session=TRANSCRIBING)
        await caller.say(np.concatenate((hum(600), hush(600))))
        transcript = "conversation.item.input_audio_transcription.completed"
        await caller.until(transcript)
        assert caller.names.index("response.output_audio_transcript.delta") < caller.names.index(transcript)
        last = max(at for at, name in enumerate(caller.names) if name.endswith("transcription.delta"))
        assert last < caller.names.index(transcript)


async def test_sound_in_events_stalls_and_nothing_is_lost(server: Faulty) -> None:
    server.mind.replies.append(Reply(STORY))
    await server.coming(stall={"ms": 600, "after_ms": 300})
    async with calling(server.url, KEY) as caller:
        await write(caller)
        await caller.until("response.done")
        deltas = [
            at for at, name in zip(caller.came_s, caller.names, strict=True) if name == "response.output_audio.delta"
        ]
        assert max(np.diff(deltas)) > 0.4
        assert len(caller.heard()) / RATE_HZ == pytest.approx(0.06 * len(STORY), abs=0.3)
        assert caller.names[-1] == "response.done"


async def test_a_call_without_a_name(server: Faulty) -> None:
    server.mind.replies.append(Reply(calls=(FunctionWish("light", "{}"),)))
    await server.coming(nameless_call={})
    async with calling(server.url, KEY, judged=False) as caller:
        await write(caller)
        assert "name" not in await caller.until("response.function_call_arguments.done")


async def test_answers_that_are_no_sdp(server: Faulty) -> None:
    await server.coming(html_answer={"times": 1}, wrong_content_type={"times": 1})
    caller = webrtc.Caller()
    offer = await caller.offer()
    headers = {"Content-Type": "application/sdp"}
    for begin, kind in (("<!DOCTYPE", "text/html"), ("v=0", "text/plain")):
        answer = await server.http.post(f"{server.url}/realtime/calls", content=offer, headers=headers)
        assert answer.text.startswith(begin)
        assert answer.headers["content-type"].startswith(kind)
    await caller.peer.close()


@pytest.mark.parametrize("candidates", ["kept", "none", "unreachable"])
async def test_udp_is_blocked(server: Faulty, candidates: str) -> None:
    await server.coming(blocked_udp={"candidates": candidates})
    caller = webrtc.Caller()
    answer = await server.http.post(
        f"{server.url}/realtime/calls", content=await caller.offer(), headers={"Content-Type": "application/sdp"}
    )
    assert answer.status_code == 201
    assert ("a=candidate:" in answer.text) == (candidates != "none")
    assert ("198.51.100.9" in answer.text) == (candidates == "unreachable")
    await caller.accept(answer.text)
    connected = asyncio.Event()
    caller.channel.on("open", connected.set)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.6):
            await connected.wait()
    await caller.peer.close()


async def test_a_peer_falls_silent(server: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ice, "CONSENT_INTERVAL", 0.1)
    monkeypatch.setattr(ice, "CONSENT_FAILURES", 10)
    asked = len(server.mind.asked)
    async with webrtc.calling(server.url, KEY) as caller:
        await caller.until_heard(5)
        await server.running(drop={})
        frames = len(caller.heard)
        caller.ask("response.create")
        async with asyncio.timeout(WITHIN_S):
            await caller.closed.wait()
        assert caller.names == ["session.created"]
        assert len(caller.heard) - frames < 20, "consent alone takes longer than so many"
        assert len(server.mind.asked) == asked


async def test_a_channel_is_closed_and_then_the_call(server: Faulty) -> None:
    async with webrtc.calling(server.url, KEY) as caller:
        await server.running(close_channel={})
        async with asyncio.timeout(WITHIN_S):
            await caller.closed.wait()
        await caller.until_heard(len(caller.heard) + 5)
        assert caller.peer.connectionState == "connected"
        over = asyncio.Event()
        caller.peer.on("connectionstatechange", over.set)
        await server.running(close={})
        async with asyncio.timeout(WITHIN_S):
            await over.wait()
        assert caller.peer.connectionState == "closed"


async def test_packets_are_lost_and_come_from_elsewhere(server: Faulty) -> None:
    await server.coming(packet_loss={"pattern": "00000000000001111111"})
    async with webrtc.calling(server.url, KEY) as caller:
        await caller.until_heard(40)
        before = await stats_of(caller)
        assert 0.15 < before.packetsLost / (before.packetsLost + before.packetsReceived) < 0.6
        await server.running(new_ssrc={})
        await caller.until_heard(len(caller.heard) + 40)
        assert (await stats_of(caller)).ssrc != before.ssrc


async def stats_of(caller: webrtc.Caller) -> RTCInboundRtpStreamStats:
    (receiver,) = caller.peer.getReceivers()
    (found,) = (each for each in (await receiver.getStats()).values() if isinstance(each, RTCInboundRtpStreamStats))
    return found


async def test_sound_as_packets_stalls(server: Faulty) -> None:
    server.mind.replies.append(Reply(STORY))
    async with webrtc.calling(server.url, KEY) as caller:
        await server.running(stall={"ms": 700, "after_ms": 200})
        content = [{"type": "input_text", "text": "hello"}]
        caller.ask("conversation.item.create", item={"type": "message", "role": "user", "content": content})
        caller.ask("response.create")
        start_s = await caller.until_audible()
        await caller.until_audible(start_s + 1.2)
        gaps = np.diff([at_s for at_s, _ in caller.heard if at_s >= start_s])
        assert max(gaps) > 0.5


async def test_beta_names(server: Faulty) -> None:
    await server.coming(beta_names={})
    async with calling(server.url, KEY, judged=False) as caller:
        await write(caller)
        await caller.until("response.done")
        assert {"response.audio.delta", "conversation.item.created"} < set(caller.names)
        audio = base64.b64decode(caller.of("response.audio.delta")[0]["delta"])
        assert audio
        assert json.loads(caller.texts[0])["session"]["modalities"] == ["audio", "text"]
