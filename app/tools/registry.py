"""The functions the model may call: how a session announces them, and how a call runs.

Whatever a model sends is answered, since it waits for the answer (PROTOCOL 4.6). Its arguments are input from outside:
they are checked before a function sees them, and no message quotes them.
"""

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final, NoReturn

from app.conversation.troubles import Trouble
from app.realtime.session import FunctionTool
from app.tools.desk import Desk
from app.tools.schema import misfit, require_checkable
from app.tools.tool import Tool, ToolResult, failure

log = logging.getLogger("parlance.tools")

LONGEST_ARGUMENTS: Final = 16_384
"""Characters of JSON text."""
LONGEST_OUTPUT_BYTES: Final = 8_192
"""The output is text the model reads, and pays for, on every later turn."""


class Registry:
    """A fixed set of functions. Session loop only; calls may run at the same time."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._tools: Final[dict[str, Tool]] = {}
        for tool in tools:
            if tool.name in self._tools:
                raise ValueError(f"two functions are called {tool.name}")
            require_checkable(tool.parameters)
            self._tools[tool.name] = tool

    def definitions(self) -> tuple[FunctionTool, ...]:
        """What a session announces to the model."""
        return tuple(FunctionTool(each.name, each.description, each.parameters) for each in self._tools.values())

    async def call(self, name: str, arguments_json: str, desk: Desk) -> ToolResult:
        """Run one function. Never raises for what a model sent, nor for troubles and lateness of the function."""
        tool = self._tools.get(name)
        if tool is None:
            log.info("x unknown tool")
            return failure(
                "Unknown function · nothing was done",
                f"There is no function of that name, only these: {', '.join(self._tools)}.",
            )
        arguments = _parsed(arguments_json)
        why = "The arguments are not a JSON object." if arguments is None else misfit(arguments, tool.parameters)
        if arguments is None or why:
            log.info("x tool %s: arguments refused", tool.name)
            return failure(f"{tool.title} · the request was not understood", why)
        return await _run(tool, arguments, desk)


async def _run(tool: Tool, arguments: Mapping[str, object], desk: Desk) -> ToolResult:
    deadline = asyncio.timeout(tool.time_limit_s)
    try:
        async with deadline:
            result = await tool.run(arguments, desk)
    except Trouble as trouble:
        log.info("x tool %s: %s", tool.name, trouble.kind)
        return failure(f"{tool.title} · {trouble.sentence}", str(trouble))
    except TimeoutError:
        if not deadline.expired():
            raise
        log.info("x tool %s: too late", tool.name)
        return failure(f"{tool.title} · took too long", f"It took longer than {tool.time_limit_s:g} s and was stopped.")
    if len(result.output.encode()) > LONGEST_OUTPUT_BYTES:
        log.info("x tool %s: output too long", tool.name)
        return failure(result.card, "It was done, but its answer is too long to be told.")
    log.info("- tool %s: done", tool.name)
    return result


def _parsed(arguments_json: str) -> Any:
    """The arguments as JSON values; None when they are no JSON. A model without any to give may send nothing."""
    if len(arguments_json) > LONGEST_ARGUMENTS:
        return None
    try:
        return json.loads(arguments_json.strip() or "{}", parse_constant=_refused)
    except (ValueError, RecursionError):  # RecursionError: thousands of brackets
        return None


def _refused(constant: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")
