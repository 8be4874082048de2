"""What models cost."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens, by kind; editable, since price lists change (PROTOCOL 3.3)."""

    text_in: float = 0.0
    text_in_cached: float = 0.0
    text_out: float = 0.0
    audio_in: float = 0.0
    audio_in_cached: float = 0.0
    audio_out: float = 0.0
    transcription_minute: float = 0.0
    """US dollars for a minute of the user's speech."""


PRICES: Final[dict[str, Price]] = {
    "gpt-realtime-2.1": Price(4, 0.40, 24, 32, 0.40, 64, 0.0045),
    "gpt-realtime-2.1-mini": Price(0.60, 0.06, 2.40, 10, 0.30, 20, 0.0045),
}
"""Second hand and from autumn 2026; the settings file overrides them by model."""
