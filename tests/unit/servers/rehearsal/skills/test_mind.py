"""From a conversation to an answer."""

from datetime import UTC, datetime
from random import Random

import pytest

from app.realtime.items import (
    FunctionCall,
    FunctionCallOutput,
    InputAudio,
    InputText,
    Item,
    Message,
    OutputAudio,
    OutputText,
    Role,
)
from app.realtime.session import FunctionTool
from app.servers.rehearsal.ports import Question, Reply
from app.servers.rehearsal.skills.mind import Mind
from app.servers.rehearsal.skills.talk import NOT_UNDERSTOOD, WELCOME

USER = Message(Role.USER, (InputAudio("hello"),))


def answer(words: str | None, *items: Item, functions: tuple[FunctionTool, ...] = ()) -> Reply:
    mind = Mind(lambda: datetime(2026, 11, 20, 9, 0, tzinfo=UTC), Random(1))
    return mind.answer(Question(words, items, functions))


def test_words_are_answered() -> None:
    assert answer("what time is it", USER).text == "It is 9:00 AM."


def test_an_empty_conversation_is_begun() -> None:
    assert answer(None).text == WELCOME
    assert answer(None, Message(Role.SYSTEM, (InputText("Be brief."),))).text == WELCOME


def test_what_was_not_understood_is_asked_for_again() -> None:
    assert answer(None, USER).text == NOT_UNDERSTOOD


@pytest.mark.parametrize("part", [OutputAudio("It is noon."), OutputText("It is noon.")])
def test_the_last_words_are_remembered(part: OutputAudio | OutputText) -> None:
    said = Message(Role.ASSISTANT, (part,))
    empty = Message(Role.ASSISTANT, (OutputAudio(None),))
    assert answer("say that again", USER, said, empty, USER).text == "It is noon."


def test_a_timer_is_called_for() -> None:
    (call,) = answer("set a timer for ten seconds", USER, functions=(FunctionTool("set_timer"),)).calls
    assert (call.name, call.arguments) == ("set_timer", '{"seconds": 10}')


@pytest.mark.parametrize(
    ("name", "output", "expected"),
    [
        ("set_timer", '{"ok": true}', "Your timer is running."),
        ("set_timer", '{"error": "too long"}', "That did not work: too long."),
        (
            "weather",
            '{"sky_is": "blue", "warm": true, "wind": null}',
            "The answer is: sky is: blue, warm: yes, wind: nothing.",
        ),
        ("weather", '["sun", 20]', "The answer is: sun, 20."),
        ("weather", "Sunny.", "The answer is: Sunny."),
        ("weather", "1", "The answer is: 1."),
        ("weather", "", "That is done."),
        ("weather", "null", "That is done."),
    ],
)
def test_what_a_function_answered_is_told(name: str, output: str, expected: str) -> None:
    call = FunctionCall(name, "call_1", "{}")
    assert answer("set a timer", USER, call, FunctionCallOutput("call_1", output)).text == expected


def test_an_answer_to_no_known_call_is_told_as_well() -> None:
    assert answer(None, FunctionCallOutput("call_9", "[" * 5000)).text.startswith("The answer is")
