"""From file and environment to settings."""

import os
from pathlib import Path

import pytest

from app.servers.broker.config.reading import ConfigRefused, read_settings
from app.servers.broker.config.settings import Policy, Settings


def read(folder: Path, text: str, **environment: str) -> Settings:
    (folder / "broker.toml").write_text(text)
    return read_settings(folder / "broker.toml", environment)


def problems(folder: Path, text: str, **environment: str) -> list[str]:
    with pytest.raises(ConfigRefused) as caught:
        read(folder, text, **environment)
    return caught.value.problems


def test_without_anything_the_defaults_hold() -> None:
    settings = read_settings(None, {})
    assert settings == Settings()
    assert settings.server.host == "127.0.0.1"
    assert settings.policies == {"default": Policy()}
    assert settings.upstream.address == "https://api.openai.com/v1"


def test_the_environment_stands_over_the_file(tmp_path: Path) -> None:
    text = '[server]\nport = 1\nhost = "a"\n[cors]\norigins = []\n'
    environment = {
        "PARLANCE_BROKER_SERVER_PORT": "2",
        "PARLANCE_BROKER_CORS_ORIGINS": "https://a.example, https://b.example",
        "PARLANCE_BROKER_UPSTREAM_PLAIN_HTTP": "true",
        "PARLANCE_BROKER_REDIS_TIMEOUT_S": "0.5",
        "PARLANCE_BROKER_KEY": "sk-12345678",
        "PORT": "3",
    }
    settings = read(tmp_path, text, **environment)
    assert settings.server.port == 2
    assert settings.server.host == "a"
    assert settings.cors.origins == ("https://a.example", "https://b.example")
    assert settings.upstream.plain_http is True
    assert settings.redis.timeout_s == 0.5
    assert settings.upstream.key == "sk-12345678"
    assert read(tmp_path, "", PORT="3").server.port == 3


def test_secrets_are_not_shown() -> None:
    environment = {
        "PARLANCE_BROKER_KEY": "sk-planted",
        "PARLANCE_BROKER_TOKENS": "listed-planted",
        "PARLANCE_BROKER_REDIS_URL": "redis://u:planted@x",
    }
    assert "planted" not in repr(read_settings(None, environment))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[server]\nport = '1'", "broker.toml:2: server.port: a whole number is expected"),
        ("[server]\n\nport = true", "broker.toml:3: server.port: a whole number is expected"),
        ("[server]\nhead_s = '1'", "broker.toml:2: server.head_s: a number is expected"),
        ("[server]\ntrusted_proxies = 'x'", "broker.toml:2: server.trusted_proxies: a list of texts is expected"),
        ("[upstream]\nplain_http = 1", "broker.toml:2: upstream.plain_http: true or false is expected"),
        ("[upstreem]\n", "broker.toml:1: upstreem: there is no such setting; is it upstream?"),
        ("server = 1", "broker.toml:1: server: a table is expected"),
        ("policies = 1", "broker.toml:1: policies: tables such as [policies.staff] are expected"),
        (
            "[policies.'a b']\n",
            "broker.toml:1: policies.a b: a policy's name has letters, digits, dots, dashes and @ only",
        ),
        ("[policies.a]\nvoice = 'x'", "broker.toml:2: policies.a.voice: there is no such setting; is it voices?"),
        ("[policies.a]\nmodels = []", "broker.toml:2: policies.a.models: at least one is needed"),
        ("[prices]\nm = -1", "broker.toml:2: prices.m: money per minute is expected, between 0 and 1000"),
        ("[policies.a]\nmoney_per_day = 1.0", "[prices] has no price per minute for gpt-realtime-2.1"),
        ("[policies.a]\nminutes_per_day = 5", "one call would be longer than minutes_per_day allows"),
        ("[server]\ntls_key = 'x'", "tls_certificate and tls_key belong together"),
        ("[server]\ntls_certificate = 'x'\ntls_key = 'y'", "broker.toml:3: server.tls_key: there is no such file"),
        ("[server]\ntrusted_proxies = ['0.0.0.0/0']", "trusting every address"),
        ("[upstream]\nkind = 'azure'", "upstream.base_url: the kind azure needs one"),
        ("[upstream]\nbase_url = 'http://a.example'", "the key would travel in the clear"),
        ("[upstream]\nhang_up_path = '/x'", "{call_id}"),
        ("[oidc]\nissuer = 'https://a.example'", "oidc.audience: without one"),
        ("[oidc]\nissuer = 'http://a.example'\naudience = 'x'", "it must begin with https://"),
        ("[oidc]\ndefault_policy = 'x'", "there is no policy of this name"),
        ("[oidc]\nalgorithms = ['none']", "oidc.algorithms: it must be one of"),
        ("[oidc]\nalgorithms = ['HS256']", "oidc.algorithms: it must be one of"),
        ("a = \n", "broker.toml: Invalid value (at line 1, column 5)"),
    ],
)
def test_each_problem_names_its_place(tmp_path: Path, text: str, expected: str) -> None:
    found = problems(tmp_path, text)
    assert any(expected in problem for problem in found), found


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    assert len(problems(tmp_path, "[server]\nport = 70000\nx = 1\n[log]\nlevel = 'loud'\n")) == 3


def test_variables_are_named_and_not_quoted(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "", PARLANCE_BROKER_SERVER_PORT="planted")
    assert found == "the environment variable PARLANCE_BROKER_SERVER_PORT: a whole number is expected"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigRefused, match="cannot be read"):
        read_settings(tmp_path / "none.toml", {})
    (tmp_path / "odd.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigRefused, match="UTF-8"):
        read_settings(tmp_path / "odd.toml", {})


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('[upstream]\nkey = "sk-planted-1"', True),
        ('[redis]\nurl = "redis://u:planted@localhost"', True),
        ('[redis]\nurl = "redis://localhost"', False),
    ],
)
def test_a_file_with_a_secret_is_private(tmp_path: Path, text: str, secret: bool) -> None:
    (tmp_path / "broker.toml").write_text(text)
    (tmp_path / "broker.toml").chmod(0o600)
    read_settings(tmp_path / "broker.toml", {})
    (tmp_path / "broker.toml").chmod(0o644)
    if secret:
        with pytest.raises(ConfigRefused, match=r"broker\.toml:2: .*chmod 600") as caught:
            read_settings(tmp_path / "broker.toml", {})
        assert "planted" not in str(caught.value)
    else:
        read_settings(tmp_path / "broker.toml", {})
