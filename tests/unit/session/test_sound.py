"""The sound thread, and its parts that can be told without a thread."""

import threading

import numpy as np

from app.audio.cues import CONNECTED
from app.audio.pcm import BLOCK_SAMPLES, Pcm, silence
from app.audio.uplink import Uplink
from app.devices.files import FileDevices
from app.session.sound import CALM_S, MOST_AHEAD_BLOCKS, STALLED_S, SoundThread, _Pace, _Playback


def fetch(playback: _Playback, blocks: int = 1) -> None:
    for _ in range(blocks):
        playback.fill(silence())


def test_more_is_kept_ready_after_underruns_and_less_again_when_it_is_calm() -> None:
    playback = _Playback(threading.Event())
    assert playback.ahead_blocks(10.0) == 1
    fetch(playback)
    assert playback.ahead_blocks(10.1) == 2
    assert playback.ahead_blocks(10.2) == 2
    for at in range(10):
        fetch(playback)
        playback.ahead_blocks(11.0 + at)
    assert playback.ahead_blocks(21.0) == MOST_AHEAD_BLOCKS
    assert playback.ahead_blocks(21.0 + CALM_S) == MOST_AHEAD_BLOCKS - 1
    calm_s = 21.0
    for _ in range(MOST_AHEAD_BLOCKS):
        calm_s += CALM_S + 1
        playback.ahead_blocks(calm_s)
    assert playback.ahead_blocks(calm_s) == 1


def test_what_is_ready_is_played_and_the_rest_is_silence() -> None:
    playback = _Playback(threading.Event())
    playback.ring.write(silence() + 7)
    out = silence() + 1
    playback.fill(out)
    assert (out == 7).all()
    playback.fill(out)
    assert not out.any()
    assert playback.underruns == 1


def test_a_device_that_keeps_the_pace_is_not_stood_in_for() -> None:
    pace = _Pace(0.0)
    for tick in range(1, 100):
        pace.kept(tick / 100)
        assert pace.missed(tick / 100) == 0


def test_a_stalled_device_is_stood_in_for_at_its_own_pace() -> None:
    pace = _Pace(0.0)
    assert pace.missed(STALLED_S - 0.001) == 0
    blocks = sum(pace.missed(tick / 100) for tick in range(6, 107))
    assert abs(blocks - 106) <= 1


def test_after_a_long_sleep_only_a_little_is_made_up_for() -> None:
    pace = _Pace(0.0)
    assert pace.missed(3600.0) * BLOCK_SAMPLES <= STALLED_S * 48_000
    assert pace.missed(3600.01) <= 7


class Canceller:
    """Keeps what it is told of."""

    def __init__(self) -> None:
        self.assistant: list[Pcm] = []
        self.references: list[Pcm] = []
        self.has_cue = threading.Event()

    def process(self, block: Pcm) -> Pcm:
        return block.copy()

    def soften(self, block: Pcm) -> None:
        self.assistant.append(block.copy())

    def reference(self, block: Pcm) -> None:
        self.references.append(block.copy())
        if np.concatenate(self.references).any() and not block.any():
            self.has_cue.set()


def test_a_cue_is_known_to_the_echo_canceller_and_never_sent() -> None:
    canceller, sent = Canceller(), list[Pcm]()
    sound = SoundThread(
        FileDevices(None, None),
        Uplink(processor=canceller),
        send=lambda block, _gap: sent.append(block.copy()),
        gate_closed=lambda: None,
        audible_changed=lambda _audible: None,
        ended=lambda _direction: None,
    )
    sound.start()
    try:
        sound.cues.play(CONNECTED)
        assert canceller.has_cue.wait(10)
    finally:
        sound.stop()
    heard = np.concatenate(canceller.references)
    begins = int(np.flatnonzero(heard)[0]) // BLOCK_SAMPLES * BLOCK_SAMPLES
    assert np.array_equal(heard[begins : begins + len(CONNECTED)], CONNECTED)
    assert not np.concatenate(canceller.assistant).any(), "a cue is not taken for the assistant"
    assert sent
    assert not np.concatenate(sent).any()
