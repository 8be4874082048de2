"""A reply cut into sentences to be spoken and words to be shown."""

import re
from typing import Final

_SENTENCE: Final = re.compile(r"[^.!?]*(?:[.!?](?!\s|$)[^.!?]*)*[.!?]*\s*")
_WORD: Final = re.compile(r"\S+\s*")
_SENTENCE_AT_MOST: Final = 300


def sentences(text: str) -> list[str]:
    """The sentences of a text with the space behind each; a very long one is cut between words."""
    found: list[str] = []
    for sentence in filter(None, _SENTENCE.findall(text.strip())):
        piece = ""
        for word in words(sentence):
            if piece and len(piece) + len(word) > _SENTENCE_AT_MOST:
                found.append(piece)
                piece = ""
            piece += word
        found.append(piece)
    return [sentence for sentence in found if sentence.strip()]


def words(text: str) -> list[str]:
    """The words of a text with the space behind each."""
    return _WORD.findall(text)


def timed(sentence: str, begin_ms: float, duration_ms: float) -> list[tuple[float, str]]:
    """When each word begins, were every character equally long: close enough to cut a transcript by."""
    found, at = [], 0
    for word in words(sentence):
        found.append((begin_ms + duration_ms * at / len(sentence), word))
        at += len(word)
    return found
