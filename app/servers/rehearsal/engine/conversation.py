"""The items of a conversation in their order, and what the server knows of each beyond what it shows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from app.realtime.events import ErrorCode
from app.realtime.items import (
    FunctionCall,
    FunctionCallOutput,
    Item,
    ItemStatus,
    McpApprovalResponse,
    Message,
    OtherItem,
    OutputAudio,
    Role,
)
from app.servers.rehearsal.engine.refusal import Refusal
from app.servers.rehearsal.engine.usage import Tokens, of_assistant_sound, of_text, of_user_sound
from app.servers.rehearsal.ports import SPEECH_RATE_HZ, Speech

ROOT: Final = "root"
ITEMS_AT_MOST: Final = 2000
_ID: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ALLOWED: Final = {
    Role.SYSTEM: frozenset({"InputText"}),
    Role.USER: frozenset({"InputText", "InputAudio", "InputImage"}),
    Role.ASSISTANT: frozenset({"OutputText"}),
}


@dataclass(slots=True)
class Record:
    """One item and what belongs to it."""

    item: Item
    speech: Speech | None = None
    """The user's sound in it."""
    heard: str | None = None
    """What the recogniser understood; None until then, and when it understood nothing."""
    awaited: bool = False
    """Whether the recogniser is still at it."""
    spoken: list[tuple[float, str]] = field(default_factory=list)
    """The assistant's words with the millisecond each begins at."""
    made_ms: float = 0.0
    """How much sound of the assistant there is."""
    sent_ms: float = 0.0
    """How much of it went out."""

    @property
    def words(self) -> str:
        """What it says, as far as the server knows."""
        if self.heard is not None:
            return self.heard
        return text_of(self.item)

    @property
    def tokens(self) -> Tokens:
        """What it costs as input."""
        if self.speech is not None:
            return of_user_sound(len(self.speech) * 1000 / SPEECH_RATE_HZ)
        return of_text(text_of(self.item)) + of_assistant_sound(self.made_ms)


class Conversation:
    """Items by id and by place."""

    def __init__(self, conversation_id: str) -> None:
        self.id: Final = conversation_id
        self._records: list[Record] = []

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    @property
    def full(self) -> bool:
        """Whether a client may not add any more."""
        return len(self._records) >= ITEMS_AT_MOST

    @property
    def last_id(self) -> str | None:
        """The newest item's id, or None."""
        return id_of(self._records[-1].item) if self._records else None

    def add(self, record: Record, after: str | None = None) -> str | None:
        """Put an item behind ``after`` (ROOT: first; None: last) and return the id of the item before it."""
        if any(id_of(each.item) == id_of(record.item) for each in self._records):
            raise Refusal("Item with this id already exists in the conversation.", "item_already_exists", "item.id")
        place = self._place_behind(after)
        self._records.insert(place, record)
        return id_of(self._records[place - 1].item) if place else None

    def find(self, item_id: str) -> Record:
        """The item of this id; raises Refusal."""
        record = self.get(item_id)
        if record is None:
            raise Refusal("There is no item with this id.", "item_not_found", "item_id")
        return record

    def get(self, item_id: str) -> Record | None:
        """The item of this id, or None."""
        return next((each for each in self._records if id_of(each.item) == item_id), None)

    def before(self, item_id: str) -> str | None:
        """The id of the item before this one, if any."""
        previous = None
        for each in self._records:
            if id_of(each.item) == item_id:
                return previous
            previous = id_of(each.item)
        return None

    def remove(self, item_id: str) -> None:
        """Take an item out; raises Refusal."""
        self._records.remove(self.find(item_id))

    def _place_behind(self, after: str | None) -> int:
        if after is None:
            return len(self._records)
        if after == ROOT:
            return 0
        for place, each in enumerate(self._records):
            if id_of(each.item) == after:
                return place + 1
        raise Refusal("The previous item does not exist.", "item_not_found", "previous_item_id")


def id_of(item: Item) -> str:
    """Every kind of item has an id."""
    return item.id


def text_of(item: Item) -> str:
    """All text in an item, in one."""
    match item:
        case Message():
            return " ".join(filter(None, (_text_in(part) for part in item.content)))
        case FunctionCall():
            return item.arguments
        case FunctionCallOutput():
            return item.output
        case _:
            return ""


def _text_in(part: object) -> str:
    return str(getattr(part, "text", "") or getattr(part, "transcript", "") or "")


def admitted(item: Item, new_id: str) -> Item:
    """An item a client may create, complete and with an id; raises Refusal (PROTOCOL 2.4)."""
    if not isinstance(item, Message | FunctionCall | FunctionCallOutput | McpApprovalResponse):
        kind = item.type if isinstance(item, OtherItem) else "this kind"
        raise Refusal(f"A client cannot create items of {kind[:40]}.", ErrorCode.INVALID_VALUE, "item.type")
    if item.id and not _ID.fullmatch(item.id):
        raise Refusal("An item id is letters, digits, '_' and '-' only.", ErrorCode.INVALID_VALUE, "item.id")
    if isinstance(item, Message):
        _check_content(item)
    item = replace(item, id=item.id or new_id)
    return item if isinstance(item, McpApprovalResponse) else replace(item, status=ItemStatus.COMPLETED)


def _check_content(message: Message) -> None:
    if not message.content:
        raise Refusal("A message needs content.", ErrorCode.MISSING_PARAMETER, "item.content")
    for index, part in enumerate(message.content):
        if type(part).__name__ not in _ALLOWED[message.role]:
            where = f"item.content[{index}].type"
            raise Refusal(f"This content is not for role '{message.role.value}'.", ErrorCode.INVALID_VALUE, where)


def cut(record: Record, heard_ms: float) -> None:
    """Forget what of the assistant's speech comes after ``heard_ms``; raises Refusal if there is less (4.2)."""
    message = record.item
    if not isinstance(message, Message) or message.role is not Role.ASSISTANT or not _is_spoken(message):
        raise Refusal("Only the assistant's audio messages can be truncated.", ErrorCode.INVALID_VALUE, "item_id")
    if heard_ms > record.made_ms:
        words = f"Audio content of {int(record.made_ms)}ms is already shorter than {int(heard_ms)}ms"
        raise Refusal(words, ErrorCode.INVALID_VALUE, "audio_end_ms")
    record.spoken = [(start_ms, word) for start_ms, word in record.spoken if start_ms < heard_ms]
    record.made_ms = heard_ms
    text = "".join(word for _, word in record.spoken).strip()
    record.item = replace(message, content=(OutputAudio(transcript=text),))


def _is_spoken(message: Message) -> bool:
    return any(isinstance(part, OutputAudio) for part in message.content)
