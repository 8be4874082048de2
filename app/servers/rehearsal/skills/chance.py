"""Dice and coins."""

import re
from typing import Final

from app.servers.rehearsal.skills.skill import Asked, Skill

_DICE: Final = re.compile(r"\b(?:roll|throw)\b(?: (\d{1,2}))?.*\b(?:dice|die)\b|\b(?:dice|die)\b.*\b(?:roll|throw)\b")
_COIN: Final = re.compile(r"\b(?:flip|toss|throw)\b.*\bcoin\b|\bheads or tails\b")
_MOST_DICE: Final = 10


def _dice(asked: Asked) -> str | None:
    found = _DICE.search(asked.words)
    if not found:
        return None
    count = int(found[1] or 1)
    if not 1 <= count <= _MOST_DICE:
        return f"I have {_MOST_DICE} dice at most."
    rolled = [asked.random.randint(1, 6) for _ in range(count)]
    if count == 1:
        return f"You rolled a {rolled[0]}."
    return f"You rolled {', '.join(map(str, rolled[:-1]))} and {rolled[-1]}, which makes {sum(rolled)}."


def _coin(asked: Asked) -> str | None:
    return f"It is {asked.random.choice(('heads', 'tails'))}." if _COIN.search(asked.words) else None


DICE: Final = Skill(phrases=("roll a dice", "roll (two | three) dice"), answer=_dice)
COIN: Final = Skill(phrases=("flip a coin", "heads or tails"), answer=_coin)
