"""The talk key at work: hears every source's presses, and has the conversation talk, fall silent or mute."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from app.conversation import happenings as did
from app.conversation.machines import Turn
from app.conversation.settings import Settings, TalkMode
from app.conversation.state import State
from app.conversation.talk_modes import (
    AllLost,
    Event,
    Lost,
    ModeChosen,
    Order,
    Pressed,
    Released,
    Source,
    Talk,
    TimePassed,
    Toggled,
    heard,
    seen,
)

log = logging.getLogger("parlance.session")

_HAPPENINGS: Final[dict[Order, did.Happening]] = {
    Order.TALK_DOWN: did.TalkPressed(),
    Order.TALK_UP: did.TalkReleased(),
    Order.MUTE: did.MuteChosen(True),
    Order.UNMUTE: did.MuteChosen(False),
    Order.INTERRUPT: did.InterruptRequested(),
}


class Talking:
    """One for each conversation. Session loop only.

    ``state`` is the conversation as it stands, ``handle`` is told what happens. Decides nothing: the modes do.
    """

    def __init__(self, settings: Settings, state: Callable[[], State], handle: Callable[[did.Happening], None]) -> None:
        self._state: Final = state
        self._handle: Final = handle
        self._loop: Final = asyncio.get_running_loop()
        self._talk = Talk(settings.talk_mode, settings.talk.longest_hold_s)
        self._timer: asyncio.TimerHandle | None = None

    def press(self, source: Source) -> None:
        """A key went down."""
        self._hear(Pressed(source))

    def release(self, source: Source) -> None:
        """A key came up."""
        self._hear(Released(source))

    def toggle(self, source: Source) -> None:
        """A key that knows no release."""
        self._hear(Toggled(source))

    def lose(self, source: Source) -> None:
        """That source's release may never be seen."""
        self._hear(Lost(source))

    def lose_all(self) -> None:
        """Nobody can be trusted to be at the keys."""
        self._hear(AllLost())

    def use(self, settings: Settings) -> None:
        """New settings."""
        self._hear(ModeChosen(settings.talk_mode, settings.talk.longest_hold_s))

    @property
    def is_on(self) -> bool:
        """Whether something goes on that a key began."""
        return self._seen().is_on

    @property
    def has_effect(self) -> bool:
        """Whether a press just now did something, or needs to do nothing that lasts."""
        return self.is_on or self._talk.mode is TalkMode.OPEN

    def _seen(self) -> Talk:
        state = self._state()
        return seen(self._talk, talking=state.turn is Turn.HOLDING, muted=state.muted)

    def _hear(self, event: Event) -> None:
        now_s = time.monotonic()
        self._talk, orders = heard(self._seen(), event, now_s, muted=self._state().muted)
        if isinstance(event, TimePassed) and orders:
            log.info("- the talk key was held too long")
        for order in orders:
            self._handle(_HAPPENINGS[order])
        self._talk = self._seen()  # nobody talks over a connection that is not there
        self._set_timer(now_s)

    def _set_timer(self, now_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._talk.until_s is not None:
            # qasync's timers may fire a little early
            delay_s = self._talk.until_s - now_s + 0.001
            self._timer = self._loop.call_at(self._loop.time() + delay_s, self._hear, TimePassed())
