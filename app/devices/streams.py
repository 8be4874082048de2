"""An open device: what runs in PortAudio's callback, and what it may not do.

Copy, count, leave. The callback runs on a thread of PortAudio's that has 10 ms for everything, interpreter lock
included, so nothing in it waits, logs or allocates more than a view; only devices that cannot do 48 kHz mono pay
for a resampler on top.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from app.audio.catalog import Device, Direction
from app.audio.pcm import BLOCK_MS, BLOCK_SAMPLES, RATE_HZ, Pcm, silence
from app.audio.stream_stats import StreamStats
from app.conversation.troubles import SoundServerGone
from app.devices import pulse
from app.devices.resample import BlockResampler, mono

_log = logging.getLogger("parlance.devices")


@dataclass(frozen=True, slots=True)
class Format:
    """What a device was opened with; always 16 bit."""

    rate_hz: int = RATE_HZ
    channels: int = 1

    @property
    def block_samples(self) -> int:
        """Samples per channel in one callback: as near to 10 ms as the rate allows."""
        return round(self.rate_hz * BLOCK_MS / 1000)


Work: TypeAlias = Callable[[Pcm], None]
"""Reads or writes one device block: interleaved, in PortAudio's own memory."""

NewWork: TypeAlias = Callable[[Format], Work]
"""Makes the work once the format is known."""

_PLAIN: Final = Format()


def capture(on_block: Callable[[Pcm], None]) -> NewWork:
    """Hand each block on, resampled if the device cannot do better."""

    def new_work(form: Format) -> Work:
        if form == _PLAIN:
            return on_block
        resampler = BlockResampler(form.rate_hz, RATE_HZ, BLOCK_SAMPLES)

        def work(samples: Pcm) -> None:
            for block in resampler.push(mono(samples, form.channels)):
                on_block(block)

        return work

    return new_work


def playback(fill: Callable[[Pcm], None]) -> NewWork:
    """Have each block filled, resampled if the device cannot do better."""

    def new_work(form: Format) -> Work:
        if form == _PLAIN:
            return fill
        resampler = BlockResampler(RATE_HZ, form.rate_hz, form.block_samples)
        asked = silence()
        ready: list[Pcm] = []

        def work(samples: Pcm) -> None:
            while not ready:
                fill(asked)
                ready.extend(resampler.push(asked))
            samples.reshape(-1, form.channels)[:] = ready.pop(0)[:, np.newaxis]

        return work

    return new_work


class Border:
    """Between PortAudio's threads and ours: no exception passes, and the end is told once."""

    def __init__(self, name: str, work: Work, stop: type[Exception], on_end: Callable[[], None]) -> None:
        self.blocks = 0
        self.xruns = 0
        self.failure: Exception | None = None
        self._name = name
        self._work = work
        self._stop = stop
        self._on_end = on_end
        # Whoever gets it decides how the stream ended: by itself, or by close(). Never released.
        self._end = threading.Lock()

    def callback(self, buffer: Any, _frames: int, _time: Any, status: Any) -> None:
        """PortAudio's stream callback, for raw streams."""
        self.blocks += 1
        if status:
            self.xruns += 1
        samples = np.frombuffer(buffer, np.int16)
        try:
            self._work(samples)
        except Exception as error:  # noqa: BLE001  whatever it is, beyond this line is C
            self.failure = error
            samples[:] = 0
            raise self._stop from None

    def finished(self) -> None:
        """PortAudio's finished callback: the device is gone, the callback failed, or we closed it."""
        if not self._end.acquire(blocking=False):
            return
        if self.failure:
            _log.error("x %s: our callback failed", self._name, exc_info=self.failure)
        else:
            _log.warning("x %s ended by itself", self._name)
        self._on_end()

    def leave(self) -> None:
        """From now on an end is no news."""
        self._end.acquire(blocking=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """A running stream of PortAudio's, and what was agreed with the device."""

    raw: Any
    form: Format
    border: Border


class DeviceStream:
    """An open device. Any thread but the device's own; ``close`` is needed after ``on_end`` too."""

    def __init__(
        self,
        device: Device | None,
        direction: Direction,
        opened: Opened,
        close: Callable[[Any], None],
        mark: str | None,
    ) -> None:
        self._device = device
        self._direction = direction
        self._opened = opened
        self._close = close
        self._mark = mark

    @property
    def device(self) -> Device | None:
        """The device that was asked for; None for the system's own choice."""
        return self._device

    def actual_device_id(self) -> str | None:
        """Where the sound server has put the stream by now; None if it has no say or does not know. Blocks some ms.

        A server moves the streams of an unplugged device to another one without a word.
        """
        if self._mark is None:
            return self._device.id if self._device else None
        try:
            return pulse.device_of(self._mark, self._direction)
        except SoundServerGone:
            return None

    def stats(self) -> StreamStats:
        """How it is doing. Never blocks."""
        raw, form, border = self._opened.raw, self._opened.form, self._opened.border
        return StreamStats(
            blocks=border.blocks,
            xruns=border.xruns,
            latency_ms=1000 * raw.latency,
            rate_hz=form.rate_hz,
            channels=form.channels,
            failed=border.failure is not None,
        )

    def close(self) -> None:
        """Stop and release. No callback is running or comes after it has returned."""
        self._opened.border.leave()
        self._close(self._opened.raw)
