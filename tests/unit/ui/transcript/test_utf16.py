from hypothesis import given
from hypothesis import strategies as st

from app.ui.transcript.utf16 import characters, units


@given(st.text(), st.text())
def test_there_and_back(before: str, after: str) -> None:
    assert characters(before + after, units(before)) == len(before)


def test_an_emoji_is_two_units_and_one_character() -> None:
    assert units("a🙂b") == 4
    assert [characters("a🙂b", count) for count in range(5)] == [0, 1, 1, 2, 3]
