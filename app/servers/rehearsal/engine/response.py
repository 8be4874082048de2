"""One answer from ``response.created`` to ``response.done``: its items, its events in their order, its pace."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from app.audio.pcm import Pcm, ms_of_samples, samples_of_ms
from app.realtime.choices import Modality
from app.realtime.events import (
    ConversationItemAdded,
    ConversationItemDone,
    ConversationItemTruncated,
    ResponseContentPartAdded,
    ResponseContentPartDone,
    ResponseCreated,
    ResponseDone,
    ResponseFunctionCallArgumentsDelta,
    ResponseFunctionCallArgumentsDone,
    ResponseOutputAudioDone,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputAudioTranscriptDone,
    ResponseOutputItemAdded,
    ResponseOutputItemDone,
    ResponseOutputTextDelta,
    ResponseOutputTextDone,
)
from app.realtime.items import (
    FunctionCall,
    Item,
    ItemStatus,
    Message,
    OutputAudio,
    OutputText,
    ResponseError,
    ResponseStatus,
    Role,
    StatusDetails,
    StatusReason,
    Usage,
)
from app.realtime.items import Response as Shown
from app.servers.rehearsal.engine import script
from app.servers.rehearsal.engine.conversation import Conversation, Record, cut, id_of
from app.servers.rehearsal.engine.options import Settings
from app.servers.rehearsal.engine.output_buffer import OutputBuffer, Place
from app.servers.rehearsal.engine.tell import Teller
from app.servers.rehearsal.engine.usage import Tokens, of_assistant_sound, of_text
from app.servers.rehearsal.ports import FunctionWish, Reply

HEAD_START_MS: Final = 300
"""How far the words and the sound are made ahead from the start."""
FASTER_THAN_SPEECH: Final = 2.5
"""A model makes speech faster than it is spoken; so does this."""
_MADE_AHEAD_MS: Final = 4000
_SENT_AHEAD_MS: Final = 20_000
"""How far the sound may be ahead of the user who hears it."""
_WORDS_PER_STEP: Final = 2
_ARGUMENTS_PIECE: Final = 16


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a response ended."""

    status: ResponseStatus
    reason: StatusReason | None = None
    error: ResponseError | None = None


COMPLETED: Final = Outcome(ResponseStatus.COMPLETED)
SILENCED: Final = Outcome(ResponseStatus.CANCELLED, StatusReason.TURN_DETECTED)
CANCELLED: Final = Outcome(ResponseStatus.CANCELLED, StatusReason.CLIENT_CANCELLED)
TOO_LONG: Final = Outcome(ResponseStatus.INCOMPLETE, StatusReason.MAX_OUTPUT_TOKENS)
"""Of ``max_output_tokens``."""


class Response:
    """One answer. Driven by ``answer``, ``voiced``, ``release`` and ``progress``; ended by ``end``."""

    def __init__(
        self,
        teller: Teller,
        settings: Settings,
        conversation: Conversation | None,
        sound: OutputBuffer,
        metadata: Mapping[str, object] | None,
    ) -> None:
        self.id: Final = teller.ids.new("resp")
        self.settings: Final = settings
        self.conversation: Final = conversation
        """None for an answer outside of the conversation."""
        self.answered = False
        """Whether it is known what to say."""
        self._teller = teller
        self._in_writing = False
        self._out = sound
        self._metadata = metadata
        self._records: list[Record] = []
        self._open: Record | None = None
        self._calls: deque[FunctionWish] = deque()
        self._sentences: deque[str] = deque()
        self._voicing = ""
        self._made: deque[Pcm] = deque()
        self._words: deque[tuple[float, str]] = deque()
        self._made_ms = 0.0
        self._allowed_ms = 0.0
        self._released_ms = 0.0
        self._told = ""

    @property
    def sounding(self) -> bool:
        """Whether any of its sound left for the output buffer."""
        return self._released_ms > 0

    @property
    def tokens(self) -> Tokens:
        """What it has cost so far as output."""
        called = sum(
            (of_text(each.item.arguments) for each in self._records if isinstance(each.item, FunctionCall)), Tokens()
        )
        return of_text(self._told) + of_assistant_sound(self._released_ms) + called

    def begin(self) -> None:
        """Tell that it exists."""
        self._teller.tell(ResponseCreated(self._shown(Outcome(ResponseStatus.IN_PROGRESS), None)))

    def answer(self, reply: Reply) -> None:
        """It is known what to say: open the message and begin to make its sound."""
        self.answered = True
        self._in_writing = reply.in_writing
        self._calls.extend(reply.calls)
        if not reply.text.strip():
            return
        item = Message(Role.ASSISTANT, (), self._teller.ids.new("item"), ItemStatus.IN_PROGRESS)
        self._open = self._added(item)
        self._teller.tell(ResponseContentPartAdded(self.id, item.id, self._index, 0, self._part("")))
        if self._spoken:
            self._sentences.extend(script.sentences(reply.text))
            self._speak_on()
        else:
            self._words.extend((0.0, word) for word in script.words(reply.text))

    def voiced(self, pcm: Pcm) -> None:
        """The sound of the sentence asked for last."""
        duration_ms = ms_of_samples(len(pcm))
        self._words.extend(script.timed(self._voicing, self._made_ms, duration_ms))
        self._allowed_ms = self._allowed_ms or HEAD_START_MS
        self._made_ms += duration_ms
        self._made.append(pcm)
        self._voicing = ""
        self._speak_on()

    def release(self, elapsed_ms: float) -> None:
        """Time passed: let sound go to the output buffer."""
        if not self._made or self._open is None or self._out.held_ms >= _SENT_AHEAD_MS:
            return
        place = Place(self.id, id_of(self._open.item), self._index)
        self._allowed_ms = min(self._made_ms, self._allowed_ms + elapsed_ms * FASTER_THAN_SPEECH)
        while self._made and self._released_ms < self._allowed_ms:
            block = self._made.popleft()
            take = min(len(block), max(1, samples_of_ms(self._allowed_ms - self._released_ms)))
            self._out.put(place, block[:take])
            self._released_ms += ms_of_samples(take)
            if take < len(block):
                self._made.appendleft(block[take:])
        self._open.made_ms = self._released_ms
        self._speak_on()

    def progress(self) -> Outcome | None:
        """Tell the words that belong to the released sound; returns the outcome once there is nothing left to do."""
        if not self.answered:
            return None
        self._tell_words()
        limit = self.settings.max_output_tokens
        if isinstance(limit, int) and self.tokens.total > limit:
            return TOO_LONG
        if self._words or self._made or self._sentences or self._voicing:
            return None
        self.close_item(ItemStatus.COMPLETED)
        while self._calls:
            self._call(self._calls.popleft())
        return COMPLETED

    def close_item(self, status: ItemStatus) -> None:
        """Give the open message its last events, if there is one."""
        record, self._open = self._open, None
        self._sentences.clear()
        self._made.clear()
        self._words.clear()
        self._out.complete(self.id)
        if record is None:
            return
        assert isinstance(record.item, Message)
        item_id, text, at = record.item.id, self._told, self._index
        if self._spoken:
            self._teller.tell(
                ResponseOutputAudioDone(self.id, item_id, at, 0),
                ResponseOutputAudioTranscriptDone(self.id, item_id, at, 0, text),
            )
        else:
            self._teller.tell(ResponseOutputTextDone(self.id, item_id, at, 0, text))
        content = record.item.content or (self._part(text),)  # the client may have cut it meanwhile
        record.item = replace(record.item, content=content, status=status)
        self._teller.tell(ResponseContentPartDone(self.id, item_id, at, 0, self._part(text)))
        self._item_done(record.item)

    def end(self, outcome: Outcome, usage: Usage) -> None:
        """Tell that it is over. The message has to be closed before."""
        self._teller.tell(ResponseDone(self._shown(outcome, usage)))

    def cut_unheard(self) -> None:
        """Its sound was dropped: forget what did not go out."""
        for record in self._records:
            if record.made_ms > record.sent_ms and isinstance(record.item, Message):
                cut(record, record.sent_ms)
                self._teller.tell(ConversationItemTruncated(record.item.id, 0, int(record.sent_ms)))

    def sent(self, samples: int) -> None:
        """So much of its sound went out."""
        for record in self._records:
            if record.made_ms:
                record.sent_ms += ms_of_samples(samples)

    @property
    def _spoken(self) -> bool:
        return self.settings.modality is Modality.AUDIO and not self._in_writing

    @property
    def _index(self) -> int:
        return len(self._records) - 1

    def _part(self, text: str) -> OutputAudio | OutputText:
        return OutputAudio(transcript=text) if self._spoken else OutputText(text)

    def _speak_on(self) -> None:
        if self._sentences and not self._voicing and self._made_ms - self._released_ms < _MADE_AHEAD_MS:
            self._voicing = self._sentences.popleft()
            self._teller.stage.speak(self.id, self._voicing, self.settings.voice, self.settings.speed)

    def _tell_words(self) -> None:
        item = self._open.item if self._open else None
        if self._open is None or not isinstance(item, Message):
            return
        if not self._spoken:
            for _ in range(min(_WORDS_PER_STEP, len(self._words))):
                _, word = self._words.popleft()
                self._told += word
                self._teller.tell(ResponseOutputTextDelta(self.id, item.id, self._index, 0, word))
            return
        all_out = not (self._made or self._sentences or self._voicing)
        while self._words and (all_out or self._words[0][0] < self._released_ms):
            timed = self._words.popleft()
            self._open.spoken.append(timed)
            self._told += timed[1]
            self._teller.tell(ResponseOutputAudioTranscriptDelta(self.id, item.id, self._index, 0, timed[1]))

    def _call(self, wish: FunctionWish) -> None:
        item_id, call_id = self._teller.ids.new("item"), self._teller.ids.new("call")
        item = FunctionCall(wish.name, call_id, "", item_id, ItemStatus.IN_PROGRESS)
        record = self._added(item)
        for at in range(0, len(wish.arguments), _ARGUMENTS_PIECE):
            piece = wish.arguments[at : at + _ARGUMENTS_PIECE]
            self._teller.tell(ResponseFunctionCallArgumentsDelta(self.id, item_id, self._index, call_id, piece))
        done = ResponseFunctionCallArgumentsDone(self.id, item_id, self._index, call_id, wish.name, wish.arguments)
        self._teller.tell(done)
        record.item = replace(item, arguments=wish.arguments, status=ItemStatus.COMPLETED)
        self._item_done(record.item)

    def _added(self, item: Item) -> Record:
        record = Record(item)
        self._records.append(record)
        self._teller.tell(ResponseOutputItemAdded(self.id, item, self._index))
        if self.conversation is not None:
            self._teller.tell(ConversationItemAdded(item, self.conversation.add(record)))
        return record

    def _item_done(self, item: Item) -> None:
        self._teller.tell(ResponseOutputItemDone(self.id, item, self._index))
        if self.conversation is not None and self.conversation.get(item.id) is not None:
            self._teller.tell(ConversationItemDone(item, self.conversation.before(item.id)))

    def _shown(self, outcome: Outcome, usage: Usage | None) -> Shown:
        plain = outcome.reason is None and outcome.error is None
        details = None if plain else StatusDetails(outcome.status, outcome.reason, outcome.error)
        return Shown(
            id=self.id,
            status=outcome.status,
            status_details=details,
            output=tuple(each.item for each in self._records),
            usage=usage,
            conversation_id=self.conversation.id if self.conversation else "",
            metadata=self._metadata,
        )
