"""The token broker as a process of its own, and a server behind it that can be told to misbehave."""

import contextlib
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from app.servers.broker.people.token_lines import new_token
from tests.support.http_server import Answer, HttpServer, Line, answer

ROOT = Path(__file__).resolve().parents[2]
MAIN_KEY = "sk-proj-planted0123456789main"
SECRET = "ek_planted_0123456789"
OFFER = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-pwd:offerplanted0123456789\r\n"
SDP_ANSWER = "v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-pwd:answerplanted0123456789\r\n"
COMMAND = (sys.executable, "-m", "app.servers.broker")


@dataclass
class Upstream:
    """A server that mints, answers offers and hangs up, unless ``misbehave`` says otherwise for a path's last word."""

    http: HttpServer = field(default_factory=HttpServer)
    misbehave: dict[str, Answer] = field(default_factory=dict)
    hung_up: list[str] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self.http.script = self._answer

    @property
    def url(self) -> str:
        return self.http.url + "/v1"

    def asked(self, last_word: str) -> list[Mapping[str, Any]]:
        """The JSON bodies sent to a path."""
        return [json.loads(each.body) for each in self.http.received if each.path.endswith(last_word)]

    def _answer(self, line: Line) -> None:
        assert line.asked is not None
        word = line.asked.path.rpartition("/")[2].partition("?")[0]
        if word in self.misbehave:
            self.misbehave[word](line)
        elif word == "client_secrets":
            minted_answer(next(self._numbers))(line)
        elif word == "calls":
            call_id = f"rtc_{next(self._numbers)}"
            self.connected.append(call_id)
            answered(call_id)(line)
        elif word == "hangup":
            self.hung_up.append(line.asked.path.split("/")[-2])
            answer(200)(line)
        else:
            answer(404)(line)


def minted_answer(number: object = 1, **more: object) -> Answer:
    expires_at = int(datetime.now(UTC).timestamp()) + 600
    session = {"id": f"sess_{number}", "instructions": "upstream-detail-planted"}
    told = {"value": f"{SECRET}{number}", "expires_at": expires_at, "session": session, **more}
    return answer(200, json.dumps(told), content_type="application/json")


def answered(call_id: str) -> Answer:
    place = f"/v1/realtime/calls/{call_id}"
    return answer(201, SDP_ANSWER, content_type="application/sdp", location=place)


@contextlib.contextmanager
def upstream() -> Iterator[Upstream]:
    """A running server."""
    made = Upstream()
    with made.http:
        yield made


@dataclass
class Broker:
    """A running broker."""

    process: subprocess.Popen[str]
    told: dict[str, Any]
    folder: Path
    token: str
    client: httpx.Client

    @property
    def url(self) -> str:
        return str(self.told["url"])

    def mint(self, body: object = None, token: str | None = None, **headers: str) -> httpx.Response:
        return self.post("/v1/realtime/client_secrets", body, token, **headers)

    def post(self, path: str, body: object = None, token: str | None = None, **headers: str) -> httpx.Response:
        return self.client.post(path, json={} if body is None else body, headers=self.signed(token, **headers))

    def connect(self, offer: str = OFFER, token: str | None = None, path: str = "/v1/realtime/calls") -> httpx.Response:
        return self.client.post(path, content=offer, headers=self.signed(token, content_type="application/sdp"))

    def hang_up(self, call_id: str, token: str | None = None) -> httpx.Response:
        return self.client.post(f"/v1/realtime/calls/{call_id}/hangup", headers=self.signed(token))

    def signed(self, token: str | None = None, **headers: str) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        token = self.token if token is None else token
        return {"Authorization": f"Bearer {token}", **named} if token else named

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.terminate()
        return self.process.wait(30)

    @property
    def written(self) -> str:
        """All that it wrote to standard error so far."""
        return (self.folder / "stderr").read_text()

    def records(self) -> list[dict[str, Any]]:
        """The audit trail."""
        files = sorted((self.folder / "audit").glob("audit-*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]


@dataclass(frozen=True)
class People:
    """Tokens by user and the lines they are kept as."""

    tokens: Mapping[str, str]
    lines: str


def people(*users: str, policy: str = "default") -> People:
    """A token for each user; ``user:policy`` names a policy of one's own."""
    tokens, lines = {}, []
    for user in users:
        name, _, own = user.partition(":")
        token, line = new_token(name, own or policy, None, datetime.now(UTC))
        tokens[name] = token
        lines.append(str(line))
    return People(tokens, "\n".join(lines))


def environment(**more: str) -> dict[str, str]:
    """This process's environment without anything that the broker would read, and more."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PARLANCE_BROKER", "OPENAI")) and name != "PORT"
    }
    return {**kept, "PYTHONPATH": str(ROOT), **more}


@contextlib.contextmanager
def broker(
    folder: Path,
    config: str = "",
    *,
    who: People | None = None,
    env: Mapping[str, str] | None = None,
    arguments: Sequence[str] = ("--port", "0"),
    verify: Any = True,
) -> Iterator[Broker]:
    """A running broker with this configuration; ``anna`` is signed in unless others are named. Killed when left."""
    who = who or people("anna")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "broker.toml").write_text(config)
    own = {"PARLANCE_BROKER_KEY": MAIN_KEY, "PARLANCE_BROKER_TOKENS": who.lines, **(env or {})}
    with (folder / "stderr").open("a") as stderr:
        process = subprocess.Popen(
            [*COMMAND, "--config", str(folder / "broker.toml"), *arguments],
            env=environment(**own),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (folder / "stderr").read_text()
        told = json.loads(line)
        with httpx.Client(base_url=told["url"], trust_env=False, timeout=20, verify=verify) as client:
            yield Broker(process, told, folder, next(iter(who.tokens.values())), client)
    finally:
        process.kill()
        process.communicate()


def run(*arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> tuple[int, str, str]:
    """Run a command of the broker that ends by itself: its exit code and what it wrote."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        env=environment(**(env or {})),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def settings(server: Upstream, more: str = "") -> str:
    """A configuration whose upstream is the given server, with an audit trail beside it."""
    return f"""
[upstream]
kind = "compatible"
base_url = "{server.url}"
timeout_s = 5.0
circuit_failures = 1000
[audit]
directory = "audit"
{more}
"""
