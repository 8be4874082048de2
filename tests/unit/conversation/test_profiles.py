from dataclasses import replace

import pytest

from app.conversation.presets import PRESETS, preset_named
from app.conversation.profiles import BROKER, BUILT_IN, OWN_KEY, AuthStyle, Door, Profile, Transport


def test_every_preset_is_named_once() -> None:
    names = [preset.name for preset in PRESETS]
    assert len(set(names)) == len(names) == 9
    assert {profile.name for profile in BUILT_IN} <= set(names)
    assert all(preset.about for preset in PRESETS)


def test_an_address_is_shown_where_one_is_missing() -> None:
    for preset in PRESETS:
        profile = preset.profile
        by_broker = profile.door in (Door.BROKER, Door.BROKER_PROXY)
        missing = profile.door is not Door.REHEARSAL and not (profile.broker_url if by_broker else profile.server_url)
        assert bool(preset.address) == missing


def test_a_profile_remembers_its_preset() -> None:
    azure = preset_named("azure")
    assert azure is not None
    work = azure.named("work", "At work")
    assert (work.name, work.title, work.preset, work.auth) == ("work", "At work", "azure", AuthStyle.API_KEY)
    assert azure.named("work").title == "Azure OpenAI"
    assert preset_named("nobody") is None


@pytest.mark.parametrize(
    ("profile", "needed"),
    [
        (OWN_KEY, True),
        (replace(OWN_KEY, auth=AuthStyle.NONE), False),
        (replace(OWN_KEY, door=Door.DIRECT), False),
        (BROKER, False),
    ],
)
def test_only_an_own_key_must_be_there(profile: Profile, needed: bool) -> None:
    assert profile.needs_credential is needed


RTC, WS = Transport.WEBRTC, Transport.WEBSOCKET


@pytest.mark.parametrize(
    ("profile", "transports"),
    [
        (BROKER, (RTC, WS)),
        (replace(BROKER, transport=RTC), (RTC,)),
        (replace(BROKER, transport=WS), (WS,)),
        (replace(BROKER, socket_path=""), (RTC,)),
        (replace(BROKER, calls_path=""), (WS,)),
        (replace(BROKER, calls_path="", transport=RTC), (WS,)),
        (replace(BROKER, calls_path="", socket_path=""), (RTC,)),
        (replace(BROKER, door=Door.BROKER_PROXY), (RTC,)),
        (replace(BROKER, door=Door.BROKER_PROXY, transport=WS, calls_path=""), (RTC,)),
    ],
)
def test_what_can_carry_a_conversation(profile: Profile, transports: tuple[Transport, ...]) -> None:
    assert profile.transports == transports


def test_the_model_is_quoted_into_a_path() -> None:
    profile = replace(BROKER, model="my model/2&x=1")
    assert profile.filled("/realtime?model={model}") == "/realtime?model=my%20model%2F2%26x%3D1"
    assert profile.filled("/realtime/calls") == "/realtime/calls"
