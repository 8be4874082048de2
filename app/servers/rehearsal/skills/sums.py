"""Sums: spoken or written."""

import operator
import re
from collections.abc import Callable
from typing import Final

from app.servers.rehearsal.skills.numbers import shown
from app.servers.rehearsal.skills.skill import Asked, Skill

_NUMBER: Final = r"(?:minus )?\d{1,15}(?:\.\d{1,15})?"
_OPERATORS: Final[dict[str, Callable[[float, float], float]]] = {
    "plus": operator.add,
    "minus": operator.sub,
    "times": operator.mul,
    "multiplied by": operator.mul,
    "x": operator.mul,
    "divided by": operator.truediv,
    "over": operator.truediv,
}
_FIRST: Final = (operator.mul, operator.truediv)
_SIGN: Final = "|".join(_OPERATORS)
_SUM: Final = re.compile(rf"({_NUMBER})((?: (?:{_SIGN}) {_NUMBER})+)")
_STEP: Final = re.compile(rf" ({_SIGN}) ({_NUMBER})")
_PERCENT: Final = re.compile(rf"({_NUMBER}) percent of ({_NUMBER})")


def _answer(asked: Asked) -> str | None:
    if found := _PERCENT.search(asked.words):
        part, whole = _value(found[1]), _value(found[2])
        return f"{shown(part)} percent of {shown(whole)} is {shown(part * whole / 100)}."
    if found := _SUM.search(asked.words):
        try:
            result = _calculated(found[1], _STEP.findall(found[2]))
        except ZeroDivisionError:
            return "Nobody can divide by zero, not even I."
        return f"{found[0].capitalize()} is {shown(result)}."
    return None


def _calculated(first: str, steps: list[tuple[str, str]]) -> float:
    """Left to right, but multiplication and division before the rest."""
    terms = [_value(first)]
    for sign, number in steps:
        operation, value = _OPERATORS[sign], _value(number)
        if operation in _FIRST:
            terms[-1] = operation(terms[-1], value)
        else:
            terms.append(operation(0.0, value))
    return sum(terms)


def _value(number: str) -> float:
    return float(number.replace("minus ", "-"))


SUMS: Final = Skill(
    phrases=(
        "what is <small> (plus | minus | times | divided by) <small>",
        "what is <small> percent of <number>",
    ),
    answer=_answer,
)
