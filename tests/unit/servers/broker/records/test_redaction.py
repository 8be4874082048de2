"""Text of strangers in the log."""

import pytest

from app.servers.broker.records.redaction import fit


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-planted0123",
        "ek_planted",
        "plb_0123456789ab_planted",
        "eyJplanted.eyJplanted.planted",
        "Bearer planted",
        "planted0123456789planted0123456789",
    ],
)
def test_what_looks_like_a_secret_is_blanked(secret: str) -> None:
    assert "planted" not in fit(f"curl/8 ({secret}) x")


def test_ordinary_words_stay() -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101"
    assert fit(agent) == agent


def test_it_is_short_and_printable() -> None:
    assert fit("a b " * 1000, 50) == ("a b " * 1000)[:50]
    assert fit("a\nb\x1b[31m") == "a?b?[31m"
