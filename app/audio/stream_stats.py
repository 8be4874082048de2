"""How sound flows through an open device, as figures."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamStats:
    """How an open device is doing, as its adapter sees it."""

    blocks: int
    """Callbacks so far."""
    xruns: int
    """Callbacks before which samples were lost or invented."""
    latency_ms: float
    """What the sound library believes lies between here and the air."""
    rate_hz: int
    channels: int
    failed: bool
    """Whether our own code raised in the callback, which ended the stream."""


@dataclass(frozen=True, slots=True)
class LineStats:
    """One direction of a conversation: the device, and what lies between it and the sound thread."""

    device: str
    """Its name; "System default" where the system was left to choose."""
    stream: StreamStats
    buffer_ms: float
    """What waits between the device's callback and the sound thread at this moment."""
    lost_ms: float
    """Sound of the microphone that came too fast to be read, or silence the speaker got in the place of sound."""


@dataclass(frozen=True, slots=True)
class SoundStats:
    """Both directions; None where no device is open."""

    microphone: LineStats | None = None
    speaker: LineStats | None = None
    drift_ppm: float | None = None
    """How much faster the microphone's clock runs than the speaker's: known after about a minute of echo cancelling."""
