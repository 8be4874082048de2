"""Signing in with tokens of an OpenID provider, before a real broker."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from tests.support import http_server
from tests.support.broker import Broker, Upstream, broker, settings, upstream
from tests.support.openid import AUDIENCE, Provider, provider
from tests.support.waiting import eventually

CONFIG = """
[oidc]
issuer = "{issuer}"
audience = "{audience}"
algorithms = ["RS256", "ES256"]
policy_claim = "groups"
leeway_s = 5
refresh_s = 60
refetch_s = 0.3
[limits]
address_rate = "100000/minute"
failed_sign_in_rate = "100000/minute"
[policies.staff]
rate = "10000/hour"
sessions = 10000
minutes_per_day = 0
[policies.guests]
rate = "10000/hour"
sessions = 10000
minutes_per_day = 0
models = ["guest-model"]
"""
REFETCH_S = 0.3
STAFF = ["everyone", "staff"]


@pytest.fixture(scope="module")
def server() -> Iterator[Upstream]:
    with upstream() as running:
        yield running


@pytest.fixture(scope="module")
def issuer() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture(scope="module")
def desk(server: Upstream, issuer: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    config = settings(server, CONFIG.format(issuer=issuer.issuer, audience=AUDIENCE))
    with broker(tmp_path_factory.mktemp("broker"), config) as running:
        yield running


def test_a_good_token_has_the_policy_of_its_claim(desk: Broker, issuer: Provider) -> None:
    assert desk.mint(token=issuer.token(groups=STAFF)).status_code == 200
    assert desk.mint(token=issuer.token(groups="guests")).json()["model"] == "guest-model"
    assert desk.mint(token=issuer.token(groups=["others"])).json()["code"] == "no_policy"
    assert desk.mint(token=issuer.token()).json()["code"] == "no_policy"


def unsigned(issuer: Provider) -> str:
    head, body, _ = issuer.token(groups=STAFF).split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    assert head
    return f"{none}.{body}."


def confused(issuer: Provider) -> str:
    """What is public of the key used as a shared secret (RFC 8725 section 2.1)."""
    secret = issuer.published["first"]["n"]
    claims = {"iss": issuer.issuer, "aud": AUDIENCE, "sub": "x", "exp": datetime.now(UTC) + timedelta(hours=1)}
    return jwt.encode({**claims, "groups": STAFF}, secret, "HS256", headers={"kid": "first"})


def tampered(issuer: Provider) -> str:
    head, _, mark = issuer.token(groups=STAFF).split(".")
    _, other, _ = issuer.token(groups=STAFF, sub="somebody-else").split(".")
    return f"{head}.{other}.{mark}"


LONG_AGO = datetime.now(UTC) - timedelta(hours=1)
LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda issuer: issuer.token(groups=STAFF, exp=LONG_AGO), "expired_token"),
        (lambda issuer: issuer.token(groups=STAFF, exp=None), "wrong_claims"),
        (lambda issuer: issuer.token(groups=STAFF, nbf=LATER), "wrong_claims"),
        (lambda issuer: issuer.token(groups=STAFF, iss="https://evil.example"), "wrong_claims"),
        (lambda issuer: issuer.token(groups=STAFF, aud="another-service"), "wrong_claims"),
        (lambda issuer: issuer.token(groups=STAFF, aud=None), "wrong_claims"),
        (lambda issuer: issuer.token(groups=STAFF, sub=None), "wrong_claims"),
        (lambda issuer: issuer.token(groups=STAFF, sub=""), "wrong_claims"),
        (lambda issuer: issuer.token(groups=STAFF, sub="x" * 300), "wrong_claims"),
        (lambda issuer: issuer.token(groups=STAFF, algorithm="RS512"), "unreadable_token"),
        (lambda issuer: issuer.token(groups=STAFF, pad="x" * 9000), "unreadable_token"),
        (unsigned, "unreadable_token"),
        (confused, "unreadable_token"),
        (tampered, "bad_signature"),
        (lambda _issuer: "a.b.c", "unreadable_token"),
        (lambda _issuer: "garbage", "unreadable_token"),
        (lambda _issuer: "plb_0123456789ab_" + "x" * 43, "unknown_token"),
    ],
)
def test_bad_tokens_stay_outside(desk: Broker, issuer: Provider, make: Callable[[Provider], str], reason: str) -> None:
    token = make(issuer)
    response = desk.mint(token=token)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert reason not in response.text
    record = desk.records()[-1]
    assert (record["outcome"], record["detail"]) == ("not_signed_in", reason)
    assert token[-20:] not in desk.written


def test_static_tokens_go_on_working_beside_it(desk: Broker) -> None:
    assert desk.mint().json()["code"] == "no_policy"  # anna is signed in, under a policy that is not configured


def test_keys_rotate(server: Upstream, tmp_path: Path) -> None:
    with provider() as own:
        config = settings(server, CONFIG.format(issuer=own.issuer, audience=AUDIENCE))
        with broker(tmp_path, config) as desk:
            assert desk.mint(token=own.token(groups=STAFF)).status_code == 200
            assert desk.mint(token=own.token(groups=STAFF)).status_code == 200
            assert own.fetches() == 1
            old = own.token(groups=STAFF)
            own.new_key("second", elliptic=True)
            fresh = own.token(groups=STAFF, algorithm="ES256")
            eventually(lambda: desk.mint(token=fresh).status_code == 200, "the new key was fetched")
            assert desk.mint(token=old).status_code == 401
            # While the provider is away, its last keys go on; unknown ones do not make the broker ask in a row.
            own.misbehave = http_server.answer(500)
            asked, begun_s = len(own.http.received), time.monotonic()
            assert [desk.mint(token=old).status_code for _ in range(20)] == [401] * 20
            assert len(own.http.received) - asked <= 1 + (time.monotonic() - begun_s) / REFETCH_S
            assert desk.mint(token=fresh).status_code == 200


def test_without_any_keys_nobody_is_blamed(server: Upstream, tmp_path: Path) -> None:
    with provider() as own:
        own.misbehave = http_server.answer(
            200, '{"issuer": "https://evil.example", "jwks_uri": "https://evil.example"}'
        )
        with broker(tmp_path, settings(server, CONFIG.format(issuer=own.issuer, audience=AUDIENCE))) as desk:
            refused = desk.mint(token=own.token(groups=STAFF))
            assert refused.status_code == 503
            assert refused.json()["code"] == "sign_in_unavailable"
            assert int(refused.headers["retry-after"]) > 0
