import math

import pytest

from app.conversation.profiles import IceServer
from app.conversation.settings import Theme
from app.realtime.choices import RetentionRatio
from app.vault.shapes import (
    PROFILE_NAME,
    Unfit,
    either,
    flag,
    holds_a_key,
    ice_servers,
    number,
    one_of,
    plain,
    retention_ratio,
    text,
    whole,
    word,
)


@pytest.mark.parametrize(
    ("shape", "value", "read"),
    [
        (one_of(Theme), "dark", Theme.DARK),
        (word("a", "b"), "b", "b"),
        (text(3), "abc", "abc"),
        (number(0, 1), 1, 1.0),
        (number(0, 1), 0.5, 0.5),
        (whole(0, 5), 5, 5),
        (flag, True, True),
        (either(word("inf"), whole(1, 5)), "inf", "inf"),
        (either(word("inf"), whole(1, 5)), 5, 5),
        (retention_ratio, 1, RetentionRatio(1.0)),
        (ice_servers, [], ()),
        (ice_servers, [{"url": "turn:a", "username": "b", "password": "c"}], (IceServer("turn:a", "b", "c"),)),
    ],
)
def test_fit_values(shape, value, read) -> None:  # type: ignore[no-untyped-def]
    assert shape(value) == read


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (one_of(Theme), "purple"),
        (one_of(Theme), ["dark"]),
        (word("a"), "c"),
        (text(3), "abcd"),
        (text(3), 5),
        (number(0, 1), 1.01),
        (number(0, 1), math.nan),
        (number(0, 1), True),
        (number(0, 1), "0.5"),
        (whole(0, 5), 5.0),
        (whole(0, 5), -1),
        (whole(0, 5), True),
        (flag, 1),
        (either(word("inf"), whole(1, 5)), 6),
        (retention_ratio, "0.5"),
        (retention_ratio, 1.01),
        (ice_servers, "stun:a"),
        (ice_servers, ["stun:a"]),
        (ice_servers, [{"url": "http://a"}]),
        (ice_servers, [{"username": "a"}]),
        (ice_servers, [{"url": "stun:a", "colour": "b"}]),
        (ice_servers, [{"url": "stun:a", "password": 5}]),
    ],
)
def test_unfit_values(shape, value) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Unfit):
        shape(value)


def test_values_go_back_as_they_came() -> None:
    servers = [{"url": "stun:a"}, {"url": "turn:a", "username": "b", "password": "c"}]
    assert plain(ice_servers(servers)) == servers
    assert plain(Theme.DARK) == "dark"
    assert plain(0.5) == 0.5
    assert plain(RetentionRatio(0.5)) == 0.5


def test_a_key_is_found_at_any_depth() -> None:
    assert holds_a_key({"a": [{"b": "https://h/?k=sk-abcdefgh"}]})
    assert not holds_a_key({"a": [{"b": "https://h/"}], "c": 5, "d": None})


def test_profile_names_are_words() -> None:
    assert PROFILE_NAME.fullmatch("work-2.eu")
    assert not PROFILE_NAME.fullmatch("two words")
    assert not PROFILE_NAME.fullmatch("-x")
