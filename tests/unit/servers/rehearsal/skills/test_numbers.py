"""Numbers between words and digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.servers.rehearsal.skills.numbers import prepared, shown

ONES = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def spoken(number: int, joint: str = " ") -> str:
    """The number in words."""
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10] + (f" {ONES[number % 10]}" if number % 10 else "")
    for scale, name in ((1_000_000, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= scale:
            rest = number % scale
            return f"{spoken(number // scale, joint)} {name}" + (f"{joint}{spoken(rest, joint)}" if rest else "")
    raise AssertionError


@given(st.integers(0, 999_999_999), st.sampled_from([" ", " and "]))
def test_a_number_in_words_is_that_number(number: int, joint: str) -> None:
    assert prepared(spoken(number, joint)) == str(number)


@given(st.integers(0, 99_999), st.integers(0, 99_999))
def test_two_numbers_stay_two(first: int, second: int) -> None:
    assert prepared(f"what is {spoken(first)} plus {spoken(second)}") == f"what is {first} plus {second}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a hundred and five", "105"),
        ("two thousand and twenty six", "2026"),
        ("twenty-one", "21"),
        ("roll a dice", "roll a dice"),
        ("one two", "1 2"),
        ("this and that", "this and that"),
        ("five and six", "5 and 6"),
        ("three hundred and then", "300 and then"),
        ("1,234.5", "1234.5"),
        ("It's 5.", "it's 5"),
        ("3 - 2", "3 minus 2"),
        ("−3", "minus 3"),
        ("well-known", "well known"),
        ("20°C", "20 celsius"),
        ("50%!", "50 percent"),
    ],
)
def test_text_is_prepared(text: str, expected: str) -> None:
    assert prepared(text) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [(3480.0, "3,480"), (591.6, "591.6"), (1 / 3, "0.3333"), (-0.00001, "0"), (-2.5, "-2.5"), (1e6, "1,000,000")],
)
def test_a_number_is_shown_as_people_write_it(number: float, expected: str) -> None:
    assert shown(number) == expected
