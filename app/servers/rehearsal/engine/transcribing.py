"""What the user said, in writing: a separate model that is never in step with the answers (PROTOCOL 2.3)."""

from collections import deque
from dataclasses import replace
from typing import Final

from app.realtime.events import (
    ConversationItemInputAudioTranscriptionCompleted,
    ConversationItemInputAudioTranscriptionDelta,
    ConversationItemInputAudioTranscriptionFailed,
    DurationUsage,
    ErrorDetail,
)
from app.realtime.items import InputAudio, Message
from app.servers.rehearsal.engine.conversation import Record
from app.servers.rehearsal.engine.refusal import SERVER_ERROR
from app.servers.rehearsal.engine.script import words
from app.servers.rehearsal.engine.tell import Teller
from app.servers.rehearsal.ports import SPEECH_RATE_HZ

LAG_S: Final = 0.1
"""Behind the model that answers."""


class Transcribing:
    """Tells transcripts once they are due."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._due: deque[tuple[float, Record, str | None]] = deque()

    def add(self, record: Record, text: str | None) -> None:
        """This is what was said, None if it could not be written down."""
        self._due.append((self._teller.now_s() + LAG_S, record, text))

    def step(self) -> None:
        """Time passed."""
        while self._due and self._due[0][0] <= self._teller.now_s():
            _, record, text = self._due.popleft()
            if isinstance(record.item, Message):
                self._tell(record, record.item, text)

    def _tell(self, record: Record, message: Message, text: str | None) -> None:
        if text is None:
            trouble = ErrorDetail(SERVER_ERROR, "transcription_failed", "The transcription failed.")
            self._teller.tell(ConversationItemInputAudioTranscriptionFailed(message.id, 0, trouble))
            return
        record.item = replace(message, content=(InputAudio(transcript=text),))
        for word in words(text):
            self._teller.tell(ConversationItemInputAudioTranscriptionDelta(message.id, 0, word))
        seconds = len(record.speech) / SPEECH_RATE_HZ if record.speech is not None else 0.0
        usage = DurationUsage(round(seconds, 3))
        self._teller.tell(ConversationItemInputAudioTranscriptionCompleted(message.id, 0, text, usage))
