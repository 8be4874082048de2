import json
import traceback
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.conversation.admission import Answer, Grant, Secret
from app.conversation.troubles import (
    BrokerAnswerUnusable,
    BrokerBusy,
    BrokerFailed,
    BrokerForbids,
    BrokerLeaksKey,
    BrokerRedirects,
    BrokerRefused,
    KeyRefused,
    NotSignedIn,
    PortalInTheWay,
    QuotaExhausted,
    ServerAnswerUnusable,
    ServerRefused,
    Trouble,
)
from app.tokens.answers import Reply, epoch_s, read_answer, refusal
from app.tokens.failures import BROKER, SERVER

NOW_S = 1_795_210_000.0
SECRET = "ek_planted_0123456789"
MAIN_KEY = "sk-proj-planted0123456789"
SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\na=ice-pwd:planted0123456789\r\n"
HTTP_DATE = datetime.fromtimestamp(NOW_S, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")


def read(body: object, **fields: Any) -> Grant | Answer:
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return read_answer(Reply(fields.pop("status", 200), content, **fields), BROKER, NOW_S)


def granted(body: object, **fields: Any) -> Grant:
    grant = read(body, **fields)
    assert isinstance(grant, Grant)
    return grant


def refused(status: int, body: object = "", **fields: Any) -> Trouble:
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return refusal(Reply(status, content, **fields), BROKER, NOW_S)


@pytest.mark.parametrize(
    "body",
    [
        {"value": SECRET},
        {"data": {"value": SECRET}},
        {"client_secret": {"value": SECRET}},
        {"client_secret": SECRET},
        {"clientSecret": SECRET},
        {"clientSecret": {"value": SECRET}},
        {"ephemeralKey": SECRET},
        {"ephemeral_key": SECRET},
        {"token": SECRET},
        {"session": {"client_secret": {"value": SECRET}}},
        {"value": "", "token": SECRET},
        {"value": None, "client_secret": None, "token": SECRET},
        {"value": 7, "token": SECRET},
        {"value": f" {SECRET}\n"},
    ],
)
def test_the_secret_is_found_in_every_form(body: object) -> None:
    assert granted(body).secret == Secret(SECRET)


def test_a_byte_order_mark_and_a_wrong_content_type_are_forgiven() -> None:
    assert granted(b"\xef\xbb\xbf" + json.dumps({"value": SECRET}).encode(), content_type="text/plain").secret


def test_the_first_form_wins() -> None:
    assert granted({"token": "other", "value": SECRET, "client_secret": {"value": "third"}}).secret == Secret(SECRET)


def test_a_secret_needs_no_known_prefix() -> None:
    assert granted({"value": "gAAAA/encrypted+token=="}).secret.reveal() == "gAAAA/encrypted+token=="


@pytest.mark.parametrize(
    ("body", "session_id", "model"),
    [
        ({"value": SECRET, "session": {"id": "sess_1", "model": "gpt-realtime-2.1"}}, "sess_1", "gpt-realtime-2.1"),
        ({"value": SECRET, "sessionId": "sess_2", "model": "m"}, "sess_2", "m"),
        ({"value": SECRET, "id": "a b"}, "", ""),
        ({"value": SECRET, "id": SECRET}, "", ""),
    ],
)
def test_session_and_model_are_kept_when_they_are_identifiers(body: object, session_id: str, model: str) -> None:
    grant = granted(body)
    assert (grant.session_id, grant.model) == (session_id, model)


@pytest.mark.parametrize(
    "told",
    [
        NOW_S + 600,
        int(NOW_S) + 600,
        str(int(NOW_S) + 600),
        int(NOW_S + 600) * 1000,
        str(int(NOW_S + 600) * 1000),
        datetime.fromtimestamp(NOW_S + 600, UTC).isoformat(),
        datetime.fromtimestamp(NOW_S + 600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        datetime.fromtimestamp(NOW_S + 600, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
    ],
)
@pytest.mark.parametrize("name", ["expires_at", "expiresAt"])
def test_expiry_is_read_in_every_form(told: object, name: str) -> None:
    assert granted({"value": SECRET, name: told}).expires_at_s == NOW_S + 600


def test_expiry_is_found_beside_the_nested_secret() -> None:
    assert granted({"client_secret": {"value": SECRET, "expires_at": NOW_S + 9}}).expires_at_s == NOW_S + 9


@pytest.mark.parametrize(
    "told", ["NaN", "Infinity", "-Infinity", "-5", "0", "null", "true", '"soon"', "[]", "1" + "0" * 400, '"nan"', '""']
)
def test_an_expiry_that_is_no_time_counts_as_untold(told: str) -> None:
    assert granted(f'{{"value": "{SECRET}", "expires_at": {told}}}').expires_at_s is None


def test_an_expired_secret_is_refused() -> None:
    with pytest.raises(BrokerAnswerUnusable, match="already expired"):
        read({"value": SECRET, "expires_at": NOW_S - 61})


def test_a_minute_of_skew_is_tolerated() -> None:
    assert granted({"value": SECRET, "expires_at": NOW_S - 59}).expires_at_s == NOW_S - 59


def test_a_wrong_desktop_clock_expires_nothing() -> None:
    body = json.dumps({"value": SECRET, "expires_at": NOW_S + 60}).encode()
    answer = read_answer(Reply(200, body, date=HTTP_DATE), BROKER, NOW_S + 7200)
    assert isinstance(answer, Grant)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("ek_abc", "not JSON"),
        ('{"value": "ek_abc"', "not JSON"),
        ('["ek_abc"]', "not JSON"),
        ("[" * 50_000, "not JSON"),
        (b"\xff\xfe\x00", "not text"),
        ({}, "no secret"),
        ({"value": "   "}, "no secret"),
        ({"error": "something"}, "no secret"),
        ({"value": "ek_a b"}, "cannot be sent"),
        ({"value": "ek_a\r\nX-Evil: 1"}, "cannot be sent"),
        ({"value": "ek_ä"}, "cannot be sent"),
        ({"value": "e" * 9000}, "cannot be sent"),
    ],
)
def test_what_is_no_answer_says_why(body: object, why: str) -> None:
    with pytest.raises(BrokerAnswerUnusable, match=why):
        read(body)


def test_html_is_known_by_its_content_type_too() -> None:
    for page in ("<!DOCTYPE html><html>ek_x</html>", {"value": SECRET}):
        with pytest.raises(PortalInTheWay):
            read(page, content_type="text/html; charset=utf-8")


@pytest.mark.parametrize(
    "body",
    [
        {"value": MAIN_KEY},
        {"token": f" {MAIN_KEY} "},
        {"value": SECRET, "debug": {"keys": [MAIN_KEY]}},
        {"data": {"client_secret": {"value": MAIN_KEY}}},
    ],
)
def test_a_main_key_is_refused_wherever_it_stands(body: object) -> None:
    with pytest.raises(BrokerLeaksKey):
        read(body)


def test_a_main_key_from_the_server_is_not_blamed_on_a_broker() -> None:
    with pytest.raises(ServerAnswerUnusable):
        read_answer(Reply(200, json.dumps({"value": MAIN_KEY}).encode()), SERVER, NOW_S)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (SDP, {"content_type": "application/sdp"}),
        (SDP, {"content_type": "text/plain"}),
        (SDP, {}),
        ({"sdp": SDP}, {}),
        ({"answer": {"sdp": SDP, "type": "answer"}}, {}),
        ({"transport": {"type": "webrtc", "sdp": SDP}}, {}),
        ({"data": {"sdp": SDP}}, {}),
    ],
)
def test_sdp_is_found_in_every_form(body: object, fields: dict[str, str]) -> None:
    place = "/v1/realtime/calls/rtc_1?x=1"
    assert read(body, location=place, **fields) == Answer(SDP, "rtc_1", place)


@pytest.mark.parametrize(
    ("location", "call_id"),
    [
        ("https://server.example/v1/realtime/calls/rtc_1", "rtc_1"),
        ("/v1/realtime/calls/rtc_1/", "rtc_1"),
        ("rtc_1#part", "rtc_1"),
        ("", ""),
        ("/calls/..", ""),
        ("/calls/a%2Fb", ""),
    ],
)
def test_the_call_id_is_the_last_segment_of_location(location: str, call_id: str) -> None:
    assert read(SDP, location=location) == Answer(SDP, call_id, location if call_id else "")


def test_the_call_id_may_stand_in_json() -> None:
    assert read({"sdp": SDP, "callId": "rtc_2"}, location="/calls/rtc_1") == Answer(SDP, "rtc_2", "/calls/rtc_1")


def test_something_else_under_the_sdp_type_is_refused() -> None:
    with pytest.raises(BrokerAnswerUnusable, match="not an SDP"):
        read("hello", content_type="application/sdp")


def test_sign_in_refused_and_forbidden_are_two_things() -> None:
    assert isinstance(refused(401), NotSignedIn)
    forbidden = refused(403, {"code": "no_policy"})
    assert isinstance(forbidden, BrokerForbids)
    assert forbidden.sentence == "The broker does not allow it (no_policy)."


def test_a_network_that_wants_a_sign_in() -> None:
    assert isinstance(refused(511, "<html>"), PortalInTheWay)


@pytest.mark.parametrize(
    ("code", "sentence", "remedy"),
    [
        ("user_rate_limited", "too many requests", "Wait 1 h 1 min, then connect again."),
        ("daily_minutes_spent", "minutes for today", "Wait 1 h 1 min, then connect again."),
        ("daily_money_spent", "budget for today", "Wait 1 h 1 min, then connect again."),
        ("too_many_sessions", "as many calls", "Hang up another call, then connect again."),
    ],
)
def test_what_is_used_up_is_told_apart(code: str, sentence: str, remedy: str) -> None:
    trouble = refused(429, {"code": code}, retry_after="3665")
    assert sentence in trouble.sentence
    assert trouble.remedy == remedy


@pytest.mark.parametrize(
    ("body", "fields", "wait_s"),
    [
        ("", {"retry_after": "7"}, 7),
        ("", {"retry_after": HTTP_DATE.replace(":40 GMT", ":52 GMT"), "date": HTTP_DATE}, 12),
        ({"retryAfter": 2500}, {}, 2.5),
        ({"retryAfter": 2500}, {"retry_after": "7"}, 7),
        ("", {}, None),
        ("", {"retry_after": "soon"}, None),
        ("", {"retry_after": "-3"}, None),
        ("", {"retry_after": "nan"}, None),
        ('{"retryAfter": 1' + "0" * 400 + "}", {}, None),
        ("", {"retry_after": "9" * 30}, 24 * 3600),
    ],
)
def test_busy_says_how_long(body: object, fields: dict[str, str], wait_s: float | None) -> None:
    trouble = refused(429, body, **fields)
    assert isinstance(trouble, BrokerBusy)
    assert trouble.retry_after_s == wait_s


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "insufficient_quota"}},
        {"error": {"type": "insufficient_quota", "code": None}},
        {"error": "insufficient_quota"},
        {"code": "insufficient_quota"},
    ],
)
def test_no_money_is_told_apart_from_busy(body: object) -> None:
    assert isinstance(refused(429, body), QuotaExhausted)


def test_a_broker_problem_carries_its_request_id() -> None:
    assert refused(502, {"requestId": "req-1"}).sentence.endswith("(HTTP 502, request req-1).")
    assert isinstance(refused(503, request_id="a"), BrokerFailed)


def test_other_refusals_carry_their_code() -> None:
    trouble = refused(404, {"error": {"code": "model_not_found", "message": "no such model"}})
    assert isinstance(trouble, BrokerRefused)
    assert trouble.sentence == "The broker refused the request (HTTP 404, model_not_found)."


def test_redirects_are_named() -> None:
    assert isinstance(refused(302), BrokerRedirects)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "invalid_api_key", KeyRefused),
        (403, "", KeyRefused),
        (403, "model_not_found", ServerRefused),
        (404, "model_not_found", ServerRefused),
        (429, "rate_limit_exceeded", ServerRefused),
        (429, "insufficient_quota", QuotaExhausted),
        (500, "server_error", ServerRefused),
        (307, "", ServerAnswerUnusable),
    ],
)
def test_the_server_has_troubles_of_its_own(status: int, code: str, kind: type[Trouble]) -> None:
    trouble = refusal(Reply(status, json.dumps({"error": {"code": code}}).encode()), SERVER, NOW_S)
    assert type(trouble) is kind
    if isinstance(trouble, ServerRefused):
        assert trouble.code == code
        assert trouble.retryable is (status in (429, 500))


@pytest.mark.parametrize("planted", [MAIN_KEY, SECRET, "a free text with hunter2", "hunter2\nhunter2"])
@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_nothing_a_refusal_says_is_quoted_unless_it_is_an_identifier(planted: str, status: int) -> None:
    told = {"error": {"code": planted, "message": planted, "type": planted}, "requestId": planted, "code": planted}
    assert planted not in str(refused(status, told, request_id=planted, retry_after=planted))


@pytest.mark.parametrize(
    "body",
    [
        {"value": MAIN_KEY},
        {"value": SECRET, "expires_at": 5},
        f'{{"value": "{SECRET}"',
        f"<html>{SECRET}",
        {"value": f"{SECRET} {MAIN_KEY}"},
        {"nothing": SECRET},
    ],
)
def test_tracebacks_with_local_variables_show_no_secret(body: object) -> None:
    reply = Reply(200, body.encode() if isinstance(body, str) else json.dumps(body).encode())
    del body
    with pytest.raises(Trouble) as caught:
        read_answer(reply, BROKER, NOW_S)
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    text = "".join(told.format(chain=True)) + repr(caught.value) + str(caught.value)
    # This test's own frame is part of the traceback; what was parsed must not be.
    assert "reply = Reply(" in text
    assert SECRET not in text
    assert MAIN_KEY not in text


def test_grants_and_replies_print_no_secret() -> None:
    assert SECRET not in repr(granted({"value": SECRET}))
    assert SECRET not in repr(Reply(200, SECRET.encode(), location=SECRET))
    assert "ice-pwd" not in repr(read(SDP))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from([SECRET, SDP]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["value", "client_secret", "session", "data", "sdp", "expires_at", "error", "code", "id"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values, st.sampled_from([200, 201, 204, 302, 400, 401, 429, 500]), st.text(max_size=40))
def test_any_json_is_read_or_refused_with_a_trouble(told: object, status: int, header: str) -> None:
    reply = Reply(status, json.dumps(told).encode(), header, header, header, header, header)
    try:
        read_answer(reply, BROKER, NOW_S)
    except Trouble as trouble:
        said = str(trouble)
    else:
        return
    assert SECRET not in said


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_trouble(body: bytes) -> None:
    try:
        read_answer(Reply(200, body), BROKER, NOW_S)
    except Trouble:
        return


@given(st.text() | st.integers() | st.floats())
def test_any_expiry_is_a_finite_time_or_none(value: object) -> None:
    at = epoch_s(value)
    assert at is None or 0 < at < 1e306
