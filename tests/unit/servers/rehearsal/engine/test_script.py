"""Replies cut into sentences and words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.servers.rehearsal.engine.script import sentences, timed, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("   ", []),
        ("Hello", ["Hello"]),
        ("It is 3.5 metres. Really!  Is it?", ["It is 3.5 metres. ", "Really!  ", "Is it?"]),
        ("Well ... yes.", ["Well ... ", "yes."]),
        ("?!", ["?!"]),
    ],
)
def test_sentences_keep_the_space_behind_them(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(st.text(st.sampled_from("ab .!?\n"), max_size=200))
def test_nothing_is_lost(text: str) -> None:
    assert "".join(sentences(text)) == text.strip()
    assert "".join(words(text.strip())) == text.strip()


def test_a_very_long_sentence_is_cut_between_words() -> None:
    pieces = sentences("word " * 200)
    assert len(pieces) > 1
    assert max(map(len, pieces)) <= 300
    assert "".join(pieces) == ("word " * 200).strip()


def test_words_begin_where_their_characters_are() -> None:
    assert timed("ab cdef ", 1000, 800) == [(1000, "ab "), (1300, "cdef ")]
