"""The rehearsal partner's mind: from a conversation to an answer, through the skills."""

import json
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Final

from app.realtime.items import FunctionCall, FunctionCallOutput, Item, Message, OutputAudio, OutputText, Role
from app.servers.rehearsal.ports import Question, Reply
from app.servers.rehearsal.skills import Memory, reply_to
from app.servers.rehearsal.skills.talk import WELCOME

_SPOKEN_CHARACTERS: Final = 300


def _local_now() -> datetime:
    return datetime.now().astimezone()


class Mind:
    """Keeps nothing between answers: all that matters is in the question."""

    def __init__(self, now: Callable[[], datetime] = _local_now, random: Random | None = None) -> None:
        self._now = now
        self._random = random or Random()

    def answer(self, question: Question) -> Reply:
        """Words, a function call, or words about what a function answered."""
        last = question.items[-1] if question.items else None
        if isinstance(last, FunctionCallOutput):
            return Reply(told(last, question.items))
        if not question.words and not any(_is_of_user(item) for item in question.items):
            return Reply(WELCOME)
        memory = Memory(_last_said(question.items), question.functions)
        return reply_to(question.words, memory, self._now(), self._random)


def told(result: FunctionCallOutput, items: tuple[Item, ...]) -> str:
    """What a function answered, in a sentence."""
    calls = (item for item in items if isinstance(item, FunctionCall) and item.call_id == result.call_id)
    call = next(calls, None)
    try:
        output = json.loads(result.output)
    except (ValueError, RecursionError):
        output = result.output
    if isinstance(output, dict) and output.get("error"):
        return f"That did not work: {_plain(output['error'])}."
    if call is not None and "timer" in call.name.lower():
        return "Your timer is running."
    return f"The answer is: {_plain(output)}." if output not in ("", None) else "That is done."


def _plain(output: object) -> str:
    """JSON as one would say it."""
    match output:
        case dict():
            text = ", ".join(f"{str(key).replace('_', ' ')}: {_plain(value)}" for key, value in output.items())
        case list():
            text = ", ".join(_plain(each) for each in output)
        case None:
            text = "nothing"
        case bool():
            text = "yes" if output else "no"
        case _:
            text = str(output)
    return text.strip(" .")[:_SPOKEN_CHARACTERS]


def _is_of_user(item: Item) -> bool:
    return isinstance(item, Message) and item.role is Role.USER


def _last_said(items: tuple[Item, ...]) -> str:
    for item in reversed(items):
        if isinstance(item, Message) and item.role is Role.ASSISTANT:
            parts = [part.text for part in item.content if isinstance(part, OutputText)]
            parts += [part.transcript or "" for part in item.content if isinstance(part, OutputAudio)]
            if said := " ".join(parts).strip():
                return said
    return ""
