"""The standard key and the secrets minted with it."""

import pytest

from app.servers.rehearsal.engine.refusal import Refusal
from app.servers.rehearsal.keys import Keys


class Clock:
    now_s = 1_000_000.5


def keys(clock: Clock) -> Keys[str]:
    values = iter(range(10_000))
    return Keys("sk-right", lambda: f"ek_{next(values)}", lambda: clock.now_s)


def test_the_standard_key_alone_is_the_standard_key() -> None:
    book = keys(Clock())
    book.require_standard("sk-right")
    for wrong in ("", "sk-righ", "sk-right ", "ek_0", "schlüssel"):
        with pytest.raises(Refusal) as refused:
            book.require_standard(wrong)
        assert (refused.value.status, refused.value.reason.code) == (401, "invalid_api_key")
        assert not wrong or wrong not in refused.value.reason.message


def test_a_secret_is_good_until_its_end() -> None:
    clock = Clock()
    book = keys(clock)
    value, expires_at_s = book.mint("settings", 60)
    assert expires_at_s == 1_000_060
    assert book.session_of(value) == "settings"
    assert book.session_of(value) == "settings", "it can start several sessions"
    clock.now_s = 1_000_059.9
    book.session_of(value)
    clock.now_s = 1_000_060.0
    with pytest.raises(Refusal) as refused:
        book.session_of(value)
    assert refused.value.reason.code == "invalid_api_key"


def test_a_flood_of_secrets_pushes_out_the_oldest() -> None:
    book = keys(Clock())
    values = [book.mint("x", 600)[0] for _ in range(1001)]
    book.session_of(values[1])
    with pytest.raises(Refusal):
        book.session_of(values[0])
