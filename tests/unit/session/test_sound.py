"""The sound thread, and its parts that can be told without a thread."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from app.audio.catalog import Device, Direction
from app.audio.cues import CONNECTED
from app.audio.loudness import Target
from app.audio.pcm import BLOCK_SAMPLES, Pcm, silence
from app.audio.stream_stats import StreamStats
from app.audio.uplink import Uplink
from app.conversation.settings import LevelSettings
from app.session.lines import CALM_S, MOST_AHEAD_BLOCKS, Capture, Playback
from app.session.pace import Pace
from app.session.sound import FADE_SAMPLES, SoundThread


def fetch(playback: Playback, blocks: int = 1) -> None:
    for _ in range(blocks):
        playback.fill(silence())


def test_more_is_kept_ready_after_underruns_and_less_again_when_it_is_calm() -> None:
    playback = Playback(threading.Event())
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


def test_what_a_device_asks_for_while_it_is_opened_is_no_lateness() -> None:
    playback = Playback(threading.Event())
    fetch(playback, 3)
    assert playback.ahead_blocks(10.0) == 1
    assert playback.ahead_blocks(10.1) == 1
    fetch(playback)
    assert playback.ahead_blocks(10.2) == 2


def test_what_is_ready_is_played_and_the_rest_is_silence() -> None:
    playback = Playback(threading.Event())
    playback.ring.write(silence() + 7)
    out = silence() + 1
    playback.fill(out)
    assert (out == 7).all()
    playback.fill(out)
    assert not out.any()
    assert playback.underruns == 1


class Canceller:
    """Keeps what it is told of."""

    def __init__(self) -> None:
        self.assistant: list[Pcm] = []
        self.references: list[Pcm] = []
        self.has_cue = threading.Event()
        self.ages_ms: list[float] = []

    def process(self, block: Pcm, age_ms: float = 0.0) -> Pcm:
        self.ages_ms.append(age_ms)
        return block.copy()

    def soften(self, block: Pcm) -> None:
        self.assistant.append(block.copy())

    def reference(self, block: Pcm) -> None:
        self.references.append(block.copy())
        if np.concatenate(self.references).any() and not block.any():
            self.has_cue.set()


class SendingLine:
    """Keeps what it is given for packets of so many blocks."""

    def __init__(self, packet_blocks: int) -> None:
        self.sent: list[Pcm] = []
        self._packet_blocks = packet_blocks

    def send(self, block: Pcm, _gap_samples: int) -> int:
        self.sent.append(block.copy())
        return self._packet_blocks - len(self.sent) % self._packet_blocks


class Hum:
    """A playout that goes on and on; what it plays once it is dropped is its own end, as loud as what came before."""

    def __init__(self) -> None:
        self.dropped = 0

    def pull(self, out: Pcm, now_s: float) -> None:
        self.dropped += 1 if self.dropped else 0
        out[:] = 0 if self.dropped > 2 else 8000

    def drop(self) -> None:
        self.dropped = 1

    def resume(self) -> None:
        self.dropped = 0

    def audible(self, now_s: float) -> bool:
        return not self.dropped


class Speaker:
    """A device that takes a block whenever it is told to."""

    device = None

    def __init__(self) -> None:
        self.fill: Callable[[Pcm], None] = lambda _block: None
        self.closed_s: list[float] = []

    def stats(self) -> StreamStats:
        return StreamStats(0, 0, 20.0, 48_000, 1, failed=False)

    def open_speaker(self, device: object, fill: Callable[[Pcm], None], on_end: Callable[[], None]) -> "Speaker":
        self.fill = fill
        return self

    def take(self) -> Pcm:
        block = silence()
        self.fill(block)
        return block

    def close(self) -> None:
        self.closed_s.append(time.monotonic())


def sound_thread(
    devices: "Speaker | Microphones", processor: "Canceller | None" = None, line: "SendingLine | None" = None
) -> SoundThread:
    """Not started."""
    return SoundThread(
        devices,  # type: ignore[arg-type]  # nothing of the other kind is opened
        Uplink(processor=processor),
        send=(line or SendingLine(1)).send,
        gate_closed=lambda: None,
        audible_changed=lambda _audible: None,
        ended=lambda _direction: None,
    )


def playing_on(speaker: Speaker) -> SoundThread:
    sound = sound_thread(speaker)
    sound.open(Direction.SPEAKER, None)
    return sound


def test_a_speaker_that_is_replaced_plays_out_what_it_has() -> None:
    speaker = Speaker()
    sound = playing_on(speaker)
    line = sound.line_in_use(Direction.SPEAKER)
    assert line is not None
    line.ring.write(silence())
    replaced_s = time.monotonic()
    sound.open(Direction.SPEAKER, None)
    assert speaker.closed_s[0] - replaced_s >= 0.03  # 20 ms in the device, 10 ms in the ring


def test_what_waits_for_the_speaker_falls_silent_too_and_nothing_comes_after_it() -> None:
    speaker = Speaker()
    sound = playing_on(speaker)
    line = sound._lines[Direction.SPEAKER]
    assert isinstance(line, Playback)
    pace = Pace(0.0)
    sound.play(Hum())
    line.fill(silence())
    now_s = time.monotonic()
    sound._play(pace, now_s)
    assert line.ring.fill >= BLOCK_SAMPLES
    sound.drop()
    sound._play(pace, now_s)
    assert line.ring.fill
    first = speaker.take()
    assert 0 < first[0] <= 8000
    assert not first[FADE_SAMPLES:].any()
    for _ in range(5):
        sound._play(pace, time.monotonic())
        assert not speaker.take().any()


def test_a_cue_is_known_to_the_echo_canceller_and_never_sent() -> None:
    canceller, line, speaker = Canceller(), SendingLine(1), Speaker()
    sound = sound_thread(speaker, processor=canceller, line=line)
    sound.start()
    try:
        sound.cues.play(CONNECTED, time.monotonic())  # and waits for the speaker
        sound.open(Direction.SPEAKER, None)
        heard = [speaker.take()]
        while not canceller.has_cue.wait(0.005):
            heard.append(speaker.take())
            assert len(heard) < 2000, "no cue"
    finally:
        sound.stop()
    known = np.concatenate(canceller.references)
    begins = int(np.flatnonzero(known)[0]) // BLOCK_SAMPLES * BLOCK_SAMPLES
    assert np.array_equal(known[begins : begins + len(CONNECTED)], CONNECTED)
    assert np.concatenate(heard).any()
    assert not np.concatenate(canceller.assistant).any(), "a cue is not taken for the assistant"
    assert line.sent
    assert not np.concatenate(line.sent).any()


class Microphones:
    """Devices that can be opened, and are no more than their names."""

    def open_microphone(
        self, device: Device, on_block: Callable[[Pcm], None], on_end: Callable[[], None]
    ) -> "Microphones":
        self.device, self.on_block = device, on_block
        return self

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("packet_blocks", "done_after"), [(1, [1, 2, 3, 4, 5]), (2, [1, 2, 2, 4, 4]), (4, [1, 1, 3, 4, 4])]
)
def test_what_is_captured_waits_for_a_whole_packet_and_not_for_more(packet_blocks: int, done_after: list[int]) -> None:
    line, microphone = SendingLine(packet_blocks), Microphones()
    sound = sound_thread(microphone, line=line)
    sound.open(Direction.MICROPHONE, Device("desk", "Desk", Direction.MICROPHONE))
    now_s = time.monotonic()
    done = []
    for number in range(5):
        microphone.on_block(silence() + number)
        sound._capture(Pace(now_s), now_s)
        done.append(len(line.sent))
    assert done == done_after
    assert [int(block[0]) for block in line.sent] == list(range(done_after[-1]))


def test_the_canceller_is_told_how_long_ago_a_block_was_captured() -> None:
    canceller, line, microphone = Canceller(), SendingLine(2), Microphones()
    sound = sound_thread(microphone, processor=canceller, line=line)
    sound.open(Direction.MICROPHONE, Device("desk", "Desk", Direction.MICROPHONE))
    now_s = time.monotonic()
    for _ in range(4):
        microphone.on_block(silence())
    sound._capture(Pace(now_s), now_s)
    assert canceller.ages_ms == [30, 20, 10, 0]


def test_a_microphone_wakes_the_thread_when_enough_is_there() -> None:
    bell = threading.Event()
    capture = Capture(bell)
    assert not capture.has(2)
    capture.on_block(silence())
    assert not bell.is_set()
    capture.on_block(silence())
    assert bell.is_set()
    assert capture.has(2)


def test_each_microphone_has_its_own_gain() -> None:
    sound = sound_thread(Microphones())
    sound.use_level(LevelSettings(Target.NORMAL, {"Desk": -44.0}))
    assert sound.levels().gain_db == 0.0
    sound.open(Direction.MICROPHONE, Device("desk", "Desk", Direction.MICROPHONE))
    assert sound.levels().gain_db == 20.0
    assert sound.uplink.gain.factor == pytest.approx(10.0)
    sound.open(Direction.MICROPHONE, Device("lapel", "Lapel", Direction.MICROPHONE))
    assert (sound.levels().gain_db, sound.uplink.gain.factor) == (0.0, 1.0)
    sound.use_level(LevelSettings(Target.SOFT, {"Lapel": -42.0}))
    assert sound.levels().gain_db == 12.0
    sound.close_device(Direction.MICROPHONE)
    assert sound.levels().gain_db == 0.0
