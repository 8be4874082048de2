"""The log file: one line per state change, and nothing of what was said."""

import contextlib
import logging
import logging.handlers
import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path

from app.conversation.troubles import SettingsUnwritable
from app.vault.places import private_folder
from app.vault.redaction import redacted

FILE_NAME = "parlance.log"
LONGEST_FILE_BYTES = 1_000_000
OLD_FILES = 2

_LINE = "%(asctime)s.%(msecs)03d %(levelname)-7s %(name)s %(message)s"
_ROOM = logging.getLogger("parlance")


def open_journal(folder: Path, verbose: bool = False) -> Callable[[], None]:
    """Write what ``parlance.*`` says from INFO on, and warnings of everybody else, into a rotating file in ``folder``.

    With ``verbose``, what ``parlance.*`` says goes to standard error too, from DEBUG on. Returns the function that
    ends this. A folder that cannot be written does not stop the program: warnings go to standard error instead.
    """
    ending = contextlib.ExitStack()
    ending.callback(_ROOM.setLevel, _ROOM.level)
    _ROOM.setLevel(logging.DEBUG if verbose else logging.INFO)

    def attach(logger: logging.Logger, handler: logging.Handler, level: int) -> None:
        handler.setLevel(level)
        handler.setFormatter(RedactingFormatter(_LINE, "%Y-%m-%d %H:%M:%S"))
        logger.addHandler(handler)
        ending.callback(handler.close)
        ending.callback(logger.removeHandler, handler)

    if verbose:
        attach(_ROOM, logging.StreamHandler(sys.stderr), logging.DEBUG)
    try:
        attach(logging.getLogger(), _PrivateFile(private_folder(folder) / FILE_NAME), logging.INFO)
    except (SettingsUnwritable, OSError) as error:
        attach(logging.getLogger(), logging.StreamHandler(sys.stderr), logging.WARNING)
        _ROOM.warning("x no log file: %s", error)
    return ending.close


class RedactingFormatter(logging.Formatter):
    """One record, one line (a traceback adds lines of its own, indented), and no secret in any of them."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line itself. A line break in a message would let a stranger's text forge records."""
        return super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")

    def format(self, record: logging.LogRecord) -> str:
        """The whole record, blanked at the very end, so that exception and stack texts are covered."""
        return redacted(super().format(record)).replace("\n", "\n    ")


class _PrivateFile(logging.handlers.RotatingFileHandler):
    """A rotating file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path, maxBytes=LONGEST_FILE_BYTES, backupCount=OLD_FILES, encoding="utf-8", errors="backslashreplace"
        )

    def _open(self) -> TextIOWrapper:
        def opener(path: str, flags: int) -> int:
            return os.open(path, flags, 0o600)

        return open(self.baseFilename, "a", encoding=self.encoding, errors=self.errors, opener=opener)
