"""Whether the other side is still there (RFC 7675), decided by counting, so that a loop that slept cannot misjudge."""

from typing import Final

CONSENT_INTERVAL_S: Final = 0.4
"""At most this long between two questions."""

CONSENT_QUESTIONS: Final = 8
"""Unanswered in a row, these mean that the path or the peer is dead.

Eight questions are 3.6 s at the most, so silent death is noticed within 4 s. Every answer counts whenever it comes:
at a round trip of 500 ms and 5 % loss each way seven must be lost in a row, once in some thousand hours.
"""


class Consent:
    """Counts questions without an answer; driven by whoever asks and hears."""

    def __init__(self) -> None:
        self._unanswered = 0

    def asked(self) -> None:
        """A question went out."""
        self._unanswered += 1

    def answered(self) -> None:
        """An answer came, to whichever question."""
        self._unanswered = 0

    @property
    def lost(self) -> bool:
        """Whether it is time to give up."""
        return self._unanswered >= CONSENT_QUESTIONS
