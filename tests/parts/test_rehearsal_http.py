"""The rehearsal server's HTTP side, by httpx and by OpenAI's own client."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import openai
import pytest
import pytest_asyncio

from app.servers.rehearsal import calls
from app.servers.rehearsal.web import BODY_AT_MOST
from tests.support.caller import Caller, calling
from tests.support.rehearsal import KEY, Server, rehearsal_server

SDP = {"Content-Type": "application/sdp"}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Server]:
    async with rehearsal_server() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, headers={"Authorization": f"Bearer {KEY}"}, timeout=10) as client:
        yield client


def error_of(answer: httpx.Response) -> tuple[int, str | None, str | None]:
    """Status, code and parameter of an error in the protocol's envelope."""
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "code", "param"}
    assert error["message"]
    return answer.status_code, error["code"], error["param"]


async def test_openais_client_mints_a_secret_and_places_calls(server: Server) -> None:
    async with openai.AsyncOpenAI(api_key=KEY, base_url=server.url, max_retries=0) as client:
        minted = await client.realtime.client_secrets.create(
            expires_after={"anchor": "created_at", "seconds": 60},
            session={"type": "realtime", "audio": {"output": {"voice": "cedar"}}},
        )
        assert minted.value.startswith("ek_")
        assert 55 <= minted.expires_at - datetime.now(UTC).timestamp() <= 61
        assert minted.session.type == "realtime"
        assert minted.session.id.startswith("sess_")
        assert minted.session.audio is not None
        assert minted.session.audio.output is not None
        assert minted.session.audio.output.voice == "cedar"
        for session in ({"type": "realtime", "audio": {"output": {"voice": "ash"}}}, None):
            caller = Caller()
            given: Any = {"session": session} if session else {}
            answer = await client.realtime.calls.create(sdp=await caller.offer(), **given)
            assert answer.response.status_code == 201
            await caller.accept(answer.text)
            call_id = answer.response.headers["location"].rpartition("/")[2]
            assert call_id.startswith("rtc_")
            await client.realtime.calls.hangup(call_id)
            await caller.peer.close()


async def test_a_call_hung_up_is_gone(server: Server, http: httpx.AsyncClient) -> None:
    for hang_up in (lambda place: http.post(f"{place}/hangup"), http.delete):
        async with calling(server.url, KEY) as caller:
            place = caller.location.removeprefix("/v1")
            assert (await hang_up(place)).status_code == 200
            async with asyncio.timeout(10):
                await caller.closed.wait()
            assert error_of(await hang_up(place)) == (404, "call_id_not_found", "call_id")


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer sk-wrong", "Basic abc", "Bearer ek_unknown"])
@pytest.mark.parametrize("path", ["/realtime/client_secrets", "/realtime/calls", "/realtime/calls/rtc_x/hangup"])
async def test_strangers_stay_outside(server: Server, path: str, authorization: str | None) -> None:
    headers = SDP | ({"Authorization": authorization} if authorization else {})
    async with httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.post(path, headers=headers)
    assert error_of(answer) == (401, "invalid_api_key", None)
    assert "wrong" not in answer.text


async def test_a_minted_secret_opens_calls_and_nothing_else(http: httpx.AsyncClient) -> None:
    secret = (await http.post("/realtime/client_secrets")).json()["value"]
    own = {"Authorization": f"Bearer {secret}"}
    assert (await http.post("/realtime/client_secrets", headers=own)).status_code == 401
    assert (await http.post("/realtime/calls/rtc_x/hangup", headers=own)).status_code == 401
    form = {"sdp": (None, "v=0", "application/sdp")}
    assert (await http.post("/realtime/calls", headers=own, files=form)).status_code == 401
    assert error_of(await http.post("/realtime/calls", headers=own | SDP, content="v=0"))[0] == 400


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ("[]", "invalid_type", "body"),
        ("{", "invalid_json", None),
        ('{"seconds":1}', "unknown_parameter", "seconds"),
        ('{"expires_after":5}', "invalid_type", "expires_after"),
        ('{"expires_after":{"anchor":"created_at","seconds":9}}', "invalid_value", "expires_after.seconds"),
        ('{"expires_after":{"anchor":"created_at","seconds":true}}', "invalid_value", "expires_after.seconds"),
        ('{"expires_after":{"anchor":"now","seconds":60}}', "invalid_value", "expires_after.anchor"),
        ('{"session":{"type":"realtime","voice":"marin"}}', "unknown_parameter", "session.voice"),
        ('{"session":{"model":"gpt-realtime"}}', "missing_required_parameter", "session.type"),
        (
            '{"session":{"type":"realtime","audio":{"output":{"speed":9}}}}',
            "invalid_value",
            "session.audio.output.speed",
        ),
    ],
)
async def test_a_bad_wish_for_a_secret_is_refused_by_name(
    http: httpx.AsyncClient, body: str, code: str, param: str | None
) -> None:
    assert error_of(await http.post("/realtime/client_secrets", content=body)) == (400, code, param)


@pytest.mark.parametrize(
    "sdp",
    [
        "",
        "hello",
        "v=0\r\n",
        "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n",
        "v=0\r\nm=audio x y z\r\na=rtpmap:111 opus/48000/2\r\na=candidate:nonsense\r\n",
        "v=0\r\nm=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n",
    ],
)
async def test_what_is_no_offer_is_refused(http: httpx.AsyncClient, sdp: str) -> None:
    answer = await http.post("/realtime/calls", content=sdp, headers=SDP)
    assert error_of(answer) == (400, "invalid_offer", "sdp")


async def test_forms_are_checked(http: httpx.AsyncClient) -> None:
    sdp = ("sdp", (None, "v=0", "application/sdp"))
    bad_session = ("session", (None, '{"type":"realtime","x":1}', "application/json"))
    no_json = ("session", (None, "{", "application/json"))
    assert error_of(await http.post("/realtime/calls", files=[bad_session])) == (
        400,
        "missing_required_parameter",
        "sdp",
    )
    assert error_of(await http.post("/realtime/calls", files=[sdp, bad_session])) == (
        400,
        "unknown_parameter",
        "session.x",
    )
    assert error_of(await http.post("/realtime/calls", files=[sdp, no_json])) == (400, "invalid_json", None)
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert error_of(await http.post("/realtime/calls", content="nonsense", headers=broken))[0] == 400
    assert (
        error_of(await http.post("/realtime/calls", content="x", headers={"Content-Type": "multipart/form-data"}))[0]
        == 400
    )


async def test_the_rest_of_http(http: httpx.AsyncClient, server: Server) -> None:
    assert error_of(await http.get("/nowhere")) == (404, "unknown_url", None)
    assert error_of(await http.get("/realtime/calls")) == (405, "method_not_supported", None)
    assert error_of(await http.post("/realtime/calls", json={}))[:2] == (415, "unsupported_content_type")
    too_long = b"x" * (BODY_AT_MOST + 1)
    assert error_of(await http.post("/realtime/calls", content=too_long, headers=SDP))[:2] == (413, "request_too_large")
    health = await http.get(server.url.removesuffix("/v1") + "/healthz", headers={"Authorization": ""})
    assert health.json() == {"status": "ok"}


async def test_the_beta_shape_is_refused(http: httpx.AsyncClient) -> None:
    beta = (400, "beta_api_shape_disabled", None)
    assert error_of(await http.post("/realtime/sessions", json={"model": "x"})) == beta
    assert error_of(await http.post("/realtime/transcription_sessions", json={})) == beta
    assert error_of(await http.post("/realtime?model=x", content="v=0", headers=SDP)) == beta
    header = SDP | {"OpenAI-Beta": "realtime=v1"}
    assert error_of(await http.post("/realtime/calls", content="v=0", headers=header)) == beta


async def test_beyond_the_lines_there_are_all_are_busy(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "CALLS_AT_MOST", 1)
    first, second = Caller(), Caller()
    answer = await http.post("/realtime/calls", content=await first.offer(), headers=SDP)
    assert answer.status_code == 201
    answer = await http.post("/realtime/calls", content=await second.offer(), headers=SDP)
    assert error_of(answer) == (503, "server_overloaded", None)
    await first.peer.close()
    await second.peer.close()
