"""The table of faults: as code, as JSON and as a page say the same."""

import json
import re
from pathlib import Path

import pytest

import app.servers.rehearsal
from app.servers.rehearsal.engine.refusal import Refusal
from app.servers.rehearsal.faults.reading import described, parameters, read_faults, written
from app.servers.rehearsal.faults.table import FAULTS, Close, HugeEvent, LeaveOut, PacketLoss, RefuseCall, SkewedClock

PAGE = Path(app.servers.rehearsal.__file__).parent / "FAULTS.md"


def test_the_page_says_what_the_table_says() -> None:
    rows = [line.strip("|\n ").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    expected = []
    for name, fault in described().items():
        given = fault["parameters"]
        assert isinstance(given, dict)
        shown = ", ".join(f"`{key}` {json.dumps(value)}" for key, value in given.items() if key != "times")
        expected.append([f"`{name}`", str(fault["strikes"]), shown, str(fault["does"])])
    assert [[cell.strip() for cell in row] for row in rows] == expected


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_can_be_set_by_its_name_alone_and_says_what_it_does(name: str) -> None:
    (fault,) = read_faults({name: {}}, "coming")
    assert type(fault) is FAULTS[name]
    told = json.loads(json.dumps(written((fault,))))
    assert read_faults(told, "coming") == (fault,)
    assert re.fullmatch(r"[A-Z].*\.", fault.__doc__ or "")
    assert set(told[name]) == set(parameters(type(fault)))


def test_parameters_are_taken_over() -> None:
    given = {"close": {"code": 4000, "reason": "why", "after_s": 2, "times": 3}, "leave_out": {"types": ["a", "b"]}}
    expected = (Close(code=4000, reason="why", after_s=2.0, times=3), LeaveOut(types=("a", "b")))
    assert read_faults({**given, "skewed_clock": {"s": -60}}, "coming") == (*expected, SkewedClock(s=-60))


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"no_such_fault": {}},
        {"drop": True},
        {"drop": {"no_such_parameter": 1}},
        {"drop": {"after_s": "1"}},
        {"drop": {"after_s": True}},
        {"drop": {"after_s": -1}},
        {"drop": {"times": -1}},
        {"drop": {"after_s": float("nan")}},
        {"delay_events": {"ms": 1.5}},
        {"delay_answer": {"endpoint": "moon"}},
        {"leave_out": {"types": "session.updated"}},
        {"leave_out": {"types": [1]}},
        {"close": {"code": 1005}},
        {"close": {"reason": "é" * 62}},
        {"refuse_call": {"status": 99}},
        {"refuse_token": {"retry_after": "1\r\nX: y"}},
        {"html_answer": {"status": 600}},
        {"wrong_content_type": {"type": ""}},
        {"blocked_udp": {"candidates": "some"}},
        {"packet_loss": {"pattern": "012"}},
        {"huge_event": {"bytes": 10**8}},
    ],
)
def test_what_makes_no_sense_is_refused(document: object) -> None:
    with pytest.raises(Refusal):
        read_faults(document, "coming")


def test_impossible_faults_cannot_be_made_in_code_either() -> None:
    for made in (lambda: Close(code=1), lambda: RefuseCall(status=7), lambda: PacketLoss(pattern="")):
        with pytest.raises(ValueError):
            made()
    with pytest.raises(ValueError):
        HugeEvent(bytes=10**9)
