"""Phrases as a grammar: JSGF for the recogniser, and a regular expression that checks what it heard.

https://www.w3.org/TR/jsgf/ — only alternatives, groups, options and non-recursive rules are used.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

NUMBER_RULES: Final = {
    "digit": "one | two | three | four | five | six | seven | eight | nine",
    "teen": "ten | eleven | twelve | thirteen | fourteen | fifteen | sixteen | seventeen | eighteen | nineteen",
    "tens": "twenty | thirty | forty | fifty | sixty | seventy | eighty | ninety",
    "small": "<digit> | <teen> | <tens> [<digit>]",
    "hundreds": "(a | <digit>) hundred [[and] <small>]",
    "number": "<small> | <hundreds> | (a | <small>) thousand [<hundreds> | [and] <small>]",
}

_BRIEF_WORDS: Final = 3
_PHONES: Final = (
    *("aa", "ae", "ah", "ao", "aw", "ay", "b", "ch", "d", "dh", "eh", "er", "ey", "f", "g", "hh", "ih", "iy", "jh"),
    *("k", "l", "m", "n", "ng", "ow", "oy", "p", "r", "s", "sh", "t", "th", "uh", "uw", "v", "w", "y", "z", "zh"),
)
"""The sounds of American English, in the notation of the CMU dictionary."""
_ODDS_OF_BABBLE: Final = "0.001"

_TOKEN: Final = re.compile(r"<(\w+)>|([a-z']+)|([()\[\]|])|\s+")
_SIGNS: Final = {"(": "(?:", ")": ")", "[": "(?:", "]": ")?", "|": "|"}


class Grammar:
    """All phrases that are listened for."""

    def __init__(self, phrases: Iterable[str], rules: Mapping[str, str]) -> None:
        """``rules`` are named parts of phrases; one may use those before it."""
        known = tuple(phrases)
        public = " | ".join(f"({phrase})" for phrase in known)
        self._pattern = re.compile(_pattern(public, rules))
        self.all: Final = _jsgf(
            [f"<{name}> = {expression};" for name, expression in rules.items()],
            f"/1/ {public} | /{_ODDS_OF_BABBLE}/ <babble>",
        )
        """Every phrase in JSGF, and any sequence of sounds: what fits no phrase then comes out as ``ph_aa ph_k …``
        instead of as the phrase that is least unlike."""
        brief = (each for each in known if re.fullmatch(r"[a-z' ]+", each) and len(each.split()) <= _BRIEF_WORDS)
        self.brief: Final = _jsgf([], " | ".join(brief), babble=False)
        """The short ones alone: too short to stand out from a mere sequence of sounds."""

    @property
    def words(self) -> tuple[str, ...]:
        """Every word that may be heard, sorted."""
        return tuple(sorted(set(re.findall(r"[a-z']+", self._pattern.pattern))))

    @property
    def sounds(self) -> dict[str, str]:
        """The words that stand for a single sound, and their pronunciation; no real word has an underscore."""
        return {_sound(phone): phone.upper() for phone in _PHONES}

    def matches(self, text: str) -> bool:
        """Whether the text is one whole phrase."""
        return self._pattern.fullmatch(f"{text} ") is not None


def _sound(phone: str) -> str:
    return f"ph_{phone}"


def _jsgf(rules: list[str], public: str, *, babble: bool = True) -> str:
    sounds = [f"<babble> = ({' | '.join(map(_sound, _PHONES))})+;"] if babble else []
    return "\n".join(["#JSGF V1.0;", "grammar skills;", *rules, *sounds, f"public <top> = {public};", ""])


def _pattern(expression: str, rules: Mapping[str, str]) -> str:
    """The regular expression of a JSGF expression; every word is followed by one space."""
    parts = []
    position = 0
    while position < len(expression):
        token = _TOKEN.match(expression, position)
        if token is None:
            raise ValueError(f"not JSGF: {expression[position:]}")
        rule, word, sign = token.groups()
        if rule:
            parts.append(f"(?:{_pattern(rules[rule], rules)})")
        elif word:
            parts.append(f"{word} ")
        elif sign:
            parts.append(_SIGNS[sign])
        position = token.end()
    return "".join(parts)
