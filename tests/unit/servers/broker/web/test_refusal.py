"""Every fault has its words, and none quotes what it was about."""

import json

import pytest

from app.servers.broker.upstream.answers import Fault, UpstreamFault
from app.servers.broker.web.refusal import of_upstream


@pytest.mark.parametrize("fault", list(Fault))
def test_each_fault_of_the_server_has_its_answer(fault: Fault) -> None:
    refusal = of_upstream(UpstreamFault(fault, "HTTP 400 planted", 2.5))
    response = refusal.response("r1")
    told = json.loads(bytes(response.body))
    assert response.status_code >= 400
    assert told["code"] == fault.value
    assert told["requestId"] == "r1"
    assert told["retryAfter"] == 3000
    assert response.headers["retry-after"] == "3"
    assert "planted" not in bytes(response.body).decode()


def test_busy_and_down_always_say_when_to_come_back() -> None:
    assert of_upstream(UpstreamFault(Fault.DOWN)).retry_after_s
    assert of_upstream(UpstreamFault(Fault.BUSY)).retry_after_s
    assert of_upstream(UpstreamFault(Fault.ODD)).retry_after_s is None
