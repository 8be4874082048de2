"""The structured log: one JSON object a line, on standard error or in a file that is turned over by size."""

import json
import logging
import logging.handlers
import os
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from app.servers.broker.config.settings import Log
from app.servers.broker.records.redaction import fit

FIELDS = "fields"
"""Where a record carries its fields: ``_log.info("request", extra={FIELDS: {…}})``."""


class JsonLines(logging.Formatter):
    """A record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": fit(record.getMessage(), 2000),
        }
        line.update(getattr(record, FIELDS, {}))
        if record.exc_info and record.exc_info[0] is not None:
            line["trouble"] = record.exc_info[0].__name__
            # Where, and not what: an error's text and its locals could hold a secret.
            frames = traceback.extract_tb(record.exc_info[2])
            line["at"] = [f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in frames[-12:]]
        return json.dumps(line)


class _PrivateFile(logging.handlers.RotatingFileHandler):
    """A log file that only its owner can read."""

    def _open(self) -> IO[str]:  # type: ignore[override]
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return open(handle, "a", encoding="utf-8")


def start_log(log: Log, folder: Path) -> None:
    """Send the log where the configuration says; raises OSError when the file cannot be opened."""
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if log.file:
        path = folder / log.file
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _PrivateFile(path, maxBytes=log.max_bytes, backupCount=log.keep)
    handler.setFormatter(JsonLines())
    for name in ("parlance", "uvicorn.error", "asyncio"):
        own = logging.getLogger(name)
        own.handlers[:] = [handler]
        own.propagate = False
        own.setLevel(log.level.upper() if name == "parlance" else logging.WARNING)
