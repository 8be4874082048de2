"""The broker held to its own description: whatever that allows, and much that it does not, is asked of a real one."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.servers.broker.web.openapi import MINT_PATHS
from tests.support.broker import Broker, Upstream, broker, upstream
from tests.support.broker import settings as broker_settings

CONFIG = """
[limits]
address_rate = "100000/second"
failed_sign_in_rate = "100000/second"
[policies.default]
rate = "100000/second"
sessions = 10000
minutes_per_day = 0
"""
EXAMPLES = 25
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def server() -> Iterator[Upstream]:
    with upstream() as running:
        yield running


@pytest.fixture(scope="module")
def desk(server: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with broker(tmp_path_factory.mktemp("broker"), broker_settings(server, CONFIG)) as running:
        yield running


def test_the_description_is_served(desk: Broker) -> None:
    told = desk.client.get("/openapi.json").json()
    assert told["openapi"].startswith("3.")
    assert "/v1/realtime/client_secrets" in told["paths"]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_brings_it_down(desk: Broker, mode: GenerationMode) -> None:
    """Requests that fit the description, and requests that do not."""
    description = schemathesis.openapi.from_url(f"{desk.url}/openapi.json")
    asked: Counter[str] = Counter()
    for found in description.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case[Any]) -> None:
            asked[case.path] += 1
            case.call_and_validate(headers=desk.signed(), checks=CHECKS)

        # Where nothing can be wrong, there is nothing to ask that does not fit.
        with contextlib.suppress(Unsatisfiable):
            ask()
    assert {*MINT_PATHS, "/v1/realtime/calls", "/v1/realtime/calls/{call_id}/hangup"} <= asked.keys()
    assert desk.process.poll() is None
    assert "Traceback" not in desk.written
    assert '"level": "error"' not in desk.written
