"""The WebSocket line against a real WebSocket server on this machine, and over a path that can be spoilt."""

import asyncio
import gc
import json
import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import pytest

from app.audio.half_rate import Doubler, Halver
from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, silence
from app.conversation.troubles import (
    KeyRefused,
    LinkLost,
    QuotaExhausted,
    ServerAnswerUnusable,
    ServerRefused,
    ServerUnreachable,
    ServerUrlInvalid,
    SessionExpired,
    SessionRejected,
    Trouble,
)
from app.link import handshake, websocket
from app.link.consent import CONSENT_INTERVAL_S, CONSENT_QUESTIONS
from app.link.websocket import CHUNK_SAMPLES, UNSENT_SAMPLES, VoiceSocket
from app.realtime import requests as ask
from app.realtime.session import ServerVad, SessionOptions
from app.realtime.wire import encode
from tests.support.certificates import self_signed
from tests.support.rehearsal import KEY, rehearsal_server
from tests.support.session_loop import run_on_session_thread
from tests.support.socket_server import PATH, WAIT_S, Path, SocketServer

BUSY_S = 1.0
"""What a busy machine may add."""
SECRET = "ek_test_do_not_tell"
HEADERS = {"Authorization": f"Bearer {SECRET}"}
CLEAR = encode(ask.OutputAudioBufferClear())
COMMIT = encode(ask.InputAudioBufferCommit())


class Ears:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.on_text: Callable[[], None] = lambda: None
        self._news = asyncio.Event()

    def _tell(self, news: object) -> None:
        self.told.append(news)
        self._news.set()

    def transport_up(self) -> None:
        self._tell("up")

    def channel_opened(self) -> None:
        self._tell("opened")

    def text_arrived(self, text: str) -> None:
        self._tell(("text", text))
        self.on_text()

    def link_broke(self, trouble: Trouble) -> None:
        self._tell(trouble)

    @property
    def texts(self) -> list[str]:
        return [news[1] for news in self.told if isinstance(news, tuple)]

    @property
    def kinds(self) -> list[str]:
        """The types of the events heard."""
        return [json.loads(text)["type"] for text in self.texts]

    def event(self, kind: str) -> dict[str, Any]:
        return next(event for text in self.texts if (event := json.loads(text))["type"] == kind)

    async def until(self, fact: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not fact():
                self._news.clear()
                await self._news.wait()

    async def heard(self, kind: str) -> None:
        await self.until(lambda: kind in self.kinds)

    async def heard_texts(self, count: int) -> None:
        await self.until(lambda: len(self.texts) == count)

    async def broken(self) -> Trouble:
        await self.until(lambda: isinstance(self.told[-1], Trouble))
        assert isinstance(self.told[-1], Trouble)
        return self.told[-1]


@asynccontextmanager
async def talking(
    server: SocketServer, url: str = "", *, beta: bool = False
) -> AsyncIterator[tuple[VoiceSocket, Ears]]:
    """A line that is up."""
    ears = Ears()
    line = VoiceSocket(ears, beta=beta)
    try:
        await line.connect(url or server.url, HEADERS)
        await server.until(lambda: server.headers.get("Authorization") is not None and server.has_client)
        yield line, ears
    finally:
        await line.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that asks eight times as often as in life, so that giving up takes half a second."""
    monkeypatch.setattr(websocket, "CONSENT_INTERVAL_S", 0.05)


def tone(seconds: float, rate_hz: int = RATE_HZ) -> Pcm:
    times = np.arange(int(seconds * rate_hz)) / rate_hz
    return (8000 * np.sin(2 * np.pi * 440 * times)).astype(np.int16)


def blocks(sound: Pcm) -> list[Pcm]:
    return [sound[start : start + BLOCK_SAMPLES] for start in range(0, len(sound), BLOCK_SAMPLES)]


def play(line: VoiceSocket, duration_ms: int) -> Pcm:
    """Hear that much, as the sound thread does but at once."""
    heard = []
    for _ in range(duration_ms // 10):
        out = silence()
        line.playout.pull(out, time.monotonic())
        heard.append(out)
    return np.concatenate(heard)


# --- connecting ---------------------------------------------------------------------------------------------


async def test_it_comes_up_in_order_and_carries_text_both_ways() -> None:
    async with SocketServer() as server, talking(server) as (line, ears):
        assert ears.told == ["up", "opened"]
        assert server.path == PATH
        assert server.headers["Authorization"] == f"Bearer {SECRET}"
        line.send_text('{"type":"response.create","event_id":"grüß"}')
        assert (await server.request("response.create"))["event_id"] == "grüß"
        await server.say("rate_limits.updated", rate_limits=[], unknown="ü")
        await ears.heard("rate_limits.updated")
        assert json.loads(ears.texts[0]) == {
            "type": "rate_limits.updated",
            "event_id": "event_there",
            "rate_limits": [],
            "unknown": "ü",
        }


REFUSALS = [
    (401, b'{"error":{"code":"invalid_api_key"}}', KeyRefused, ""),
    (403, b"", KeyRefused, ""),
    (403, b'{"error":{"code":"model_not_found"}}', ServerRefused, "model_not_found"),
    (404, b"<html>", ServerRefused, ""),
    (429, b'{"error":{"code":"insufficient_quota"}}', QuotaExhausted, ""),
    (429, b'{"error":{"type":"rate_limit_exceeded","code":null}}', ServerRefused, "rate_limit_exceeded"),
    (400, b'{"error":{"code":"ek_leaked_secret"}}', ServerRefused, ""),
    (503, b"[" * 10_000, ServerRefused, ""),
    (200, b"<html>sign in to the network</html>", ServerAnswerUnusable, ""),
]


@pytest.mark.parametrize(("status", "body", "kind", "code"), REFUSALS)
async def test_a_refusal_is_the_trouble_it_stands_for(
    status: int, body: bytes, kind: type[Trouble], code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with SocketServer() as server:
        server.refusal = (status, {}, body)
        line = VoiceSocket(ears := Ears())
        with pytest.raises(kind) as caught:
            await line.connect(server.url, HEADERS)
        await line.close()
    if isinstance(caught.value, ServerRefused):
        assert (caught.value.status, caught.value.code) == (status, code)
        assert caught.value.retryable == (status in (429, 503))
    assert ears.told == []
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "do_not_tell" not in caplog.text


async def test_a_redirect_is_not_followed() -> None:
    """The library would, with an ``api-key`` header."""
    async with SocketServer() as server, SocketServer() as elsewhere:
        server.refusal = (302, {"Location": elsewhere.url}, b"")
        with pytest.raises(ServerAnswerUnusable):
            await VoiceSocket(Ears()).connect(server.url, {"api-key": SECRET})
        assert "api-key" not in elsewhere.headers
        assert elsewhere.path == ""


async def test_an_address_that_is_none_and_one_where_nobody_listens() -> None:
    async with SocketServer() as server:
        dead = server.url
    for address in ("https://127.0.0.1/v1", "ws://", "nonsense", "ws://a..b/"):
        with pytest.raises(ServerUrlInvalid):
            await VoiceSocket(Ears()).connect(address, HEADERS)
    with pytest.raises(ServerUnreachable):
        await VoiceSocket(Ears()).connect(dead, HEADERS)


@contextmanager
def environment(**names: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in names.items():
            patch.setenv(name, value)
        yield


async def test_certificates_are_checked_against_the_systems_authorities(tmp_path: FilePath) -> None:
    context, certificate = self_signed(tmp_path)
    async with SocketServer(tls=context) as server:
        with pytest.raises(ServerUnreachable, match="certificate"):
            await VoiceSocket(Ears()).connect(server.url, HEADERS)
        with environment(SSL_CERT_FILE=str(certificate)):
            async with talking(server) as (line, ears):
                await server.say("response.created", response={"id": "r"})
                await ears.heard("response.created")
                line.send_text(COMMIT)
                await server.request("input_audio_buffer.commit")


async def test_a_proxy_of_the_system_is_used_but_not_for_this_machine() -> None:
    async with SocketServer() as server, Path(server.port, is_proxy=True) as proxy:
        address = f"http://127.0.0.1:{proxy.port}"
        with environment(http_proxy=address, https_proxy=address, no_proxy=""):
            async with talking(server, f"ws://realtime.test{PATH}") as (_, ears):
                assert ears.told == ["up", "opened"]
            async with talking(server):
                pass
        assert [request.split(b"\r\n")[0] for request in proxy.asked] == [b"CONNECT realtime.test:80 HTTP/1.1"]
        assert b"do_not_tell" not in proxy.asked[0]


@pytest.mark.parametrize("address", ["socks5://127.0.0.1:9", "ftp://proxy.test", "http://user@proxy.test"])
async def test_a_proxy_that_cannot_be_used_is_said(address: str) -> None:
    with environment(http_proxy=address, https_proxy=address, no_proxy=""), pytest.raises(ServerUnreachable):
        await VoiceSocket(Ears()).connect("ws://realtime.test/", HEADERS)


async def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "OPEN_LIMIT_S", 0.2)
    async with SocketServer() as server, Path(server.port) as path:
        path.swallow()
        with pytest.raises(ServerUnreachable, match="in time"):
            await VoiceSocket(Ears()).connect(path.url, HEADERS)


async def test_a_server_that_hangs_up_at_once_and_one_that_speaks_something_else() -> None:
    for word, kind in ((b"", ServerUnreachable), (b"220 smtp.test ESMTP\r\n", ServerAnswerUnusable)):

        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter, word: bytes = word) -> None:
            writer.write(word)
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        with pytest.raises(kind):
            await VoiceSocket(Ears()).connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", HEADERS)
        server.close()


async def test_closing_while_it_connects_ends_both() -> None:
    async with SocketServer() as server, Path(server.port) as path:
        path.swallow()
        for cancelled in (False, True):
            line = VoiceSocket(ears := Ears())
            connecting = asyncio.create_task(line.connect(path.url, HEADERS))
            await asyncio.sleep(0)
            if cancelled:
                connecting.cancel()
                await asyncio.wait({connecting})
            await line.close()
            await asyncio.wait({connecting})
            assert cancelled or isinstance(connecting.exception(), LinkLost)
            assert ears.told == []
            with pytest.raises(LinkLost):
                await line.connect(path.url, HEADERS)


async def test_before_it_is_up_and_after_the_end_nothing_is_taken() -> None:
    async with SocketServer() as server:
        line = VoiceSocket(Ears())
        line.send_text(COMMIT)
        line.send_audio(silence(), 0)
        await line.connect(server.url, HEADERS)
        line.send_text('{"type":"response.create"}')
        await server.request("response.create")
        await line.close()
        line.send_text(COMMIT)
        line.send_audio(silence(), 0)
        await server.until(lambda: server.closed_with == [1000])
        assert [request["type"] for request in server.requests] == ["response.create"]
        assert len(server.pcm) == 0


# --- sound to the server ------------------------------------------------------------------------------------


async def test_sound_arrives_sample_for_sample_in_chunks() -> None:
    sound = tone(0.8)
    async with SocketServer() as server, talking(server) as (line, _):

        def speak() -> None:
            for block in blocks(sound):
                line.send_audio(block, 0)

        speaker = threading.Thread(target=speak)
        speaker.start()
        await server.until(lambda: len(server.pcm) == len(sound) // 2)
        speaker.join()
        assert np.array_equal(server.pcm, Halver().push(sound))
        assert min(server.chunks[:-1], default=CHUNK_SAMPLES) >= CHUNK_SAMPLES // 2
        # The filter delays by 15.5 samples of 24 kHz, 0.65 ms; half a sample off costs 0.002.
        likeness = [np.corrcoef(sound[::2][100:9000], server.pcm[100 + lag : 9000 + lag])[0, 1] for lag in range(30)]
        assert int(np.argmax(likeness)) in (15, 16)
        assert max(likeness) > 0.998


async def test_what_is_said_next_does_not_overtake_the_sound_before_it() -> None:
    sound = tone(0.03)
    async with SocketServer() as server, talking(server) as (line, _):
        for turn in range(1, 4):
            for block in blocks(sound):
                line.send_audio(block, 0)
            line.send_text(COMMIT)
            commit = await server.request("input_audio_buffer.commit", turn)
            assert commit["_samples"] == turn * len(sound) // 2


async def test_a_gap_is_silence_of_its_length() -> None:
    async with SocketServer() as server, talking(server) as (line, _):
        line.send_audio(np.full(BLOCK_SAMPLES, 5000, np.int16), 0)
        line.send_audio(np.full(BLOCK_SAMPLES, 5000, np.int16), 14 * BLOCK_SAMPLES)
        await server.until(lambda: len(server.pcm) == 16 * BLOCK_SAMPLES // 2)
        loud = np.flatnonzero(np.abs(server.pcm) > 2500)
        assert len(loud) == pytest.approx(BLOCK_SAMPLES, abs=20)
        assert np.diff(loud).max() == pytest.approx(14 * BLOCK_SAMPLES // 2, abs=2)


async def test_a_stalled_network_costs_the_oldest_sound_and_never_the_speakers_time() -> None:
    async with SocketServer() as server, talking(server) as (line, _):
        for _ in range(1000):
            line.send_audio(silence(), 0)
        last = tone(0.5)
        for block in blocks(last):
            line.send_audio(block, 0)
        assert line.dropped_samples == 1050 * BLOCK_SAMPLES - UNSENT_SAMPLES
        await server.until(lambda: len(server.pcm) == UNSENT_SAMPLES // 2)
        assert np.array_equal(server.pcm[-len(last) // 2 :], Halver().push(np.concatenate((silence(), last)))[240:])


# --- sound from the server ----------------------------------------------------------------------------------


@pytest.mark.parametrize("beta", [False, True], ids=["GA names", "beta names"])
async def test_speech_is_heard_sample_for_sample_and_told_as_on_webrtc(beta: bool) -> None:
    sound = tone(0.5, 24_000)
    async with SocketServer() as server, talking(server, beta=beta) as (line, ears):
        await server.created("r")
        await server.speak("r", sound, beta=beta)
        await server.done("r")
        await ears.heard("response.done")
        assert ears.kinds == ["response.created", "response.done"]
        heard = play(line, 490)
        await ears.heard("output_audio_buffer.started")
        assert ears.event("output_audio_buffer.started")["response_id"] == "r"
        assert "output_audio_buffer.stopped" not in ears.kinds
        heard = np.concatenate((heard, play(line, 20)))
        await ears.heard("output_audio_buffer.stopped")
        assert np.array_equal(heard[: 2 * len(sound) - 240], Doubler().push(sound)[:-240])
        made = [json.loads(text)["event_id"] for text in ears.texts if "made_here" in text]
        assert len(set(made)) == 2


async def test_speech_is_told_from_the_thread_that_plays_it() -> None:
    async with SocketServer() as server, talking(server) as (line, ears):
        await server.spoken("r", tone(0.2, 24_000))
        await ears.heard("response.done")
        await asyncio.to_thread(play, line, 300)
        await ears.heard("output_audio_buffer.stopped")
        assert ears.kinds == [
            "response.created",
            "response.output_audio.done",
            "response.done",
            "output_audio_buffer.started",
            "output_audio_buffer.stopped",
        ]


async def test_clearing_truncates_at_what_was_heard() -> None:
    async with SocketServer() as server, talking(server) as (line, ears):
        await server.created("r")
        await server.speak("r", tone(3, 24_000))
        await server.say("conversation.item.added", item={"id": "item_1", "type": "message", "role": "assistant"})
        await ears.heard("conversation.item.added")
        play(line, 1230)
        line.playout.drop()
        line.send_text('{"type":"response.cancel"}')
        line.send_text(CLEAR)
        truncate = await server.request("conversation.item.truncate")
        assert (truncate["item_id"], truncate["content_index"], truncate["audio_end_ms"]) == ("item_1", 0, 1230)
        await ears.heard("output_audio_buffer.cleared")
        assert not np.any(play(line, 100)[BLOCK_SAMPLES:])
        line.send_text(COMMIT)
        await server.request("input_audio_buffer.commit")
        assert [request["type"] for request in server.requests] == [
            "response.cancel",
            "conversation.item.truncate",
            "input_audio_buffer.commit",
        ]


async def test_the_users_speech_truncates_at_once_and_the_session_hears_of_it_in_order() -> None:
    async with SocketServer() as server, talking(server) as (line, ears):
        await server.spoken("r", tone(3, 24_000))
        await ears.heard("response.done")
        play(line, 500)
        await ears.heard("output_audio_buffer.started")
        await server.say("input_audio_buffer.speech_started", audio_start_ms=1, item_id="u")
        truncate = await server.request("conversation.item.truncate")
        assert truncate["audio_end_ms"] == 500
        await ears.heard("output_audio_buffer.cleared")
        assert ears.kinds[-2:] == ["input_audio_buffer.speech_started", "output_audio_buffer.cleared"]
        # The session does what it does on WebRTC.
        line.playout.drop()
        line.send_text(CLEAR)
        line.send_text(COMMIT)
        await server.request("input_audio_buffer.commit")
        assert len(server.of("conversation.item.truncate")) == 1


async def test_the_first_words_after_an_interruption_are_not_lost() -> None:
    """Sound of the next response may be here before the session has read that there is one."""
    async with SocketServer() as server, talking(server) as (line, ears):
        await server.spoken("r1", tone(3, 24_000))
        await ears.heard("response.done")
        play(line, 500)
        line.playout.drop()
        line.send_text(CLEAR)
        await server.spoken("r2", tone(0.3, 24_000), item_id="item_2")
        await ears.until(lambda: ears.kinds.count("response.done") == 2)
        assert not np.any(play(line, 50)[BLOCK_SAMPLES:])
        line.playout.resume()
        heard = play(line, 290)
        assert np.array_equal(heard, Doubler().push(tone(0.3, 24_000))[: len(heard)])


# --- what the session says is put into this transport's words -----------------------------------------------


async def test_a_session_update_names_the_formats() -> None:
    options = SessionOptions(instructions="Be brief.", turn_detection=ServerVad())
    async with SocketServer() as server:
        async with talking(server) as (line, _):
            line.send_text(encode(ask.SessionUpdate(options, event_id="e")))
            update = await server.request("session.update")
            pcm = {"type": "audio/pcm", "rate": 24000}
            assert update["event_id"] == "e"
            assert update["session"]["instructions"] == "Be brief."
            assert update["session"]["audio"]["input"]["format"] == pcm
            assert update["session"]["audio"]["input"]["turn_detection"]["type"] == "server_vad"
            assert update["session"]["audio"]["output"] == {"format": pcm}
        async with talking(server, beta=True) as (line, _):
            line.send_text(encode(ask.SessionUpdate(options), beta=True))
            session = (await server.request("session.update", 2))["session"]
            assert (session["input_audio_format"], session["output_audio_format"]) == ("pcm16", "pcm16")
            assert "audio" not in session


# --- floods, and what is malformed --------------------------------------------------------------------------


async def test_a_flood_is_taken_whole_and_leaves_others_their_turn() -> None:
    async with SocketServer() as server, talking(server) as (_, ears):
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        other = asyncio.create_task(others())
        await server.created("r")
        for number in range(1500):
            await server.say("response.output_text.delta", item_id="i", response_id="r", delta=f"{number} " + "x" * 700)
        await server.speak("r", tone(30, 24_000))
        await server.say("response.output_text.done", item_id="i", response_id="r", text="y" * 3_000_000)
        await server.done("r")
        await ears.heard("response.done")
        other.cancel()
        deltas = [json.loads(text)["delta"].split()[0] for text in ears.texts[1:-2]]
        assert deltas == [str(number) for number in range(1500)]
        assert turns > 1500


async def test_what_is_malformed_goes_up_as_it_is() -> None:
    malformed = ["", "no JSON", "[1]", '{"type":7}', '{"type":"response.output_audio.delta"}', "bee " * 1000]
    async with SocketServer() as server, talking(server) as (_, ears):
        for text in malformed:
            await server.client.send(text)
        await server.client.send(b"\xff\xfe not UTF-8", text=True)
        await server.client.send(b'{"type":"bytes are text too"}')
        await ears.heard_texts(len(malformed) + 2)
        assert ears.texts == [*malformed, "\ufffd\ufffd not UTF-8", '{"type":"bytes are text too"}']


async def test_a_message_beyond_all_bounds_ends_the_line() -> None:
    async with SocketServer() as server, talking(server) as (_, ears):
        await server.client.send("x" * (handshake.MAX_MESSAGE_BYTES + 1))
        assert isinstance(await ears.broken(), LinkLost)


# --- the end ------------------------------------------------------------------------------------------------


FAREWELLS = [
    (1001, "Your session hit the maximum duration of 60 minutes.", SessionExpired),
    (1001, "", LinkLost),
    (1000, "", LinkLost),
    (1011, "server error", LinkLost),
    (1012, "", LinkLost),
    (4000, "invalid_request_error.beta_api_shape_disabled", SessionRejected),
    (3000, "invalid_request_error.invalid_api_key", KeyRefused),
    (1013, "insufficient_quota", QuotaExhausted),
]


@pytest.mark.parametrize(("code", "reason", "kind"), FAREWELLS)
async def test_a_farewell_is_understood_after_the_last_word(code: int, reason: str, kind: type[Trouble]) -> None:
    async with SocketServer() as server, talking(server) as (line, ears):
        for number in range(50):
            line.send_audio(silence(), 0)
            await server.say("error", error={"type": "x", "message": str(number)})
        await server.client.close(code, reason)
        trouble = await ears.broken()
        assert type(trouble) is kind
        assert ears.kinds == ["error"] * 50
        assert isinstance(ears.told[-2], tuple)
        if isinstance(trouble, SessionRejected):
            assert "beta_api_shape_disabled" in trouble.sentence


async def test_a_session_that_still_talks_hears_the_last_word() -> None:
    async with SocketServer() as server, talking(server) as (line, ears):
        ears.on_text = lambda: line.send_text(COMMIT)
        words = [json.dumps({"type": "error", "error": {"message": str(number)}}) for number in range(300)]
        for word in words:
            # All at once with the end behind it: what is sent from now on fails.
            server.client.protocol.send_text(word.encode())
        server.client.protocol.send_close(1001, "maximum duration")
        server.client.send_data()
        server.client.transport.abort()
        await ears.broken()
        assert ears.texts == words


async def test_a_server_that_breaks_off_is_noticed_at_once() -> None:
    async with SocketServer() as server, talking(server) as (_, ears):
        server.client.transport.abort()
        assert isinstance(await ears.broken(), LinkLost)


@pytest.mark.usefixtures("hasty")
async def test_a_farewell_without_hanging_up_is_one() -> None:
    async with SocketServer() as server, Path(server.port) as path, talking(server, path.url) as (_, ears):
        path.swallow(answers=False)
        server.client.protocol.send_close(1001, "maximum duration")
        server.client.send_data()
        assert isinstance(await ears.broken(), SessionExpired)


@pytest.mark.parametrize("speaking", [False, True], ids=["in quiet", "while speaking"])
async def test_silent_death_is_noticed_within_four_seconds(speaking: bool) -> None:
    async with SocketServer() as server, Path(server.port) as path, talking(server, path.url) as (line, ears):
        await server.say("session.created", session={})
        await ears.heard("session.created")
        words = blocks(tone(0.5))
        path.swallow()
        died_s = time.monotonic()

        async def speak() -> None:
            while True:
                for block in words:
                    line.send_audio(block, 0)
                await asyncio.sleep(0.05)  # ten times as fast as speech: it fills every buffer on the way

        speaker = asyncio.create_task(speak() if speaking else asyncio.Event().wait())
        assert isinstance(await ears.broken(), LinkLost)
        noticed_s = time.monotonic() - died_s
        speaker.cancel()
        assert CONSENT_QUESTIONS * CONSENT_INTERVAL_S - 0.5 < noticed_s < 4.0 + BUSY_S
        told = len(ears.told)
        await line.close()
        assert time.monotonic() - died_s < noticed_s + 2.0 + BUSY_S
        assert len(ears.told) == told


async def test_what_the_server_says_is_a_sign_of_life_and_what_its_system_acknowledges_is_none() -> None:
    async with SocketServer() as server:
        connection = await handshake.opened(server.url, HEADERS)
        assert isinstance(connection, handshake.Socket)
        heard = connection.heard
        for turn in range(1, 20):
            await connection.send(COMMIT)
            await server.request("input_audio_buffer.commit", turn)
        assert connection.heard == heard
        await server.say("session.created", session={})
        await connection.recv()
        assert connection.heard != heard
        if sys.platform == "linux":
            assert connection.heard[1] == heard[1] + 1
        await handshake.hang_up(connection)


@pytest.mark.usefixtures("hasty")
async def test_a_server_that_takes_nothing_any_more_is_gone() -> None:
    async with SocketServer() as server, talking(server) as (line, ears):
        words = blocks(tone(0.5))
        server.reads.clear()
        while not any(isinstance(news, Trouble) for news in ears.told):
            for block in words:
                line.send_audio(block, 0)
            await asyncio.sleep(0.01)
        assert isinstance(ears.told[-1], LinkLost)


@pytest.mark.usefixtures("hasty")
async def test_a_slow_path_is_not_a_dead_one() -> None:
    """One message that takes four times as long as patience lasts, and sound the other way."""
    async with (
        SocketServer() as server,
        Path(server.port, bytes_per_s=200_000) as path,
        talking(server, path.url) as (line, ears),
    ):
        for block in blocks(tone(3)):
            line.send_audio(block, 0)
        await server.say("response.output_text.done", response_id="r", item_id="i", text="x" * 400_000)
        await ears.heard("response.output_text.done")
        assert not any(isinstance(news, Trouble) for news in ears.told)


@pytest.mark.usefixtures("hasty")
async def test_a_loop_that_slept_takes_nobody_for_dead() -> None:
    async with SocketServer() as server, talking(server) as (_, ears):
        time.sleep(1.0)  # noqa: ASYNC251 - the loop is to sleep
        await server.say("session.created", session={})
        await ears.heard("session.created")
        for number in range(20):
            await asyncio.sleep(0.05)
            await server.say("error", error={"type": "x", "message": str(number)})
        assert not any(isinstance(news, Trouble) for news in ears.told)


async def test_closing_says_goodbye_and_nothing_is_told_from_then_on() -> None:
    async with SocketServer() as server, talking(server) as (line, ears):
        flood = asyncio.create_task(server.speak("r", tone(10, 24_000)))
        words = asyncio.create_task(_chatter(server))
        await ears.heard("error")
        closing = asyncio.create_task(line.close())
        await asyncio.sleep(0)
        told = len(ears.told)
        await closing
        await asyncio.gather(flood, words, return_exceptions=True)
        assert len(ears.told) == told
        await server.until(lambda: len(server.closed_with) == 1)
        await line.close()


async def _chatter(server: SocketServer) -> None:
    while True:
        await server.say("error", error={"type": "x", "message": "y"})


async def test_closing_does_not_wait_for_a_server_that_does_not_answer() -> None:
    async with SocketServer() as server, Path(server.port) as path, talking(server, path.url) as (line, ears):
        path.swallow()
        began_s = time.monotonic()
        await line.close()
        assert time.monotonic() - began_s < 2.0 + BUSY_S
        assert ears.told == ["up", "opened"]


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


async def test_many_connections_leave_nothing_behind() -> None:
    async with SocketServer() as server:

        async def once(number: int) -> None:
            async with talking(server) as (line, ears):
                await server.spoken("r", tone(0.2, 24_000))
                await ears.heard("response.done")
                line.send_audio(silence(), 0)
                play(line, 10)
                if number % 2:
                    server.client.transport.abort()
                    await ears.broken()
            await server.until(lambda: len(server.closed_with) == number + 1)

        await once(0)
        gc.collect()
        tasks, threads, files = len(asyncio.all_tasks()), threading.active_count(), open_files()
        for number in range(1, 21):
            await once(number)
        gc.collect()
        lines = [each for each in gc.get_objects() if isinstance(each, VoiceSocket)]
        assert lines == []
        assert len(asyncio.all_tasks()) == tasks
        assert threading.active_count() == threads
        assert open_files() <= files


# --- against the rehearsal server ---------------------------------------------------------------------------


ANSWER = [
    "session.created",
    "session.updated",
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "response.created",
    "output_audio_buffer.started",
    "response.done",
    "output_audio_buffer.stopped",
]


@asynccontextmanager
async def sounding(line: VoiceSocket) -> AsyncIterator[Callable[[Pcm], None]]:
    """The sound thread's work in real time; yields what makes the microphone hear something."""
    said: deque[Pcm] = deque()

    async def work() -> None:
        due_s = time.monotonic()
        while True:
            line.send_audio(said.popleft() if said else silence(), 0)
            line.playout.pull(silence(), time.monotonic())
            due_s += 0.01
            await asyncio.sleep(due_s - time.monotonic())

    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(work())
        yield lambda sound: said.extend(blocks(sound))
        working.cancel()


async def test_a_conversation_with_the_rehearsal_server_goes_as_on_webrtc() -> None:
    async with rehearsal_server() as server:
        line = VoiceSocket(ears := Ears())
        url = server.url.replace("http", "ws") + "/realtime?model=rehearsal"
        with pytest.raises(KeyRefused):
            await VoiceSocket(Ears()).connect(url, {"Authorization": "Bearer sk-wrong"})
        await line.connect(url, {"Authorization": f"Bearer {KEY}"})
        try:
            line.send_text(encode(ask.SessionUpdate(SessionOptions(turn_detection=ServerVad()))))
            async with sounding(line) as say:
                await ears.heard("session.updated")
                say(tone(0.8))
                await ears.heard("output_audio_buffer.stopped")
                assert [kind for kind in ears.kinds if kind in ANSWER] == ANSWER
                assert not any(kind.endswith("output_audio.delta") for kind in ears.kinds)
                heard = len(ears.told)

                say(tone(0.8))
                await ears.until(lambda: ears.kinds.count("output_audio_buffer.started") == 2)
                say(np.concatenate((np.zeros(RATE_HZ // 5, np.int16), tone(0.8))))
                await ears.heard("conversation.item.truncated")
                kinds = [json.loads(news[1])["type"] for news in ears.told[heard:] if isinstance(news, tuple)]
                assert kinds.index("output_audio_buffer.cleared") > kinds.index("output_audio_buffer.started")
                assert 0 < ears.event("conversation.item.truncated")["audio_end_ms"] < 2000
                assert "error" not in ears.kinds
        finally:
            await line.close()


# --- where it lives -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("qapp")
def test_it_lives_on_a_qasync_loop_in_a_qt_thread() -> None:
    async def converse() -> list[str]:
        async with SocketServer() as server, talking(server) as (line, ears):
            await server.spoken("r", tone(0.2, 24_000))
            await ears.heard("response.done")
            await asyncio.to_thread(play, line, 300)
            await ears.heard("output_audio_buffer.stopped")
            for block in blocks(tone(0.2)):
                line.send_audio(block, 0)
            line.send_text(COMMIT)
            await server.request("input_audio_buffer.commit")
            assert len(server.pcm) == 4800
            return ears.kinds

    assert run_on_session_thread(converse)[-1] == "output_audio_buffer.stopped"
