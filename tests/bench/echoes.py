"""The rows of echo cancelling: the product's canceller in the simulated room of ``tests.support.room``."""

from typing import Final

from app.audio.apm import ApmMissing
from app.audio.pcm import RATE_HZ
from tests.bench.echo_table import double_talk_scene, judge
from tests.bench.network import BenchTrouble
from tests.bench.rows import Row, at_least, at_most
from tests.support.echo_scene import Recording, run
from tests.support.room import ASSISTANT, Acoustics, pcm, quiet, spoken
from tests.support.speech import correlation

ECHO_S: Final = 30.0
ADAPTED_S: Final = 2.0
"""The canceller has so long to learn the room before it is judged."""
NEAR_ALONE_S: Final = (21, 26)
"""When the person speaks alone in the scene of double talk."""


def cancelling(runs: int) -> list[Row]:
    """Another room in each run; echo and voice equally loud at the microphone."""
    loss = Row("echo return loss enhancement, simulated room", "dB", at_least(40))
    kept = Row("double talk at 0 dB: near speech kept", "%", at_least(90), note="32 ms frames a voice detector hears")
    turns = Row("assistant alone: takes itself for the user", "times", at_most(0), digits=0, note=f"in {ECHO_S:g} s")
    delay = Row("delay added by echo cancelling", "ms", at_most(15))
    load = Row("CPU of echo cancelling alone", "% of a core", digits=2)
    far, near = double_talk_scene()
    try:
        for number in range(runs):
            acoustics = Acoustics(seed=number + 1)
            alone = run(spoken(ASSISTANT[number % len(ASSISTANT) :], ECHO_S), quiet(ECHO_S), acoustics)
            loss.parlance.append(alone.erle_db(ADAPTED_S, ECHO_S))
            both = run(far, near, acoustics)
            verdict = judge(both)
            kept.parlance.append(100 * verdict.heard)
            turns.parlance.append(verdict.false_turns)
            delay.parlance.append(_delay_ms(both))
            load.parlance.append(both.cpu_ms_per_s / 10)
    except ApmMissing as missing:
        raise BenchTrouble(f"The echo canceller does not load: {missing}") from missing
    return [loss, kept, turns, delay, load]


def _delay_ms(recording: Recording) -> float:
    """From what the microphone hears of the person alone to what is sent of it."""
    begins, ends = (moment_s * RATE_HZ for moment_s in NEAR_ALONE_S)
    lag, _ = correlation(pcm(recording.near)[begins:ends], recording.sent[begins : ends + RATE_HZ])
    return 1000 * lag / RATE_HZ
