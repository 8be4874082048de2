"""A person who may come in, and the reasons why somebody may not."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signed in."""

    user: str
    """Unique over all ways to sign in: ``token:anna``, ``oidc:1a2b``."""
    policy: str
    """The name of the policy; it may have been taken out of the configuration since."""


class Unwelcome(Enum):
    """Why somebody may not come in. Clients are not told which; the audit trail is."""

    NO_CREDENTIAL = "no_credential"
    UNKNOWN = "unknown_token"
    EXPIRED = "expired_token"
    BAD_SIGNATURE = "bad_signature"
    WRONG_CLAIMS = "wrong_claims"
    UNREADABLE = "unreadable_token"
    KEYS_UNAVAILABLE = "keys_unavailable"
    """The provider's keys could not be fetched: nobody's fault outside, hence 503 and not 401."""


class Entrance(Protocol):
    """One way to sign in."""

    async def admit(self, credential: str) -> Person | Unwelcome:
        """Who shows this credential."""
