"""One stream of packets turned into an even flow of sound: decode, recover, conceal, stretch, wait.

What decides is the slack: how long ago the fastest path would have delivered a packet at the moment its sound is
needed. A packet later than the slack is not there in time. So the slack is steered to what the packets' lateness asks
for, by taking out or repeating single periods of the voice.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from app.audio.jitter import PacketBuffer, PacketCounts, Waiting
from app.audio.level import level_dbfs
from app.audio.opus import OpusDecoder
from app.audio.packets import RtpPacket
from app.audio.pcm import BLOCK_SAMPLES, Pcm, samples_of_ms, silence
from app.audio.slack import Slack
from app.audio.stretch import LONGEST_LAG, expand, shrink

PROMPT_SHARE: Final = 0.97
"""The share of packets that the slack waits for. The rest costs a stretched or concealed moment."""

COPY_ROOM_S: Final = 10.0
"""For so long after a loss the slack makes room for the next packet, which carries the copy of the lost one."""

_COPY_MARGIN: Final = samples_of_ms(3)
_STEER_SIMILARITY: Final = 0.6
_OVERDUE_SIMILARITY: Final = 0.4
_LARGEST_TARGET: Final = samples_of_ms(400)

SILENT_DBFS: Final = -60.0
"""Concealment below this is silence."""

_FADE_FROM: Final = samples_of_ms(20)
_FADE_TO: Final = samples_of_ms(100)
"""Made-up sound fades between these; beyond, nothing could be meant by it."""
_SEAM: Final = samples_of_ms(5)
_COMFORT_BYTES: Final = 2
"""A payload this short says that the sender falls silent (discontinuous transmission, RFC 7587 section 3.1.3)."""
_COMFORT_SAMPLES: Final = samples_of_ms(1000)
"""Senders repeat the noise of a pause every 400 ms; without that it ends."""


@dataclass(slots=True)
class Tally:
    """Samples by where they came from; see DownlinkStats."""

    real: int = 0
    fec: int = 0
    concealed: int = 0
    silent: int = 0
    expanded: int = 0
    shrunk: int = 0


class Playout:
    """From one SSRC's packets to blocks. Playback thread only; time is an argument."""

    def __init__(self, floor_ms: float, tally: Tally) -> None:
        self.buffer = PacketBuffer(PacketCounts())
        self.delay_samples = 0.0
        """How long ago the fastest path would have delivered what was played last."""
        self.target_samples: float = samples_of_ms(floor_ms)
        self._prompt = 0.0
        """How late a packet, or the copy of a lost one, may be expected."""
        self._floor: Final = samples_of_ms(floor_ms)
        self._tally: Final = tally
        self._decoder: Final = OpusDecoder()
        self._sound = np.empty(0, np.int16)
        self._before = silence(LONGEST_LAG)
        self._clock: int | None = None
        """RTP time of what follows ``_sound``; None before the beginning."""
        self._packet_samples = samples_of_ms(20)
        self._copies_seen = False
        self._comfort = 0
        """For how many samples more the decoder makes up the noise of a pause."""
        self._made_up = 0
        """Samples since the last real one; the fade counts them."""
        self._dry = 0
        """Of these, how many passed while nothing was there and RTP time stood still."""
        self._quiet = True
        """Whether all of these are silent."""
        self._gain = 0.0
        self._slack: Final = Slack()

    def accept(self, packet: RtpPacket) -> None:
        """Take in one packet of this stream."""
        self.buffer.insert(packet)
        self._copies_seen = self._copies_seen or self._decoder.carries_copy(packet.payload)

    def fill(self, out: Pcm, now_s: float) -> None:
        """Write the next len(out) samples."""
        self._set_target(now_s)
        self._slack.pulled(now_s)
        while len(self._sound) < len(out):
            self._more(now_s)
        self._stretch_if_overdue(len(out), now_s)
        if self._clock is not None and not self._made_up:
            self.delay_samples = self.buffer.delays.age(self._clock - len(self._sound), now_s)
        out[:] = self._sound[: len(out)]
        self._sound = self._sound[len(out) :]
        self._before = np.concatenate((self._before, out))[-LONGEST_LAG:]

    def cut(self) -> None:
        """Fall silent within a few milliseconds, and begin anew with the next packet that comes."""
        ahead = self._decoder.conceal(_SEAM)
        tail = np.concatenate((self._sound, _ramped(ahead, self._gain, self._gain)))[:_SEAM]
        self._sound = _ramped(tail, 1.0, 0.0)
        self._gain = 0.0
        self._made_up = _FADE_TO
        self._dry = 0
        self._clock = None
        self._comfort = 0
        self._decoder.reset()
        self.buffer.forget()

    def restart(self) -> None:
        """A new sender: fall silent, and compare nothing with what came before."""
        self.cut()
        self.buffer = PacketBuffer(self.buffer.counts)
        self._copies_seen = False

    def close(self) -> None:
        """Free the decoder."""
        self._decoder.close()

    def _set_target(self, now_s: float) -> None:
        wanted = max(self.buffer.delays.lateness(PROMPT_SHARE), self.buffer.delays.recent_lateness())
        lost_s = self.buffer.last_loss_s
        if self._copies_seen and lost_s is not None and now_s - lost_s < COPY_ROOM_S:
            wanted += self._packet_samples + _COPY_MARGIN
        self._prompt = min(wanted, _LARGEST_TARGET)
        self.target_samples = max(self._floor, self._prompt)

    def _more(self, now_s: float) -> None:
        """Add at least one sample to the sound."""
        head = self.buffer.head()
        if head is None:
            self._wait()
        elif head.timestamp == self._clock:
            self._play(head, now_s)
        elif self._lost_before(head):
            self._bridge(head)
        else:
            self._begin_when_due(head, now_s)

    def _lost_before(self, head: Waiting) -> bool:
        """Whether what lies between the clock and ``head`` is lost packets and nothing else."""
        if self._clock is None:
            return False
        missing = head.timestamp - self._clock
        return 0 < missing <= self.buffer.skipped(head) * max(self._packet_samples, self._length_of(head))

    def _begin_when_due(self, head: Waiting, now_s: float) -> None:
        """The first packet ever, or the first after a pause: RTP time went on, and nothing was lost."""
        early = self.target_samples - self.buffer.delays.age(head.timestamp, now_s)
        if early > 0:
            self._wait()
            return
        if self._clock is not None:
            self._tally.concealed += min(self._dry, self.buffer.skipped(head) * self._packet_samples)
        if self._gain == 0.0:
            # Silence that is left over would only delay what comes.
            self._sound = self._sound[:0]
        self._clock = head.timestamp
        self._dry = 0
        self._slack.start_over()

    def _wait(self) -> None:
        """Nothing is there to play: go on as before for a moment, then be silent. RTP time stands still."""
        if self._comfort > 0:
            self._comfort -= BLOCK_SAMPLES
            self._append(self._decoder.conceal(BLOCK_SAMPLES))
        else:
            self._conceal(BLOCK_SAMPLES)
            self._dry += BLOCK_SAMPLES

    def _play(self, head: Waiting, now_s: float) -> None:
        self.buffer.take()
        samples = self._length_of(head)
        sound = self._decoder.decode(head.payload)
        # What was played while waiting turns out to have stood for sound that was late.
        self._tally.concealed += self._dry
        self._dry = 0
        if samples:
            self._packet_samples = samples
            self._tally.real += len(sound)
        else:
            self._tally.concealed += len(sound)
        self._comfort = _COMFORT_SAMPLES if len(head.payload) <= _COMFORT_BYTES else 0
        self._clock = head.timestamp + len(sound)
        self._append_real(sound)
        self._slack.measure(self.buffer.delays.age(head.timestamp, now_s), len(sound))
        self._steer()

    def _bridge(self, head: Waiting) -> None:
        """Fill a loss: made up first, less what was made up while waiting, then the copy in ``head``."""
        assert self._clock is not None
        missing = head.timestamp - self._clock
        copied = min(missing, self._length_of(head)) if self._decoder.carries_copy(head.payload) else 0
        lead = max(0, missing - copied - self._dry)
        self._conceal(lead)
        # A sender that copies leaves out only what was not speech. One silent packet without a copy is no loss to hear.
        if not copied and self._copies_seen and self._quiet and self.buffer.skipped(head) <= 2:
            self._tally.silent += lead + self._dry
        else:
            self._tally.concealed += lead + self._dry
        self._dry = 0
        if copied:
            self._append_real(self._decoder.recover(head.payload, copied))
            self._tally.fec += copied
        self._clock = head.timestamp
        self.buffer.give_up_before(head)

    def _steer(self) -> None:
        """Stretch what was just decoded, if the slack is off its target."""
        correction = self._slack.correction(self.target_samples)
        if correction > 0:
            self._replace(shrink(self._sound, correction, similarity=_STEER_SIMILARITY))
        elif correction < 0:
            self._replace(expand(self._before, self._sound, -correction, similarity=_STEER_SIMILARITY))

    def _stretch_if_overdue(self, wanted: int, now_s: float) -> None:
        """The next packet should be here, and would be missed with the next block: gain time while there is sound."""
        if self._clock is None or self._made_up or self._comfort > 0 or self.buffer.head() is not None:
            return
        # Once per packet: repeated again and again a period is a buzz, worse than concealment.
        if not self._slack.measured or len(self._sound) >= wanted + BLOCK_SAMPLES:
            return
        if self.buffer.delays.age(self._clock, now_s) < self._prompt:
            return
        self._slack.start_over()
        self._replace(expand(self._before, self._sound, LONGEST_LAG, similarity=_OVERDUE_SIMILARITY))

    def _replace(self, stretched: Pcm) -> None:
        gained = len(stretched) - len(self._sound)
        self._tally.expanded += max(0, gained)
        self._tally.shrunk += max(0, -gained)
        self._sound = stretched

    def _conceal(self, samples: int) -> None:
        while samples > 0:
            length = min(samples, BLOCK_SAMPLES)
            start, end = _fade(self._made_up), _fade(self._made_up + length)
            if self._clock is None or start <= 0:
                self._append(silence(length))
                end = 0.0
            else:
                sound = _ramped(self._decoder.conceal(length), start, end)
                self._quiet = (self._quiet or not self._made_up) and level_dbfs(sound) < SILENT_DBFS
                self._append(sound)
            self._made_up += length
            self._gain = end
            samples -= length

    def _append_real(self, sound: Pcm) -> None:
        """After faded concealment or silence, rise from where that ended."""
        if self._gain < 1.0:
            sound[:_SEAM] = _ramped(sound[:_SEAM], self._gain, 1.0)
        self._gain, self._made_up = 1.0, 0
        self._append(sound)

    def _append(self, sound: Pcm) -> None:
        self._sound = np.concatenate((self._sound, sound)) if len(self._sound) else sound

    def _length_of(self, packet: Waiting) -> int:
        return self._decoder.packet_samples(packet.payload)


def _fade(made_up: int) -> float:
    return min(1.0, max(0.0, (_FADE_TO - made_up) / (_FADE_TO - _FADE_FROM)))


def _ramped(sound: Pcm, start: float, end: float) -> Pcm:
    if start == end == 1.0:
        return sound
    return (sound * np.linspace(start, end, len(sound), dtype=np.float32)).astype(np.int16)
