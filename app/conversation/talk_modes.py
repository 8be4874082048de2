"""What a talk key means: from presses and releases to talking, mute and interruption. Pure.

``heard(talk, event, now_s) -> (talk, orders)``. Driven by the keys and buttons of every source (the window, the global
key, ``main.py remote``) and by everything that makes a source untrustworthy. Never stuck: whatever a key began ends
with the key's release, with the loss of its source, when everything is lost, or when its time is up.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final, TypeAlias

from app.conversation.settings import TalkMode

DOUBLE_PRESS_S: Final = 0.4
"""Two presses that begin within this time are one double press."""


class Source(Enum):
    """Where presses come from; each has one key."""

    WINDOW = auto()
    KEY = auto()
    """The key that works while another window has the focus."""
    REMOTE = auto()


class Order(Enum):
    """What the conversation shall do."""

    TALK_DOWN = auto()
    TALK_UP = auto()
    MUTE = auto()
    UNMUTE = auto()
    INTERRUPT = auto()


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key went down; a second one of the same source before its release is a repeat."""

    source: Source


@dataclass(frozen=True, slots=True)
class Released:
    """A key came up."""

    source: Source


@dataclass(frozen=True, slots=True)
class Toggled:
    """A source that knows no releases was pressed."""

    source: Source


@dataclass(frozen=True, slots=True)
class Lost:
    """A source's release may never be seen: the focus went, the back end died."""

    source: Source


@dataclass(frozen=True, slots=True)
class AllLost:
    """Nobody can be trusted to be at the keys: the screen was locked, the machine sleeps, the microphone went."""


@dataclass(frozen=True, slots=True)
class ModeChosen:
    """Settings changed."""

    mode: TalkMode
    longest_hold_s: float


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The moment of ``Talk.until_s`` may have come."""


Event: TypeAlias = Pressed | Released | Toggled | Lost | AllLost | ModeChosen | TimePassed


@dataclass(frozen=True, slots=True)
class Talk:
    """What the keys do at present."""

    mode: TalkMode = TalkMode.HOLD
    longest_hold_s: float = 120.0
    held: frozenset[Source] = frozenset()
    """Whose key is down."""
    owner: Source | None = None
    """Whose press began what goes on: talking, or with push-to-mute being muted."""
    latched: bool = False
    """It goes on without a key that is down."""
    pressed_s: float = float("-inf")
    """The last press that began something."""
    until_s: float | None = None
    """When it ends at the latest."""

    @property
    def is_on(self) -> bool:
        """Whether something goes on that a key began."""
        return self.owner is not None


Outcome: TypeAlias = tuple[Talk, tuple[Order, ...]]


def seen(talk: Talk, *, talking: bool, muted: bool) -> Talk:
    """The same, if the conversation has meanwhile ended by itself what a key began; ask before each event."""
    goes_on = muted if talk.mode is TalkMode.PUSH_TO_MUTE else talking
    return talk if goes_on or not talk.is_on else _off(talk)


def heard(talk: Talk, event: Event, now_s: float, *, muted: bool = False) -> Outcome:
    """What an event changes, and what is to be done. ``muted`` is whether the person is muted just now."""
    match event:
        case Pressed(source):
            return _pressed(talk, source, now_s, muted)
        case Released(source):
            return _released(talk, source)
        case Toggled(source):
            return _toggled(talk, source, now_s, muted)
        case Lost(source):
            rest = replace(talk, held=talk.held - {source})
            ends = talk.owner is source or not (rest.held or talk.latched)
            return _ended(rest) if ends else (rest, ())
        case AllLost():
            return _ended(replace(talk, held=frozenset()))
        case ModeChosen(mode, longest_hold_s):
            if (mode, longest_hold_s) == (talk.mode, talk.longest_hold_s):
                return talk, ()
            _, orders = _ended(talk)
            return Talk(mode, longest_hold_s), orders
        case TimePassed():
            over = talk.until_s is not None and now_s >= talk.until_s
            return _ended(replace(talk, held=frozenset())) if over else (talk, ())


def _pressed(talk: Talk, source: Source, now_s: float, muted: bool) -> Outcome:
    if source in talk.held:
        return talk, ()
    double = talk.mode is TalkMode.HOLD_OR_LOCK and now_s - talk.pressed_s <= DOUBLE_PRESS_S
    talk = replace(talk, held=talk.held | {source})
    if talk.mode is TalkMode.OPEN:
        return talk, (Order.INTERRUPT,)
    if talk.latched:
        return _ended(talk)
    if talk.is_on:
        return talk, ()
    return _begun(talk, source, now_s, muted, latched=double or talk.mode is TalkMode.TOGGLE)


def _released(talk: Talk, source: Source) -> Outcome:
    if source not in talk.held:
        return talk, ()
    talk = replace(talk, held=talk.held - {source})
    return (talk, ()) if talk.held or talk.latched else _ended(talk)


def _toggled(talk: Talk, source: Source, now_s: float, muted: bool) -> Outcome:
    if talk.mode is TalkMode.OPEN:
        return talk, (Order.INTERRUPT,)
    return _ended(talk) if talk.is_on else _begun(talk, source, now_s, muted, latched=True)


def _begun(talk: Talk, source: Source, now_s: float, muted: bool, *, latched: bool) -> Outcome:
    if talk.mode is TalkMode.PUSH_TO_MUTE and muted:
        return talk, ()  # who is muted on purpose stays so after the release
    order = Order.MUTE if talk.mode is TalkMode.PUSH_TO_MUTE else Order.TALK_DOWN
    begun = replace(talk, owner=source, latched=latched, pressed_s=now_s, until_s=now_s + talk.longest_hold_s)
    return begun, (order,)


def _ended(talk: Talk) -> Outcome:
    if not talk.is_on:
        return talk, ()
    return _off(talk), (Order.UNMUTE if talk.mode is TalkMode.PUSH_TO_MUTE else Order.TALK_UP,)


def _off(talk: Talk) -> Talk:
    return replace(talk, owner=None, latched=False, until_s=None)
