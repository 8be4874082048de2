"""Echo, noise and gain in a simulated room."""

import subprocess
import sys

import numpy as np

from app.audio.echo import EchoCanceller, EchoMode, EchoSettings
from app.audio.pcm import BLOCK_SAMPLES, silence
from tests.support.room import PERSON, pcm, spoken
from tests.support.speech import correlation


def test_sound_passes_unchanged_before_a_choice_and_when_off() -> None:
    canceller = EchoCanceller()
    block = np.arange(BLOCK_SAMPLES, dtype=np.int16)
    for _ in range(2):
        canceller.reference(silence())
        processed = canceller.process(block)
        assert np.array_equal(processed, block)
        assert processed is not block
        canceller.choose(EchoSettings(EchoMode.OFF))


def test_importing_the_room_does_not_load_the_native_library() -> None:
    asked = "import sys, app.audio.echo; print('livekit' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True, timeout=30)
    assert answer.stdout.strip() == "False"


def test_a_voice_comes_through_within_15_ms() -> None:
    voice = pcm(spoken(PERSON, 4.0))
    for mode in (EchoMode.LOUDSPEAKER, EchoMode.HEADSET):
        canceller = EchoCanceller()
        canceller.choose(EchoSettings(mode, control_gain=False))
        through = []
        for start in range(0, len(voice), BLOCK_SAMPLES):
            canceller.reference(silence())
            through.append(canceller.process(voice[start : start + BLOCK_SAMPLES]))
        delay_samples, alike = correlation(voice, np.concatenate(through))
        assert delay_samples <= 15 * 48
        assert alike > 0.7
