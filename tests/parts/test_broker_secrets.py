"""Secrets planted everywhere, and looked for in everything a broker writes, answers and says of itself."""

import json
import os
from pathlib import Path

import pytest

from app.servers.broker.people.token_lines import hash_of
from tests.support import http_server
from tests.support.broker import (
    MAIN_KEY,
    SDP_ANSWER,
    SECRET,
    Broker,
    broker,
    minted_answer,
    people,
    run,
    settings,
    upstream,
)
from tests.support.http_server import answer
from tests.support.openid import AUDIENCE, provider

WISH = "instructions-planted-0123456789"
UPSTREAM_WORD = "upstream-word-planted-0123456789"
PASSWORD = "redis-password-planted-0123456789"
SALT = "salt-planted-0123456789"
WHO = people("anna")


def everything_below(folder: Path) -> str:
    """The text of every file that the broker wrote, the configuration left out."""
    files = [each for each in folder.rglob("*") if each.is_file() and each.name != "broker.toml"]
    assert {"stderr"} <= {each.name for each in files}
    return "\n".join(each.read_text(errors="replace") for each in files)


def use(own: Broker, jwt_token: str) -> list[str]:
    """All that it answers, to good and bad requests."""
    answers = [own.mint({"session": {"instructions": WISH}}), own.connect(), own.mint(token=jwt_token)]
    answers += [own.mint(token=each) for each in (f"{own.token}x", MAIN_KEY, SECRET)]
    answers.append(own.client.get(f"/api/session?token={own.token}", headers={"User-Agent": f"x {own.token}"}))
    answers.append(own.client.post(f"/{own.token}", headers={"Authorization": f"Basic {own.token}"}))
    answers.append(own.connect(path=f"/v1/realtime/calls?key={own.token}"))
    answers.append(own.hang_up(own.token))
    answers.append(own.mint({"session": {own.token: 1}}))
    answers += [own.client.get(path) for path in ("/metrics", "/api/health", "/openapi.json")]
    return [each.text + str(each.headers) for each in answers[1:]] + [str(answers[0].headers)]


@pytest.mark.parametrize("level", ["debug", "info"])
def test_nothing_planted_is_found_again(tmp_path: Path, level: str) -> None:
    with upstream() as server, provider() as issuer:
        oidc = f'[oidc]\nissuer = "{issuer.issuer}"\naudience = "{AUDIENCE}"\ndefault_policy = "default"\n'
        more = (
            f'[log]\nlevel = "{level}"\n[policies.default]\nsessions = 1000\nminutes_per_day = 0\nrate = "999/minute"\n'
        )
        config = settings(server, oidc + more)
        jwt_token = issuer.token(email="jwt-planted@example.com")
        with broker(tmp_path, config, who=WHO, env={"PARLANCE_BROKER_UPSTREAM_SAFETY_SALT": SALT}) as own:
            said = use(own, jwt_token)
            minted = own.mint().json()["value"]
            for script in (
                answer(500, UPSTREAM_WORD),
                answer(400, json.dumps({"error": {"message": MAIN_KEY, "code": MAIN_KEY}})),
                answer(200, json.dumps({"value": MAIN_KEY})),
                answer(200, f"not json {UPSTREAM_WORD}"),
                minted_answer(session={"id": UPSTREAM_WORD + " ", "secret": UPSTREAM_WORD}),
                http_server.break_off,
            ):
                server.misbehave |= {"client_secrets": script, "calls": script, "hangup": script}
                response = own.mint()
                said += [response.text] if not response.is_success else []
                said.append(own.connect().text)
            server.misbehave.clear()
            assert own.stop() == 0
            written = everything_below(tmp_path)
        planted = [own.token, own.token.split("_", 2)[2], hash_of(own.token), MAIN_KEY, SALT, UPSTREAM_WORD, WISH]
        planted += [jwt_token, jwt_token.rpartition(".")[2], "offerplanted", "answerplanted"]
        for each in (*planted, minted, SECRET):
            assert each not in written, each
        everywhere = "\n".join(said).replace(SDP_ANSWER, "")
        for each in planted:
            assert each not in everywhere, each


def test_refusing_to_start_shows_no_secret(tmp_path: Path) -> None:
    env = {
        "PARLANCE_BROKER_KEY": f"{MAIN_KEY} with spaces",
        "PARLANCE_BROKER_TOKENS": f"0123456789ab anna default {WHO.tokens['anna']} x y",
        "PARLANCE_BROKER_REDIS_URL": f"http://user:{PASSWORD}@localhost",
        "PARLANCE_BROKER_UPSTREAM_PROXY": f"http://user:{PASSWORD}@[broken",
    }
    for names in (env.keys(), {"PARLANCE_BROKER_KEY"}, {"PARLANCE_BROKER_TOKENS"}):
        some = {name: env[name] for name in names}
        code, out, err = run("--port", "0", env={"PARLANCE_BROKER_KEY": MAIN_KEY, **some}, cwd=tmp_path)
        assert code == 1
        assert "Traceback" not in err
        for planted in (MAIN_KEY, PASSWORD, WHO.tokens["anna"]):
            assert planted not in out + err


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no /proc")
def test_no_secret_stands_in_the_process_list(tmp_path: Path) -> None:
    with upstream() as server, broker(tmp_path, settings(server), who=WHO) as own:
        shown = Path(f"/proc/{own.process.pid}/cmdline").read_bytes()
        assert MAIN_KEY.encode() not in shown
        assert os.fsencode(own.token) not in shown
