"""What a skill is: phrases to listen for, and an answer to what fits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import TypeAlias

from app.realtime.session import FunctionTool
from app.servers.rehearsal.ports import Reply


@dataclass(frozen=True, slots=True)
class Memory:
    """What of the conversation so far matters for the next answer."""

    said: str = ""
    """The assistant's last words."""
    functions: tuple[FunctionTool, ...] = ()
    """What the client offers to be called."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user wants, prepared for the skills."""

    words: str
    """Lower case, no punctuation, numbers as digits, signs as words: ``what is 17 percent of 3480``."""
    memory: Memory
    now: datetime
    """Local time of the user."""
    random: Random


Answer: TypeAlias = Callable[[Asked], str | Reply | None]
"""None: not for this skill."""


@dataclass(frozen=True, slots=True)
class Skill:
    """One thing the assistant can do."""

    phrases: tuple[str, ...]
    """What the recogniser listens for, in JSGF (words, ``<rule>``, ``( | )``, ``[ ]``)."""
    answer: Answer
