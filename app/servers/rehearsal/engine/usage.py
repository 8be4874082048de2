"""What answers cost: tokens of text and sound (PROTOCOL 3.3), and what is left of the allowance."""

from dataclasses import dataclass
from typing import Final

from app.realtime.items import CachedTokens, InputTokens, OutputTokens, RateLimit, Usage

_CHARACTERS_PER_TOKEN: Final = 4
_USER_MS_PER_TOKEN: Final = 100
_ASSISTANT_MS_PER_TOKEN: Final = 50


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens by kind."""

    text: int = 0
    audio: int = 0

    @property
    def total(self) -> int:
        """Both kinds together."""
        return self.text + self.audio

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(self.text + other.text, self.audio + other.audio)


Context = tuple[tuple[str, Tokens], ...]
"""All input of a response in order: what it is, by id, and what it costs."""


def of_text(text: str) -> Tokens:
    """The tokens of written text."""
    return Tokens(text=-(-len(text) // _CHARACTERS_PER_TOKEN))


def of_user_sound(duration_ms: float) -> Tokens:
    """The tokens of the user's speech."""
    return Tokens(audio=-(-int(duration_ms) // _USER_MS_PER_TOKEN))


def of_assistant_sound(duration_ms: float) -> Tokens:
    """The tokens of the assistant's speech."""
    return Tokens(audio=-(-int(duration_ms) // _ASSISTANT_MS_PER_TOKEN))


def usage_of(context: Context, before: Context, output: Tokens) -> Usage:
    """The bill of one response; what stood unchanged at the front of the one ``before`` counts as cached."""
    read = sum((tokens for _, tokens in context), Tokens())
    cached = Tokens()
    for now, then in zip(context, before, strict=False):
        if now != then:
            break
        cached += now[1]
    return Usage(
        total_tokens=read.total + output.total,
        input_tokens=read.total,
        output_tokens=output.total,
        input_token_details=InputTokens(
            text_tokens=read.text,
            audio_tokens=read.audio,
            cached_tokens=cached.total,
            cached_tokens_details=CachedTokens(text_tokens=cached.text, audio_tokens=cached.audio),
        ),
        output_token_details=OutputTokens(text_tokens=output.text, audio_tokens=output.audio),
    )


class Allowance:
    """A generous bucket of tokens that refills within a minute, for ``rate_limits.updated``."""

    LIMIT: Final = 1_000_000

    def __init__(self) -> None:
        self._used = 0.0
        self._seen_s = 0.0

    def spend(self, tokens: int, now_s: float) -> None:
        """Take tokens out."""
        self._refill(now_s)
        self._used = min(float(self.LIMIT), self._used + tokens)

    def left(self, now_s: float) -> tuple[RateLimit, ...]:
        """What the client is told."""
        self._refill(now_s)
        used = round(self._used)
        return (RateLimit("tokens", self.LIMIT, self.LIMIT - used, round(60 * used / self.LIMIT, 3)),)

    def _refill(self, now_s: float) -> None:
        self._used = max(0.0, self._used - max(0.0, now_s - self._seen_s) * self.LIMIT / 60)
        self._seen_s = now_s
