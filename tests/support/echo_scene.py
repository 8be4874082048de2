"""An assistant and a person in a simulated room, heard through whatever processes the microphone's sound."""

import random
import time
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from app.audio.apm import Apm
from app.audio.echo import EchoCanceller, EchoSettings, EchoStats
from app.audio.pcm import BLOCK_MS, BLOCK_SAMPLES, Pcm, silence
from tests.support.room import Acoustics, Room, Signal, pcm

_BLOCK_S: Final = BLOCK_MS / 1000


class Clock:
    """Time in a simulation."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Listener(Protocol):
    """What is put between microphone and wire; a Processor that may turn the assistant down."""

    def process(self, block: Pcm, age_ms: float = 0.0) -> Pcm: ...
    def soften(self, block: Pcm) -> None: ...
    def reference(self, block: Pcm) -> None: ...


class Plain:
    """The native canceller alone: no drift correction, no ducking."""

    def __init__(self) -> None:
        self._apm = Apm(cancel_echo=True, suppress_noise=True, control_gain=False)
        self.reference = self._apm.reference

    def process(self, block: Pcm, age_ms: float = 0.0) -> Pcm:
        """One captured block."""
        return self._apm.process(block)

    def soften(self, block: Pcm) -> None:
        """Never."""


@dataclass(slots=True)
class Recording:
    """What happened, in one entry or 10 ms for each captured block."""

    captured: Pcm
    sent: Pcm
    echo: Signal
    near: Signal
    ducked: list[bool] = field(default_factory=list)
    stats: list[EchoStats] = field(default_factory=list)
    cpu_ms_per_s: float = 0.0

    def erle_db(self, begin_s: float, end_s: float) -> float:
        """Power captured over power sent, while the echo sounds in this stretch and the microphone is open.

        A shut microphone cancels nothing, so what it does not send is left out; nan if it is shut all the time.
        """
        echo, captured, sent = (_powers(each) for each in (self.echo, self.captured / 32768, self.sent / 32768))
        at_s = np.arange(len(echo)) * _BLOCK_S
        counts = (echo > np.percentile(echo, 99) * 10**-3.5) & (at_s >= begin_s) & (at_s < end_s) & (sent > 0)
        return float(10 * np.log10(captured[counts].sum() / sent[counts].sum())) if counts.any() else float("nan")


def run(
    far: Signal,
    near: Signal,
    acoustics: Acoustics,
    *,
    settings: EchoSettings | None = None,
    plain: bool = False,
    late_ms: float = 3.0,
    at_once: int = 2,
) -> Recording:
    """The assistant says ``far`` while the person says ``near``; each device's callback is up to ``late_ms`` late.

    So many captured blocks are processed in one go, as the sound thread does it with packets of as many blocks.
    """
    clock = Clock()
    canceller = EchoCanceller(clock)
    canceller.choose(settings or EchoSettings())
    listener: Listener = Plain() if plain else canceller
    room, chance = Room(acoustics), random.Random(acoustics.seed)
    blocks = len(near) // BLOCK_SAMPLES // at_once * at_once
    recording = Recording(silence(0), silence(0), np.zeros(0), near[: blocks * BLOCK_SAMPLES])
    captured, waiting, sent, echoes = list[Pcm](), list[Pcm](), list[Pcm](), list[Signal]()
    spent_s, played, ducked = 0.0, 0, False
    for index in range(blocks):
        due_s = (index + 1) * room.mic_step_s + 0.0035
        while played * _BLOCK_S <= due_s:
            block = pcm(far[played * BLOCK_SAMPLES : (played + 1) * BLOCK_SAMPLES])
            block = np.concatenate((block, silence(BLOCK_SAMPLES - len(block))))
            clock.now_s = played * _BLOCK_S + chance.random() * late_ms / 1000
            before_s, whole = time.thread_time(), _energy(block)
            listener.soften(block)
            listener.reference(block)
            spent_s += time.thread_time() - before_s
            ducked = _energy(block) < whole if whole else ducked
            room.play(block)
            played += 1
        heard, echo = room.hear(near[index * BLOCK_SAMPLES : (index + 1) * BLOCK_SAMPLES])
        clock.now_s = due_s + chance.random() * late_ms / 1000
        before_s = time.thread_time()
        waiting.append(heard)
        if len(waiting) == at_once:
            ages_ms = range((at_once - 1) * BLOCK_MS, -1, -BLOCK_MS)
            sent += [listener.process(block, age_ms) for block, age_ms in zip(waiting, ages_ms, strict=True)]
            waiting.clear()
        spent_s += time.thread_time() - before_s
        captured.append(heard)
        echoes.append(echo)
        recording.ducked.append(ducked)
        recording.stats.append(canceller.stats())
    recording.captured, recording.sent = np.concatenate(captured), np.concatenate(sent)
    recording.echo = np.concatenate(echoes)
    recording.cpu_ms_per_s = spent_s * 1000 / (blocks * _BLOCK_S)
    return recording


def _energy(block: Pcm) -> int:
    return int(np.square(block.astype(np.int64)).sum())


def _powers(sound: Signal) -> Signal:
    return np.asarray(np.square(sound).reshape(-1, BLOCK_SAMPLES).mean(axis=1))
