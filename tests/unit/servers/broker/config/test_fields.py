"""Single settings."""

import pytest

from app.servers.broker.config.fields import Bounds, Rate, a_network, a_path, a_redis_address, a_web_address, an_origin


def test_a_rate_is_read() -> None:
    assert Rate.parse("20/minute") == Rate(20, 60)
    assert Rate.parse("1/day") == Rate(1, 86_400)


@pytest.mark.parametrize("text", ["", "20", "0/minute", "-1/minute", "20/week", "20 / minute", "1.5/hour", "٣/hour"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(ValueError, match="20/minute"):
        Rate.parse(text)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (a_network, ["10.0.0.0/8", "::1"], ["10.0.0.1/8", "example.com", ""]),
        (an_origin, ["https://a.example", "http://localhost:3000"], ["https://a.example/", "*", "null", "a.example"]),
        (
            a_web_address,
            ["", "https://api.openai.com/v1", "http://[::1]:80/v1"],
            ["ftp://x", "https://u:p@x", "https://x?q", "https://x#f", "//x", "https://[x", "https://x:port"],
        ),
        (
            a_redis_address,
            ["", "redis://localhost", "rediss://u:p@x:1/0", "unix:///run/redis"],
            ["http://x", "localhost"],
        ),
        (a_path, ["/realtime/calls", "/calls?webrtcfilter=on", "/calls/{call_id}/hangup"], ["calls", "/a b", "/a#b"]),
    ],
)
def test_checks_of_texts(check: object, good: list[str], bad: list[str]) -> None:
    assert callable(check)
    assert [text for text in good if check(text) is not None] == []
    assert [text for text in bad if check(text) is None] == []


def test_bounds_name_the_range_and_never_the_value() -> None:
    assert Bounds(1, 9).problem(10) == "it must lie between 1 and 9"
    assert Bounds(1, 9).problem(9) is None
    assert Bounds(one_of=("a", "b")).problem("secret") == "it must be one of a, b"
    assert Bounds(one_of=("a", "b")).problem(("a", "c")) is not None
