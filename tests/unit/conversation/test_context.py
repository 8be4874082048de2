"""What a new session is told fits, and says what matters."""

from app.conversation.context import BUDGET_TOKENS, CHARACTERS_PER_TOKEN, answer_is_owed, restored
from app.conversation.transcript import Transcript
from app.conversation.view import Speaker
from app.realtime.items import InputText, Item, Message, OutputText, Role


def talked(turns: int, text: str = "x") -> Transcript:
    """So many questions and answers, each with that text and a number."""
    transcript = Transcript()
    for number in range(turns):
        for speaker, letter in ((Speaker.USER, "u"), (Speaker.ASSISTANT, "a")):
            id = f"{letter}{number}"
            transcript = transcript.placed(id, speaker, None, float(number))
            transcript = transcript.settled(id, f"{letter}{number} {text}").finished(id)
    return transcript


def texts(items: tuple[Item, ...]) -> list[str]:
    parts = [part for item in items if isinstance(item, Message) for part in item.content]
    return [part.text for part in parts if isinstance(part, InputText | OutputText)]


def test_nothing_said_is_nothing_told() -> None:
    assert restored(Transcript(), serial=1, interrupted=False) == ()


def test_a_long_conversation_is_told_within_the_budget_the_latest_in_full() -> None:
    items = restored(talked(200, "word " * 20), serial=1, interrupted=False)
    told = texts(items)
    assert sum(map(len, told)) // CHARACTERS_PER_TOKEN < BUDGET_TOKENS + 100
    assert told[0].startswith("Earlier in this conversation the user said: ")
    assert told[-2].startswith("a199 ")
    assert told[-3].startswith("u199 ")


def test_a_short_conversation_needs_no_summary() -> None:
    items = restored(talked(2), serial=7, interrupted=False)
    assert [item.role for item in items if isinstance(item, Message)] == [
        Role.USER,
        Role.ASSISTANT,
        Role.USER,
        Role.ASSISTANT,
        Role.SYSTEM,
    ]
    assert len({item.id for item in items}) == 5


def test_only_what_was_heard_of_an_answer_is_told() -> None:
    transcript = talked(1).cut("a0", 10.0)
    transcript = (
        transcript.placed("a1", Speaker.ASSISTANT, None, 2.0).streamed("a1", "Once upon a time").cut("a1", 100.0)
    )
    assert texts(restored(transcript, serial=1, interrupted=True))[-2] == "Once"


def test_a_question_is_owed_an_answer_and_an_answer_is_not() -> None:
    transcript = talked(1)
    assert not answer_is_owed(transcript)
    asked = transcript.placed("u1", Speaker.USER, None, 5.0).settled("u1", "And now?").finished("u1")
    assert answer_is_owed(asked)
    assert not answer_is_owed(Transcript())
