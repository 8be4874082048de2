"""The sound thread: between the devices' callbacks and the link's packets.

    microphone callback → ring → Uplink → line
    line → Playout → volume → cues → ring → speaker callback

Callbacks only copy, count and ring a bell; the bell wakes this one thread, which does the work of both directions in
blocks of 10 ms. What is captured waits until it fills a packet: sooner it could not be sent, and two blocks in one go
cost less than two on their own, as code and data leave the processor's caches in between.
Without a device, or while one stalls, the thread keeps the same pace by the monotonic clock, so that a
conversation goes on (silent or unheard) whatever happens to the devices.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from app.audio.catalog import Device, Direction
from app.audio.cues import CueMixer
from app.audio.gain import Gain
from app.audio.level import LevelMeter
from app.audio.pcm import BLOCK_MS, BLOCK_SAMPLES, Pcm, ms_of_samples, samples_of_ms, silence
from app.audio.uplink import Uplink
from app.conversation.settings import LevelSettings
from app.conversation.view import Levels
from app.session.lines import Capture, Line, Playback
from app.session.pace import Pace
from app.session.ports import Devices, Playout

FADE_SAMPLES: Final = samples_of_ms(3)
MOST_AT_ONCE_BLOCKS: Final = 2
"""What is captured waits no longer than this, however long packets are: key, mute and meters act on what is done."""


class SoundThread:
    """Owns both directions of sound while a conversation lasts. Made anew for each conversation.

    ``open`` and ``close_device`` block and belong in the pool; ``start`` and ``stop`` too. ``send``, ``gate_closed``
    and ``audible_changed`` are called on the sound thread and must return at once; ``ended`` comes from any thread.
    ``send`` takes a block and the samples of silence before it, and says how many more blocks fill a packet.
    """

    def __init__(
        self,
        devices: Devices,
        uplink: Uplink,
        *,
        send: Callable[[Pcm, int], int],
        gate_closed: Callable[[], None],
        audible_changed: Callable[[bool], None],
        ended: Callable[[Direction], None],
    ) -> None:
        self.uplink: Final = uplink
        self.volume: Final = Gain()
        """On the assistant."""
        self.cues: Final = CueMixer()
        """Short sounds beside the assistant, which are played and never sent."""
        self.played: Final = LevelMeter()
        """Level of what the speaker plays."""
        self._devices: Final = devices
        self._send: Final = send
        self._level = LevelSettings()
        self.gain_db = 0.0
        """What the voice from the microphone in use is raised by."""
        self._gap_samples = 0
        self._wanted_blocks = 1
        """What is captured is done when there is so much of it."""
        self._playout: Playout | None = None
        self._gate_closed: Final = gate_closed
        self._audible_changed: Final = audible_changed
        self._ended: Final = ended
        self._bell: Final = threading.Event()
        self._stopping = False
        self._lock: Final = threading.Lock()
        """Held while a device takes another's place or ends: ``stop`` leaves none behind, and each end is told once."""
        self._thread: Final = threading.Thread(target=self._run, name="parlance-sound", daemon=True)
        self._lines: Final[dict[Direction, Line | None]] = {}
        self._audible = False
        self._fade_due = False
        self._faded = False
        self._block: Final = silence()

    def use_level(self, level: LevelSettings) -> None:
        """Send the voice as loud as these say, whichever microphone is in use. From any thread."""
        self._level = level
        self._set_gain()

    def _set_gain(self) -> None:
        device = self.device_in_use(Direction.MICROPHONE)
        self.gain_db = self._level.gain_db(device.name) if device is not None else 0.0
        self.uplink.gain.factor = 10 ** (self.gain_db / 20)

    def play(self, playout: Playout | None) -> None:
        """Play what this line receives, and nothing else, from now on. From any thread."""
        self._playout = playout

    def drop(self) -> None:
        """Silence the assistant now, until ``resume``: also what waits for the device already. From any thread."""
        if self._playout is not None:
            self._playout.drop()
        self._fade_due = True
        self._bell.set()

    def resume(self) -> None:
        """Play again. From any thread."""
        if self._playout is not None:
            self._playout.resume()

    def start(self) -> None:
        """Begin to work, without devices at first."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close both devices. Once."""
        with self._lock:
            self._stopping = True
        self._bell.set()
        self._thread.join()
        for direction in Direction:
            self.close_device(direction)

    def open(self, direction: Direction, device: Device | None) -> None:
        """Use this device; the new one is open before the old one closes, which stays when that fails.

        Raises SoundTrouble.
        """
        line: Line
        if direction is Direction.MICROPHONE:
            line = Capture(self._bell)
            line.stream = self._devices.open_microphone(device, line.on_block, self._on_end(line))
        else:
            line = Playback(self._bell)
            line.stream = self._devices.open_speaker(device, line.fill, self._on_end(line))
        self._put(direction, line)

    def close_device(self, direction: Direction) -> None:
        """Use no device in that direction."""
        self._put(direction, None)

    def _put(self, direction: Direction, line: Line | None) -> None:
        with self._lock:
            if line is not None and self._stopping:
                surplus: Line | None = line
            else:
                surplus = self._lines.get(direction)
                self._lines[direction] = line
            is_dead = line is not None and line is not surplus and line.has_ended
        if surplus is not None:
            if isinstance(surplus, Playback) and line is not None and not surplus.has_ended:
                surplus.play_out()
            surplus.stream.close()
        self._set_gain()
        if is_dead:  # nobody was told, as it was not in use yet
            self._ended(direction)

    def is_served(self, direction: Direction) -> bool:
        """Whether a device is open that has not ended by itself. From any thread."""
        line = self._lines.get(direction)
        return line is not None and not line.has_ended

    def device_in_use(self, direction: Direction) -> Device | None:
        """What is open now."""
        line = self._lines.get(direction)
        return line.stream.device if line is not None else None

    def line_in_use(self, direction: Direction) -> Line | None:
        """The open device with its ring and counters, for figures. From any thread."""
        return self._lines.get(direction)

    def levels(self) -> Levels:
        """What the meters show. From any thread."""
        sent, played = self.uplink.sent.read(), self.played.read()
        meters = (sent.bar_dbfs, sent.peak_dbfs, played.bar_dbfs, played.peak_dbfs)
        return Levels(*meters, self.uplink.captured.read().rms_dbfs, self.uplink.clipped_blocks, self.gain_db)

    def _on_end(self, line: Line) -> Callable[[], None]:
        def ended() -> None:
            with self._lock:
                line.has_ended = True
                # A line that has been replaced may say what it likes.
                served = [direction for direction, current in self._lines.items() if current is line]
            for direction in served:
                self._ended(direction)

        return ended

    # --- the thread -----------------------------------------------------------------------------------------

    def _run(self) -> None:
        captured = Pace(time.monotonic())
        played = Pace(time.monotonic())
        while not self._stopping:
            self._bell.wait(MOST_AT_ONCE_BLOCKS * BLOCK_MS / 1000)
            self._bell.clear()
            now_s = time.monotonic()
            self._capture(captured, now_s)
            self._play(played, now_s)
            self._tell_audible(now_s)

    def _capture(self, pace: Pace, now_s: float) -> None:
        microphone = self._lines.get(Direction.MICROPHONE)
        if isinstance(microphone, Capture):
            while microphone.has(self._wanted_blocks):
                for _ in range(self._wanted_blocks):
                    microphone.ring.read_into(self._block)
                    self._feed(self._block, age_ms=ms_of_samples(microphone.ring.fill))
                pace.kept(now_s)
        for _ in range(pace.missed(now_s)):
            self._feed(silence())

    def _feed(self, block: Pcm, *, age_ms: float = 0.0) -> None:
        output = self.uplink.feed(block, age_ms)
        self._gap_samples += output.gap_samples
        for allowed in output.blocks:
            gap_samples, self._gap_samples = self._gap_samples, 0
            self._wanted_blocks = min(self._send(allowed, gap_samples), MOST_AT_ONCE_BLOCKS)
        if output.closed_now:
            self._gate_closed()

    def _play(self, pace: Pace, now_s: float) -> None:
        speaker = self._lines.get(Direction.SPEAKER)
        if self._fade_due:
            self._fade_due = False
            if isinstance(speaker, Playback) and speaker.ring.fill:
                speaker.ring.fade_out(FADE_SAMPLES)
                self._faded = True
        if isinstance(speaker, Playback) and speaker.is_fetching(now_s):
            ahead_samples = speaker.ahead_blocks(now_s) * BLOCK_SAMPLES
            while speaker.ring.fill < ahead_samples:
                speaker.ring.write(self._next_block(now_s, is_heard=True))
            pace.kept(now_s)
        else:
            for _ in range(pace.missed(now_s)):
                self._next_block(now_s, is_heard=False)

    def _next_block(self, now_s: float, *, is_heard: bool) -> Pcm:
        block = silence()
        if self._playout is not None:
            self._playout.pull(block, now_s)
        if self._faded:  # the playout's own end would come after it
            self._faded = False
            block[:] = 0
        self.volume.apply(block)
        self.uplink.soften(block)
        if is_heard:  # a cue waits a little for the device
            self.cues.mix_into(block, now_s)
        self.uplink.played(block)
        self.played.feed(block)
        return block

    def _tell_audible(self, now_s: float) -> None:
        audible = self._playout is not None and self._playout.audible(now_s)
        if audible != self._audible:
            self._audible = audible
            self._audible_changed(audible)
