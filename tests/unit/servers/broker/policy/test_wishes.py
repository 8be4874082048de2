"""What clients ask for. The shapes themselves are tried before a real broker in tests/parts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.realtime.choices import Modality
from app.realtime.session import ServerVad, SessionOptions, Transcription
from app.servers.broker.policy.wishes import Wish, WishRefused, session_body, shown, wish_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["type", "session", "audio"]), inner),
    max_leaves=12,
)


def wish(body: object) -> Wish:
    return wish_of(json.dumps(body).encode())


def test_nothing_is_no_wish() -> None:
    assert wish_of(b"") == wish_of(b"  ") == wish({}) == wish({"session": None}) == Wish()


def test_the_type_may_be_left_out() -> None:
    assert wish({"session": {"model": "m"}}).options == SessionOptions(model="m")


def test_a_session_may_be_written_flat() -> None:
    found = wish({"model": "m", "modalities": ["text"], "input_audio_transcription": {"model": "w"}, "temperature": 1})
    assert found.options == SessionOptions(
        model="m", output_modalities=(Modality.TEXT,), transcription=Transcription(model="w")
    )


def test_null_switches_turn_detection_off_and_says_so_upstream() -> None:
    found = wish({"session": {"audio": {"input": {"turn_detection": None}}}}).options
    assert found.turn_detection is None
    assert session_body(found)["audio"] == {"input": {"turn_detection": None}}
    assert "audio" not in session_body(SessionOptions(model="m"))


def test_bounds_are_checked() -> None:
    vad = {"type": "server_vad", "idle_timeout_ms": 100}
    with pytest.raises(WishRefused, match=r"session\.audio\.input\.turn_detection"):
        wish({"session": {"audio": {"input": {"turn_detection": vad}}}})
    good = wish({"session": {"audio": {"input": {"turn_detection": {**vad, "idle_timeout_ms": 6000}}}}}).options
    assert isinstance(good.turn_detection, ServerVad)


def test_what_goes_upstream_holds_only_what_was_asked_for() -> None:
    body = session_body(wish({"session": {"model": "m", "audio": {"output": {"voice": {"id": "v"}}}}}).options)
    assert body == {"type": "realtime", "model": "m", "audio": {"output": {"voice": {"id": "v"}}}}


@given(JSON)
def test_any_json_is_a_wish_or_refused_in_words_that_can_be_sent(body: object) -> None:
    try:
        said = json.dumps(session_body(wish(body).options))
    except WishRefused as why:
        said = str(why)
    assert said.encode()


@given(st.binary())
def test_any_bytes_are_a_wish_or_refused(body: bytes) -> None:
    said = "understood"
    try:
        wish_of(body)
    except WishRefused as why:
        said = str(why)
    assert said.encode()


def test_made_up_names_are_cut_and_made_plain() -> None:
    assert shown("x" * 100) == "x" * 64
    assert shown("\ud800ü").isascii()
