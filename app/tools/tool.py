"""A function that the model may call, and what comes of a call."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from app.tools.desk import Desk

Arguments: TypeAlias = Mapping[str, object]
"""Arguments that fit the function's schema."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What comes of a call."""

    output: str
    """JSON text for the model."""
    card: str
    """One line for the person: what was done, then perhaps a middle dot and detail."""


def answer(card: str, **fields: object) -> ToolResult:
    """A result that tells the model these fields."""
    return ToolResult(json.dumps(fields, ensure_ascii=False, allow_nan=False), card)


def failure(card: str, why: str) -> ToolResult:
    """A result that tells the model what went wrong, in a sentence it may read out or learn from."""
    return answer(card, error=why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function that the model may call."""

    name: str
    """By which the model calls it."""
    title: str
    """What cards call it."""
    description: str
    """Tells the model when and how to use it."""
    parameters: Mapping[str, object]
    """JSON schema of the arguments, within what ``app.tools.schema`` can check."""
    time_limit_s: float
    """After which a call is cancelled."""
    run: Callable[[Arguments, Desk], Awaitable[ToolResult]]
    """Does it. Raises Trouble for what a person can do something about, and nothing else."""
