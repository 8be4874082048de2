from hypothesis import given
from hypothesis import strategies as st

from app.ui.controls.wrapped_label import breakable


def test_plain_words_stay_as_they_are() -> None:
    assert breakable("The connection was lost. Try again.") == "The connection was lost. Try again."


def test_an_address_may_be_broken_after_its_signs() -> None:
    assert (
        breakable("See https://example.org/lighthouses")
        == "See https\u200b:\u200b/\u200b/\u200bexample\u200b.\u200borg\u200b/\u200blighthouses"
    )


@given(st.text(st.characters(exclude_characters="\u200b")))
def test_nothing_is_lost_and_no_run_is_long(words: str) -> None:
    broken = breakable(words)
    assert broken.replace("\u200b", "") == words
    assert all(len(run) < 24 for run in broken.replace("\u200b", " ").split())
