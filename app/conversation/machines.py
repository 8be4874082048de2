"""Small machines as tables: link, turn, response, sound, and the successor of a hand-over.

Keys are (phase, kind of happening); for ``ServerSaid`` the kind is that of the server's event. What is not in a table
changes nothing. What needs more than the phase, and every command, is in ``heart``.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final, TypeVar

from app.conversation import happenings as did
from app.realtime import events as said


class Link(Enum):
    """The way to the server."""

    DOWN = auto()
    OPENING = auto()
    CONFIGURING = auto()
    """The channel is open, silence is sent until the server has confirmed the session."""
    LIVE = auto()
    WAITING = auto()
    """Lost in the middle of a conversation; the next attempt starts when its time has come."""
    CLOSING = auto()


class Turn(Enum):
    """The user's turn."""

    IDLE = auto()
    SPEAKING = auto()
    """The server's voice activity detection hears speech."""
    HOLDING = auto()
    """The talk key is down."""
    TAILING = auto()
    """The key is up; the tail is still being sent."""
    SETTLING = auto()
    """All is sent; the last packets are on their way (sound and events are independent paths)."""


class Response(Enum):
    """The one response that may be active (PROTOCOL 4.5)."""

    NONE = auto()
    AWAITED = auto()
    """The server will make one by itself."""
    REQUESTED = auto()
    """``response.create`` has been sent."""
    ACTIVE = auto()
    CANCELLING = auto()


class Sound(Enum):
    """What the assistant's voice does at our end."""

    QUIET = auto()
    PLAYING = auto()
    DROPPED = auto()
    """Interrupted: nothing is played until the next response begins."""


class Successor(Enum):
    """The next session of a hand-over, while the present one still talks (make before break)."""

    NONE = auto()
    OPENING = auto()
    CONFIGURING = auto()
    READY = auto()
    """Waits for a quiet moment."""


Phase = TypeVar("Phase", bound=Enum)
Table = Mapping[tuple[Phase, type], Phase]

LINK: Final[Table[Link]] = {
    (Link.DOWN, did.ConnectRequested): Link.OPENING,
    (Link.OPENING, did.LinkOpened): Link.CONFIGURING,
    (Link.OPENING, did.DisconnectRequested): Link.CLOSING,
    (Link.OPENING, did.LinkEnded): Link.DOWN,
    (Link.CONFIGURING, said.SessionUpdated): Link.LIVE,
    (Link.CONFIGURING, did.DisconnectRequested): Link.CLOSING,
    (Link.CONFIGURING, did.LinkEnded): Link.DOWN,
    (Link.LIVE, did.DisconnectRequested): Link.CLOSING,
    (Link.LIVE, did.LinkEnded): Link.DOWN,
    (Link.WAITING, did.DisconnectRequested): Link.DOWN,
    (Link.WAITING, did.ConnectRequested): Link.OPENING,
    (Link.WAITING, did.NetworkChanged): Link.OPENING,
    (Link.CLOSING, did.LinkEnded): Link.DOWN,
}

TURN: Final[Table[Turn]] = {
    (Turn.IDLE, did.TalkPressed): Turn.HOLDING,
    (Turn.IDLE, said.InputAudioBufferSpeechStarted): Turn.SPEAKING,
    (Turn.SPEAKING, said.InputAudioBufferSpeechStopped): Turn.IDLE,
    (Turn.SPEAKING, said.InputAudioBufferCommitted): Turn.IDLE,
    (Turn.SPEAKING, did.TalkPressed): Turn.HOLDING,
    (Turn.HOLDING, did.TalkReleased): Turn.TAILING,
    (Turn.TAILING, did.TalkPressed): Turn.HOLDING,
    (Turn.TAILING, did.GateClosed): Turn.SETTLING,
    (Turn.SETTLING, did.TalkPressed): Turn.HOLDING,
}

RESPONSE: Final[Table[Response]] = {
    (Response.NONE, said.InputAudioBufferSpeechStopped): Response.AWAITED,
    (Response.NONE, said.ResponseCreated): Response.ACTIVE,
    (Response.AWAITED, said.InputAudioBufferSpeechStarted): Response.NONE,
    (Response.AWAITED, said.ResponseCreated): Response.ACTIVE,
    (Response.REQUESTED, said.ResponseCreated): Response.ACTIVE,
    (Response.REQUESTED, said.ResponseDone): Response.NONE,
    (Response.ACTIVE, said.ResponseDone): Response.NONE,
    (Response.CANCELLING, said.ResponseDone): Response.NONE,
}

SOUND: Final[Table[Sound]] = {
    (Sound.QUIET, said.OutputAudioBufferStarted): Sound.PLAYING,
    (Sound.PLAYING, said.OutputAudioBufferStopped): Sound.QUIET,
    (Sound.PLAYING, said.OutputAudioBufferCleared): Sound.QUIET,
    (Sound.DROPPED, said.ResponseCreated): Sound.QUIET,
}

SUCCESSOR: Final[Table[Successor]] = {
    (Successor.OPENING, did.LinkOpened): Successor.CONFIGURING,
    (Successor.OPENING, did.LinkEnded): Successor.NONE,
    (Successor.CONFIGURING, said.SessionUpdated): Successor.READY,
    (Successor.CONFIGURING, did.LinkEnded): Successor.NONE,
    (Successor.READY, did.LinkEnded): Successor.NONE,
}
"""Keyed by what happened to the successor."""


def kind_of(happening: did.Happening) -> type:
    """What the tables are keyed by."""
    return type(happening.event) if isinstance(happening, did.ServerSaid) else type(happening)


def moved(table: Table[Phase], phase: Phase, kind: type) -> Phase:
    """The phase after a happening of that kind."""
    return table.get((phase, kind), phase)
