import pytest

from app.conversation.view import View
from app.ui.controls.spending import spent_briefly, spent_in_full


@pytest.mark.parametrize(
    ("cost_usd", "tokens", "words"),
    [
        (0.0, 0, ""),
        (0.0, 1, "1 tokens"),
        (0.0, 950, "950 tokens"),
        (0.0412, 1834, "0.04 $ · 1.8 k tokens"),
        (0.001, 9949, "< 0.01 $ · 9.9 k tokens"),
        (1.5, 9950, "1.50 $ · 10 k tokens"),
        (1234.5, 999_499, "1,234.50 $ · 999 k tokens"),
        (2.0, 1_250_000, "2.00 $ · 1.2 M tokens"),
    ],
)
def test_a_glance_is_enough(cost_usd: float, tokens: int, words: str) -> None:
    assert spent_briefly(View(cost_usd=cost_usd, tokens=tokens)) == words


def test_details_say_everything() -> None:
    words = spent_in_full(View(cost_usd=0.0412, tokens=1834), cap_usd=2.0)
    assert "1,834 tokens" in words
    assert "0.0412" in words
    assert "2.00" in words


def test_an_unknown_price_is_said_to_be_unknown() -> None:
    assert "not known" in spent_in_full(View(tokens=5), cap_usd=0.0)


def test_nothing_has_no_details() -> None:
    assert spent_in_full(View(), cap_usd=2.0) == ""
