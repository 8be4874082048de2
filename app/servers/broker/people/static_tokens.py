"""Signing in with a static token. The file is looked at on each sign-in, so that a revoked token is out at once."""

import logging
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from app.servers.broker.config.keys import KeyRefused, read_private
from app.servers.broker.people.person import Person, Unwelcome
from app.servers.broker.people.token_lines import LinesUnreadable, TokenLine, id_of, read_lines

_log = logging.getLogger("parlance.broker")


class StaticTokens:
    """Knows every token by its hash. Event loop only: reading a small file now and then does not hold it up."""

    def __init__(self, listed: Mapping[str, TokenLine], file: Path | None, now: Callable[[], datetime]) -> None:
        """``listed`` comes from the environment; the file adds to it. ``now`` is the wall clock, as expiry is told."""
        self._listed = listed
        self._file = file
        self._now = now
        self._mark: tuple[int, ...] = ()
        self._broken = False
        self._from_file: Mapping[str, TokenLine] = {}

    @property
    def readable(self) -> bool:
        """Whether the file could be read when last looked at."""
        self._look()
        return not self._broken

    async def admit(self, credential: str) -> Person | Unwelcome:
        """Who shows this token."""
        self._look()
        token_id = id_of(credential)
        line = self._listed.get(token_id) or self._from_file.get(token_id)
        if line is None or not line.matches(credential):
            return Unwelcome.UNKNOWN
        if line.expires is not None and line.expires <= self._now():
            return Unwelcome.EXPIRED
        return Person(f"token:{line.user}", line.policy)

    def _look(self) -> None:
        """Read the file if it changed. A file that cannot be read lets nobody in: what it revoked is unknown."""
        if self._file is None:
            return
        try:
            state = os.stat(self._file)
            mark = (state.st_mtime_ns, state.st_size, state.st_ino, state.st_mode)
            if mark != self._mark:
                self._from_file = read_lines(read_private(self._file).decode("utf-8", "replace"))
                self._mark, self._broken = mark, False
        except (OSError, KeyRefused, LinesUnreadable) as trouble:
            if not self._broken:
                _log.error("x tokens file unreadable: %s", type(trouble).__name__)
            self._mark, self._from_file, self._broken = (), {}, True
