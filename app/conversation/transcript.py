"""The transcript: a reducer from server events to rows in the order of the conversation.

Two rules keep it right:

- **Order comes from the links, never from arrival** (PROTOCOL 2.3). Each entry names the one it follows. The order is a
  pure function of those links: whatever follows an entry stands behind it, the later told nearer. So a row that comes
  before its predecessor finds its place when the predecessor arrives.
- **A final text replaces what was streamed**, and nothing streamed after it counts, so that deltas and finals never
  add up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from app.conversation.view import Row, Speaker

SPOKEN_CHARACTERS_PER_MS: Final = 0.015
"""About 15 characters of English a second; only where to grey a cut sentence hangs on it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of the conversation that people see."""

    id: str
    speaker: Speaker
    follows: str = ""
    """The id of the entry before, which may not be known yet; empty for the first of a session."""
    text: str = ""
    closed: bool = False
    """The final text has come."""
    finished: bool = False
    """The item itself is done."""
    failed: bool = False
    heard_characters: int | None = None
    """Where an interruption cut it; None while it was not cut."""
    started_s: float = 0.0
    row: Row = field(init=False, compare=False)

    def __post_init__(self) -> None:
        cut = len(self.text) if self.heard_characters is None else self.heard_characters
        row = Row(
            id=self.id,
            speaker=self.speaker,
            text=self.text[:cut],
            unheard=self.text[cut:],
            pending=not (self.closed or self.finished or self.failed),
            finished=self.finished or self.failed,
            failed=self.failed,
        )
        object.__setattr__(self, "row", row)


@dataclass(frozen=True, slots=True)
class Transcript:
    """All entries and their order. Every change makes a new value; unchanged entries stay the same objects."""

    entries: Mapping[str, Entry] = field(default_factory=lambda: MappingProxyType({}))
    """By id, in the order of arrival."""
    order: tuple[str, ...] = ()

    rows: tuple[Row, ...] = field(init=False, compare=False)
    """What is shown, in order, without what has nothing to show (yet) on the assistant's side."""

    def __post_init__(self) -> None:
        shown = (self.entries[id].row for id in self.order)
        rows = tuple(row for row in shown if row.text or row.unheard or row.speaker is Speaker.USER)
        object.__setattr__(self, "rows", rows)

    def get(self, id: str) -> Entry | None:
        """The entry of that id."""
        return self.entries.get(id)

    # --- structure ------------------------------------------------------------------------------------------

    def placed(self, id: str, speaker: Speaker, follows: str | None, now_s: float) -> "Transcript":
        """With that entry present, behind ``follows``; None says that the server has not told its place.

        An entry without a told place goes to the end and stays there until one is told.
        """
        known = self.entries.get(id)
        if known is None:
            place = self._last() if follows is None else follows
            return self._with(Entry(id, speaker, follows=place, started_s=now_s), reorder=True)
        if follows is None or follows in (known.follows, id):
            return self
        return self._with(replace(known, follows=follows), reorder=True)

    def without(self, id: str) -> "Transcript":
        """Without that entry; what followed it follows what it followed."""
        gone = self.entries.get(id)
        if gone is None:
            return self
        kept = {
            key: replace(entry, follows=gone.follows) if entry.follows == id else entry
            for key, entry in self.entries.items()
            if key != id
        }
        return Transcript(MappingProxyType(kept), _ordered(kept))

    # --- text -----------------------------------------------------------------------------------------------

    def streamed(self, id: str, delta: str) -> "Transcript":
        """With more of an entry's text, unless its final text has come or it was cut."""
        entry = self.entries.get(id)
        if entry is None or entry.closed or entry.finished or entry.heard_characters is not None or not delta:
            return self
        return self._with(replace(entry, text=entry.text + delta))

    def settled(self, id: str, text: str) -> "Transcript":
        """With an entry's final text.

        After a cut the server may name only what was heard: then the cut is where that ends, and the rest is kept.
        """
        entry = self.entries.get(id)
        if entry is None or (entry.closed and entry.text == text):
            return self
        if entry.heard_characters is None:
            return self._with(replace(entry, text=text, closed=True))
        if len(text) <= len(entry.text):
            is_heard_part = bool(text) and len(text) < len(entry.text) and entry.text.startswith(text)
            cut = len(text) if is_heard_part else entry.heard_characters
            return self._with(replace(entry, closed=True, heard_characters=cut))
        return self._with(replace(entry, text=text, closed=True))

    def finished(self, id: str) -> "Transcript":
        """With an entry that will not change any more."""
        entry = self.entries.get(id)
        return self if entry is None or entry.finished else self._with(replace(entry, closed=True, finished=True))

    def failed(self, id: str) -> "Transcript":
        """With an entry whose words could not be written down."""
        entry = self.entries.get(id)
        return self if entry is None or entry.failed else self._with(replace(entry, closed=True, failed=True))

    def cut(self, id: str, heard_ms: float) -> "Transcript":
        """With an assistant's entry cut after ``heard_ms`` of sound, at the word that was being said."""
        entry = self.entries.get(id)
        if entry is None or entry.speaker is not Speaker.ASSISTANT:
            return self
        at = _word_end(entry.text, round(heard_ms * SPOKEN_CHARACTERS_PER_MS)) if heard_ms > 0 else 0
        if at >= len(entry.text) and entry.closed:
            return self
        return self._with(replace(entry, heard_characters=min(at, len(entry.text)), finished=True))

    def with_card(self, id: str, card: str) -> "Transcript":
        """With one line about a function that ran, where its call stands."""
        return self.settled(id, card).finished(id) if card else self

    # --- inside ---------------------------------------------------------------------------------------------

    def _last(self) -> str:
        return self.order[-1] if self.order else ""

    def _with(self, entry: Entry, *, reorder: bool = False) -> "Transcript":
        entries = {**self.entries, entry.id: entry}
        return Transcript(MappingProxyType(entries), _ordered(entries) if reorder else self.order)


def _ordered(entries: Mapping[str, Entry]) -> tuple[str, ...]:
    """Depth first along the links, from the entries whose predecessor is unknown, in order of arrival.

    A loop of links, which only a broken server makes, has no beginning: what is left over comes last, by arrival.
    """
    followers: dict[str, list[str]] = {}
    beginnings: list[str] = []
    for id, entry in entries.items():
        if entry.follows in entries:
            followers.setdefault(entry.follows, []).append(id)
        else:
            beginnings.append(id)
    order: dict[str, None] = {}
    for beginning in (*beginnings, *entries):
        ahead = [beginning]
        while ahead:
            id = ahead.pop()
            if id not in order:
                order[id] = None
                ahead.extend(followers.get(id, ()))
    return tuple(order)


def _word_end(text: str, at: int) -> int:
    """The end of the word that position ``at`` is in."""
    if at >= len(text):
        return len(text)
    while at < len(text) and not text[at].isspace():
        at += 1
    return at
