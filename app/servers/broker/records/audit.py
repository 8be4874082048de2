"""The audit trail: who got what, when. Append-only, one JSON object a line, one file a day, kept for so many days.

Each line carries the hash of the one before it in its process (``after``), so that a line taken out or changed later
shows. A line that cannot be written means that nothing is handed out: see ``web.desk``.
"""

import hashlib
import json
import logging
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from app.servers.broker.records.log import FIELDS

_log = logging.getLogger("parlance.broker.audit")

_NAME: Final = re.compile(r"audit-(\d{4}-\d{2}-\d{2})\.jsonl")


class AuditGone(Exception):
    """A record could not be written."""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happened. There is no field that a secret belongs into."""

    event: str
    """``mint``, ``connect``, ``hang_up``, ``leash``."""
    outcome: str
    """``ok``, or the code that the client was told."""
    request_id: str = ""
    user: str = ""
    address: str = ""
    agent: str = ""
    policy: str = ""
    model: str = ""
    session_id: str = ""
    call_id: str = ""
    expires_at: int | None = None
    """Epoch seconds, of a minted secret."""
    seconds: int | None = None
    """What was reserved for it."""
    detail: str = ""


class AuditTrail:
    """Writes records. Event loop only: a line is one small write to a file opened for appending."""

    def __init__(self, directory: Path | None, keep_days: int, now: Callable[[], datetime]) -> None:
        """``now`` is the wall clock. Raises OSError when the directory cannot be used."""
        self._directory = directory
        self._keep = timedelta(days=keep_days)
        self._now = now
        self._day: date | None = None
        self._file: int | None = None
        self._after = ""
        if directory is not None:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._turn_to(now().astimezone(UTC).date())

    def write(self, record: Record) -> None:
        """Append the record, to the log as well; raises AuditGone."""
        at = self._now().astimezone(UTC)
        said = {name: value for name, value in asdict(record).items() if value not in ("", None)}
        _log.info("audit", extra={FIELDS: said})
        if self._directory is None:
            return
        try:
            if at.date() != self._day:
                self._turn_to(at.date())
            line = json.dumps({"time": at.isoformat(timespec="milliseconds"), **said, "after": self._after}) + "\n"
            assert self._file is not None
            content = line.encode()
            if os.write(self._file, content) != len(content):
                raise AuditGone
        except OSError as trouble:
            _log.error("x audit trail: %s", trouble.strerror)
            raise AuditGone from None
        self._after = hashlib.sha256(content).hexdigest()[:32]

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _turn_to(self, day: date) -> None:
        """Begin the day's file, and remove those that were kept long enough."""
        assert self._directory is not None
        path = self._directory / f"audit-{day.isoformat()}.jsonl"
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.close()
        self._file, self._day = opened, day
        for each in self._directory.iterdir():
            found = _NAME.fullmatch(each.name)
            if found and date.fromisoformat(found[1]) < day - self._keep:
                each.unlink()
