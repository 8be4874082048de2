"""The desktop app's own tokens against a real broker: every answer has its words."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.conversation.admission import Secret
from app.conversation.profiles import BROKER, Door, Profile
from app.conversation.troubles import (
    BrokerBusy,
    BrokerFailed,
    BrokerForbids,
    BrokerRefused,
    BrokerUntrusted,
    NotSignedIn,
    QuotaExhausted,
    Trouble,
)
from app.tokens.http import HttpTokens
from tests.support.broker import OFFER, SDP_ANSWER, SECRET, Broker, Upstream, broker, people, settings, upstream
from tests.support.certificates import self_signed
from tests.support.http_server import answer

WHO = people("anna", "bert:slow", "carl:nowhere", "dora:proxy", "eric:single", "fred:frugal")
CONFIG = """
[policies.default]
sessions = 1000
minutes_per_day = 0
rate = "1000/minute"
[policies.slow]
rate = "1/minute"
[policies.proxy]
forms = ["proxy"]
[policies.single]
sessions = 1
[policies.frugal]
call_minutes = 1
minutes_per_day = 1
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Upstream]:
    with upstream() as running:
        yield running


@pytest.fixture(scope="module")
def desk(server: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with broker(tmp_path_factory.mktemp("broker"), settings(server, CONFIG), who=WHO) as running:
        yield running


@pytest.fixture
async def tokens(server: Upstream) -> AsyncIterator[HttpTokens]:
    server.misbehave.clear()
    made = HttpTokens()
    yield made
    await made.close()


def at(desk: Broker, door: Door = Door.BROKER, path: str = "/v1/realtime/client_secrets") -> Profile:
    return replace(BROKER, door=door, broker_url=desk.url + path)


def credential(user: str) -> Secret:
    return Secret(WHO.tokens[user])


async def trouble_of(tokens: HttpTokens, profile: Profile, user: str) -> Trouble:
    with pytest.raises(Trouble) as caught:
        await tokens.mint(profile, credential(user))
    return caught.value


@pytest.mark.parametrize("path", ["/v1/realtime/client_secrets", "/api/session", "/realtime-token"])
async def test_it_mints(tokens: HttpTokens, desk: Broker, path: str) -> None:
    grant = await tokens.mint(at(desk, path=path), credential("anna"))
    assert grant.secret.reveal().startswith(SECRET)
    assert grant.model == "gpt-realtime-2.1"
    assert grant.session_id.startswith("sess_")
    assert grant.expires_at_s is not None


async def test_it_connects_through_the_broker(tokens: HttpTokens, desk: Broker, server: Upstream) -> None:
    profile = at(desk, Door.BROKER_PROXY, "/v1/realtime/calls")
    found = await tokens.exchange(profile, credential("anna"), OFFER)
    assert found.sdp == SDP_ANSWER
    assert found.call_id == server.connected[-1]


async def test_401_is_about_signing_in_and_403_about_what_is_allowed(tokens: HttpTokens, desk: Broker) -> None:
    with pytest.raises(NotSignedIn):
        await tokens.mint(at(desk), Secret("wrong"))
    with pytest.raises(NotSignedIn):
        await tokens.mint(at(desk), None)
    for user, code in (("carl", "no_policy"), ("dora", "form_not_allowed")):
        trouble = await trouble_of(tokens, at(desk), user)
        assert isinstance(trouble, BrokerForbids)
        assert code in trouble.sentence


async def test_calls_at_a_time_and_what_is_spent_have_their_words(tokens: HttpTokens, desk: Broker) -> None:
    profile = at(desk, Door.BROKER_PROXY, "/v1/realtime/calls")
    call = await tokens.exchange(profile, credential("eric"), OFFER)
    with pytest.raises(BrokerBusy, match="as many calls at a time"):
        await tokens.exchange(profile, credential("eric"), OFFER)
    await tokens.hang_up(profile, credential("eric"), call)
    await tokens.exchange(profile, credential("eric"), OFFER)
    await tokens.mint(at(desk), credential("fred"))
    trouble = await trouble_of(tokens, at(desk), "fred")
    assert isinstance(trouble, BrokerBusy)
    assert "minutes for today" in trouble.sentence
    assert trouble.retry_after_s is not None


async def test_429_counts_down(tokens: HttpTokens, desk: Broker) -> None:
    await tokens.mint(at(desk), credential("bert"))
    trouble = await trouble_of(tokens, at(desk), "bert")
    assert isinstance(trouble, BrokerBusy)
    assert trouble.retry_after_s is not None
    assert 0 < trouble.retry_after_s <= 60


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (answer(500), BrokerFailed),
        (answer(200, "odd"), BrokerFailed),
        (answer(401), BrokerFailed),
        (answer(429, retry_after="9"), BrokerBusy),
        (answer(429, '{"error": {"code": "insufficient_quota"}}'), QuotaExhausted),
    ],
)
async def test_5xx_and_the_server_s_own_troubles(
    tokens: HttpTokens, desk: Broker, server: Upstream, script: object, kind: type[Trouble]
) -> None:
    server.misbehave["client_secrets"] = script  # type: ignore[assignment]
    trouble = await trouble_of(tokens, at(desk), "anna")
    assert isinstance(trouble, kind)
    if isinstance(trouble, BrokerFailed):
        record = desk.records()[-1]
        assert record["request_id"] in f"{trouble.sentence} {trouble.remedy} {vars(trouble)}"


async def test_a_bad_offer_is_not_the_broker_s_trouble(tokens: HttpTokens, desk: Broker, server: Upstream) -> None:
    server.misbehave["calls"] = answer(400)
    with pytest.raises(BrokerRefused):
        await tokens.exchange(at(desk, Door.BROKER_PROXY, "/v1/realtime/calls"), credential("anna"), OFFER)


async def test_a_certificate_that_is_not_trusted_has_its_words(
    tokens: HttpTokens, server: Upstream, tmp_path: Path
) -> None:
    _, certificate = self_signed(tmp_path)
    more = f'[server]\ntls_certificate = "{certificate.name}"\ntls_key = "server.pem"\n'
    trust = ssl.create_default_context(cafile=str(certificate))
    with broker(tmp_path, settings(server, more), verify=trust) as own:
        with pytest.raises(BrokerUntrusted) as caught:
            await tokens.mint(at(own), Secret(own.token))
        assert "not trusted" in caught.value.sentence
        assert "Sign in to the network" in caught.value.remedy
        assert (await asyncio.to_thread(own.mint)).status_code == 200
