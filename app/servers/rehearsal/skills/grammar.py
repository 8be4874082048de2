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
    "number": "zero | <small> | <hundreds> | (a | <small>) thousand [<hundreds> | [and] <small>]",
}

_TOKEN: Final = re.compile(r"<(\w+)>|([a-z']+)|([()\[\]|])|\s+")
_SIGNS: Final = {"(": "(?:", ")": ")", "[": "(?:", "]": ")?", "|": "|"}


class Grammar:
    """All phrases that are listened for."""

    def __init__(self, phrases: Iterable[str], rules: Mapping[str, str]) -> None:
        """``rules`` are named parts of phrases; one may use those before it."""
        public = " | ".join(f"({phrase})" for phrase in phrases)
        self._pattern = re.compile(_pattern(public, rules))
        lines = [f"<{name}> = {expression};" for name, expression in rules.items()]
        self.jsgf = "\n".join(["#JSGF V1.0;", "grammar skills;", *lines, f"public <phrase> = {public};", ""])
        """The grammar's text."""

    def matches(self, text: str) -> bool:
        """Whether the text is one whole phrase."""
        return self._pattern.fullmatch(f"{text} ") is not None

    def words(self) -> frozenset[str]:
        """Every word that may be heard."""
        return frozenset(re.findall(r"(?<!<)\b[a-z']+\b(?!>)", self.jsgf.split(";", 2)[2].replace("public", "")))


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
