"""Numbers between words and digits, and text prepared for the skills."""

import re
from typing import Final

_ONES: Final = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
_TENS: Final = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_VALUES: Final = {word: value for value, word in enumerate(_ONES)} | {
    word: 10 * value for value, word in enumerate(_TENS, 2)
}
_SCALES: Final = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_SIGNS: Final = {
    "+": " plus ",
    "*": " times ",
    "×": " times ",
    "÷": " divided by ",
    "/": " divided by ",
    "%": " percent ",
    "°c": " celsius ",
    "°f": " fahrenheit ",
    "°": " degrees ",
    "’": "'",
}
_THOUSANDS_COMMA: Final = re.compile(r"(?<=\d),(?=\d{3}\b)")
_MINUS: Final = re.compile(r"(?<=\d)\s*[-−–]\s*(?=\d)|[-−–](?=\d)")
_HYPHEN: Final = re.compile(r"(?<=[a-z])-(?=[a-z])")
_PUNCTUATION: Final = re.compile(r"[^\w\s'.]|\.(?!\d)|_")


def prepared(text: str) -> str:
    """Lower case, no punctuation, numbers as digits, signs as words."""
    text = _THOUSANDS_COMMA.sub("", text.lower())
    text = _MINUS.sub(" minus ", text)
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    text = _PUNCTUATION.sub(" ", _HYPHEN.sub(" ", text))
    return " ".join(_digits(text.split()))


def shown(number: float) -> str:
    """A number as people write it: at most four decimals, no exponent, thousands set apart."""
    text = f"{number:,.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _digits(words: list[str]) -> list[str]:
    """The same words with every number in words turned into digits."""
    found = []
    position = 0
    while position < len(words):
        length, value = _number_at(words, position)
        found.append(str(value) if length else words[position])
        position += length or 1
    return found


def _number_at(words: list[str], start: int) -> tuple[int, int]:
    """How many words from ``start`` on are one number, and its value; 0 words if there is none."""
    if words[start] == "a" and words[start + 1 : start + 2] and words[start + 1] in _SCALES:
        length, value = _number_at(["one", *words[start + 1 :]], 0)
        return length, value
    total = current = 0
    room = _SCALES["million"]  # what may still be added: after "twenty" a one, after "five" nothing
    position = start
    while position < len(words):
        word = words[position]
        if word in _VALUES and (position == start or _VALUES[word] < room):
            current += _VALUES[word]
            room = 10 if current % 100 >= 20 and _VALUES[word] >= 20 else 0
        elif word in _SCALES and position > start:
            scale = _SCALES[word]
            current, total = (current * scale, total) if scale == 100 else (0, total + current * scale)
            room = 100 if scale == 100 else 1000
        elif not (word == "and" and room >= 100 and position > start and _goes_on(words, position + 1)):
            break
        position += 1
    return position - start, total + current


def _goes_on(words: list[str], position: int) -> bool:
    return position < len(words) and words[position] in _VALUES
