"""What a microphone's sound goes through before it may be sent: echo, noise, gain.

the assistant ─ soften ─ and cues ─ reference ─► ReferenceLine ─┐ on the microphone's clock
from the microphone ─ process ────────────────────────────► Apm ─► half-duplex ─► to be sent
                                        levels ─► EchoMeter ─► Ducker ─► soften
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from app.audio.apm import Apm, ApmMissing
from app.audio.drift import ReferenceLine
from app.audio.ducking import Ducker, Duplex
from app.audio.echo_meter import EchoMeter
from app.audio.level import SILENCE_DBFS, level_dbfs
from app.audio.pcm import Pcm, silence

__all__ = ["ApmMissing", "Duplex", "EchoCanceller", "EchoMode", "EchoSettings", "EchoStats"]


class EchoMode(Enum):
    """What the assistant is heard through."""

    LOUDSPEAKER = "loudspeaker"
    """The microphone hears the assistant too. Adds 14.9 ms of delay with noise suppression, 8.9 without."""
    HEADSET = "headset"
    """There is no echo to cancel. Adds 6.9 ms with noise suppression, 0.9 without."""
    OFF = "off"
    """Sound goes as it comes, without delay."""


@dataclass(frozen=True, slots=True)
class EchoSettings:
    """How captured sound is processed."""

    mode: EchoMode = EchoMode.LOUDSPEAKER
    suppress_noise: bool = True
    control_gain: bool | None = None
    """None: with a headset only, because gain lifts what is left of an echo by 15 dB."""
    hands_free: bool = True
    """Whether the assistant's sound could be sent at all: False for push-to-talk, where the key silences it first."""


@dataclass(frozen=True, slots=True)
class EchoStats:
    """How echo cancelling is doing; None is not known (yet)."""

    mode: EchoMode
    duplex: Duplex = Duplex.FULL
    erle_db: float | None = None
    """How much fainter the echo is sent than it was captured; below 20 the mode is half-duplex."""
    echo_to_voice_db: float | None = None
    """How much louder than the person the assistant is at the microphone; above 9 words are lost in spite of all."""
    delay_ms: float | None = None
    """From the loudspeaker's queue to the captured echo, to 10 ms."""
    drift_ppm: float | None = None
    """How much faster the microphone's clock runs than the loudspeaker's."""
    gaps: int = 0
    """Blocks captured while the loudspeaker was behind."""


class EchoCanceller:
    """A Processor (see app.audio.uplink). Sound passes as it is until ``choose`` has been called.

    ``process``, ``soften`` and ``reference`` belong to the sound thread. ``choose`` may be called from any other, at
    any time: what it makes takes the place of what was there in one assignment. ``stats`` may be read from anywhere.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock: Final = clock
        self._mode = EchoMode.OFF
        self._chain: _Loudspeaker | _Headset | None = None

    def choose(self, settings: EchoSettings) -> None:
        """Work like that from now on. Blocks up to 0.2 s the first time; raises ApmMissing, and all stays as it was."""
        match settings.mode:
            case EchoMode.OFF:
                self._chain = None
            case EchoMode.HEADSET:
                self._chain = _Headset(settings)
            case EchoMode.LOUDSPEAKER:
                self._chain = _Loudspeaker(settings, self._clock)
        self._mode = settings.mode

    def process(self, block: Pcm, age_ms: float = 0.0) -> Pcm:
        """One block, captured so long ago, in; one block out, as a new array. Sound thread."""
        chain = self._chain
        return block.copy() if chain is None else chain.process(block, age_ms)

    def soften(self, block: Pcm) -> None:
        """Turn the assistant down in place while a person speaks over it; before ``reference``. Sound thread."""
        chain = self._chain
        if isinstance(chain, _Loudspeaker):
            chain.soften(block)

    def reference(self, block: Pcm) -> None:
        """One block as the loudspeaker is about to play it, silence included. Sound thread."""
        chain = self._chain
        if isinstance(chain, _Loudspeaker):
            chain.reference(block)

    def stats(self) -> EchoStats:
        """The figures of this moment. From any thread."""
        chain = self._chain
        return chain.stats() if isinstance(chain, _Loudspeaker) else EchoStats(self._mode)


class _Headset:
    def __init__(self, settings: EchoSettings) -> None:
        gain = settings.control_gain is not False
        self._apm: Final = Apm(cancel_echo=False, suppress_noise=settings.suppress_noise, control_gain=gain)

    def process(self, block: Pcm, _age_ms: float) -> Pcm:
        return self._apm.process(block)


class _Loudspeaker:
    def __init__(self, settings: EchoSettings, clock: Callable[[], float]) -> None:
        gain = settings.control_gain is True
        self._apm: Final = Apm(cancel_echo=True, suppress_noise=settings.suppress_noise, control_gain=gain)
        self._hands_free: Final = settings.hands_free
        self._clock: Final = clock
        self._line: Final = ReferenceLine()
        self._meter: Final = EchoMeter()
        self.ducker: Final = Ducker()
        self._far_dbfs = SILENCE_DBFS

    def soften(self, block: Pcm) -> None:
        self.ducker.soften(block)
        # Of the assistant alone: a cue is no speech, and for what is left of one nobody has to be silenced.
        self._far_dbfs = level_dbfs(block)

    def reference(self, block: Pcm) -> None:
        self._line.push(block, self._clock())

    def process(self, block: Pcm, age_ms: float) -> Pcm:
        # The reference first, and one for each block: that is the order in which AEC3 counts both.
        self._apm.reference(self._line.pull(self._clock() - age_ms / 1000))
        cleaned = self._apm.process(block)
        ducked = self.ducker.duplex is Duplex.DUCKED
        self._meter.feed(self._far_dbfs, level_dbfs(block), level_dbfs(cleaned), ducked=ducked)
        self.ducker.follow(self._meter)
        return cleaned if self.ducker.microphone_open or not self._hands_free else silence()

    def stats(self) -> EchoStats:
        meter = self._meter
        return EchoStats(
            mode=EchoMode.LOUDSPEAKER,
            duplex=self.ducker.duplex,
            erle_db=meter.erle_db if meter.echo_dbfs is not None else None,
            echo_to_voice_db=meter.echo_to_voice_db,
            delay_ms=meter.delay_ms,
            drift_ppm=self._line.drift_ppm,
            gaps=self._line.gaps,
        )
