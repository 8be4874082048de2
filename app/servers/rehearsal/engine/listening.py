"""The user's side: sound comes in, turns become items."""

from typing import Final, Protocol

from app.realtime.events import (
    ConversationItemAdded,
    ConversationItemDone,
    ErrorCode,
    InputAudioBufferCleared,
    InputAudioBufferCommitted,
    InputAudioBufferSpeechStarted,
    InputAudioBufferSpeechStopped,
    InputAudioBufferTimeoutTriggered,
)
from app.realtime.items import InputAudio, ItemStatus, Message, Role
from app.realtime.session import SemanticVad, ServerVad, TurnDetection
from app.servers.rehearsal.engine.conversation import Conversation, Record
from app.servers.rehearsal.engine.input_buffer import InputBuffer
from app.servers.rehearsal.engine.refusal import Refusal
from app.servers.rehearsal.engine.tell import Teller
from app.servers.rehearsal.engine.understanding import PAUSE_MS, Pause, Understanding
from app.servers.rehearsal.ports import NewTurnDetector, Speech, TurnDetector

COMMIT_AT_LEAST_MS: Final = 100
_SILENCE_OF_EAGERNESS_MS: Final = {"low": 1200, "medium": 700, "auto": 700, "high": 400}
"""Stands in for a model that knows when a sentence is complete."""


class Turns(Protocol):
    """Who wants to know about the user's turns."""

    def user_began(self) -> None:
        """The user began to speak."""

    def user_ended(self) -> None:
        """What the user said is an item now."""


class Listening:
    """Fills the input buffer, finds turns in it and commits them."""

    def __init__(
        self,
        teller: Teller,
        conversation: Conversation,
        new_detector: NewTurnDetector,
        turns: Turns,
        understanding: Understanding,
    ) -> None:
        self._teller = teller
        self._conversation = conversation
        self._new_detector = new_detector
        self._turns = turns
        self._understanding = understanding
        self._buffer = InputBuffer()
        self._pause = Pause()
        self._ear: tuple[float, int, int] | None = None
        self._detector: TurnDetector | None = None
        self._detector_began_ms = 0
        self._speaking: tuple[str, int] | None = None
        """The id of the item to come, and where it begins."""

    @property
    def speaking(self) -> bool:
        """Whether the user is within a turn."""
        return self._speaking is not None

    @property
    def heard_ms(self) -> int:
        """The audio clock of the session."""
        return self._buffer.end_ms

    def tune(self, detection: TurnDetection | None) -> None:
        """Change how turns are found. A turn that is under way stays in the buffer."""
        ear = _ear_for(detection)
        if ear == self._ear:
            return
        self._ear = ear
        self._detector = None if ear is None else self._new_detector(*ear)
        self._detector_began_ms = self._buffer.end_ms
        self._drop_turn()

    def hear(self, speech: Speech) -> None:
        """Sound of the user, in real time."""
        self._buffer.append(speech)
        if self._detector is None:
            return
        for found in self._detector.feed(speech):
            if hasattr(found, "audio_start_ms"):
                self._began(self._detector_began_ms + found.audio_start_ms)
            else:
                self._stopped(self._detector_began_ms + found.audio_end_ms)
        if self._speaking is not None:
            self._guess(self._speaking[1], speech)

    def commit(self) -> None:
        """The client says that the turn is over; raises Refusal when there is next to nothing."""
        held_ms = self._buffer.held_ms
        if held_ms < COMMIT_AT_LEAST_MS:
            words = (
                f"Error committing input audio buffer: buffer too small. Expected at least {COMMIT_AT_LEAST_MS}ms "
                f"of audio, but buffer only has {held_ms:.2f}ms of audio."
            )
            raise Refusal(words, ErrorCode.COMMIT_EMPTY)
        item_id = self._speaking[0] if self._speaking else self._teller.ids.new("item")
        self._drop_turn()
        self._commit(item_id, self._buffer.begin_ms, self._buffer.end_ms)

    def clear(self) -> None:
        """Forget what is in the buffer."""
        self._buffer.clear()
        self._drop_turn()
        self._teller.tell(InputAudioBufferCleared())

    def time_out(self, since_ms: int) -> None:
        """Nobody spoke since then: make an item of the silence."""
        item_id = self._teller.ids.new("item")
        end_ms = self._buffer.end_ms
        self._teller.tell(InputAudioBufferTimeoutTriggered(since_ms, end_ms, item_id))
        self._commit(item_id, since_ms, end_ms, silent=True)

    def _began(self, start_ms: int) -> None:
        item_id = self._teller.ids.new("item")
        start_ms = max(start_ms, self._buffer.begin_ms)
        self._speaking = (item_id, start_ms)
        self._pause = Pause()
        self._teller.tell(InputAudioBufferSpeechStarted(start_ms, item_id))
        self._turns.user_began()

    def _stopped(self, end_ms: int) -> None:
        if self._speaking is None:  # cleared or committed by the client in the middle of the turn
            return
        item_id, start_ms = self._speaking
        self._speaking = None
        if self._ear is None or not self._pause.agrees(self._ear[2]):
            self._understanding.forget_guess()
        self._teller.tell(InputAudioBufferSpeechStopped(end_ms, item_id))
        self._commit(item_id, start_ms, end_ms)
        self._turns.user_ended()
        self._understanding.deliver()

    def _drop_turn(self) -> None:
        self._speaking = None
        self._understanding.forget_guess()

    def _guess(self, start_ms: int, speech: Speech) -> None:
        self._pause.feed(speech)
        if self._pause.silent_ms == 0:
            self._understanding.forget_guess()
        elif self._pause.silent_ms >= PAUSE_MS and not self._understanding.guessing:
            self._understanding.guess(self._buffer.between(start_ms, self._buffer.end_ms))

    def _commit(self, item_id: str, start_ms: int, end_ms: int, *, silent: bool = False) -> None:
        speech = self._buffer.take(start_ms, end_ms)
        item = Message(Role.USER, (InputAudio(),), item_id, ItemStatus.COMPLETED)
        record = Record(item, speech=speech)
        previous = self._conversation.add(record)
        self._teller.tell(
            InputAudioBufferCommitted(item_id, previous),
            ConversationItemAdded(item, previous),
            ConversationItemDone(item, previous),
        )
        if not silent:
            self._understanding.settle(record, speech)


def _ear_for(detection: TurnDetection | None) -> tuple[float, int, int] | None:
    """Threshold, prefix padding and silence in milliseconds."""
    match detection:
        case None:
            return None
        case ServerVad():
            return detection.threshold, detection.prefix_padding_ms, detection.silence_duration_ms
        case SemanticVad():
            usual = ServerVad()
            return usual.threshold, usual.prefix_padding_ms, _SILENCE_OF_EAGERNESS_MS[detection.eagerness]
