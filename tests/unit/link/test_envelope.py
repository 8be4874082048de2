import base64
import json

import pytest

from app.link.envelope import FRAGMENT_CHARS, FRAGMENTS_LIMIT, INCOMPLETE_LIMIT, PATIENCE_S, Envelope


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def fragment(key: str, index: int, total: int, data: str = "AAAA") -> str:
    return json.dumps(
        {"type": "partial_message", "id": key, "data": data, "fragment_index": index, "total_fragments": total}
    )


def test_a_message_as_the_server_sends_it_whole() -> None:
    data = base64.b64encode(b'{"type":"error"}').decode()
    assert Envelope().unwrap(json.dumps({"id": "e1", "type": "full_message", "data": data})) == '{"type":"error"}'


def test_a_message_as_the_server_sends_it_in_fragments() -> None:
    """Slices of the base64 of the whole, not each its own base64: the second slice begins within a group of four."""
    data = base64.b64encode(b"x" * 1000).decode()
    slices = [data[:501], data[501:1002], data[1002:]]
    envelope = Envelope()
    opened = [envelope.unwrap(fragment("e", index, 3, each)) for index, each in enumerate(slices)]
    assert opened == [None, None, "x" * 1000]


def test_short_messages_travel_whole_and_none_is_longer_than_the_server_makes_them() -> None:
    envelope = Envelope()
    assert [json.loads(each)["type"] for each in envelope.wrap("x" * 900)] == ["full_message"]
    fragments = [json.loads(each) for each in envelope.wrap("ü" * 451)]
    assert [each["type"] for each in fragments] == ["partial_message"] * 2
    assert max(len(each["data"]) for each in fragments) == FRAGMENT_CHARS
    assert len({each["id"] for each in fragments}) == 1


@pytest.mark.parametrize(
    "message",
    [
        "",
        "no JSON",
        '{"type":"session.created"}',
        '{"type":"full_message"}',
        '{"type":"full_message","id":"e","data":"not base64!"}',
        '{"type":"full_message","id":"e","data":7}',
        fragment("e", 0, 0),
        fragment("e", -1, 2),
        fragment("e", 2, 2),
        fragment("e", 0, FRAGMENTS_LIMIT + 1),
        "[" * 100_000,
    ],
)
def test_what_is_no_envelope_goes_on_as_it_is(message: str) -> None:
    assert Envelope().unwrap(message) == message


def test_a_fragment_that_comes_twice_counts_once() -> None:
    envelope = Envelope()
    assert envelope.unwrap(fragment("e", 0, 2)) is None
    assert envelope.unwrap(fragment("e", 0, 2, "BBBB")) is None
    assert envelope.unwrap(fragment("e", 1, 2)) == "\0" * 6


def test_of_too_many_incomplete_messages_the_oldest_gives_way() -> None:
    envelope = Envelope()
    for number in range(INCOMPLETE_LIMIT + 1):
        envelope.unwrap(fragment(f"e{number}", 0, 2))
    assert envelope.unwrap(fragment("e1", 1, 2)) is not None
    assert envelope.unwrap(fragment("e0", 1, 2)) is None


def test_a_message_that_stays_incomplete_is_forgotten() -> None:
    clock = Clock()
    envelope = Envelope(clock)
    envelope.unwrap(fragment("e", 0, 2))
    clock.now_s += PATIENCE_S + 1
    assert envelope.unwrap(fragment("e", 1, 2)) is None


def test_a_message_that_grows_too_long_is_forgotten() -> None:
    envelope = Envelope()
    for index in range(4):
        assert envelope.unwrap(fragment("e", index, 5, "A" * 500_000)) is None
    assert envelope._incomplete == {}
