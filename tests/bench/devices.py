"""A sound card without a card: the session's port ``Devices``, in real time, that knows when which sample passed."""

import threading
import time
from collections.abc import Callable

from app.audio.catalog import Catalog, Device, Direction
from app.audio.pcm import BLOCK_MS, BLOCK_SAMPLES, RATE_HZ, Pcm, silence
from app.audio.stream_stats import StreamStats
from tests.bench.sounds import Onsets
from tests.bench.tap import now_s

_MICROPHONE = Device("bench-microphone", "Bench microphone", Direction.MICROPHONE, is_default=True)
_SPEAKER = Device("bench-speaker", "Bench speaker", Direction.SPEAKER, is_default=True)


class _Stream:
    """One device of 10 ms blocks on a thread of its own, like PortAudio's, which costs no Python while it waits."""

    def __init__(self, device: Device, work: Callable[[float], None]) -> None:
        self.device: Device | None = device
        self._work = work
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=device.id, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        due_s = time.monotonic()
        while not self._closing:
            time.sleep(max(0.0, due_s - time.monotonic()))
            self._work(now_s())
            due_s = max(due_s + BLOCK_MS / 1000, time.monotonic() - 0.2)

    def stats(self) -> StreamStats:
        return StreamStats(0, 0, 0.0, 48_000, 1, failed=False)

    def close(self) -> None:
        self._closing = True
        self._thread.join()


class BenchDevices:
    """One microphone that says ``sound`` over and over, one speaker."""

    def __init__(self, sound: Pcm, *, listens_for_clicks: bool) -> None:
        self.captured = Onsets()
        """Clicks at the microphone, at the moment the air had them."""
        self.played = Onsets()
        """Clicks at the speaker, at the moment a card without a buffer plays them."""
        self._sound = sound
        self._clicks = listens_for_clicks
        self._at = 0

    def scan(self) -> Catalog:
        return Catalog((_MICROPHONE,), (_SPEAKER,))

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        return lambda: None

    def open_microphone(
        self, device: Device | None, on_block: Callable[[Pcm], None], on_end: Callable[[], None]
    ) -> _Stream:
        def capture(moment_s: float) -> None:
            block = self._sound[self._at : self._at + BLOCK_SAMPLES]
            self._at = (self._at + BLOCK_SAMPLES) % (len(self._sound) - BLOCK_SAMPLES + 1)
            on_block(block)
            if self._clicks:
                self.captured.feed(block, moment_s - BLOCK_SAMPLES / RATE_HZ)

        return _Stream(_MICROPHONE, capture)

    def open_speaker(self, device: Device | None, fill: Callable[[Pcm], None], on_end: Callable[[], None]) -> _Stream:
        block = silence()

        def play(moment_s: float) -> None:
            fill(block)
            if self._clicks:
                self.played.feed(block, moment_s)

        return _Stream(_SPEAKER, play)
