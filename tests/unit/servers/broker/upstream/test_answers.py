"""Answers of servers. Whole misbehaviours are tried before a real broker in tests/parts."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.servers.broker.upstream.answers import Fault, UpstreamFault, read_answered, read_minted
from app.servers.broker.upstream.posting import Reply

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
SECRET = "ek_planted"


def reply(body: object = None, status: int = 200, **headers: str) -> Reply:
    return Reply(status, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)


@pytest.mark.parametrize(
    ("told", "expires_at_s"),
    [
        ({"value": SECRET, "expires_at": NOW_S + 60}, NOW_S + 60),
        ({"value": SECRET, "expires_at": (NOW_S + 60) * 1000}, NOW_S + 60),
        ({"value": SECRET, "expires_at": str(NOW_S + 60)}, NOW_S + 60),
        ({"value": SECRET, "expires_at": "2026-11-20T12:01:00Z"}, NOW_S + 60),
        ({"client_secret": {"value": SECRET, "expires_at": NOW_S + 60}}, NOW_S + 60),
        ({"client_secret": SECRET}, NOW_S + 100),
        ({"value": SECRET, "expires_at": 0}, NOW_S + 100),
        ({"value": SECRET, "expires_at": True}, NOW_S + 100),
        ({"value": SECRET, "expires_at": 10**400}, NOW_S + 100),
        ({"value": SECRET, "expires_at": NOW_S + 10**6}, NOW_S + 160),
        ({"data": {"value": SECRET}}, NOW_S + 100),
        ({"session": {"client_secret": {"value": SECRET}}}, NOW_S + 100),
    ],
)
def test_secrets_and_their_ends(told: object, expires_at_s: int) -> None:
    found = read_minted(reply(told), 100, NOW)
    assert (found.value, found.expires_at_s) == (SECRET, expires_at_s)
    assert SECRET not in repr(found)


@given(st.binary(max_size=200), st.integers(100, 599))
def test_any_answer_is_read_or_a_fault_that_quotes_nothing(body: bytes, status: int) -> None:
    for read in (lambda: read_minted(reply(body, status), 60, NOW), lambda: read_answered(reply(body, status), NOW)):
        said = "understood"
        try:
            read()
        except UpstreamFault as fault:
            said = str(fault)
        assert said.isascii()


@pytest.mark.parametrize("text", ["7", "0", "Fri, 20 Nov 2026 12:00:07 GMT", "soon", "-5", "9" * 400])
def test_waits_are_bounded(text: str) -> None:
    with pytest.raises(UpstreamFault) as caught:
        read_minted(reply(None, 429, **{"retry-after": text}), 60, NOW)
    assert caught.value.fault is Fault.BUSY
    wait_s = caught.value.retry_after_s
    assert wait_s is None or 1 <= wait_s <= 3600


def test_a_code_that_could_be_a_secret_is_not_kept() -> None:
    for code in ("sk-planted-0123456789", "two words", "x" * 65, 7):
        with pytest.raises(UpstreamFault) as caught:
            read_minted(reply({"error": {"code": code}}, 400), 60, NOW)
        assert caught.value.detail == "HTTP 400"
    with pytest.raises(UpstreamFault, match="HTTP 400 model_not_found"):
        read_minted(reply({"error": {"code": "model_not_found"}}, 400), 60, NOW)


@pytest.mark.parametrize(
    ("location", "call_id"),
    [
        ("/v1/realtime/calls/rtc_1", "rtc_1"),
        ("https://api.example/v1/realtime/calls/rtc_1?x=1#y", "rtc_1"),
        ("rtc_1/", "rtc_1"),
    ],
)
def test_call_ids(location: str, call_id: str) -> None:
    assert read_answered(reply(b"v=0\r\n", 201, location=location), NOW).call_id == call_id


@pytest.mark.parametrize("location", ["", "/", "/calls/..", "/calls/a b", "/calls/" + "x" * 200, "/calls/%2e"])
def test_a_call_without_an_id_is_none(location: str) -> None:
    with pytest.raises(UpstreamFault, match="no call id"):
        read_answered(reply(b"v=0\r\n", 201, location=location), NOW)
