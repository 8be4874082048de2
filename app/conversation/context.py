"""What a new session is told of the conversation so far (PROTOCOL 4.8): recent turns, and the rest in a few words.

Assistant turns go as text, never as audio, and only what was heard of them. Text-only history is known to pull models
towards answering in text, so the last word says to go on by voice.
"""

from typing import Final

from app.conversation.transcript import Transcript
from app.conversation.view import Row, Speaker
from app.realtime.items import InputText, Item, Message, OutputText, Role

BUDGET_TOKENS: Final = 2000
SUMMARY_TOKENS: Final = 300
CHARACTERS_PER_TOKEN: Final = 4
_GIST_CHARACTERS: Final = 80

RESTORED_PREFIX: Final = "restored_"
"""Items with such ids are copies of rows that are there already."""


def restored(transcript: Transcript, *, serial: int, interrupted: bool) -> tuple[Item, ...]:
    """The items to create in a new session, oldest first; none when nothing has been said.

    ``serial`` makes their ids new. ``interrupted``: the connection broke in the middle of an answer.
    """
    rows = [row for row in transcript.rows if row.text and row.speaker is not Speaker.TOOL]
    if not rows:
        return ()
    recent = _recent(rows, BUDGET_TOKENS - SUMMARY_TOKENS)
    earlier = rows[: len(rows) - len(recent)]
    texts: list[tuple[Role, str]] = []
    if earlier:
        texts.append((Role.SYSTEM, _gist(earlier)))
    texts += [(_role(row), row.text) for row in recent]
    texts.append((Role.SYSTEM, _continuation(interrupted=interrupted)))
    return tuple(
        Message(
            role, (OutputText(text) if role is Role.ASSISTANT else InputText(text),), f"{RESTORED_PREFIX}{serial}_{at}"
        )
        for at, (role, text) in enumerate(texts)
    )


def answer_is_owed(transcript: Transcript) -> bool:
    """Whether the last thing said was said by the user."""
    rows = [row for row in transcript.rows if row.text or row.speaker is Speaker.USER]
    return bool(rows) and rows[-1].speaker is Speaker.USER and bool(rows[-1].text)


def _recent(rows: list[Row], budget_tokens: int) -> list[Row]:
    recent: list[Row] = []
    for row in reversed(rows):
        budget_tokens -= len(row.text) // CHARACTERS_PER_TOKEN + 4
        if budget_tokens < 0:
            break
        recent.append(row)
    return recent[::-1]


def _gist(rows: list[Row]) -> str:
    asked = [_short(row.text) for row in rows if row.speaker is Speaker.USER]
    room = SUMMARY_TOKENS * CHARACTERS_PER_TOKEN
    kept: list[str] = []
    for text in reversed(asked):
        room -= len(text) + 2
        if room < 0:
            break
        kept.append(text)
    return "Earlier in this conversation the user said: " + "; ".join(reversed(kept))


def _short(text: str) -> str:
    return text if len(text) <= _GIST_CHARACTERS else text[:_GIST_CHARACTERS].rsplit(" ", 1)[0] + " …"


def _role(row: Row) -> Role:
    return Role.USER if row.speaker is Speaker.USER else Role.ASSISTANT


def _continuation(*, interrupted: bool) -> str:
    words = "The connection was renewed and the conversation goes on. Do not mention it. Keep answering by voice."
    if interrupted:
        words += " Your last answer was cut off by it: take it up where it ended."
    return words
