"""Echo, noise and gain: the settings turned into processing, and what has to be said about it."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from app.audio.apm import ApmMissing
from app.audio.ducking import Duplex
from app.audio.echo import EchoCanceller, EchoMode, EchoSettings
from app.audio.loudness import Target
from app.conversation.settings import Hearing, Settings, TurnMode
from app.conversation.troubles import EchoCancellingMissing, EchoRemains, LoudspeakerTooLoud, SoundTrouble

log = logging.getLogger("parlance.session")

TOO_LOUD_DB: Final = 9.0
"""From here on of echo over voice, not all that is said over the assistant is heard (measured in a simulated room)."""

_MODES: Final = {
    Hearing.LOUDSPEAKER: EchoMode.LOUDSPEAKER,
    Hearing.HEADSET: EchoMode.HEADSET,
    Hearing.AS_IS: EchoMode.OFF,
}


def echo_settings(settings: Settings) -> EchoSettings:
    """How captured sound is processed in a conversation with these settings."""
    # With the talk key the person says who speaks: nothing may cut into that.
    hands_free = settings.turn.mode is not TurnMode.PUSH_TO_TALK
    # Automatic gain would take back what somebody has chosen.
    gain = None if settings.level.target is Target.AS_IT_COMES else False
    return EchoSettings(_MODES[settings.hearing], control_gain=gain, hands_free=hands_free)


class Ears:
    """One canceller for the run, set up anew for each conversation. Session loop only."""

    def __init__(self, arose: Callable[[SoundTrouble], None]) -> None:
        self.canceller: Final = EchoCanceller()
        self._arose: Final = arose
        self._told: Final = set[type[SoundTrouble]]()

    async def choose(self, settings: Settings) -> None:
        """Work as these settings say; without the native library sound passes as it is, and that is said once."""
        try:
            await asyncio.to_thread(self.canceller.choose, echo_settings(settings))
        except ApmMissing:
            log.info("- no echo cancelling on this machine")
            self._tell(EchoCancellingMissing())

    def look(self) -> None:
        """Say what is worth saying about the echo, once each."""
        stats = self.canceller.stats()
        if stats.duplex is Duplex.HALF:
            self._tell(EchoRemains())
        elif stats.echo_to_voice_db is not None and stats.echo_to_voice_db > TOO_LOUD_DB:
            self._tell(LoudspeakerTooLoud())

    def _tell(self, trouble: SoundTrouble) -> None:
        if type(trouble) not in self._told:
            self._told.add(type(trouble))
            self._arose(trouble)
