"""The doctor's look at one profile, against real HTTP servers that are what they say, and some that are not."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from app.assembly.findings import Finding, tell
from app.assembly.profile_checkup import ProfileCheckup
from app.assembly.surroundings import Adapters, build_adapters
from app.conversation.presets import preset_named
from app.conversation.profiles import BROKER, OWN_KEY, REHEARSAL, Door, Profile, Transport
from app.tokens.probing import NO_OFFER
from app.vault.places import Places
from tests.support.http_server import Answer, HttpServer, Line, answer

ROOT = Path(__file__).resolve().parents[2]
CREDENTIAL = "credential-planted-0123456789"
SECRET = "ek_planted_0123456789"
GRANT = answer(200, json.dumps({"value": SECRET, "session": {"model": "m"}}), content_type="application/json")
NO_SDP = answer(400, json.dumps({"error": {"code": "invalid_offer"}}), content_type="application/json")
OPENS = answer(101, Connection="Upgrade", Upgrade="websocket")
NOTHING = answer(404, "{}", content_type="application/json")


def places(server: HttpServer, answers: Mapping[str, Answer]) -> None:
    """Let the server answer by ``"METHOD path"``; everything else is 404."""

    def script(line: Line) -> None:
        asked = server.received[-1]
        answers.get(f"{asked.method} {asked.path}", NOTHING)(line)

    server.script = script


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer() as running:
        yield running


@pytest.fixture
async def adapters(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Adapters]:
    monkeypatch.setenv("PARLANCE_BROKER_CREDENTIAL", CREDENTIAL)
    made = build_adapters(Places.below(tmp_path))
    yield made
    await made.close()


async def found(adapters: Adapters, profile: Profile) -> dict[str, Finding]:
    findings = await ProfileCheckup(adapters, profile).run()
    assert all(each.works != bool(each.remedy) for each in findings)
    for planted in (CREDENTIAL, SECRET):
        assert planted not in repr(findings)
    return {each.name: each for each in findings}


def works(findings: dict[str, Finding]) -> dict[str, bool]:
    return {name: each.works for name, each in findings.items()}


def of_preset(name: str, server: HttpServer, base: str = "/v1") -> Profile:
    preset = preset_named(name)
    assert preset is not None
    return replace(preset.named("den"), server_url=f"{server.url}{base}")


# --- servers that are what they say ---------------------------------------------------------------------------


async def test_a_server_that_mints(adapters: Adapters, server: HttpServer) -> None:
    places(
        server,
        {
            "POST /openai/v1/realtime/client_secrets": GRANT,
            "POST /openai/v1/realtime/calls": NO_SDP,
            "GET /openai/v1/realtime?model=deployed": answer(401, "{}"),
        },
    )
    profile = replace(of_preset("azure", server, "/openai/v1"), model="deployed")
    findings = await found(adapters, profile)
    assert works(findings) == dict.fromkeys(("Server", "Credential", "Secret", "Calls", "WebSocket"), True)
    reach, mint, call, handshake = server.received
    assert (reach.method, mint.headers["api-key"]) == ("OPTIONS", CREDENTIAL)
    assert (call.headers["authorization"], call.body.decode()) == (f"Bearer {SECRET}", NO_OFFER)
    assert not {"authorization", "api-key"} & (reach.headers.keys() | handshake.headers.keys())
    assert handshake.headers["upgrade"] == "websocket"


async def test_a_server_of_ones_own(adapters: Adapters, server: HttpServer) -> None:
    places(server, {"POST /v1/realtime/calls": NO_SDP, "GET /v1/realtime": OPENS})
    findings = await found(adapters, of_preset("speech-to-speech", server))
    assert works(findings) == dict.fromkeys(("Server", "Credential", "Calls", "WebSocket"), True)
    assert not any("authorization" in asked.headers for asked in server.received)


async def test_a_server_of_ones_own_may_stumble_over_what_is_no_offer(adapters: Adapters, server: HttpServer) -> None:
    places(
        server,
        {
            "POST /v1/realtime?model=gpt-4o-mini": answer(500, "Internal Server Error"),
            "GET /v1/realtime?model=gpt-4o-mini": answer(403),
        },
    )
    findings = await found(adapters, of_preset("speaches", server))
    assert works(findings) == dict.fromkeys(("Server", "Credential", "Calls", "WebSocket"), True)
    assert "stumbles" in findings["Calls"].words


async def test_a_broker_and_its_server(adapters: Adapters, server: HttpServer) -> None:
    places(server, {"POST /token": GRANT, "POST /v1/realtime/calls": NO_SDP})
    profile = replace(BROKER, broker_url=f"{server.url}/token", server_url=f"{server.url}/v1", socket_path="")
    findings = await found(adapters, profile)
    assert works(findings) == dict.fromkeys(("Broker", "Server", "Credential", "Secret", "Calls"), True)
    assert "for m" in findings["Secret"].words


async def test_a_broker_that_passes_on_calls(adapters: Adapters, server: HttpServer) -> None:
    places(server, {"POST /session": NO_SDP})
    profile = replace(BROKER, door=Door.BROKER_PROXY, broker_url=f"{server.url}/session", server_url="")
    assert works(await found(adapters, profile)) == dict.fromkeys(("Broker", "Credential", "Calls"), True)


async def test_a_server_with_nothing_but_a_websocket(adapters: Adapters, server: HttpServer) -> None:
    places(server, {"GET /v1/realtime?model=gpt-realtime": OPENS})
    profile = replace(of_preset("localai", server), calls_path="", transport=Transport.WEBSOCKET)
    assert works(await found(adapters, profile)) == dict.fromkeys(("Server", "Credential", "WebSocket"), True)


async def test_the_rehearsal_server(adapters: Adapters) -> None:
    findings = await found(adapters, replace(REHEARSAL, transport=Transport.WEBRTC))
    assert works(findings) == dict.fromkeys(("Rehearsal server", "Server", "Secret", "Calls"), True)


# --- and some that are not ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (NOTHING, "HTTP 404"),
        (answer(405), "HTTP 405"),
        (answer(400, "<html>", content_type="text/html"), "a web page"),
        (answer(201, "v=0\r\n", content_type="application/sdp"), "agrees to an offer that is none"),
        (answer(400, json.dumps({"error": {"code": "beta_api_shape_disabled"}})), "beta_api_shape_disabled"),
        (answer(401), "refused the key"),
        (answer(503), "HTTP 503"),
        (answer(302, location="https://elsewhere.example/"), "leads somewhere else"),
    ],
)
async def test_no_calls_there(adapters: Adapters, server: HttpServer, reply: Answer, words: str) -> None:
    places(server, {"POST /v1/realtime/calls": reply, "GET /v1/realtime": OPENS})
    findings = await found(adapters, of_preset("speech-to-speech", server))
    assert works(findings) == {"Server": True, "Credential": True, "Calls": False, "WebSocket": True}
    assert words in findings["Calls"].words


@pytest.mark.parametrize("reply", [NOTHING, answer(403), answer(200, "hello"), answer(426)])
async def test_no_websocket_there(adapters: Adapters, server: HttpServer, reply: Answer) -> None:
    places(server, {"POST /v1/realtime/calls": NO_SDP, "GET /v1/realtime": reply})
    findings = await found(adapters, of_preset("speech-to-speech", server))
    assert (findings["Calls"].works, findings["WebSocket"].works) == (True, False)
    assert "empty it if the server has none" in findings["WebSocket"].remedy


async def test_a_key_that_is_refused(adapters: Adapters, server: HttpServer) -> None:
    places(server, {"POST /v1/realtime/client_secrets": answer(401)})
    findings = await found(adapters, replace(OWN_KEY, server_url=f"{server.url}/v1", socket_path=""))
    assert works(findings) == {"Server": True, "Credential": True, "Secret": False}


async def test_a_machine_that_does_not_answer(adapters: Adapters) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    findings = await found(adapters, replace(OWN_KEY, server_url=f"http://127.0.0.1:{port}/v1"))
    assert works(findings) == {"Server": False}
    assert "refuses connections" in findings["Server"].words


@pytest.mark.parametrize("url", ["", "http://api.example.org/v1", "somewhere"])
async def test_an_address_that_cannot_be_used(adapters: Adapters, url: str) -> None:
    findings = await found(adapters, replace(OWN_KEY, server_url=url))
    assert works(findings) == {"Server": False}
    assert "address cannot be used" in findings["Server"].words


async def test_a_broker_that_leads_elsewhere(adapters: Adapters, server: HttpServer) -> None:
    server.script = answer(302, location="https://elsewhere.example/")
    profile = replace(BROKER, broker_url=f"{server.url}/token", server_url=f"{server.url}/v1")
    assert works(await found(adapters, profile)) == {"Broker": False, "Server": False}


# --- as a command ---------------------------------------------------------------------------------------------


def doctor(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PARLANCE_HOME": str(home), "PARLANCE_BROKER_CREDENTIAL": CREDENTIAL}
    command = [sys.executable, "main.py", "doctor", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_looks_at_a_profile_of_the_settings_file(tmp_path: Path, server: HttpServer) -> None:
    places(server, {"POST /v1/realtime/calls": NO_SDP, "GET /v1/realtime": OPENS})
    settings = f'[profiles.den]\npreset = "speech-to-speech"\nserver_url = "{server.url}/v1"\n'
    (tmp_path / "settings.toml").write_text(settings)
    done = doctor(tmp_path, "--profile", "den", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"], done.stderr) == (0, True, "")
    assert [each["name"] for each in told["findings"]] == ["Server", "Credential", "Calls", "WebSocket"]
    assert CREDENTIAL not in done.stdout


def test_a_name_that_is_none_is_told_with_those_that_are(tmp_path: Path) -> None:
    done = doctor(tmp_path, "--profile", "nobody")
    assert done.returncode == 1
    assert "speech-to-speech" in done.stderr
    assert done.stdout == ""


def test_each_finding_is_a_line_with_its_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    findings = [Finding("A", True, "works"), Finding("B", False, "does not.", "Mend it.")]
    assert tell(findings, as_json=False) == 1
    assert capsys.readouterr().out == "ok  A: works\nNO  B: does not. Mend it.\n"
    assert tell(findings[:1], as_json=False) == 0
