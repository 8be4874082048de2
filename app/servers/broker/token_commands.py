"""``main.py broker token …``: create, revoke and list static tokens in their file."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from app.servers.broker.config.keys import KeyRefused, read_private
from app.servers.broker.people.token_lines import LinesUnreadable, TokenLine, new_token, read_lines

try:
    import fcntl
except ImportError:  # Windows: one operator at a time there
    fcntl = None  # type: ignore[assignment]


class TokensRefused(Exception):
    """The command cannot be done; the text says why."""


def create_token(file: Path | None, user: str, policy: str, days: int | None) -> int:
    """Write a new token's line, and show the token this once. Without a file the line is shown, for the environment."""
    try:
        token, line = new_token(user, policy, days, datetime.now(UTC))
    except LinesUnreadable as why:
        raise TokensRefused(f"Not created: {why}.") from None
    if file is None:
        sys.stdout.write(f"{token}\n")
        sys.stderr.write(f"Its line for PARLANCE_BROKER_TOKENS:\n{line}\n")
        return 0
    _change(file, lambda lines: [*lines, str(line)])
    sys.stdout.write(f"{token}\n")
    sys.stderr.write(f"Created token {line.id} for {user}. It is shown only now.\n")
    return 0


def revoke_tokens(file: Path, token_id: str, user: str) -> int:
    """Take out one token, or all of a user's."""

    def others(lines: list[str]) -> list[str]:
        kept = [line for line in lines if not _names(line, token_id, user)]
        if len(kept) == len(lines):
            raise TokensRefused("There is no such token.")
        sys.stderr.write(f"Revoked {len(lines) - len(kept)}; running brokers refuse it from now on.\n")
        return kept

    _change(file, others)
    return 0


def list_tokens(file: Path) -> int:
    """Show what is known of each token, which is never the token."""
    for each in _read(file).values():
        ends = each.expires.isoformat(timespec="seconds") if each.expires else "never"
        created = each.created.isoformat(timespec="seconds")
        sys.stdout.write(f"{each.id}  {each.user}  {each.policy}  created {created}  expires {ends}\n")
    return 0


def _names(line: str, token_id: str, user: str) -> bool:
    words = line.split()
    return len(words) == 6 and (words[0] == token_id or (bool(user) and words[1] == user))


def _read(file: Path) -> dict[str, TokenLine]:
    try:
        return read_lines(read_private(file).decode("utf-8", "replace"))
    except (KeyRefused, LinesUnreadable) as why:
        raise TokensRefused(f"{file}: {why}") from None


def _change(file: Path, change: Callable[[list[str]], list[str]]) -> None:
    """Write the file anew, whole or not at all, readable by its owner alone."""
    with _alone(file):
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() and _read(file) is not None else []
        content = "".join(f"{line}\n" for line in change(lines))
        try:
            handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
            with os.fdopen(handle, "w", encoding="utf-8") as new:
                new.write(content)
                new.flush()
                os.fsync(new.fileno())
            _keep_owner(file, name)
            os.replace(name, file)
        except OSError as trouble:
            raise TokensRefused(f"{file} cannot be written: {trouble.strerror}.") from None


def _keep_owner(file: Path, new: str) -> None:
    """The broker's own user and group keep their access when an administrator changes its file."""
    if os.name == "posix" and file.exists():
        state = file.stat()
        os.chmod(new, state.st_mode & 0o640)
        if os.geteuid() == 0:
            os.chown(new, state.st_uid, state.st_gid)


@contextlib.contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Two operators at once do not lose one another's lines."""
    try:
        lock = os.open(file.with_name(f".{file.name}.lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    except OSError as trouble:
        raise TokensRefused(f"{file.parent} cannot be written: {trouble.strerror}.") from None
    try:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
