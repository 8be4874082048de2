"""The panel: what coming requests and calls meet."""

import json

import pytest

from app.servers.rehearsal.engine.refusal import Refusal
from app.servers.rehearsal.faults import table
from app.servers.rehearsal.faults.panel import Panel, read_document


async def test_nothing_is_set_at_first() -> None:
    panel = Panel()
    assert not panel.open
    assert panel.shown == {}
    assert await panel.before("token") is await panel.before("call") is None
    assert panel.next_call().shown == {}
    answer = panel.sdp_answer("v=0", "rtc_1")
    assert (answer.status_code, answer.media_type, answer.body) == (201, "application/sdp", b"v=0")
    assert answer.headers["location"] == "/v1/realtime/calls/rtc_1"


async def test_requests_are_refused_so_many_times() -> None:
    panel = Panel()
    panel.set((table.RefuseToken(status=429, retry_after="2", code="insufficient_quota", times=2),))
    assert await panel.before("call") is None
    for _ in range(2):
        answer = await panel.before("token")
        assert answer is not None
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
        assert json.loads(bytes(answer.body))["error"]["code"] == "insufficient_quota"
    assert await panel.before("token") is None
    assert panel.shown == {}


@pytest.mark.parametrize(
    ("body", "kind"), [("<html>", "text/html"), ("sorry", "text/plain"), ('{"a": 1}', "application/json")]
)
async def test_a_refusal_may_have_any_body(body: str, kind: str) -> None:
    panel = Panel()
    panel.set((table.RefuseCall(status=403, body=body),))
    answer = await panel.before("call")
    assert answer is not None
    assert (answer.body, answer.media_type) == (body.encode(), kind)


async def test_the_sdp_comes_in_a_wrong_shape() -> None:
    panel = Panel()
    panel.set((table.WrongContentType(times=1), table.HtmlAnswer(times=1)))
    page, wrong, right = (panel.sdp_answer("v=0", "rtc_1") for _ in range(3))
    assert (page.status_code, page.media_type) == (200, "text/html")
    assert (wrong.body, wrong.headers["content-type"].split(";")[0]) == (b"v=0", "text/plain")
    assert right.media_type == "application/sdp"


def test_a_call_takes_its_faults_with_it() -> None:
    panel = Panel()
    panel.set((table.Drop(times=1), table.NoUsage(), table.HtmlAnswer()))
    first = panel.next_call()
    assert set(first.shown) == {"drop", "no_usage"}
    assert set(panel.next_call().shown) == {"no_usage"}
    panel.set(())
    assert panel.next_call().shown == {}
    assert set(first.shown) == {"drop", "no_usage"}


def test_secrets_are_dated_by_a_wrong_clock() -> None:
    panel = Panel()
    assert panel.told_time(1000) == 1000
    panel.set((table.SkewedClock(s=-100),))
    assert panel.told_time(1000) == 900


def test_the_document() -> None:
    assert read_document({}) == (None, None)
    assert read_document({"coming": {}, "running": {"drop": {}}}) == ((), (table.Drop(),))
    wrong: list[dict[str, object]] = [
        {"walking": {}},
        {"running": {"expire": {}}},
        {"running": {"refuse_call": {}}},
        {"coming": []},
    ]
    for document in wrong:
        with pytest.raises(Refusal):
            read_document(document)
