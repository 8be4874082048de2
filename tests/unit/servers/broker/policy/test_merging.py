"""Wishes under a policy."""

from dataclasses import replace

import pytest

from app.realtime.session import UNSET, CustomVoice, FunctionTool, OtherTool, SessionOptions, Transcription
from app.servers.broker.config.settings import Policy
from app.servers.broker.policy.merging import PolicyForbids, terms_of
from app.servers.broker.policy.wishes import Wish

POLICY = Policy(
    models=("m1", "m2"),
    voices=("v1", "v2", "voice_own"),
    tools=("dice",),
    mcp_servers=("https://mcp.example/",),
    secret_s=60,
)
MCP = {"server_url": "https://mcp.example/", "server_label": "x"}


def asks(**options: object) -> Wish:
    return Wish(SessionOptions(**options))  # type: ignore[arg-type]


def test_the_first_of_each_is_the_default() -> None:
    terms = terms_of(Wish(), POLICY)
    assert (terms.model, terms.secret_s) == ("m1", 60)
    assert terms.options == SessionOptions(model="m1", voice="v1")


def test_what_is_allowed_is_granted() -> None:
    tools = (FunctionTool("dice"), OtherTool("mcp", MCP))
    terms = terms_of(
        replace(
            asks(model="m2", voice=CustomVoice("voice_own"), instructions="x", speed=1.5, tools=tools), secret_s=10
        ),
        POLICY,
    )
    assert (terms.model, terms.secret_s) == ("m2", 10)
    assert terms.options == SessionOptions(
        model="m2", voice=CustomVoice("voice_own"), instructions="x", speed=1.5, tools=tools
    )


@pytest.mark.parametrize(
    ("wish", "param"),
    [
        (asks(model="m3"), "model"),
        (asks(model=""), "model"),
        (asks(voice="v3"), "voice"),
        (asks(voice=CustomVoice("v3")), "voice"),
        (asks(tools=(FunctionTool("rm"),)), "tools.rm"),
        (asks(tools=(OtherTool("mcp", {"server_url": "https://mcp.example"}),)), "tools.server_url"),
        (asks(tools=(OtherTool("mcp", {}),)), "tools.server_url"),
        (asks(tools=(OtherTool("mcp", {**MCP, "connector_id": "c"}),)), "tools.connector_id"),
        (asks(tools=(OtherTool("web_search", MCP),)), "tools"),
        (Wish(secret_s=61), "expires_after.seconds"),
    ],
)
def test_what_is_not_allowed_is_named(wish: Wish, param: str) -> None:
    with pytest.raises(PolicyForbids) as caught:
        terms_of(wish, POLICY)
    assert caught.value.param == param


def test_instructions_fixed_and_free() -> None:
    fixed = replace(POLICY, instructions="house", instructions_free=False)
    free = replace(POLICY, instructions="house")
    assert terms_of(Wish(), fixed).options.instructions == "house"
    assert terms_of(asks(instructions="house"), fixed).options.instructions == "house"
    assert terms_of(asks(instructions="mine"), free).options.instructions == "mine"
    assert terms_of(Wish(), POLICY).options.instructions is UNSET
    for other in ("mine", ""):
        with pytest.raises(PolicyForbids, match="instructions"):
            terms_of(asks(instructions=other), fixed)


def test_transcription_models() -> None:
    strict = replace(POLICY, transcription_models=("t1",))
    terms_of(asks(transcription=Transcription(model="t1")), strict)
    terms_of(asks(transcription=None), strict)
    terms_of(asks(transcription=Transcription(model="t2")), POLICY)
    for model in ("t2", None):
        with pytest.raises(PolicyForbids):
            terms_of(asks(transcription=Transcription(model=model)), strict)


def test_any_function_when_the_policy_says_so() -> None:
    terms_of(asks(tools=(FunctionTool("rm"),)), replace(POLICY, tools=("*",)))
