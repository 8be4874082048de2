"""What the rehearsal partner answers."""

import json
import re
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.realtime.session import FunctionTool
from app.servers.rehearsal.skills import SKILLS, Memory, reply_to
from app.servers.rehearsal.skills.talk import HELP, NOT_UNDERSTOOD, STORY

NOW = datetime(2026, 11, 20, 15, 7, tzinfo=UTC)


def answer(text: str | None, memory: Memory | None = None, now: datetime = NOW) -> str:
    return reply_to(text, memory or Memory(), now, Random(1)).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("what time is it", "It is 3:07 PM."),
        ("What's the time?", "It is 3:07 PM."),
        ("what is the date", "Today is Friday, November 20, 2026."),
        ("What day is it today?", "Today is Friday, November 20, 2026."),
        ("what is seventeen plus five", "Seventeen plus five is 22."),
        ("17+5", "17 plus 5 is 22."),
        ("What is 17% of 3,480?", "17 percent of 3,480 is 591.6."),
        ("what is seventeen percent of three thousand four hundred eighty", "17 percent of 3,480 is 591.6."),
        ("what is 2 plus 3 times 4", "2 plus 3 times 4 is 14."),
        ("8 - 2 - 3", "8 minus 2 minus 3 is 3."),
        ("10 / 4", "10 divided by 4 is 2.5."),
        ("-3 times 4", "Minus 3 times 4 is -12."),
        ("what is one divided by zero", "Nobody can divide by zero, not even I."),
        ("how many miles are ten kilometers", "10 kilometers are 6.21 miles."),
        ("how many centimeters are in an inch?", "1 inch is 2.54 centimeters."),
        ("convert 5 pounds to kilograms", "5 pounds are 2.27 kilograms."),
        ("what is 100 °F in celsius", "100 degrees fahrenheit are 37.78 degrees celsius."),
        ("what is minus 40 degrees celsius in fahrenheit", "-40 degrees celsius are -40 degrees fahrenheit."),
        ("how many hours are 2 days", "2 days are 48 hours."),
        ("how many miles are ten pounds", "I cannot turn pounds into miles."),
        ("thank you very much", "You are welcome."),
        ("Goodbye!", "Goodbye, and come back soon."),
        ("stop", "All right."),
        ("hello", "Good afternoon. What can I do for you?"),
        ("help", HELP),
        ("what can you do", HELP),
        ("tell me a story", STORY),
        ("set a timer", "For how long? Say, for example: set a timer for two minutes."),
        (None, NOT_UNDERSTOOD),
        ("  ?! ", NOT_UNDERSTOOD),
        (
            "The weather is nice.",
            "You said: The weather is nice. I know nothing about that. Say help to hear what I can do.",
        ),
    ],
)
def test_an_answer_is_to_the_point(text: str | None, expected: str) -> None:
    assert answer(text) == expected.replace("Seventeen plus five", "17 plus 5")


@pytest.mark.parametrize(
    ("hour", "time", "greeting"),
    [
        (0, "12:07 AM", "Good evening"),
        (4, "4:07 AM", "Good morning"),
        (12, "12:07 PM", "Good afternoon"),
        (18, "6:07 PM", "Good evening"),
    ],
)
def test_day_and_night_are_told_apart(hour: int, time: str, greeting: str) -> None:
    now = NOW.replace(hour=hour)
    assert answer("what time is it", now=now) == f"It is {time}."
    assert answer("hello", now=now).startswith(greeting)


def test_chance_is_within_its_bounds() -> None:
    seen = {answer_of("roll a dice", seed) for seed in range(100)}
    assert seen == {f"You rolled a {side}." for side in range(1, 7)}
    assert {answer_of("flip a coin", seed) for seed in range(20)} == {"It is heads.", "It is tails."}
    three = re.fullmatch(r"You rolled (\d), (\d) and (\d), which makes (\d+)\.", answer("roll three dice"))
    assert three
    assert sum(map(int, three.groups()[:3])) == int(three[4])
    assert answer("throw 99 dice") == "I have 10 dice at most."
    assert len({answer_of("tell me a joke", seed) for seed in range(50)}) > 2


def answer_of(text: str, seed: int) -> str:
    return reply_to(text, Memory(), NOW, Random(seed)).text


def test_what_was_said_is_said_again() -> None:
    assert answer("say that again", Memory(said="It is noon.")) == "It is noon."
    assert answer("say that again") == "I have not said anything yet."


def test_the_story_is_long_enough_to_be_interrupted() -> None:
    assert len(STORY.split()) > 170  # espeak-ng says 170 words a minute


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"seconds": {"type": "integer"}}, {"seconds": 120}),
        (
            {"duration_minutes": {"type": "number"}, "label": {"type": "string"}},
            {"duration_minutes": 2, "label": "timer"},
        ),
        ({"duration": {"type": "string"}}, {"duration": "2 minutes"}),
        ({"time": {"type": "integer"}, "loud": {"type": "boolean"}}, {"time": 120}),
        ({"hours": {}}, {"hours": 120 / 3600}),
        ({}, {"seconds": 120}),
    ],
)
def test_a_timer_is_set_with_what_the_client_offers(properties: dict[str, object], expected: dict[str, object]) -> None:
    tool = FunctionTool("start_timer", parameters={"type": "object", "properties": properties})
    reply = reply_to("set a timer for two minutes", Memory(functions=(tool,)), NOW, Random(1))
    assert reply.text == ""
    (call,) = reply.calls
    assert call.name == "start_timer"
    assert json.loads(call.arguments) == expected


def test_without_a_timer_none_is_promised() -> None:
    assert "cannot" in answer("set a timer for two minutes", Memory(functions=(FunctionTool("weather"),)))


@given(st.text(max_size=200))
def test_anything_is_answered(text: str) -> None:
    assert answer(text)


def test_every_skill_answers_its_own_phrases() -> None:
    """What the recogniser may hear must not end in the echo of who understood nothing."""
    for skill in SKILLS:
        for phrase in skill.phrases:
            spoken = re.sub(r"<small>|<number>", "two", re.sub(r"\[[^]]*\]", "", phrase)).replace("<unit>", "miles")
            spoken = re.sub(r"\(([^|)]*)\|[^)]*\)", r"\1", spoken)
            assert not answer(spoken).startswith("You said"), spoken
