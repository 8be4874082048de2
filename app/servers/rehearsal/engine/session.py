"""One session: takes requests and sound, gives events and sound. Synchronous; time comes with ``step``."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from app.audio.pcm import Pcm
from app.realtime.events import (
    ConversationItemAdded,
    ConversationItemDeleted,
    ConversationItemDone,
    ConversationItemRetrieved,
    ConversationItemTruncated,
    ErrorCode,
    SessionCreated,
    SessionUpdated,
)
from app.realtime.items import FunctionCall, FunctionCallOutput, InputAudio, Item, Message
from app.realtime.requests import (
    ClientRequest,
    ConversationItemCreate,
    ConversationItemDelete,
    ConversationItemRetrieve,
    ConversationItemTruncate,
    InputAudioBufferAppend,
    InputAudioBufferClear,
    InputAudioBufferCommit,
    MalformedRequest,
    OutputAudioBufferClear,
    ResponseCancel,
    ResponseCreate,
    ResponseOptions,
    SessionUpdate,
    UnknownRequest,
)
from app.realtime.session import UNSET, AudioFormat, EffectiveSession, ServerVad, SessionOptions, TurnDetection, Unset
from app.servers.rehearsal.engine.appended import Appended, check_format, check_length
from app.servers.rehearsal.engine.conversation import Conversation, Record, admitted, cut, id_of
from app.servers.rehearsal.engine.ids import Ids
from app.servers.rehearsal.engine.listening import Listening
from app.servers.rehearsal.engine.options import said, updated
from app.servers.rehearsal.engine.output_buffer import OutputBuffer
from app.servers.rehearsal.engine.refusal import Reason, Refusal
from app.servers.rehearsal.engine.replies import Replies
from app.servers.rehearsal.engine.tell import Teller
from app.servers.rehearsal.engine.told_buffer import ToldBuffer
from app.servers.rehearsal.engine.transcribing import Transcribing
from app.servers.rehearsal.engine.understanding import Understanding
from app.servers.rehearsal.ports import SPEECH_RATE_HZ, Heard, Mind, NewTurnDetector, Speech, Stage

LONGEST_S: Final = 3600
"""PROTOCOL 4.8: a session ends after an hour, and no update prolongs it."""

EXPIRED: Final = f"Your session hit the maximum duration of {LONGEST_S // 60} minutes."
"""Said at the end, in OpenAI's words."""

_RETRIEVED_RATE_HZ: Final = 24_000
_NOT_HERE: Final = "invalid_event_for_transport"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a session is bounded by."""

    longest_s: float = LONGEST_S
    expires_at: int = 0
    """When that is, in epoch seconds."""
    message_bytes: int = 65_536
    """The longest message the client takes: retrieved sound is left out when it would not fit."""


class Session:
    """The state of one client's session. One thread; every method returns at once and tells through the stage."""

    def __init__(
        self,
        options: SessionOptions,
        stage: Stage,
        ids: Ids,
        now_s: Callable[[], float],
        mind: Mind,
        new_detector: NewTurnDetector,
        limits: Limits,
        *,
        sound_in_events: bool = False,
    ) -> None:
        """``options`` are complete; ``now_s`` is a clock that never goes back.

        ``sound_in_events``: both ways, as on WebSocket; else it travels beside the events.
        """
        self.id: Final = ids.new("sess")
        self.ended = False
        """Whether the session expired and the connection is to be closed."""
        self._options = options
        self._limits = limits
        self._teller = Teller(stage, ids, now_s)
        self._began_s = now_s()
        self._conversation = Conversation(ids.new("conv"))
        self._appended = Appended() if sound_in_events else None
        out = ToldBuffer(self._teller) if sound_in_events else OutputBuffer()
        self._replies = Replies(self._teller, self._conversation, lambda: self._options, mind, out)
        self._understanding = Understanding(self._teller, self._understood)
        self._listening = Listening(self._teller, self._conversation, new_detector, self, self._understanding)
        self._listening.tune(self._detection)
        self._transcribing = Transcribing(self._teller)
        self._quiet_since: tuple[float, int] | None = None
        """When the last answer was over, on the clock and on the audio clock."""

    def open(self) -> None:
        """Say hello: the first event."""
        self._teller.tell(SessionCreated(self._effective()))

    def take(self, request: ClientRequest | UnknownRequest | MalformedRequest) -> None:
        """Do what the client asks, or tell why not."""
        if isinstance(request, MalformedRequest):
            self._teller.refuse(Reason(request.message, request.code, request.param), request.event_id)
            return
        try:
            self._do(request)
        except Refusal as refusal:
            self._teller.refuse(refusal.reason, request.event_id)

    def hear(self, speech: Speech) -> None:
        """The user's sound, in real time and without gaps."""
        self._listening.hear(speech)

    def step(self) -> Pcm:
        """Another 20 ms passed: the sound to be sent for them (48 kHz)."""
        self._expire()
        self._transcribing.step()
        self._speak_up()
        return self._replies.step()

    def recognised(self, hearing_id: str, heard: Heard | None) -> None:
        """What the user said; None when the recogniser failed."""
        self._understanding.answer(hearing_id, heard)

    def voiced(self, response_id: str, pcm: Pcm | None) -> None:
        """The sound of the sentence that was asked for; None when it cannot be made."""
        if pcm is None:
            self._replies.voice_failed(response_id)
        else:
            self._replies.voiced(response_id, pcm)

    def user_began(self) -> None:
        """For Listening: the user interrupts, if this is wanted."""
        self._quiet_since = None
        if self._detection is not None and self._detection.interrupt_response:
            self._replies.interrupt()

    def user_ended(self) -> None:
        """For Listening: the user waits for an answer, if this is wanted."""
        if self._detection is not None and self._detection.create_response:
            self._replies.answer_turn()

    @property
    def _detection(self) -> TurnDetection | None:
        return said(self._options.turn_detection, None)

    def _understood(self, record: Record, heard: Heard | None) -> None:
        if self._conversation.get(id_of(record.item)) is not record:
            return  # deleted meanwhile
        record.heard = heard.text if heard is not None and heard.understood else ""
        if said(self._options.transcription, None) is not None:
            self._transcribing.add(record, None if heard is None else heard.text)
        self._replies.think()

    def _effective(self) -> EffectiveSession:
        return EffectiveSession(self.id, self._limits.expires_at, self._options)

    def _do(self, request: ClientRequest | UnknownRequest) -> None:
        match request:
            case SessionUpdate():
                self._check_formats(request.session.input_format, request.session.output_format)
                self._options = updated(self._options, request.session, spoke=self._replies.spoke)
                self._listening.tune(self._detection)
                self._teller.tell(SessionUpdated(self._effective()))
            case InputAudioBufferCommit():
                self._listening.commit()
            case InputAudioBufferClear():
                if self._appended is not None:
                    self._appended.clear()
                self._listening.clear()
            case InputAudioBufferAppend():
                self._append(request.audio)
            case ConversationItemCreate():
                self._create_item(request)
            case ConversationItemRetrieve():
                self._teller.tell(ConversationItemRetrieved(self._with_sound(self._conversation.find(request.item_id))))
            case ConversationItemTruncate():
                self._truncate(request)
            case ConversationItemDelete():
                self._conversation.remove(request.item_id)
                self._teller.tell(ConversationItemDeleted(request.item_id))
                self._replies.think()
            case ResponseCreate():
                wish = request.response or ResponseOptions()
                self._check_formats(output=wish.output_format, of="response")
                self._replies.create(wish)
            case ResponseCancel():
                self._replies.cancel(request.response_id)
            case OutputAudioBufferClear():
                if self._appended is not None:
                    raise Refusal("On this transport the client holds the sound.", _NOT_HERE, "type")
                self._replies.clear()
            case UnknownRequest():
                raise Refusal("Invalid value: there is no such event type.", ErrorCode.INVALID_VALUE, "type")

    def _append(self, audio: bytes) -> None:
        if self._appended is None:
            raise Refusal("On this transport sound travels as RTP.", _NOT_HERE, "type")
        check_length(audio)
        for speech in self._appended.push(audio):
            self._listening.hear(speech)

    def _check_formats(
        self, given: AudioFormat | Unset = UNSET, output: AudioFormat | Unset = UNSET, *, of: str = "session"
    ) -> None:
        """Formats are without effect on RTP, whose codec was negotiated (PROTOCOL 3.1)."""
        if self._appended is not None:
            check_format(given, f"{of}.audio.input.format")
            check_format(output, f"{of}.audio.output.format")

    def _create_item(self, request: ConversationItemCreate) -> None:
        if self._conversation.full:
            raise Refusal("The conversation has too many items.", ErrorCode.INVALID_VALUE, "item")
        item = admitted(request.item, self._teller.ids.new("item"))
        if isinstance(item, FunctionCallOutput):
            self._check_call(item.call_id)
        previous = self._conversation.add(Record(item), request.previous_item_id)
        self._teller.tell(ConversationItemAdded(item, previous), ConversationItemDone(item, previous))

    def _check_call(self, call_id: str) -> None:
        calls = (each.item for each in self._conversation if isinstance(each.item, FunctionCall))
        if all(call.call_id != call_id for call in calls):
            raise Refusal("Tool call id was not found in the conversation.", "invalid_tool_call_id", "item.call_id")

    def _truncate(self, request: ConversationItemTruncate) -> None:
        if request.content_index != 0:
            raise Refusal("Only content 0 can be truncated.", ErrorCode.INVALID_VALUE, "content_index")
        if request.audio_end_ms < 0:
            raise Refusal("The time must not be negative.", ErrorCode.INVALID_VALUE, "audio_end_ms")
        cut(self._conversation.find(request.item_id), request.audio_end_ms)
        self._teller.tell(ConversationItemTruncated(request.item_id, 0, request.audio_end_ms))

    def _with_sound(self, record: Record) -> Item:
        """The item with the user's sound in the protocol's format, if the message does not grow too long by it."""
        if record.speech is None or not isinstance(record.item, Message):
            return record.item
        count = len(record.speech) * _RETRIEVED_RATE_HZ // SPEECH_RATE_HZ
        if count * 2 * 4 / 3 > self._limits.message_bytes - 4096:
            return record.item
        places = np.arange(count) * (SPEECH_RATE_HZ / _RETRIEVED_RATE_HZ)
        pcm = np.interp(places, np.arange(len(record.speech)), record.speech).astype("<i2")
        content = tuple(
            replace(part, audio=pcm.tobytes()) if isinstance(part, InputAudio) else part for part in record.item.content
        )
        return replace(record.item, content=content)

    def _expire(self) -> None:
        if not self.ended and self._teller.now_s() - self._began_s >= self._limits.longest_s:
            self.ended = True
            self._teller.refuse(Reason(EXPIRED, ErrorCode.SESSION_EXPIRED))

    def _speak_up(self) -> None:
        """``idle_timeout_ms``: counts from the end of the last answer's sound until somebody speaks."""
        now_s = self._teller.now_s()
        if not self._replies.quiet:
            self._quiet_since = (now_s, self._listening.heard_ms)
        detection = self._detection
        if self._quiet_since is None or not isinstance(detection, ServerVad) or detection.idle_timeout_ms is None:
            return
        since_s, since_ms = self._quiet_since
        if not self._listening.speaking and (now_s - since_s) * 1000 >= detection.idle_timeout_ms:
            self._quiet_since = None
            self._listening.time_out(since_ms)
            self._replies.answer_turn()
