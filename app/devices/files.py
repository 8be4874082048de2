"""Files in the place of devices, for use without a window: one is played as the microphone, one records the speaker.

Both run in real time on the monotonic clock, each in a thread of its own that stands in for PortAudio's.
"""

import threading
import time
import wave
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final

import av

from app.audio.catalog import Catalog, Device, Direction
from app.audio.pcm import BLOCK_MS, BLOCK_SAMPLES, RATE_HZ, Pcm, silence
from app.conversation.troubles import SoundFileUnusable
from app.devices.streams import Border, DeviceStream, Format, Opened, Work

_CATCH_UP_BLOCKS: Final = 20
"""After a stall, at most 200 ms are made good; the rest is lost, as it is on a device."""


class WavMicrophone:
    """A sound file as 10 ms blocks, whatever its rate, channels and sample width. One thread at a time."""

    def __init__(self, path: Path) -> None:
        """Raises SoundFileUnusable, for files that are no sound or end before it."""
        self._blocks = _blocks(path)
        self._next = next(self._blocks, None)
        if self._next is None:
            raise SoundFileUnusable(path.name, "there is no sound in it")

    def read(self, block: Pcm) -> bool:
        """Write the next block, or silence after the last; whether there is more."""
        if self._next is None:
            block[:] = 0
            return False
        block[: len(self._next)] = self._next
        block[len(self._next) :] = 0
        self._next = next(self._blocks, None)
        return self._next is not None

    def close(self) -> None:
        """Close the file."""
        self._blocks.close()


def _blocks(path: Path) -> Generator[Pcm, None, None]:
    """Blocks of BLOCK_SAMPLES, the last may be shorter. Raises SoundFileUnusable."""
    try:
        with av.open(f"file:{path}") as container:
            if not container.streams.audio:
                return
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ, frame_size=BLOCK_SAMPLES)
            for frame in container.decode(audio=0):
                for block in resampler.resample(frame):
                    yield block.to_ndarray()[0]
            for block in resampler.resample(None):
                yield block.to_ndarray()[0]
    except (av.FFmpegError, OSError) as error:
        raise SoundFileUnusable(path.name, error.strerror or "it cannot be read") from error


class WavSpeaker:
    """A recording: 16 bit, mono, 48 kHz. One thread at a time. Complete and readable after every block."""

    def __init__(self, path: Path) -> None:
        """Raises SoundFileUnusable."""
        try:
            self._file = path.open("wb")
        except OSError as error:
            raise SoundFileUnusable(path.name, error.strerror or "it cannot be written") from error
        self._wav = wave.Wave_write(self._file)
        self._wav.setnchannels(1)
        self._wav.setsampwidth(2)
        self._wav.setframerate(RATE_HZ)
        self.skip(0)

    def write(self, block: Pcm) -> None:
        """Add samples, and mend the header's length."""
        self._wav.writeframes(block.tobytes())
        self._file.flush()

    def skip(self, blocks: int) -> None:
        """Add silence, so that the recording keeps time."""
        self.write(silence(blocks * BLOCK_SAMPLES))

    def close(self) -> None:
        """Close the file."""
        self._wav.close()
        self._file.close()


class FileDevices:
    """Files that satisfy the port Devices; None is silence in, and nowhere out.

    A stream that is opened again goes on where the last one stopped. ``close`` it when all streams are closed.
    """

    def __init__(
        self, input: Path | None = None, output: Path | None = None, at_end: Callable[[], None] | None = None
    ) -> None:
        """Raises SoundFileUnusable. ``at_end`` is called when ``input_finished`` is set, on the microphone's thread."""
        self.input_finished = threading.Event()
        """The whole input was handed over, and silence follows. Never set without an input."""
        self._at_end = at_end
        self._microphone = WavMicrophone(input) if input else None
        self._speaker = WavSpeaker(output) if output else None
        self._catalog = Catalog(
            (_device(input, "Silence", Direction.MICROPHONE),), (_device(output, "Nowhere", Direction.SPEAKER),)
        )

    def scan(self) -> Catalog:
        """One microphone and one speaker, named after the files."""
        return self._catalog

    def open_microphone(
        self, device: Device | None, on_block: Callable[[Pcm], None], on_end: Callable[[], None]
    ) -> DeviceStream:
        """Play the input in real time."""
        microphone = self._microphone
        if microphone is None:
            return _run(device, Direction.MICROPHONE, on_block, _nothing, on_end)

        def work(block: Pcm) -> None:
            more = microphone.read(block)
            on_block(block)
            if not more and not self.input_finished.is_set():
                self._finish_input()

        return _run(device, Direction.MICROPHONE, work, _nothing, on_end)

    def open_speaker(
        self, device: Device | None, fill: Callable[[Pcm], None], on_end: Callable[[], None]
    ) -> DeviceStream:
        """Record in real time."""
        speaker = self._speaker
        if speaker is None:
            return _run(device, Direction.SPEAKER, fill, _nothing, on_end)

        def work(block: Pcm) -> None:
            fill(block)
            speaker.write(block)

        return _run(device, Direction.SPEAKER, work, speaker.skip, on_end)

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Files are not plugged in: ``changed`` is never called."""
        return lambda: None

    def close(self) -> None:
        """Close the files."""
        for file in (self._microphone, self._speaker):
            if file:
                file.close()

    def _finish_input(self) -> None:
        self.input_finished.set()
        if self._at_end:
            self._at_end()


class Pace:
    """Which block is due when, without drift: the n-th is due n blocks after the start, however late the last was."""

    def __init__(self, start_s: float) -> None:
        self._start_s = start_s
        self._block = 0

    def wait_s(self, now_s: float) -> float:
        """How long until the next block; 0 if it is late."""
        return max(0.0, self._start_s + self._block * BLOCK_MS / 1000 - now_s)

    def step(self, now_s: float) -> int:
        """Take the next block; how many before it were too late to be made good and are lost."""
        late = int((now_s - self._start_s) * 1000 / BLOCK_MS) - self._block
        lost = max(0, late - _CATCH_UP_BLOCKS)
        self._block += lost + 1
        return lost


class _Stopped(Exception):
    """The work failed."""


class _Clockwork:
    """A thread that calls back as PortAudio does; what DeviceStream takes for a raw stream."""

    latency = 0.0

    def __init__(self, name: str, work: Work, skip: Callable[[int], None], on_end: Callable[[], None]) -> None:
        self._work = work
        self._skip = skip
        self._lost_blocks = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="parlance-sound-file", daemon=True)
        self.border = Border(name, self._skip_and_work, _Stopped, on_end)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        block = silence()
        pace = Pace(time.monotonic())
        try:
            while not self._stop.wait(pace.wait_s(time.monotonic())):
                self._lost_blocks = pace.step(time.monotonic())
                self.border.callback(block, len(block), None, self._lost_blocks)
        except _Stopped:
            self.border.finished()

    def _skip_and_work(self, block: Pcm) -> None:
        if self._lost_blocks:
            self._skip(self._lost_blocks)
        self._work(block)


def _run(
    device: Device | None,
    direction: Direction,
    work: Work,
    skip: Callable[[int], None],
    on_end: Callable[[], None],
) -> DeviceStream:
    clockwork = _Clockwork(device.name if device else direction.value, work, skip, on_end)
    return DeviceStream(device, direction, Opened(clockwork, Format(), clockwork.border), _Clockwork.close, None)


def _device(path: Path | None, otherwise: str, direction: Direction) -> Device:
    name = path.name if path else otherwise
    return Device(str(path) if path else otherwise, name, direction, is_default=True)


def _nothing(_blocks: int) -> None:
    """What is lost on its way in or to nowhere leaves no gap."""
