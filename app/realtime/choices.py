"""What of a session a person may choose as well: few words, apart from ``session`` so that a window loads quickly."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Modality(Enum):
    """In what form the assistant answers; audio always brings a transcript."""

    TEXT = "text"
    AUDIO = "audio"


class TruncationMode(Enum):
    """What happens when a conversation outgrows the model's context."""

    AUTO = "auto"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class TokenLimits:
    """Limits of a retention ratio."""

    post_instructions: int | None = None


@dataclass(frozen=True, slots=True)
class RetentionRatio:
    """Drop more than needed at once, so that the cache stays warm longer."""

    retention_ratio: float
    token_limits: TokenLimits | None = None


Truncation: TypeAlias = TruncationMode | RetentionRatio
