"""What the rehearsal partner can do. Pure: time and chance are parameters."""

import re
from datetime import datetime
from random import Random
from typing import Final

from app.servers.rehearsal.ports import Reply
from app.servers.rehearsal.skills.chance import COIN, DICE
from app.servers.rehearsal.skills.clock import DATE, TIME, TIMER
from app.servers.rehearsal.skills.grammar import NUMBER_RULES, Grammar
from app.servers.rehearsal.skills.numbers import prepared
from app.servers.rehearsal.skills.skill import Asked, Memory, Skill
from app.servers.rehearsal.skills.sums import SUMS
from app.servers.rehearsal.skills.talk import NOT_UNDERSTOOD, TALK
from app.servers.rehearsal.skills.units import UNIT_RULES, UNITS

__all__ = ["GRAMMAR", "SKILLS", "Memory", "reply_to"]

SKILLS: Final[tuple[Skill, ...]] = (TIMER, UNITS, SUMS, TIME, DATE, DICE, COIN, *TALK)
"""In the order in which they are tried."""

GRAMMAR: Final = Grammar((phrase for skill in SKILLS for phrase in skill.phrases), NUMBER_RULES | UNIT_RULES)
"""What the recogniser listens for."""

_ECHOED_CHARACTERS: Final = 120


def reply_to(text: str | None, memory: Memory, now: datetime, random: Random) -> Reply:
    """The answer to what the user said or wrote; None is speech that was not understood. Never raises."""
    words = prepared(text or "")
    if not words:
        return Reply(NOT_UNDERSTOOD)
    asked = Asked(words, memory, now, random)
    for skill in SKILLS:
        answer = skill.answer(asked)
        if answer is not None:
            return Reply(answer) if isinstance(answer, str) else answer
    return Reply(f"You said: {_echo(text or '')}. I know nothing about that. Say help to hear what I can do.")


def _echo(text: str) -> str:
    said = re.sub(r"\s+", " ", text).strip(" .!?")
    return said if len(said) <= _ECHOED_CHARACTERS else said[:_ECHOED_CHARACTERS].rsplit(" ", 1)[0] + " and so on"
