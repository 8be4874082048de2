"""What a conversation has used, and what that costs. Both taps count: responses and transcriptions."""

from dataclasses import dataclass, field
from typing import Final

from app.conversation.prices import Price
from app.realtime.events import DurationUsage, TokenUsage
from app.realtime.items import Usage

_PER: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Spent:
    """Sums over a conversation, whatever number of sessions it took. Cached tokens are part of the input."""

    text_in: int = 0
    text_in_cached: int = 0
    text_out: int = 0
    audio_in: int = 0
    audio_in_cached: int = 0
    audio_out: int = 0
    transcription_tokens: int = 0
    transcribed_s: float = 0.0

    @property
    def tokens(self) -> int:
        """All tokens of responses."""
        return self.text_in + self.text_out + self.audio_in + self.audio_out

    def with_response(self, usage: Usage) -> "Spent":
        """After one response. Images count as text: they have no price of their own here."""
        given, made = usage.input_token_details, usage.output_token_details
        cached = given.cached_tokens_details
        cached_audio = cached.audio_tokens if cached else 0
        cached_text = given.cached_tokens - cached_audio
        return Spent(
            text_in=self.text_in + given.text_tokens + given.image_tokens,
            text_in_cached=self.text_in_cached + max(0, cached_text),
            text_out=self.text_out + made.text_tokens,
            audio_in=self.audio_in + given.audio_tokens,
            audio_in_cached=self.audio_in_cached + cached_audio,
            audio_out=self.audio_out + made.audio_tokens,
            transcription_tokens=self.transcription_tokens,
            transcribed_s=self.transcribed_s,
        )

    def with_transcription(self, usage: TokenUsage | DurationUsage) -> "Spent":
        """After one turn was written down; ten audio tokens are a second of speech (PROTOCOL 3.3)."""
        seconds, tokens = 0.0, 0
        if isinstance(usage, DurationUsage):
            seconds = usage.seconds
        else:
            tokens = usage.total_tokens
            details = usage.input_token_details
            seconds = (details.audio_tokens if details else usage.input_tokens) / 10
        return Spent(
            self.text_in,
            self.text_in_cached,
            self.text_out,
            self.audio_in,
            self.audio_in_cached,
            self.audio_out,
            self.transcription_tokens + tokens,
            self.transcribed_s + seconds,
        )

    def cost_usd(self, price: Price) -> float:
        """What that costs at these prices."""
        fresh_text = self.text_in - self.text_in_cached
        fresh_audio = self.audio_in - self.audio_in_cached
        millionths = (
            fresh_text * price.text_in
            + self.text_in_cached * price.text_in_cached
            + self.text_out * price.text_out
            + fresh_audio * price.audio_in
            + self.audio_in_cached * price.audio_in_cached
            + self.audio_out * price.audio_out
        )
        return millionths / _PER + self.transcribed_s / 60 * price.transcription_minute


@dataclass(frozen=True, slots=True)
class Meter:
    """The running meter of a conversation."""

    spent: Spent = field(default_factory=Spent)
    price: Price = field(default_factory=Price)
    cap_usd: float = 0.0
    """The conversation ends when it has cost so much; 0 is no cap."""

    @property
    def cost_usd(self) -> float:
        """What it has cost so far."""
        return self.spent.cost_usd(self.price)

    @property
    def is_over(self) -> bool:
        """Whether the cap is reached."""
        return self.cap_usd > 0 and self.cost_usd >= self.cap_usd
