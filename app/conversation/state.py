"""The heart's state: one frozen value, made of a few small ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from app.conversation.machines import Link, Response, Sound, Successor, Turn
from app.conversation.plan import Plan
from app.conversation.stages import Stage
from app.conversation.transcript import Transcript
from app.conversation.troubles import Notice
from app.conversation.usage import Meter
from app.conversation.view import Question
from app.realtime.items import FunctionCall, Item


@dataclass(frozen=True, slots=True)
class Deadlines:
    """What is waited for, on the caller's monotonic clock; None where nothing is."""

    configured_by_s: float | None = None
    """Silence ends, confirmed or not."""
    tail_by_s: float | None = None
    settled_by_s: float | None = None
    reply_by_s: float | None = None
    """"Thinking" ends without a word from the server."""
    retry_at_s: float | None = None
    """The next attempt to reconnect."""
    rollover_at_s: float | None = None
    """Time to prepare the next session."""
    ready_by_s: float | None = None
    """The successor is believed to be set up, confirmed or not."""
    adopt_at_s: float | None = None
    """It has been quiet long enough to hand over."""
    adopt_by_s: float | None = None
    """Hand over, quiet or not."""
    idle_warning_s: float | None = None
    idle_end_s: float | None = None

    @property
    def nearest_s(self) -> float | None:
        """The first of them."""
        return min(self._told().values(), default=None)

    def later_than(self, now_s: float) -> "Deadlines":
        """Those that are still to come."""
        return Deadlines(**{name: at_s for name, at_s in self._told().items() if at_s > now_s})

    def _told(self) -> dict[str, float]:
        values = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: at_s for name, at_s in values if at_s is not None}


@dataclass(frozen=True, slots=True)
class State:
    """A conversation at one moment."""

    link: Link = Link.DOWN
    turn: Turn = Turn.IDLE
    response: Response = Response.NONE
    sound: Sound = Sound.QUIET
    successor: Successor = Successor.NONE

    plan: Plan = field(default_factory=Plan)
    stage: Stage = Stage.TOKEN
    muted: bool = False
    transcript: Transcript = field(default_factory=Transcript)
    notice: Notice | None = None
    question: Question | None = None
    """What a function wants a person's consent for."""
    meter: Meter = field(default_factory=Meter)
    due: Deadlines = field(default_factory=Deadlines)

    # The connection as a whole, over all its sessions.
    begun: bool = False
    """It has been live since the person asked for it: losing it now is a loss, not a failure to connect."""
    tries: int = 0
    """Attempts since it was live last."""
    connect_again: bool = False
    """Another attempt shall follow as soon as this one has ended."""
    ending: Notice | None = None
    """Why the link will end, known before it does."""
    lost_at_s: float | None = None
    """When the connection was lost, while it is."""
    successor_limit_s: float | None = None
    """When the successor's session ends, as its server told."""
    hurry: bool = False
    """Hand over as soon as the successor is ready, quiet or not."""
    line_doubted: bool = False
    """The present line may be dead without knowing it."""
    cut_off: bool = False
    """The loss cut an answer off, or left one owing."""
    comes_again: bool = False
    """The user's last turn is said again to the next session, and answered there."""
    voice_doubted: bool = False
    """The first answer after a restored context may come without voice."""

    # The present session.
    response_id: str = ""
    request_event_id: str = ""
    """The ``event_id`` of the last ``response.create``, to know its refusal."""
    update_event_ids: frozenset[str] = frozenset()
    """The same for the session's first ``session.update``s."""
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
    called: frozenset[str] = frozenset()
    """The ``call_id`` of every function call seen: each runs once."""
    running: Mapping[str, FunctionCall] = field(default_factory=dict)
    """Those that have not finished, by ``call_id``, whichever session they were called in."""
    results: tuple[Item, ...] = ()
    """What functions answered while nobody could be told; the next session is."""
    sound_began_s: float = 0.0
    silent_since_s: float = 0.0
    """When the speaker last fell silent; 0 while it can be heard."""
    pressed_s: float = 0.0
    released_s: float = 0.0
    live_s: float = 0.0
    """When this session became live."""
    committed_s: float = 0.0
    """When the server last took a turn of the user."""

    serial: int = 0
    """How many ids have been made."""

    @property
    def wake_at_s(self) -> float | None:
        """When ``WokeUp`` is due: the nearest deadline."""
        return self.due.nearest_s

    @property
    def is_quiet(self) -> bool:
        """Nobody speaks and nothing is owed."""
        return (
            self.turn is Turn.IDLE
            and self.response is Response.NONE
            and self.sound is not Sound.PLAYING
            and not self.reply_wanted
            and not self.running
        )
