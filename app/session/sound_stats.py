"""What is known of the sound of a conversation, as figures: for the log, ``devices --json`` and ``doctor``."""

import logging
from typing import Final

from app.audio.catalog import Direction
from app.audio.echo import EchoCanceller
from app.audio.pcm import BLOCK_MS, ms_of_samples
from app.audio.stream_stats import LineStats, SoundStats
from app.session.sound import SoundThread

log = logging.getLogger("parlance.session")

SYSTEM_DEFAULT: Final = "System default"


def stats_of(sound: SoundThread, canceller: EchoCanceller | None = None) -> SoundStats:
    """The figures of this moment. From any thread."""
    drift_ppm = canceller.stats().drift_ppm if canceller is not None else None
    return SoundStats(_line(sound, Direction.MICROPHONE), _line(sound, Direction.SPEAKER), drift_ppm)


def put_away(sound: SoundThread, canceller: EchoCanceller) -> None:
    """End the sound of a conversation, with a line in the log for each device. Blocks."""
    stats = stats_of(sound, canceller)
    for direction, line in ((Direction.MICROPHONE, stats.microphone), (Direction.SPEAKER, stats.speaker)):
        if line is not None:
            log.info("- %s: %s", direction.value, told(line))
    if stats.drift_ppm is not None:
        log.info("- clocks drift by %+.0f ppm", stats.drift_ppm)
    sound.stop()


def told(line: LineStats) -> str:
    """The figures in one line; the name of the device is the caller's."""
    stream = line.stream
    channels = "mono" if stream.channels == 1 else f"{stream.channels} channels"
    return (
        f"{stream.rate_hz} Hz, {channels}, latency {stream.latency_ms:.0f} ms, "
        f"{stream.xruns} xruns in {stream.blocks * BLOCK_MS / 1000:.0f} s, "
        f"buffer {line.buffer_ms:.0f} ms, {line.lost_ms:.0f} ms lost"
    )


def _line(sound: SoundThread, direction: Direction) -> LineStats | None:
    line = sound.line_in_use(direction)
    if line is None:
        return None
    device, stream = line.stream.device, line.stream.stats()
    name = device.name if device is not None else SYSTEM_DEFAULT
    return LineStats(name, stream, ms_of_samples(line.ring.fill), ms_of_samples(line.ring.dropped + line.ring.missed))
