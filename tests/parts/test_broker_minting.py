"""Secrets, calls and hang-ups through a real broker, before a server that misbehaves."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import http_server
from tests.support.broker import (
    MAIN_KEY,
    OFFER,
    SDP_ANSWER,
    SECRET,
    Broker,
    Upstream,
    answered,
    broker,
    minted_answer,
    people,
    settings,
    upstream,
)
from tests.support.http_server import Answer, Line, answer
from tests.support.waiting import eventually

WHO = people("anna", "bert", "carl:fixed", "dora:poor", "ella:gone", "fred:proxy", "gina:tight")
ANSWER_OF = "/v1/realtime/calls/"
CONFIG = """
[limits]
address_rate = "100000/minute"
failed_sign_in_rate = "100000/minute"
[prices]
"gpt-realtime-2.1" = 0.5
[policies.default]
models = ["gpt-realtime-2.1", "gpt-realtime-2.1-mini"]
voices = ["marin", "cedar", "alloy"]
tools = ["dice"]
secret_s = 300
sessions = 10000
minutes_per_day = 0
rate = "100000/minute"
[policies.fixed]
instructions = "Speak like a pirate."
instructions_free = false
[policies.poor]
money_per_day = 1.0
models = ["gpt-realtime-2.1"]
call_minutes = 1
sessions = 100
[policies.proxy]
forms = ["proxy"]
[policies.tight]
sessions = 2
rate = "5/hour"
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Upstream]:
    with upstream() as running:
        yield running


@pytest.fixture(scope="module")
def shared(server: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with broker(tmp_path_factory.mktemp("broker"), settings(server, CONFIG), who=WHO) as running:
        yield running


@pytest.fixture
def desk(shared: Broker, server: Upstream) -> Broker:
    """The broker, with everything well behind it."""
    server.misbehave.clear()
    server.http.received.clear()
    return shared


def code_of(response: Any) -> tuple[int, str]:
    told = response.json()
    assert set(told) == {"error", "message", "code", "requestId", "retryAfter"}
    assert told["requestId"] == response.headers["x-request-id"]
    assert (told["retryAfter"] is None) == ("retry-after" not in response.headers)
    if told["retryAfter"] is not None:
        assert told["retryAfter"] == int(response.headers["retry-after"]) * 1000
    assert "planted" not in response.text
    assert "127.0.0.1" not in response.text
    return response.status_code, told["code"]


# --- minting --------------------------------------------------------------------------------------------------


def test_one_answer_for_every_client(desk: Broker, server: Upstream) -> None:
    told = desk.mint({"expires_after": {"anchor": "created_at", "seconds": 60}}).json()
    assert told["value"].startswith(SECRET)
    assert told["client_secret"] == {"value": told["value"], "expires_at": told["expires_at"]}
    assert told["ephemeralKey"] == told["value"]
    assert told["expiresAt"].endswith("Z")
    assert told["sessionId"] == told["session_id"] == told["session"]["id"]
    assert told["model"] == told["session"]["model"] == "gpt-realtime-2.1"
    assert "upstream-detail" not in json.dumps(told)
    asked = server.asked("client_secrets")[-1]
    assert asked == {
        "expires_after": {"anchor": "created_at", "seconds": 60},
        "session": {
            "type": "realtime",
            "model": "gpt-realtime-2.1",
            "audio": {"output": {"voice": "marin"}},
        },
    }


@pytest.mark.parametrize(
    "path",
    [
        "/v1/realtime/client_secrets",
        "/v1/realtime/sessions",
        "/api/realtime/token",
        "/api/client-secret",
        "/api/session",
        "/session",
    ],
)
def test_older_paths_answer_alike(desk: Broker, path: str) -> None:
    response = desk.post(path)
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    assert response.json()["client_secret"]["value"] == response.json()["value"]


@pytest.mark.parametrize("path", ["/realtime-token", "/api/realtime-token"])
def test_the_oldest_path_gives_the_secret_as_text(desk: Broker, path: str) -> None:
    told = desk.post(path).json()
    assert told["client_secret"] == told["value"]


def test_a_get_mints_where_a_guide_does_that_and_a_head_never(desk: Broker, server: Upstream) -> None:
    assert desk.client.get("/api/session", headers=desk.signed()).json()["value"].startswith(SECRET)
    asked = len(server.asked("client_secrets"))
    assert desk.client.head("/api/session", headers=desk.signed()).status_code == 405
    assert desk.client.get("/v1/realtime/client_secrets", headers=desk.signed()).status_code == 405
    assert len(server.asked("client_secrets")) == asked


def test_shapes_of_the_guides(desk: Broker, server: Upstream) -> None:
    flat = {
        "model": "gpt-realtime-2.1-mini",
        "voice": "cedar",
        "modalities": ["audio", "text"],
        "temperature": 0.8,
        "max_response_output_tokens": 4096,
        "input_audio_transcription": {"model": "whisper-1"},
        "turn_detection": {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 200},
    }
    assert desk.post("/api/session", flat).status_code == 200
    sent = server.asked("client_secrets")[-1]["session"]
    assert sent["model"] == "gpt-realtime-2.1-mini"
    assert sent["output_modalities"] == ["audio"]
    assert sent["max_output_tokens"] == 4096
    assert sent["audio"]["output"]["voice"] == "cedar"
    assert sent["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 200
    assert "temperature" not in sent
    told = desk.post("/api/client-secret", {"sessionId": "mine", "capabilities": ["audio"]}).json()
    assert told["sessionId"] == "mine"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"session": {"type": "realtime", "modle": "x"}}, "session.modle"),
        ({"session": {"type": "realtime", "temperature": 1}}, "session.temperature"),
        ({"session": {"type": "realtime", "prompt": {"id": "p"}}}, "session.prompt"),
        ({"session": {"type": "transcription"}}, "session.type"),
        ({"session": {"type": "realtime", "audio": {"output": {"loudness": 3}}}}, "session.audio.output.loudness"),
        ({"session": {"type": "realtime", "audio": {"output": {"speed": 9}}}}, "session.audio.output.speed"),
        ({"session": {}, "stranger": 1}, "stranger"),
        ({"stranger": 1}, "stranger"),
        ({"voice": "marin", "stranger": 1}, "stranger"),
        ({"expires_after": {"seconds": 5}}, "expires_after.seconds"),
        ({"expires_after": {"seconds": True}}, "expires_after.seconds"),
        ({"expires_after": {"anchor": "now"}}, "expires_after.anchor"),
        ({"expires_after": {"minutes": 1}}, "expires_after.minutes"),
        ({"session": [], "expires_after": None}, "session"),
        ({"sessionId": 7}, "sessionId"),
        ({"\ud800bad": 1}, "bad"),
        (["no object"], "object"),
    ],
)
def test_what_is_not_known_is_refused_by_name(desk: Broker, server: Upstream, body: object, named: str) -> None:
    content = json.dumps(body)
    response = desk.client.post("/api/session", content=content, headers=desk.signed(content_type="application/json"))
    assert code_of(response) == (400, "invalid_request")
    assert named in response.json()["message"]
    assert not server.http.received


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b'{"session": NaN}', b"[" * 100_000, b'{"a": 1' + b"0" * 6000])
def test_what_is_no_json_is_refused(desk: Broker, content: bytes) -> None:
    response = desk.client.post(
        "/v1/realtime/client_secrets", content=content, headers=desk.signed(content_type="application/json")
    )
    assert code_of(response) == (400, "invalid_request")


def test_other_kinds_of_bodies_are_refused(desk: Broker) -> None:
    response = desk.client.post(
        "/v1/realtime/client_secrets", content=b"{}", headers=desk.signed(content_type="text/plain")
    )
    assert code_of(response) == (415, "unsupported_media_type")


# --- policy ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"session": {"model": "gpt-5"}}, "model"),
        ({"session": {"audio": {"output": {"voice": "nova"}}}}, "voice"),
        ({"session": {"audio": {"output": {"voice": {"id": "voice_7"}}}}}, "voice"),
        ({"session": {"tools": [{"type": "function", "name": "format_disk"}]}}, "tools.format_disk"),
        ({"session": {"tools": [{"type": "mcp", "server_url": "https://evil.example"}]}}, "tools.server_url"),
        ({"session": {"tools": [{"type": "mcp", "connector_id": "c"}]}}, "tools.connector_id"),
        ({"expires_after": {"seconds": 301}}, "expires_after.seconds"),
    ],
)
def test_the_policy_says_no_by_name(desk: Broker, server: Upstream, body: object, named: str) -> None:
    response = desk.mint(body)
    assert code_of(response) == (403, "policy_forbids")
    assert response.json()["message"].startswith(f"{named}:")
    assert not server.http.received


def test_what_the_policy_allows_goes_through(desk: Broker, server: Upstream) -> None:
    dice = {"type": "function", "name": "dice", "parameters": {"type": "object"}}
    session = {"model": "gpt-realtime-2.1-mini", "instructions": "Be brief.", "tools": [dice]}
    assert desk.mint({"session": session}).status_code == 200
    sent = server.asked("client_secrets")[-1]["session"]
    assert sent["tools"] == [dice]
    assert sent["instructions"] == "Be brief."


def test_fixed_instructions_stay(desk: Broker, server: Upstream) -> None:
    assert code_of(desk.mint({"session": {"instructions": "No."}}, WHO.tokens["carl"])) == (403, "policy_forbids")
    assert desk.mint(token=WHO.tokens["carl"]).status_code == 200
    assert server.asked("client_secrets")[-1]["session"]["instructions"] == "Speak like a pirate."


def test_accounts_without_policy_and_ways_not_allowed(desk: Broker) -> None:
    assert code_of(desk.mint(token=WHO.tokens["ella"])) == (403, "no_policy")
    assert code_of(desk.mint(token=WHO.tokens["fred"])) == (403, "form_not_allowed")


def test_money_is_reserved_and_comes_back_on_hang_up(desk: Broker) -> None:
    token = WHO.tokens["dora"]
    calls = [desk.connect(token=token) for _ in range(2)]
    assert [each.status_code for each in calls] == [201, 201]
    refused = desk.connect(token=token)
    assert code_of(refused) == (429, "daily_money_spent")
    assert 0 < refused.json()["retryAfter"] <= 86_400_000
    assert desk.hang_up(calls[0].headers["location"].rpartition("/")[2], token).status_code == 200
    # Less than a minute came back, so a full minute does not fit; a hung-up call frees its seconds, not a whole call.
    assert code_of(desk.connect(token=token)) == (429, "daily_money_spent")


def test_sessions_at_a_time_and_rates(desk: Broker) -> None:
    token = WHO.tokens["gina"]
    assert [desk.mint(token=token).status_code for _ in range(2)] == [200, 200]
    third = desk.mint(token=token)
    assert code_of(third) == (429, "too_many_sessions")
    assert 0 < third.json()["retryAfter"] <= 120_000
    assert [code_of(desk.mint(token=token))[1] for _ in range(3)][-1] == "user_rate_limited"
    # Ending a call is never too much.
    assert code_of(desk.hang_up("rtc_unknown", token)) == (404, "call_not_found")


# --- the server behind ----------------------------------------------------------------------------------------


def long_answer() -> Answer:
    return http_server.endless(limit_bytes=2_000_000)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (answer(401, '{"error": {"code": "invalid_api_key", "message": "planted"}}'), (502, "upstream_refused_broker")),
        (answer(403, "{}"), (502, "upstream_refused_broker")),
        (answer(400, '{"error": {"message": "planted", "code": "bad"}}'), (502, "upstream_rejected")),
        (answer(404, "planted"), (502, "upstream_rejected")),
        (answer(302, "", location="https://planted.example/"), (502, "upstream_rejected")),
        (answer(429, "planted"), (429, "upstream_busy")),
        (answer(429, '{"error": {"code": "insufficient_quota"}}'), (503, "insufficient_quota")),
        (answer(500, "planted"), (503, "upstream_unavailable")),
        (answer(200, ""), (502, "upstream_invalid_answer")),
        (answer(200, "<html>planted</html>"), (502, "upstream_invalid_answer")),
        (answer(200, '{"planted": 1}'), (502, "upstream_invalid_answer")),
        (answer(200, "[" * 100_000), (502, "upstream_invalid_answer")),
        (answer(200, '{"value": "two words planted"}'), (502, "upstream_invalid_answer")),
        (answer(200, json.dumps({"value": MAIN_KEY})), (502, "upstream_invalid_answer")),
        (minted_answer(expires_at=1_600_000_000), (502, "upstream_invalid_answer")),
        (long_answer(), (502, "upstream_invalid_answer")),
        (http_server.hang_up, (503, "upstream_unavailable")),
        (http_server.break_off, (503, "upstream_unavailable")),
        (lambda line: line.send(b"SSH-2.0-planted\r\n\r\n"), (503, "upstream_unavailable")),
        (lambda line: line.send(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000), (503, "upstream_unavailable")),
    ],
)
def test_each_misbehaviour_has_its_code(
    desk: Broker, server: Upstream, script: Answer, expected: tuple[int, str]
) -> None:
    server.misbehave["client_secrets"] = script
    assert code_of(desk.mint()) == expected
    server.misbehave.clear()
    assert desk.mint().status_code == 200


@pytest.mark.parametrize(
    "told",
    [
        {"value": "", "client_secret": {"value": SECRET, "expires_at": 0}},
        {"value": None, "client_secret": SECRET},
        {"value": None, "data": {"value": SECRET, "expires_at": "2999-01-01T00:00:00Z"}},
        {"expires_at": "soon"},
    ],
)
def test_every_shape_of_an_answer_is_understood(desk: Broker, server: Upstream, told: dict[str, object]) -> None:
    server.misbehave["client_secrets"] = minted_answer(**told)
    response = desk.mint()
    assert response.status_code == 200, response.text
    assert response.json()["value"].startswith(SECRET)


def test_the_server_s_wait_is_passed_on_within_reason(desk: Broker, server: Upstream) -> None:
    server.misbehave["client_secrets"] = answer(429, retry_after="7")
    assert desk.mint().headers["retry-after"] == "7"
    server.misbehave["client_secrets"] = answer(429, retry_after="99999999")
    assert desk.mint().headers["retry-after"] == "3600"


def test_minting_is_tried_again_and_a_call_is_not(desk: Broker, server: Upstream) -> None:
    once = iter([answer(503)])
    well = server.misbehave

    def stumbles(name: str, otherwise: Answer) -> None:
        well[name] = lambda line: next(once, otherwise)(line)

    stumbles("client_secrets", minted_answer())
    assert desk.mint().status_code == 200
    once = iter([http_server.hang_up])
    stumbles("calls", answered("rtc_again"))
    assert code_of(desk.connect()) == (503, "upstream_unavailable")
    assert desk.connect().status_code == 201


# --- calls ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/realtime/calls", "/api/session", "/session"])
def test_a_call_goes_up_as_a_form_and_comes_back_as_sdp(desk: Broker, server: Upstream, path: str) -> None:
    response = desk.connect(path=path)
    assert response.status_code == 201
    assert response.text == SDP_ANSWER
    assert response.headers["content-type"].startswith("application/sdp")
    assert response.headers["location"] == ANSWER_OF + server.connected[-1]
    sent = server.http.received[-1]
    assert sent.headers["authorization"] == f"Bearer {MAIN_KEY}"
    assert sent.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert OFFER.encode() in sent.body
    assert b'name="session"\r\nContent-Type: application/json\r\n\r\n{"type": "realtime"' in sent.body
    assert len(sent.headers["openai-safety-identifier"]) == 64


def test_a_client_s_form_brings_its_session(desk: Broker, server: Upstream) -> None:
    session = json.dumps({"type": "realtime", "model": "gpt-realtime-2.1-mini"})
    files = {"sdp": (None, OFFER, "application/sdp"), "session": (None, session, "application/json")}
    response = desk.client.post("/v1/realtime/calls", files=files, headers=desk.signed())
    assert response.status_code == 201, response.text
    assert b"gpt-realtime-2.1-mini" in server.http.received[-1].body
    files["extra"] = (None, "x", "text/plain")
    assert desk.client.post("/v1/realtime/calls", files=files, headers=desk.signed()).status_code == 400


def test_a_model_in_the_address_counts_and_nothing_else_does(desk: Broker, server: Upstream) -> None:
    assert desk.connect(path="/v1/realtime/calls?model=gpt-realtime-2.1-mini").status_code == 201
    assert b"gpt-realtime-2.1-mini" in server.http.received[-1].body
    assert code_of(desk.connect(path="/v1/realtime/calls?model=gpt-5")) == (403, "policy_forbids")
    assert code_of(desk.connect(path="/v1/realtime/calls?voice=alloy")) == (400, "invalid_request")


def test_the_safety_identifier_is_one_person_s_and_stable(desk: Broker, server: Upstream) -> None:
    def identifier(token: str | None, send: Callable[..., Any]) -> str:
        assert send(token=token).is_success
        return server.http.received[-1].headers["openai-safety-identifier"]

    anna = identifier(None, desk.mint)
    assert anna == identifier(None, desk.connect)
    assert anna != identifier(WHO.tokens["bert"], desk.mint)
    assert "anna" not in anna


@pytest.mark.parametrize("offer", ["", "hello", "{}", "v=0\r\n\0"])
def test_what_is_no_offer_is_refused(desk: Broker, server: Upstream, offer: str) -> None:
    assert code_of(desk.connect(offer)) == (400, "invalid_offer")
    assert not server.http.received


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (answer(400, "planted"), (400, "offer_rejected")),
        (answer(401, "planted"), (502, "upstream_refused_broker")),
        (answer(200, "planted"), (502, "upstream_invalid_answer")),
        (answer(201, SDP_ANSWER), (502, "upstream_invalid_answer")),
        (answer(201, SDP_ANSWER, location="/v1/realtime/calls/../x y"), (502, "upstream_invalid_answer")),
        (answer(201, b"v=0\xff"), (502, "upstream_invalid_answer")),
        (answer(503), (503, "upstream_unavailable")),
        (http_server.break_off, (503, "upstream_unavailable")),
    ],
)
def test_each_misbehaviour_of_the_calls_endpoint(
    desk: Broker, server: Upstream, script: Answer, expected: tuple[int, str]
) -> None:
    server.misbehave["calls"] = script
    assert code_of(desk.connect()) == expected


def test_a_call_is_hung_up_by_its_owner_only_and_once(desk: Broker, server: Upstream) -> None:
    call_id = desk.connect().headers["location"].rpartition("/")[2]
    stranger = WHO.tokens["bert"]
    assert code_of(desk.hang_up(call_id, stranger)) == (404, "call_not_found")
    assert call_id not in server.hung_up
    assert desk.hang_up(call_id).status_code == 200
    assert server.hung_up.count(call_id) == 1
    assert code_of(desk.hang_up(call_id)) == (404, "call_not_found")
    again = desk.connect().headers["location"]
    assert desk.client.delete(again, headers=desk.signed()).status_code == 200
    assert code_of(desk.hang_up("..%2f..%2fmodels")) == (404, "not_found")


def test_a_call_that_is_gone_already_counts_as_hung_up(desk: Broker, server: Upstream) -> None:
    call_id = desk.connect().headers["location"].rpartition("/")[2]
    server.misbehave["hangup"] = answer(500)
    assert code_of(desk.hang_up(call_id)) == (502, "hang_up_failed")
    server.misbehave["hangup"] = answer(404)
    assert desk.hang_up(call_id).status_code == 200


# --- on its own -----------------------------------------------------------------------------------------------


def test_the_circuit_opens_and_closes(server: Upstream, tmp_path: Path) -> None:
    config = settings(server).replace(
        "circuit_failures = 1000", "circuit_failures = 3\ncircuit_open_s = 1.5\ntries = 1"
    )
    with broker(tmp_path, config + '[policies.default]\nsessions = 100\nminutes_per_day = 0\nrate = "900/hour"') as own:
        server.misbehave["client_secrets"] = answer(500)
        assert [own.mint().status_code for _ in range(3)] == [503] * 3
        server.misbehave.clear()
        asked = len(server.http.received)
        assert code_of(own.mint()) == (503, "upstream_unavailable")
        assert len(server.http.received) == asked
        assert own.client.get("/api/health/ready").status_code == 503
        eventually(lambda: own.client.get("/api/health/ready").status_code == 200, "one request may try")
        assert own.mint().status_code == 200


def test_azure_is_asked_in_its_own_way(server: Upstream, tmp_path: Path) -> None:
    server.misbehave.clear()
    azure = f'kind = "azure"\nbase_url = "{server.http.url}/openai/v1/"\ncalls_path = "/realtime/calls?webrtcfilter=on"'
    config = settings(server).replace(f'kind = "compatible"\nbase_url = "{server.url}"', azure)
    with broker(tmp_path, config) as own:
        assert own.mint().status_code == 200
        assert own.connect().status_code == 201
    minted, connected = server.http.received[-2:]
    assert (minted.path, connected.path) == (
        "/openai/v1/realtime/client_secrets",
        "/openai/v1/realtime/calls?webrtcfilter=on",
    )
    for each in (minted, connected):
        assert each.headers["api-key"] == MAIN_KEY
        assert "authorization" not in each.headers


def test_a_server_without_keys_gets_none(server: Upstream, tmp_path: Path) -> None:
    config = settings(server).replace("[upstream]", '[upstream]\nauth = "none"')
    with broker(tmp_path, config) as own:
        assert own.mint().status_code == 200
    assert not {"authorization", "api-key"} & server.http.received[-1].headers.keys()


def test_a_silent_server_ends_at_the_limit(server: Upstream, tmp_path: Path) -> None:
    config = settings(server).replace("timeout_s = 5.0", "timeout_s = 0.3")
    with broker(tmp_path, config) as own:
        for script in (http_server.silence, http_server.drip()):
            server.misbehave["client_secrets"] = script
            assert code_of(own.mint()) == (504, "upstream_timeout")
        server.misbehave.clear()


def test_calls_over_their_length_are_hung_up(server: Upstream, tmp_path: Path) -> None:
    server.misbehave.clear()
    config = settings(server, "[leash]\nevery_s = 0.05\n[policies.default]\ncall_minutes = 0.05\nsessions = 1\n")
    with broker(tmp_path, config) as own:
        call_id = own.connect().headers["location"].rpartition("/")[2]
        assert code_of(own.connect()) == (429, "too_many_sessions")
        server.http.wait_for(lambda: call_id in server.hung_up, 10)
        eventually(lambda: any(each["event"] == "leash" for each in own.records()), "the leash is in the audit trail")
        assert [each["outcome"] for each in own.records() if each.get("call_id") == call_id] == ["ok", "hung_up"]
        assert own.connect().status_code == 201


def test_a_call_that_nobody_waits_for_any_more_is_taken_back(server: Upstream, tmp_path: Path) -> None:
    server.misbehave.clear()
    may_answer = threading.Event()

    def late(line: Line) -> None:
        assert may_answer.wait(10)
        answered("rtc_late")(line)

    with broker(tmp_path, settings(server, "[policies.default]\nsessions = 1\nminutes_per_day = 31\n")) as own:
        server.misbehave["calls"] = late
        asked = len(server.http.received)
        with pytest.raises(httpx.ReadTimeout):
            own.client.post(
                "/v1/realtime/calls",
                content=OFFER,
                headers=own.signed(content_type="application/sdp"),
                timeout=httpx.Timeout(5, read=0.2),
            )
        server.http.wait_for(lambda: len(server.http.received) > asked)
        may_answer.set()
        server.http.wait_for(lambda: "rtc_late" in server.hung_up, 10)
        eventually(lambda: any(each["outcome"] == "client_gone" for each in own.records()), "it is in the audit trail")
        server.misbehave.clear()
        assert own.connect().status_code == 201


def test_a_hang_up_that_fails_is_tried_again_at_the_end(server: Upstream, tmp_path: Path) -> None:
    server.misbehave.clear()
    with broker(tmp_path, settings(server)) as own:
        call_id = own.connect().headers["location"].rpartition("/")[2]
        server.misbehave["hangup"] = answer(500)
        assert code_of(own.hang_up(call_id)) == (502, "hang_up_failed")
        server.misbehave.clear()
        assert own.stop() == 0
        assert call_id in server.hung_up
        assert [each["call_id"] for each in own.records() if each["event"] == "leash"] == [call_id]
