"""Static tokens and their lines at rest: ``id user policy sha256 created expires``, one token a line, hashes only.

A token is ``plb_<id>_<secret>``. The id finds the line; the secret has 256 random bits, so one round of SHA-256 is as
good as a slow hash, which exists for what people make up themselves.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from app.servers.broker.config.fields import NAME

PREFIX: Final = "plb_"
_TOKEN: Final = re.compile(r"plb_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_NEVER: Final = "-"


class LinesUnreadable(ValueError):
    """A line that is none; the text says which and why, and does not quote it."""


@dataclass(frozen=True, slots=True)
class TokenLine:
    """What is kept of a token."""

    id: str
    user: str
    policy: str
    hash: str = field(repr=False)
    created: datetime
    expires: datetime | None

    def __str__(self) -> str:
        ends = self.expires.isoformat(timespec="seconds") if self.expires else _NEVER
        created = self.created.isoformat(timespec="seconds")
        return f"{self.id} {self.user} {self.policy} {self.hash} {created} {ends}"

    def matches(self, token: str) -> bool:
        """Whether this is the line of the token, without telling by the time taken how close it was."""
        return hmac.compare_digest(hash_of(token), self.hash)


def hash_of(token: str) -> str:
    """What is kept of a token's text."""
    return hashlib.sha256(token.encode()).hexdigest()


def id_of(token: str) -> str:
    """The id inside a token, or ``""`` for what is no token."""
    found = _TOKEN.fullmatch(token)
    return found[1] if found else ""


def new_token(user: str, policy: str, days: int | None, now: datetime) -> tuple[str, TokenLine]:
    """A fresh token, whose text exists nowhere else, and its line. Raises LinesUnreadable for names that do not fit."""
    for name in (user, policy):
        if not NAME.fullmatch(name):
            raise LinesUnreadable("users and policies are called by letters, digits, dots, dashes and @ only")
    token_id = secrets.token_hex(6)
    token = f"{PREFIX}{token_id}_{secrets.token_urlsafe(32)}"
    expires = now + timedelta(days=days) if days is not None else None
    return token, TokenLine(token_id, user, policy, hash_of(token), now, expires)


def read_lines(text: str) -> dict[str, TokenLine]:
    """Tokens by id; raises LinesUnreadable. Empty lines and those that begin with ``#`` mean nothing."""
    found: dict[str, TokenLine] = {}
    for number, line in enumerate(_lines(text), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            read = _read(line, number)
            if read.id in found:
                raise LinesUnreadable(f"line {number}: its id stands above already")
            found[read.id] = read
    return found


def _lines(text: str) -> Iterable[str]:
    return text.replace(";", "\n").splitlines()


def _read(line: str, number: int) -> TokenLine:
    try:
        token_id, user, policy, digest, created, expires = line.split()
    except ValueError:
        raise LinesUnreadable(f"line {number}: six words are expected: id user policy sha256 created expires") from None
    if not re.fullmatch("[0-9a-f]{12}", token_id) or not _HASH.fullmatch(digest):
        raise LinesUnreadable(f"line {number}: the id or the hash is none")
    if not NAME.fullmatch(user) or not NAME.fullmatch(policy):
        raise LinesUnreadable(f"line {number}: the user or the policy is no name")
    try:
        ends = None if expires == _NEVER else _moment(expires)
        return TokenLine(token_id, user, policy, digest, _moment(created), ends)
    except ValueError:
        raise LinesUnreadable(f"line {number}: times look like 2026-01-31T12:00:00+00:00") from None


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=at.tzinfo or UTC)
