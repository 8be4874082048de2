"""Envelopes under any text and any order: what was put in comes out, and nothing that comes makes it fail or grow."""

import json
import random

from hypothesis import example, given
from hypothesis import strategies as st

from app.link.envelope import FRAGMENTS_LIMIT, INCOMPLETE_LIMIT, MESSAGE_LIMIT_CHARS, Envelope

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.text("abcü", min_size=400, max_size=6000)
PIECES = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["full_message", "partial_message", "session.created"]),
        "id": st.sampled_from(["a", "b", "c"]) | st.text(max_size=3) | st.none(),
        "data": st.sampled_from(["", "AAAA", "AAA", "????", "A" * 3000]) | st.text(max_size=8) | st.integers(),
        "fragment_index": st.integers(-2, 5) | st.none() | st.floats(),
        "total_fragments": st.integers(-1, 5) | st.integers() | st.none(),
    }
)


@given(st.lists(TEXTS, max_size=4), st.randoms(use_true_random=False))
@example(["x" * 901], random.Random(0))
def test_what_was_wrapped_comes_out_once_in_whatever_order_its_pieces_come(
    texts: list[str], chance: random.Random
) -> None:
    sender, receiver = Envelope(), Envelope()
    messages = [message for text in texts for message in sender.wrap(text)]
    chance.shuffle(messages)
    opened = [text for message in messages if (text := receiver.unwrap(message)) is not None]
    assert sorted(opened) == sorted(texts)


@given(st.lists(PIECES.map(json.dumps) | st.text(max_size=40), max_size=60))
def test_nothing_makes_it_fail_or_grow(messages: list[str]) -> None:
    envelope = Envelope()
    for message in messages:
        envelope.unwrap(message)
        assert len(envelope._incomplete) <= INCOMPLETE_LIMIT
        for begun in envelope._incomplete.values():
            assert begun.chars <= MESSAGE_LIMIT_CHARS
            assert len(begun.fragments) < begun.total <= FRAGMENTS_LIMIT
