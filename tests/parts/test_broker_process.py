"""The broker as a process: how it starts and refuses to, how it bears bad clients, and how it ends."""

import json
import os
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.support.broker import (
    MAIN_KEY,
    OFFER,
    Broker,
    Upstream,
    broker,
    minted_answer,
    people,
    run,
    settings,
    upstream,
)
from tests.support.certificates import self_signed
from tests.support.http_server import Line
from tests.support.waiting import eventually

CONFIG = """
[server]
head_s = 1.2
body_s = 1.2
body_bytes = 20000
header_bytes = 4096
trusted_proxies = ["127.0.0.1"]
[cors]
origins = ["https://app.example.com"]
[limits]
address_rate = "3/hour"
failed_sign_in_rate = "2/hour"
[metrics]
allow = ["192.0.2.0/24"]
[policies.default]
sessions = 1000
minutes_per_day = 0
rate = "1000/hour"
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Upstream]:
    with upstream() as running:
        yield running


@pytest.fixture(scope="module")
def shared(server: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with broker(tmp_path_factory.mktemp("broker"), settings(server, CONFIG)) as running:
        yield running


def raw(running: Broker) -> socket.socket:
    port = int(running.url.rpartition(":")[2])
    return socket.create_connection(("127.0.0.1", port), timeout=10)


# --- starting -------------------------------------------------------------------------------------------------


def test_without_a_key_it_does_not_start(tmp_path: Path) -> None:
    code, out, err = run("--port", "0", cwd=tmp_path)
    assert (code, out) == (1, "")
    assert "There is no main key" in err
    assert err.count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
@pytest.mark.parametrize(("mode", "starts"), [(0o604, False), (0o620, False), (0o600, True), (0o640, True)])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int, starts: bool) -> None:
    (tmp_path / "key").write_text(MAIN_KEY + "\n")
    (tmp_path / "key").chmod(mode)
    (tmp_path / "broker.toml").write_text('[upstream]\nkey_file = "key"\n')
    code, out, err = run("--config", str(tmp_path / "broker.toml"), "check")
    assert (code == 0) == starts
    assert ("can be read or changed by others" in err) == (not starts)
    assert MAIN_KEY not in out + err


def test_a_stranger_s_key_is_not_sent_to_another_server(tmp_path: Path) -> None:
    (tmp_path / "broker.toml").write_text('[upstream]\nkind = "azure"\nbase_url = "https://x.example/openai/v1"\n')
    code, _, err = run("--config", str(tmp_path / "broker.toml"), "check", env={"OPENAI_API_KEY": MAIN_KEY})
    assert code == 1
    assert "There is no main key" in err


def test_every_problem_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "broker.toml").write_text(
        '[server]\nport = 70000\nhots = "x"\n\n[policies.a]\nmodels = []\nrate = "often"\n'
    )
    code, _, err = run("--config", str(tmp_path / "broker.toml"), env={"PARLANCE_BROKER_REDIS_TIMEOUT_S": "long"})
    assert code == 1
    lines = err.splitlines()
    assert "broker.toml:2: server.port: it must lie between 0 and 65535" in lines
    assert "broker.toml:3: server.hots: there is no such setting; is it host?" in lines
    assert any(line.startswith("broker.toml:7: policies.a.rate:") for line in lines)
    assert "the environment variable PARLANCE_BROKER_REDIS_TIMEOUT_S: a number is expected" in lines


def test_nobody_to_sign_in_is_refused_off_this_machine_and_bridged_on_it(server: Upstream, tmp_path: Path) -> None:
    code, _, err = run("--host", "0.0.0.0", "--port", "0", env={"PARLANCE_BROKER_KEY": MAIN_KEY}, cwd=tmp_path)
    assert code == 1
    assert "Nobody could sign in" in err
    with broker(tmp_path / "b", settings(server), env={"PARLANCE_BROKER_TOKENS": ""}) as own:
        assert own.mint(token=own.told["token"]).status_code == 200
        assert own.mint().status_code == 401
        assert own.told["token"] not in own.written


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ('[log]\nfile = "broker.toml/log"', "The log cannot be written"),
        ('[audit]\ndirectory = "broker.toml"', "The audit trail cannot be written"),
        ('[server]\ntls_certificate = "broker.toml"\ntls_key = "broker.toml"', "The TLS certificate cannot be used"),
        ('[tokens]\nfile = "none"', "cannot be read"),
    ],
)
def test_what_it_cannot_use_is_said_in_one_line(tmp_path: Path, config: str, said: str) -> None:
    (tmp_path / "broker.toml").write_text(config)
    code, out, err = run(
        "--config", str(tmp_path / "broker.toml"), "--port", "0", env={"PARLANCE_BROKER_KEY": MAIN_KEY}, cwd=tmp_path
    )
    assert (code, out) == (1, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, out, err = run("--port", port, env={"PARLANCE_BROKER_KEY": MAIN_KEY}, cwd=tmp_path)
    assert (code, out) == (1, "")
    assert "Choose another port" in err
    assert err.count("\n") == 1


# --- headers, origins, addresses ------------------------------------------------------------------------------


def test_every_answer_carries_an_id_and_the_headers_of_security(shared: Broker) -> None:
    ids = set()
    for path in ("/api/health", "/nothing", "/metrics", "/v1/realtime/calls", "/openapi.json"):
        headers = shared.client.get(path).headers
        ids.add(headers["x-request-id"])
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "server" not in headers
        assert "access-control-allow-origin" not in headers
    assert len(ids) == 5


def test_pages_of_other_origins_get_nothing(shared: Broker, server: Upstream) -> None:
    asked = len(server.http.received)
    evil = {"Origin": "https://evil.example"}
    refused = shared.client.post("/v1/realtime/client_secrets", headers=shared.signed() | evil)
    assert refused.status_code == 403
    assert refused.json()["code"] == "origin_refused"
    preflight = {"Access-Control-Request-Method": "POST"}
    assert shared.client.options("/v1/realtime/client_secrets", headers=evil | preflight).status_code == 403
    good = {"Origin": "https://app.example.com"}
    allowed = shared.client.options("/v1/realtime/client_secrets", headers=good | preflight)
    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-origin"] == "https://app.example.com"
    assert "origin" in allowed.headers["vary"].lower()
    assert "access-control-allow-credentials" not in allowed.headers
    assert len(server.http.received) == asked


def test_addresses_behind_a_proxy_are_told_apart_and_cannot_be_made_up(shared: Broker) -> None:
    def ask(forwarded: str) -> int:
        return shared.mint(X_Forwarded_For=forwarded).status_code

    assert [ask("198.51.100.7") for _ in range(4)] == [200, 200, 200, 429]
    # What the client itself wrote stands further left, and is not believed.
    assert ask("203.0.113.9, 198.51.100.7") == 429
    assert [ask(f"2001:db8::{number}") for number in range(1, 5)] == [200, 200, 200, 429]


def test_guessing_is_slowed_down(shared: Broker) -> None:
    def guess(token: str) -> tuple[int, str]:
        response = shared.mint(token=token, X_Forwarded_For="198.51.100.77")
        return response.status_code, response.json()["code"]

    assert [guess(f"plb_{number:012x}_{'x' * 43}")[0] for number in range(3)] == [401, 401, 429]
    assert guess("")[1] == "address_rate_limited"


def test_metrics_are_for_those_who_are_listed(shared: Broker) -> None:
    assert shared.client.get("/metrics").status_code == 403
    page = shared.client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.4"})
    assert page.status_code == 200
    assert "parlance_broker_requests_total" in page.text
    assert "anna" not in page.text


def test_metrics_are_not_for_what_an_unknown_proxy_brings(server: Upstream, tmp_path: Path) -> None:
    with broker(tmp_path, settings(server)) as own:
        assert own.client.get("/metrics").status_code == 200
        assert own.client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403


# --- bad clients ----------------------------------------------------------------------------------------------


def test_long_bodies_are_refused_before_they_are_read(shared: Broker) -> None:
    response = shared.mint({"session": {"instructions": "x" * 30_000}}, X_Forwarded_For="198.51.100.1")
    assert response.status_code == 413

    def chunks() -> Iterator[bytes]:
        yield from (b" " * 8000 for _ in range(5))

    headers = shared.signed(content_type="application/json", X_Forwarded_For="198.51.100.1")
    assert shared.client.post("/api/session", content=chunks(), headers=headers).status_code == 413


def test_long_headers_are_refused(shared: Broker) -> None:
    with raw(shared) as line:
        line.sendall(b"GET /api/health HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 100_000)
        assert line.recv(12) == b"HTTP/1.1 400"


def test_slow_heads_and_bodies_are_cut_off(shared: Broker) -> None:
    signed = f"Authorization: Bearer {shared.token}\r\nX-Forwarded-For: 198.51.100.2\r\n".encode()
    with raw(shared) as silent, raw(shared) as slow_head, raw(shared) as second_head, raw(shared) as slow_body:
        slow_head.sendall(b"GET /api/health HT")
        second_head.sendall(b"GET /api/health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /ap")
        slow_body.sendall(
            b"POST /v1/realtime/client_secrets HTTP/1.1\r\nHost: x\r\n" + signed + b"Content-Length: 9\r\n\r\n{"
        )
        assert slow_body.recv(12) == b"HTTP/1.1 408"
        assert silent.recv(1) == b""
        assert slow_head.recv(1) == b""
        answered = b""
        while received := second_head.recv(4096):
            answered += received
        assert answered.startswith(b"HTTP/1.1 200")
    page = shared.client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.4"}).text
    assert float(page.partition("\nparlance_broker_slow_clients_total ")[2].partition("\n")[0]) >= 3


def test_clients_that_leave_are_borne(shared: Broker) -> None:
    for sent in (
        b"",
        b"GET",
        b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{",
        b"\0\xff\r\n\r\n",
    ):
        with raw(shared) as line:
            line.sendall(sent)
    assert shared.client.get("/api/health/live").status_code == 200
    assert "Traceback" not in shared.written


# --- what is written down -------------------------------------------------------------------------------------


def test_the_audit_trail_tells_who_got_what(server: Upstream, tmp_path: Path) -> None:
    with broker(tmp_path, settings(server)) as own:
        told = own.mint(user_agent="Mozilla/5.0 sk-planted-agent-0123").json()
        refused = own.mint(token="plb_0123456789ab_" + "x" * 43)
        minted, turned_away = own.records()
    assert minted["outcome"] == "ok"
    assert minted["user"] == "token:anna"
    assert minted["address"] == "127.0.0.1"
    assert minted["agent"] == "Mozilla/5.0 …"
    assert minted["expires_at"] == told["expires_at"]
    assert minted["session_id"] == told["session_id"]
    assert minted["model"] == told["model"]
    assert turned_away["outcome"] == "not_signed_in"
    assert turned_away["detail"] == "unknown_token"
    assert turned_away["request_id"] == refused.headers["x-request-id"]
    file = next((tmp_path / "audit").iterdir())
    assert file.stat().st_mode & 0o077 == 0
    for line in (tmp_path / "stderr").read_text().splitlines():
        assert {"time", "level", "logger", "message"} <= json.loads(line).keys()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_what_cannot_be_written_down_is_not_handed_out(server: Upstream, tmp_path: Path) -> None:
    day = time.strftime("%Y-%m-%d", time.gmtime())
    (tmp_path / "audit").mkdir()
    for each in (day, time.strftime("%Y-%m-%d", time.gmtime(time.mktime(time.gmtime()) + 86_400))):
        (tmp_path / "audit" / f"audit-{each}.jsonl").symlink_to("/dev/full")
    with broker(tmp_path, settings(server)) as own:
        refused = own.mint()
        assert refused.status_code == 503
        assert refused.json()["code"] == "audit_unavailable"
        assert own.connect().status_code == 503
        assert server.connected[-1] in server.hung_up


def test_the_log_is_turned_over(server: Upstream, tmp_path: Path) -> None:
    more = '[log]\nfile = "logs/broker.log"\nmax_bytes = 10000\nkeep = 2\n[limits]\naddress_rate = "100000/hour"\n'
    with broker(tmp_path, settings(server, more + 'failed_sign_in_rate = "100000/hour"')) as own:
        for _ in range(120):
            own.mint(token="wrong")
        files = sorted(file.name for file in (tmp_path / "logs").iterdir())
        assert files == ["broker.log", "broker.log.1", "broker.log.2"]
        assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "logs").iterdir())
        assert own.written == ""


# --- TLS, and the end -----------------------------------------------------------------------------------------


def test_direct_tls(server: Upstream, tmp_path: Path) -> None:
    _, certificate = self_signed(tmp_path)
    more = f'[server]\ntls_certificate = "{certificate.name}"\ntls_key = "server.pem"\n'
    trust = ssl.create_default_context(cafile=str(certificate))
    with broker(tmp_path, settings(server, more), verify=trust) as own:
        assert own.url.startswith("https://")
        response = own.mint()
        assert response.status_code == 200
        assert "max-age" in response.headers["strict-transport-security"]
        with pytest.raises(httpx.HTTPError):
            httpx.get(own.url.replace("https", "http") + "/api/health", trust_env=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_drains(server: Upstream, tmp_path: Path, number: signal.Signals) -> None:
    asked, go = threading.Event(), threading.Event()

    def slowly(line: Line) -> None:
        asked.set()
        assert go.wait(10)
        minted_answer()(line)

    server.misbehave["client_secrets"] = slowly
    try:
        with broker(tmp_path, settings(server)) as own, ThreadPoolExecutor(1) as other:
            under_way = other.submit(own.mint)
            assert asked.wait(10)
            own.process.send_signal(number)
            eventually(lambda: "draining" in own.written, "it drains")
            go.set()
            assert under_way.result(10).status_code == 200
            assert own.process.wait(10) == 0
            with pytest.raises(OSError):
                raw(own)
    finally:
        server.misbehave.clear()


def test_while_draining_it_says_so_before_it_closes(server: Upstream, tmp_path: Path) -> None:
    with broker(tmp_path, settings(server, "[server]\ndrain_notice_s = 3.0\n")) as own:
        own.process.terminate()
        eventually(lambda: own.client.get("/api/health/ready").status_code == 503, "not ready")
        response = own.mint()
        assert response.status_code == 200
        assert response.headers["connection"] == "close"
        assert own.process.wait(10) == 0


def test_tokens_are_revoked_while_it_runs(server: Upstream, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    code, token, _ = run("token", "create", "--file", str(tokens), "--user", "zoe")
    assert code == 0
    more = '[tokens]\nfile = "tokens"\n'
    with broker(tmp_path, settings(server, more), who=people("anna")) as own:
        assert own.mint(token=token.strip()).status_code == 200
        code, out, _ = run("token", "list", "--file", str(tokens))
        assert "zoe" in out
        assert token.strip() not in out + tokens.read_text()
        assert run("token", "revoke", "--file", str(tokens), "--user", "zoe")[0] == 0
        assert own.mint(token=token.strip()).status_code == 401
        assert own.connect(OFFER, token.strip()).status_code == 401
        tokens.chmod(0o644)
        assert own.client.get("/api/health/ready").json()["checks"]["tokens"] == "failing"
        assert own.mint().status_code == 200
