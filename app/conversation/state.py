"""The heart's state: one frozen value."""

from dataclasses import dataclass, field

from app.conversation.machines import Link, Response, Sound, Turn
from app.conversation.plan import Plan
from app.conversation.stages import Stage
from app.conversation.transcript import Transcript
from app.conversation.troubles import Notice


@dataclass(frozen=True, slots=True)
class State:
    """A conversation at one moment. Deadlines are on the caller's monotonic clock, None when nothing is waited for."""

    link: Link = Link.DOWN
    turn: Turn = Turn.IDLE
    response: Response = Response.NONE
    sound: Sound = Sound.QUIET

    plan: Plan = field(default_factory=Plan)
    stage: Stage = Stage.TOKEN
    muted: bool = False
    transcript: Transcript = field(default_factory=Transcript)
    notice: Notice | None = None

    connect_again: bool = False
    """Connect was asked for while the attempt before was still ending."""
    ending: Notice | None = None
    """Why the link will end, known before it does."""

    response_id: str = ""
    request_event_id: str = ""
    """The ``event_id`` of the last ``response.create``, to know its refusal."""
    update_event_id: str = ""
    """The same for the session's first ``session.update``."""
    reply_wanted: bool = False
    """A response shall be asked for as soon as none is active."""
    cancel_when_created: bool = False
    """The coming response was interrupted before it had an id."""
    speaking_item_id: str = ""
    """The assistant's item that is being spoken."""
    playback_told: bool = False
    """This server sends ``output_audio_buffer`` events, so the ear is not needed to know who speaks."""
    transcribed: bool = True
    """The server writes down what the user says."""
    sound_began_s: float = 0.0
    pressed_s: float = 0.0
    released_s: float = 0.0

    serial: int = 0
    """How many event ids have been made."""

    configured_by_s: float | None = None
    tail_by_s: float | None = None
    settled_by_s: float | None = None
    reply_by_s: float | None = None

    @property
    def wake_at_s(self) -> float | None:
        """When ``WokeUp`` is due: the nearest deadline."""
        deadlines = (self.configured_by_s, self.tail_by_s, self.settled_by_s, self.reply_by_s)
        return min((deadline for deadline in deadlines if deadline is not None), default=None)
