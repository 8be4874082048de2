"""Tokens and allowances."""

from app.realtime.items import CachedTokens
from app.servers.rehearsal.engine.usage import (
    Allowance,
    Tokens,
    of_assistant_sound,
    of_text,
    of_user_sound,
    usage_of,
)


def test_begun_units_count() -> None:
    assert [of_text(text).text for text in ("", "a", "abcd", "abcde")] == [0, 1, 1, 2]
    assert [of_user_sound(ms).audio for ms in (0, 100, 101)] == [0, 1, 2]
    assert [of_assistant_sound(ms).audio for ms in (0, 50, 51)] == [0, 1, 2]


def test_only_an_unchanged_front_is_cached() -> None:
    before = (("a", Tokens(1, 10)), ("b", Tokens(2, 20)), ("c", Tokens(3, 30)))
    now = (("a", Tokens(1, 10)), ("b", Tokens(2, 5)), ("c", Tokens(3, 30)), ("d", Tokens(4, 0)))
    usage = usage_of(now, before, Tokens(7, 8))
    assert usage.input_tokens == 10 + 45
    assert usage.output_tokens == 15
    assert usage.total_tokens == 70
    assert usage.input_token_details.cached_tokens == 11
    assert usage.input_token_details.cached_tokens_details == CachedTokens(1, 10)


def test_an_allowance_fills_up_again_within_a_minute() -> None:
    allowance = Allowance()
    allowance.spend(Allowance.LIMIT // 2, 100.0)
    assert allowance.left(100.0)[0].remaining == Allowance.LIMIT // 2
    assert allowance.left(100.0)[0].reset_seconds == 30
    assert allowance.left(115.0)[0].remaining == Allowance.LIMIT * 3 // 4
    assert allowance.left(200.0)[0].remaining == Allowance.LIMIT
