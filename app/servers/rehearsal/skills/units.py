"""Conversion of everyday units."""

import re
from dataclasses import dataclass
from typing import Final

from app.servers.rehearsal.skills.numbers import shown
from app.servers.rehearsal.skills.skill import Asked, Skill


@dataclass(frozen=True, slots=True)
class _Unit:
    kind: str
    name: str
    """Plural."""
    factor: float
    """How many of the kind's base unit one of this is."""
    offset: float = 0.0
    """What is added first; only temperatures begin elsewhere than at zero."""


_UNITS: Final = (
    (_Unit("length", "kilometers", 1000.0), "kilometers kilometer kilometres kilometre km"),
    (_Unit("length", "meters", 1.0), "meters meter metres metre m"),
    (_Unit("length", "centimeters", 0.01), "centimeters centimeter centimetres centimetre cm"),
    (_Unit("length", "miles", 1609.344), "miles mile"),
    (_Unit("length", "feet", 0.3048), "feet foot ft"),
    (_Unit("length", "inches", 0.0254), "inches inch"),
    (_Unit("weight", "kilograms", 1.0), "kilograms kilogram kilos kilo kg"),
    (_Unit("weight", "grams", 0.001), "grams gram g"),
    (_Unit("weight", "pounds", 0.45359237), "pounds pound lb lbs"),
    (_Unit("weight", "ounces", 0.028349523125), "ounces ounce oz"),
    (_Unit("volume", "liters", 1.0), "liters liter litres litre l"),
    (_Unit("volume", "gallons", 3.785411784), "gallons gallon"),
    (_Unit("time", "seconds", 1.0), "seconds second"),
    (_Unit("time", "minutes", 60.0), "minutes minute"),
    (_Unit("time", "hours", 3600.0), "hours hour"),
    (_Unit("time", "days", 86_400.0), "days day"),
    (_Unit("time", "weeks", 604_800.0), "weeks week"),
    (_Unit("temperature", "degrees celsius", 1.0), "celsius centigrade"),
    (_Unit("temperature", "degrees fahrenheit", 5 / 9, -32.0), "fahrenheit"),
)
_BY_WORD: Final = {word: unit for unit, words in _UNITS for word in words.split()}

UNIT_RULES: Final = {
    "unit": "kilometers | meters | miles | feet | inches | kilograms | pounds | ounces | liters | gallons | celsius"
    " | fahrenheit",
}

_UNIT: Final = rf"(?:degrees? )?({'|'.join(sorted(_BY_WORD, key=len, reverse=True))})"
_AMOUNT: Final = r"((?:minus )?\d{1,12}(?:\.\d{1,12})?|an?)"
_WANTED_FIRST: Final = re.compile(rf"\bhow many {_UNIT}\b.*?\b{_AMOUNT} {_UNIT}\b")
_WANTED_LAST: Final = re.compile(rf"\b{_AMOUNT} {_UNIT} (?:in|to|into|as) {_UNIT}\b")


def _answer(asked: Asked) -> str | None:
    if found := _WANTED_FIRST.search(asked.words):
        wanted, amount, given = found.groups()
    elif found := _WANTED_LAST.search(asked.words):
        amount, given, wanted = found.groups()
    else:
        return None
    source, target = _BY_WORD[given], _BY_WORD[wanted]
    if source.kind != target.kind:
        return f"I cannot turn {source.name} into {target.name}."
    value = 1.0 if amount in ("a", "an") else float(amount.replace("minus ", "-"))
    result = (value + source.offset) * source.factor / target.factor - target.offset
    verb = "is" if value == 1 else "are"
    return f"{shown(value)} {_named(source, value)} {verb} {shown(round(result, 2))} {target.name}."


def _named(unit: _Unit, amount: float) -> str:
    """The unit's name; the second word on its list is the singular."""
    if amount != 1:
        return unit.name
    words = next(words for each, words in _UNITS if each is unit).split()
    return unit.name.replace("degrees", "degree") if unit.kind == "temperature" else words[1]


UNITS: Final = Skill(
    phrases=("how many <unit> are [in] <small> <unit>", "convert <small> <unit> to <unit>"),
    answer=_answer,
)
