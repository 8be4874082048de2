"""Tokens against a real HTTP server on loopback: every door, every failure, and no secret in what is left behind."""

import asyncio
import contextlib
import json
import logging
import socket
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.conversation.admission import Answer, Secret
from app.conversation.profiles import BROKER, OWN_KEY, AuthStyle, Door, Profile
from app.conversation.troubles import (
    BrokerAnswerUnusable,
    BrokerBusy,
    BrokerFailed,
    BrokerForbids,
    BrokerLeaksKey,
    BrokerRedirects,
    BrokerRefused,
    BrokerTimedOut,
    BrokerUnreachable,
    BrokerUntrusted,
    BrokerUrlInvalid,
    ConnectTimedOut,
    CredentialMissing,
    KeyRefused,
    NotSignedIn,
    PortalInTheWay,
    QuotaExhausted,
    ServerAnswerUnusable,
    ServerRefused,
    ServerUnreachable,
    ServerUrlInvalid,
    Trouble,
)
from app.tokens import http, posting
from app.tokens.http import HttpTokens
from tests.support import http_server
from tests.support.certificates import self_signed
from tests.support.http_server import HttpServer, answer
from tests.support.session_loop import run_on_session_thread

CREDENTIAL = "credential-planted-0123456789"
SECRET = "ek_planted_0123456789"
MAIN_KEY = "sk-proj-planted0123456789"
OFFER = "v=0\r\na=group:BUNDLE 0\r\n"
SDP = "v=0\r\na=ice-pwd:answerplanted0123456789\r\n"
PLANTED = (CREDENTIAL, SECRET, MAIN_KEY, "answerplanted0123456789")
CALL = Answer(SDP, "rtc_1", "/calls/rtc_1")
GRANT = answer(200, json.dumps({"value": SECRET}), content_type="application/json")


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer() as running:
        yield running


@pytest.fixture
async def tokens() -> AsyncIterator[HttpTokens]:
    made = HttpTokens()
    yield made
    await made.close()


@pytest.fixture
def broker(server: HttpServer) -> Profile:
    return replace(BROKER, broker_url=f"{server.url}/token", server_url=f"{server.url}/v1")


@pytest.fixture
def proxied(broker: Profile) -> Profile:
    return replace(broker, door=Door.BROKER_PROXY, server_url="")


def shown_with_locals(trouble: Trouble) -> str:
    """Everything that a crash report could show, except this module's own frames (they plant the secrets)."""
    told: traceback.TracebackException | None
    told = traceback.TracebackException.from_exception(trouble, capture_locals=True)
    seen: list[str] = []
    while told is not None:
        seen += [
            str((frame.name, frame.locals)) for frame in told.stack if "/app/" in frame.filename.replace("\\", "/")
        ]
        seen.append("".join(told.format_exception_only()))
        assert told.__context__ is None or told.__suppress_context__
        told = told.__cause__
    return "\n".join(seen)


async def troubled(call: Awaitable[object], kind: type[Trouble]) -> Trouble:
    """The trouble a call raises, after a look that nothing planted can be read from it."""
    with pytest.raises(kind) as caught:
        await call
    assert type(caught.value) is kind
    text = shown_with_locals(caught.value)
    assert "/app/" in str(caught.traceback)
    for planted in PLANTED:
        assert planted not in text
        assert planted not in repr(caught.value)
    return caught.value


# --- the doors ------------------------------------------------------------------------------------------------


async def test_a_broker_gets_a_post_with_the_credential(
    tokens: HttpTokens, server: HttpServer, broker: Profile
) -> None:
    server.script = GRANT
    grant = await tokens.mint(broker, Secret(f"{CREDENTIAL}\n"))
    assert grant.secret == Secret(SECRET)
    [asked] = server.received
    assert (asked.method, asked.path, asked.body) == ("POST", "/token", b"{}")
    assert asked.headers["authorization"] == f"Bearer {CREDENTIAL}"
    assert asked.headers["content-type"] == "application/json"


async def test_an_open_broker_gets_no_credential(tokens: HttpTokens, server: HttpServer, broker: Profile) -> None:
    server.script = GRANT
    await tokens.mint(broker, None)
    assert "authorization" not in server.received[0].headers


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [(AuthStyle.BEARER, "authorization", f"Bearer {MAIN_KEY}"), (AuthStyle.API_KEY, "api-key", MAIN_KEY)],
)
async def test_an_own_key_mints_at_the_server(
    tokens: HttpTokens, server: HttpServer, auth: AuthStyle, header: str, value: str
) -> None:
    server.script = GRANT
    profile = replace(OWN_KEY, server_url=f"{server.url}/v1/", auth=auth)
    grant = await tokens.mint(profile, Secret(MAIN_KEY))
    assert grant.secret == Secret(SECRET)
    [asked] = server.received
    assert asked.path == "/v1/realtime/client_secrets"
    assert asked.headers[header] == value
    assert json.loads(asked.body) == {
        "session": {"type": "realtime", "model": profile.model, "audio": {"output": {"voice": profile.voice}}}
    }


async def test_an_own_key_that_is_missing_is_not_even_tried(tokens: HttpTokens) -> None:
    with pytest.raises(CredentialMissing):
        await tokens.mint(OWN_KEY, None)


async def test_a_server_without_sign_in_is_asked_without_a_key(tokens: HttpTokens, server: HttpServer) -> None:
    server.script = GRANT
    await tokens.mint(replace(OWN_KEY, server_url=server.url, auth=AuthStyle.NONE), None)
    assert "authorization" not in server.received[0].headers


@pytest.mark.parametrize("status", [200, 201])
async def test_the_offer_goes_to_the_server_with_the_secret(
    tokens: HttpTokens, server: HttpServer, broker: Profile, status: int
) -> None:
    server.script = answer(status, SDP, content_type="application/sdp", location="/v1/realtime/calls/rtc_1")
    assert await tokens.exchange(broker, Secret(SECRET), OFFER) == Answer(SDP, "rtc_1", "/v1/realtime/calls/rtc_1")
    [asked] = server.received
    assert (asked.path, asked.body.decode()) == ("/v1/realtime/calls", OFFER)
    assert asked.headers["authorization"] == f"Bearer {SECRET}"
    assert asked.headers["content-type"] == "application/sdp"


async def test_the_offer_goes_to_a_proxying_broker_with_the_credential(
    tokens: HttpTokens, server: HttpServer, proxied: Profile
) -> None:
    server.script = answer(200, json.dumps({"sdp": SDP, "call_id": "rtc_2"}), content_type="application/json")
    assert await tokens.exchange(proxied, Secret(CREDENTIAL), OFFER) == Answer(SDP, "rtc_2")
    [asked] = server.received
    assert (asked.path, asked.body.decode()) == ("/token", OFFER)
    assert asked.headers["authorization"] == f"Bearer {CREDENTIAL}"


@pytest.mark.parametrize(
    ("place", "asked_for"),
    [
        ("/v1/realtime/calls/rtc_1", "/v1/realtime/calls/rtc_1/hangup"),
        ("calls/rtc_1/?model=x#y", "/calls/rtc_1/hangup"),
        ("https://elsewhere.example/v1/realtime/calls/rtc_1", "/v1/realtime/calls/rtc_1/hangup"),
        ("//elsewhere.example:1/calls/rtc_1", "/calls/rtc_1/hangup"),
    ],
)
async def test_a_proxying_broker_is_told_of_the_end_where_it_keeps_the_call(
    tokens: HttpTokens, server: HttpServer, proxied: Profile, place: str, asked_for: str
) -> None:
    server.script = answer(201, SDP, content_type="application/sdp", location=place)
    answered = await tokens.exchange(proxied, Secret(CREDENTIAL), OFFER)
    server.script = answer(200)
    await tokens.hang_up(proxied, Secret(CREDENTIAL), answered)
    asked = server.received[-1]
    assert (asked.method, asked.path, asked.body) == ("POST", asked_for, b"")
    assert asked.headers["authorization"] == f"Bearer {CREDENTIAL}"
    assert len(server.lines) == 1


@pytest.mark.parametrize("place", ["", "http://[::1", "/calls/.."])
async def test_a_broker_that_does_not_say_where_it_keeps_the_call_is_told_nothing(
    tokens: HttpTokens, server: HttpServer, proxied: Profile, place: str
) -> None:
    server.script = answer(201, SDP, content_type="application/sdp", location=place)
    answered = await tokens.exchange(proxied, Secret(CREDENTIAL), OFFER)
    await tokens.hang_up(proxied, Secret(CREDENTIAL), answered)
    assert len(server.received) == 1


async def test_a_hang_up_outlives_a_broken_connection(
    tokens: HttpTokens, server: HttpServer, proxied: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "HANG_UP_PAUSE_S", 0.01)
    server.script = http_server.silence
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(tokens.hang_up(proxied, Secret(CREDENTIAL), CALL))
        await asyncio.to_thread(server.wait_for, lambda: len(server.received) == 1)
        server.script = answer(200)
        await tokens.close()  # what was lost may have taken the kept connections with it
    assert [asked.path for asked in server.received] == ["/calls/rtc_1/hangup"] * 2


@pytest.mark.parametrize("status", [429, 502, 503])
async def test_a_hang_up_that_could_not_be_done_is_repeated(
    tokens: HttpTokens, server: HttpServer, proxied: Profile, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(http, "HANG_UP_PAUSE_S", 0.01)
    server.script = lambda line: answer(200 if len(server.received) > 2 else status)(line)
    await tokens.hang_up(proxied, Secret(CREDENTIAL), CALL)
    assert len(server.received) == 3


@pytest.mark.parametrize("status", [401, 404])
async def test_a_hang_up_that_is_refused_is_not_repeated(
    tokens: HttpTokens, server: HttpServer, proxied: Profile, status: int
) -> None:
    server.script = answer(status)
    await tokens.hang_up(proxied, Secret(CREDENTIAL), CALL)
    assert len(server.received) == 1


@pytest.mark.parametrize("already", [True, False])
async def test_nobody_who_leaves_waits_for_a_broker(
    tokens: HttpTokens, server: HttpServer, proxied: Profile, already: bool
) -> None:
    server.script = http_server.silence
    if already:
        tokens.hurry()
    async with asyncio.timeout(http.HANG_UP_TRY_S - 1), asyncio.TaskGroup() as tasks:
        tasks.create_task(tokens.hang_up(proxied, Secret(CREDENTIAL), CALL))
        await asyncio.to_thread(server.wait_for, lambda: len(server.received) == 1)
        tokens.hurry()


async def test_the_next_call_lets_the_end_of_the_one_before_go_first(
    tokens: HttpTokens, server: HttpServer, proxied: Profile
) -> None:
    may_answer = threading.Event()

    def one_at_a_time(line: http_server.Line) -> None:
        assert line.asked is not None
        if line.asked.path.endswith("/hangup"):
            assert may_answer.wait(10)
            answer(200)(line)
        else:
            answer(201 if may_answer.is_set() else 429, SDP, content_type="application/sdp")(line)

    server.script = one_at_a_time
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(tokens.hang_up(proxied, Secret(CREDENTIAL), CALL))
        await asyncio.to_thread(server.wait_for, lambda: len(server.received) == 1)
        next_one = tasks.create_task(tokens.exchange(proxied, Secret(CREDENTIAL), OFFER))
        asyncio.get_running_loop().call_later(0.1, may_answer.set)
    assert next_one.result().sdp == SDP


async def test_minting_and_exchanging_share_one_connection(
    tokens: HttpTokens, server: HttpServer, broker: Profile
) -> None:
    server.script = GRANT
    grant = await tokens.mint(broker, None)
    server.script = answer(201, SDP, content_type="application/sdp")
    await tokens.exchange(broker, grant.secret, OFFER)
    assert len(server.lines) == 1


async def test_a_connection_opened_ahead_is_used_and_carries_no_credential(
    tokens: HttpTokens, server: HttpServer, broker: Profile
) -> None:
    await tokens.warm(broker)
    server.script = GRANT
    await tokens.mint(broker, Secret(CREDENTIAL))
    assert len(server.lines) == 1
    assert [(asked.method, "authorization" in asked.headers) for asked in server.received] == [
        ("OPTIONS", False),
        ("POST", True),
    ]


async def test_nobody_there_to_be_warmed_up_is_no_trouble(tokens: HttpTokens) -> None:
    await tokens.warm(Profile("x", "X", Door.BROKER, broker_url="http://127.0.0.1:1/token", server_url="not a url"))


async def test_a_secret_where_sdp_was_asked_for_and_the_reverse(
    tokens: HttpTokens, server: HttpServer, broker: Profile
) -> None:
    server.script = GRANT
    trouble = await troubled(tokens.exchange(broker, Secret(SECRET), OFFER), ServerAnswerUnusable)
    assert "a secret instead" in trouble.sentence
    server.script = answer(200, SDP, content_type="application/sdp")
    trouble = await troubled(tokens.mint(broker, None), BrokerAnswerUnusable)
    assert "an SDP answer instead" in trouble.sentence


@pytest.mark.parametrize("door", [Door.BROKER_PROXY, Door.DIRECT])
async def test_where_nothing_is_minted_the_credential_itself_opens(
    tokens: HttpTokens, server: HttpServer, broker: Profile, door: Door
) -> None:
    grant = await tokens.mint(replace(broker, door=door), Secret(CREDENTIAL))
    assert grant.secret == Secret(CREDENTIAL)
    assert not (await tokens.mint(replace(broker, door=door), None)).secret
    assert server.received == []


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (AuthStyle.BEARER, "authorization", f"Bearer {MAIN_KEY}"),
        (AuthStyle.API_KEY, "api-key", MAIN_KEY),
        (AuthStyle.NONE, "api-key", None),
    ],
)
async def test_a_server_of_ones_own_takes_the_offer_with_the_credential_in_its_style(
    tokens: HttpTokens, server: HttpServer, auth: AuthStyle, header: str, value: str | None
) -> None:
    server.script = answer(200, SDP, content_type="text/plain charset=utf-8")
    profile = replace(
        OWN_KEY,
        door=Door.DIRECT,
        server_url=f"{server.url}/v1",
        calls_path="/realtime?model={model}",
        model="a b",
        auth=auth,
    )
    grant = await tokens.mint(profile, Secret(MAIN_KEY))
    assert await tokens.exchange(profile, grant.secret, OFFER) == Answer(SDP)
    [asked] = server.received
    assert asked.path == "/v1/realtime?model=a%20b"
    assert asked.headers.get(header) == value


async def test_a_minted_secret_is_a_bearer_s_even_where_keys_are_not(tokens: HttpTokens, server: HttpServer) -> None:
    profile = replace(OWN_KEY, server_url=f"{server.url}/openai/v1", auth=AuthStyle.API_KEY)
    server.script = answer(201, SDP, content_type="application/sdp")
    await tokens.exchange(profile, Secret(SECRET), OFFER)
    [asked] = server.received
    assert asked.path == "/openai/v1/realtime/calls"
    assert asked.headers["authorization"] == f"Bearer {SECRET}"
    assert "api-key" not in asked.headers


async def test_a_server_s_own_voice_is_not_asked_for(tokens: HttpTokens, server: HttpServer) -> None:
    server.script = GRANT
    await tokens.mint(replace(OWN_KEY, server_url=server.url, voice=""), Secret(MAIN_KEY))
    assert json.loads(server.received[0].body) == {"session": {"type": "realtime", "model": OWN_KEY.model}}


# --- WebSockets -----------------------------------------------------------------------------------------------


async def test_a_socket_is_opened_with_the_key_there_is(tokens: HttpTokens) -> None:
    entry = await tokens.socket_entry(OWN_KEY, Secret(f" {MAIN_KEY}\n"))
    assert entry.url == "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1"
    assert entry.headers() == {"Authorization": f"Bearer {MAIN_KEY}"}
    assert MAIN_KEY not in repr(entry)
    azure = replace(OWN_KEY, server_url="https://r.openai.azure.com/openai/v1", auth=AuthStyle.API_KEY, model="mine")
    entry = await tokens.socket_entry(azure, Secret(MAIN_KEY))
    assert entry.url == "wss://r.openai.azure.com/openai/v1/realtime?model=mine"
    assert entry.headers() == {"api-key": MAIN_KEY}


async def test_a_socket_behind_a_broker_is_opened_with_its_secret(
    tokens: HttpTokens, server: HttpServer, broker: Profile
) -> None:
    server.script = GRANT
    entry = await tokens.socket_entry(replace(broker, auth=AuthStyle.API_KEY), Secret(CREDENTIAL))
    assert entry.url == f"{server.url.replace('http', 'ws')}/v1/realtime?model=gpt-realtime-2.1"
    assert entry.headers() == {"Authorization": f"Bearer {SECRET}"}


async def test_an_open_server_is_shown_nothing(tokens: HttpTokens) -> None:
    own = replace(OWN_KEY, door=Door.DIRECT, server_url="http://127.0.0.1:8765/v1", socket_path="/realtime")
    entry = await tokens.socket_entry(own, None)
    assert (entry.url, entry.headers()) == ("ws://127.0.0.1:8765/v1/realtime", {})
    unasked = replace(own, auth=AuthStyle.NONE)
    assert (await tokens.socket_entry(unasked, Secret(CREDENTIAL))).headers() == {}


async def test_sockets_that_cannot_be_opened(tokens: HttpTokens, broker: Profile) -> None:
    for without in (replace(broker, door=Door.BROKER_PROXY), replace(broker, socket_path="")):
        await troubled(tokens.socket_entry(without, Secret(CREDENTIAL)), ServerUrlInvalid)
    elsewhere = replace(OWN_KEY, server_url="http://api.example.org/v1")
    await troubled(tokens.socket_entry(elsewhere, Secret(MAIN_KEY)), ServerUrlInvalid)
    await troubled(tokens.socket_entry(OWN_KEY, Secret(f"two {MAIN_KEY}\nlines")), KeyRefused)
    with pytest.raises(CredentialMissing):
        await tokens.socket_entry(OWN_KEY, None)


# --- answers that are none ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (answer(200, f"<html>{SECRET}</html>", content_type="text/html"), PortalInTheWay),
        (answer(511, f"<html>{SECRET}</html>", content_type="text/html"), PortalInTheWay),
        (answer(200, ""), BrokerAnswerUnusable),
        (answer(204), BrokerAnswerUnusable),
        (answer(200, f"{SECRET} is no JSON"), BrokerAnswerUnusable),
        (answer(200, json.dumps({"value": SECRET, "expires_at": 1_600_000_000})), BrokerAnswerUnusable),
        (answer(200, json.dumps({"value": MAIN_KEY})), BrokerLeaksKey),
        (answer(302, "", location="http://127.0.0.1:1/elsewhere"), BrokerRedirects),
        (answer(307, "", location="/elsewhere"), BrokerRedirects),
        (answer(401, json.dumps({"error": CREDENTIAL})), NotSignedIn),
        (answer(403), BrokerForbids),
        (answer(404, json.dumps({"error": {"message": CREDENTIAL, "code": MAIN_KEY}})), BrokerRefused),
        (answer(429, retry_after="3"), BrokerBusy),
        (answer(429, json.dumps({"error": {"code": "insufficient_quota"}})), QuotaExhausted),
        (answer(500, f"stack trace with {MAIN_KEY}"), BrokerFailed),
        (answer(500, "x" * 300_000), BrokerFailed),
        (http_server.break_off, BrokerUnreachable),
        (http_server.hang_up, BrokerUnreachable),
        (lambda line: line.send(b"SSH-2.0-OpenSSH\r\n\r\n"), BrokerUnreachable),
        (lambda line: line.send(b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 200_000), BrokerUnreachable),
    ],
)
async def test_each_failure_has_its_trouble_and_leaves_the_tokens_usable(
    tokens: HttpTokens, server: HttpServer, broker: Profile, script: http_server.Answer, kind: type[Trouble]
) -> None:
    server.script = script
    await troubled(tokens.mint(broker, Secret(CREDENTIAL)), kind)
    asked = len(server.received)
    server.script = GRANT
    assert (await tokens.mint(broker, Secret(CREDENTIAL))).secret == Secret(SECRET)
    assert len(server.received) == asked + 1


async def test_a_redirect_is_not_followed(tokens: HttpTokens, server: HttpServer, broker: Profile) -> None:
    server.script = answer(308, "", location="/elsewhere")
    await troubled(tokens.mint(broker, Secret(CREDENTIAL)), BrokerRedirects)
    assert [asked.path for asked in server.received] == ["/token"]


async def test_a_long_answer_is_cut_off_without_reading_it(
    tokens: HttpTokens, server: HttpServer, broker: Profile
) -> None:
    # Far more than socket buffers can swallow, so that the server notices.
    server.script = http_server.endless(limit_bytes=64_000_000)
    trouble = await troubled(tokens.mint(broker, Secret(CREDENTIAL)), BrokerAnswerUnusable)
    assert "too long" in trouble.sentence
    await asyncio.to_thread(server.wait_for, lambda: server.lines[0].ended)
    assert server.lines[0].sent_bytes < 16_000_000


async def test_three_megabytes_of_json_are_refused(tokens: HttpTokens, server: HttpServer, broker: Profile) -> None:
    server.script = answer(200, json.dumps({"pad": "x" * 3_000_000, "value": SECRET}))
    assert "too long" in (await troubled(tokens.mint(broker, None), BrokerAnswerUnusable)).sentence


async def test_an_sdp_answer_may_be_longer_than_a_token(
    tokens: HttpTokens, server: HttpServer, broker: Profile
) -> None:
    long_sdp = SDP + "a=candidate:1\r\n" * 8000
    server.script = answer(201, long_sdp, content_type="application/sdp")
    assert (await tokens.exchange(broker, Secret(SECRET), OFFER)).sdp == long_sdp
    server.script = answer(201, long_sdp * 3, content_type="application/sdp")
    await troubled(tokens.exchange(broker, Secret(SECRET), OFFER), ServerAnswerUnusable)


@pytest.mark.parametrize("script", [http_server.drip(), http_server.silence])
async def test_a_slow_answer_ends_at_the_limit(
    tokens: HttpTokens,
    server: HttpServer,
    broker: Profile,
    script: http_server.Answer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "MINT_S", 0.3)
    monkeypatch.setattr(http, "EXCHANGE_S", 0.3)
    server.script = script
    async with asyncio.timeout(10):
        await troubled(tokens.mint(broker, Secret(CREDENTIAL)), BrokerTimedOut)
        await troubled(tokens.exchange(broker, Secret(SECRET), OFFER), ConnectTimedOut)


async def test_cancelling_ends_the_request(tokens: HttpTokens, server: HttpServer, broker: Profile) -> None:
    server.script = http_server.silence
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(tokens.mint(broker, None))
        await asyncio.to_thread(server.wait_for, lambda: len(server.received) == 1)
        waiting.cancel()
    server.script = GRANT
    assert (await tokens.mint(broker, None)).secret == Secret(SECRET)


# --- the server's own refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (answer(401, json.dumps({"error": {"code": "invalid_api_key", "message": SECRET}})), KeyRefused),
        (answer(404, json.dumps({"error": {"code": "model_not_found"}})), ServerRefused),
        (answer(429, json.dumps({"error": {"code": "insufficient_quota"}})), QuotaExhausted),
        (answer(503), ServerRefused),
        (answer(200, "<html></html>", content_type="text/html"), ServerAnswerUnusable),
        (answer(302, "", location="https://login.example"), ServerAnswerUnusable),
        (http_server.hang_up, ServerUnreachable),
    ],
)
async def test_each_refusal_of_the_calls_endpoint(
    tokens: HttpTokens, server: HttpServer, broker: Profile, script: http_server.Answer, kind: type[Trouble]
) -> None:
    server.script = script
    await troubled(tokens.exchange(broker, Secret(SECRET), OFFER), kind)


async def test_the_server_s_code_reaches_the_person(tokens: HttpTokens, server: HttpServer) -> None:
    server.script = answer(404, json.dumps({"error": {"code": "model_not_found"}}))
    trouble = await troubled(tokens.mint(replace(OWN_KEY, server_url=server.url), Secret(MAIN_KEY)), ServerRefused)
    assert "model_not_found" in trouble.sentence


# --- no connection --------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


async def test_nobody_listens(tokens: HttpTokens) -> None:
    profile = replace(BROKER, broker_url=f"http://127.0.0.1:{free_port()}/token")
    trouble = await troubled(tokens.mint(profile, Secret(CREDENTIAL)), BrokerUnreachable)
    assert "refuses connections" in trouble.sentence
    assert trouble.retryable


@pytest.mark.skipif(sys.platform != "linux", reason="how a full backlog behaves differs")
async def test_nobody_picks_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "CONNECT_S", 0.3)
    tokens = HttpTokens()
    with contextlib.ExitStack() as waiting, socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        for _ in range(4):  # fills the queue, so that the kernel drops the next one
            caller = waiting.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        profile = replace(BROKER, broker_url=f"http://127.0.0.1:{listener.getsockname()[1]}/token")
        trouble = await troubled(tokens.mint(profile, Secret(CREDENTIAL)), BrokerUnreachable)
    assert "no connection in time" in trouble.sentence
    await tokens.close()


async def test_no_such_name(tokens: HttpTokens) -> None:
    profile = replace(BROKER, broker_url="https://broker.invalid/token")
    assert "name was not found" in (await troubled(tokens.mint(profile, None), BrokerUnreachable)).sentence


async def test_an_unknown_certificate(tokens: HttpTokens, tmp_path: Path) -> None:
    context, _certificate = self_signed(tmp_path)
    with HttpServer(GRANT, context) as server:
        profile = replace(BROKER, broker_url=server.url)
        trouble = await troubled(tokens.mint(profile, Secret(CREDENTIAL)), BrokerUntrusted)
        assert "certificate is not trusted" in trouble.sentence
        assert not server.received


async def test_plain_http_behind_an_https_address(tokens: HttpTokens, server: HttpServer) -> None:
    profile = replace(BROKER, broker_url=server.url.replace("http:", "https:"))
    trouble = await troubled(tokens.mint(profile, Secret(CREDENTIAL)), BrokerUnreachable)
    assert "no secure connection" in trouble.sentence


@pytest.mark.parametrize(
    ("days", "host", "why"), [(1, "127.0.0.1", ""), (-1, "127.0.0.1", "expired"), (1, "127.0.0.2", "another address")]
)
async def test_the_system_s_certificates_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, host: str, why: str
) -> None:
    context, certificate = self_signed(tmp_path, host=host, days=days)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tokens = HttpTokens()
    with HttpServer(GRANT, context) as server:
        profile = replace(BROKER, broker_url=server.url)
        if why:
            assert why in (await troubled(tokens.mint(profile, Secret(CREDENTIAL)), BrokerUntrusted)).sentence
        else:
            assert (await tokens.mint(profile, None)).secret == Secret(SECRET)
        await tokens.close()


async def test_this_machine_is_reached_past_the_proxy(
    tokens: HttpTokens, server: HttpServer, broker: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("all_proxy", "socks://127.0.0.1:1080/")
    server.script = GRANT
    assert (await tokens.mint(broker, None)).secret == Secret(SECRET)


async def test_other_machines_are_reached_through_the_proxy(
    tokens: HttpTokens, server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", server.url)
    server.script = answer(407)
    trouble = await troubled(tokens.mint(replace(BROKER, broker_url="https://b.invalid/"), None), BrokerUnreachable)
    assert "proxy" in trouble.sentence
    assert server.received[0].method == "CONNECT"


async def test_a_proxy_setting_that_cannot_be_used(tokens: HttpTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks://127.0.0.1:1080/")
    profile = replace(BROKER, broker_url="https://broker.invalid/")
    assert "proxy setting" in (await troubled(tokens.mint(profile, None), BrokerUnreachable)).sentence


# --- addresses and credentials that stay at home --------------------------------------------------------------


@pytest.mark.parametrize("url", ["", "http://broker.example/token", f"https://u:{CREDENTIAL}@b.example/", "ftp://x/"])
async def test_a_broker_address_that_is_refused(tokens: HttpTokens, url: str) -> None:
    with pytest.raises(BrokerUrlInvalid) as caught:
        await tokens.mint(replace(BROKER, broker_url=url), Secret(CREDENTIAL))
    assert CREDENTIAL not in str(caught.value)


async def test_a_server_address_that_is_refused(tokens: HttpTokens) -> None:
    profile = replace(OWN_KEY, server_url="http://api.example/v1")
    await troubled(tokens.mint(profile, Secret(MAIN_KEY)), ServerUrlInvalid)
    await troubled(tokens.exchange(profile, Secret(SECRET), OFFER), ServerUrlInvalid)


@pytest.mark.parametrize("credential", ["two words", "line\r\nX-Evil: 1", "schlüssel", "\x00"])
async def test_a_credential_that_no_header_can_carry(
    tokens: HttpTokens, server: HttpServer, broker: Profile, credential: str
) -> None:
    await troubled(tokens.mint(broker, Secret(credential + CREDENTIAL)), NotSignedIn)
    assert not server.received


# --- what is left behind --------------------------------------------------------------------------------------


async def test_the_log_holds_no_secret_and_no_query(
    tokens: HttpTokens, server: HttpServer, broker: Profile, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script = GRANT
    profile = replace(broker, broker_url=f"{server.url}/token?team=planted-query")
    grant = await tokens.mint(profile, Secret(CREDENTIAL))
    server.script = answer(201, SDP, content_type="application/sdp")
    await tokens.exchange(profile, grant.secret, OFFER)
    text = "\n".join(f"{record.name} {record.getMessage()}" for record in caplog.records)
    assert "parlance.tokens < HTTP 200" in text
    for planted in (*PLANTED, "planted-query"):
        assert planted not in text


async def test_after_close_a_new_connection_is_opened(tokens: HttpTokens, server: HttpServer, broker: Profile) -> None:
    server.script = GRANT
    await tokens.mint(broker, None)
    await tokens.close()
    await tokens.mint(broker, None)
    assert len(server.lines) == 2


@pytest.mark.usefixtures("qapp")
def test_it_works_on_the_session_thread_s_qt_loop(server: HttpServer, broker: Profile) -> None:
    async def talk() -> Secret:
        tokens = HttpTokens()
        server.script = GRANT
        grant = await tokens.mint(broker, Secret(CREDENTIAL))
        server.script = http_server.silence
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await tokens.exchange(broker, grant.secret, OFFER)
        await tokens.close()
        return grant.secret

    assert run_on_session_thread(talk) == Secret(SECRET)
