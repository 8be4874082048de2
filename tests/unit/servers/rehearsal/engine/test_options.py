"""What a session runs with, asked for over HTTP or the data channel."""

import pytest
from openai.types.realtime import ClientSecretCreateResponse

from app.realtime.choices import Modality
from app.realtime.requests import ResponseOptions
from app.realtime.session import ServerVad, SessionOptions, ToolMode
from app.servers.rehearsal.engine.options import DEFAULTS, Settings, session_requested, session_shown
from app.servers.rehearsal.engine.refusal import Refusal


def test_nothing_asked_for_gives_the_defaults() -> None:
    assert session_requested(None) == DEFAULTS


def test_what_is_asked_for_replaces_the_defaults() -> None:
    wish = {
        "type": "realtime",
        "model": "gpt-realtime-2.1-mini",
        "audio": {"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 200}}},
    }
    options = session_requested(wish)
    assert options.model == "gpt-realtime-2.1-mini"
    assert options.turn_detection == ServerVad(silence_duration_ms=200)
    assert options.voice == DEFAULTS.voice


@pytest.mark.parametrize(
    ("wish", "code", "param"),
    [
        ({"type": "realtime", "temperature_": 1}, "unknown_parameter", "session.temperature_"),
        ({"model": "x"}, "missing_required_parameter", "session.type"),
        ("realtime", "invalid_type", "session"),
        ({"type": "realtime", "max_output_tokens": 0}, "invalid_value", "session.max_output_tokens"),
    ],
)
def test_a_bad_wish_is_refused_by_name(wish: object, code: str, param: str) -> None:
    with pytest.raises(Refusal) as refused:
        session_requested(wish)
    assert (refused.value.reason.code, refused.value.reason.param, refused.value.status) == (code, param, 400)


def test_the_session_of_a_secret_is_what_openais_client_reads() -> None:
    shown = session_shown(DEFAULTS, "sess_x")
    answer = ClientSecretCreateResponse.model_validate(
        {"value": "ek_x", "expires_at": 1, "session": shown}, strict=True
    )
    assert answer.session.id == "sess_x"


def test_a_response_uses_the_sessions_settings_where_it_says_nothing() -> None:
    session = DEFAULTS.updated(SessionOptions(instructions="A", speed=1.2))
    wish = ResponseOptions(output_modalities=(Modality.TEXT,), instructions="B", max_output_tokens=10)
    settings = Settings.of(session, wish)
    assert settings == Settings(Modality.TEXT, "B", "marin", 1.2, (), ToolMode.AUTO, 10)
    assert Settings.of(session, ResponseOptions()).instructions == "A"
