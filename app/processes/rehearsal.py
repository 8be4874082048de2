"""The rehearsal server as a child process: the session's port ``Rehearsal``.

A plain ``Popen`` with one reading thread rather than an asyncio subprocess: the child outlives single attempts and its
output must be drained for as long as it lives, which on a loop would be a task without an owner.
"""

import asyncio
import contextlib
import json
import logging
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import IO

from app.conversation.admission import Secret
from app.conversation.troubles import RehearsalUnavailable

READY_S = 15.0
TERM_S = 1.5
"""After SIGTERM; together with killing it stays below the 2 s that ``stop`` may take."""
KILL_S = 0.4
KEY_VARIABLE = "PARLANCE_REHEARSAL_KEY"
_LONGEST_LINE_BYTES = 4096
_LONGEST_WHY = 200
_KEPT_TO_OURSELVES = ("PARLANCE_BROKER_CREDENTIAL",)

_log = logging.getLogger("parlance.processes")


def own_command() -> tuple[str, ...]:
    """How this program starts its own rehearsal server."""
    main = Path(__file__).resolve().parents[2] / "main.py"
    return (sys.executable, str(main), "rehearsal", "--port", "0", "--with-parent")


class RehearsalProcess:
    """Starts the server when it is first needed, and again if it died. One loop at a time, any loop."""

    def __init__(self, command: Sequence[str] | None = None, *, ready_s: float = READY_S) -> None:
        self._command = tuple(command or own_command())
        self._ready_s = ready_s
        self._child: _Child | None = None

    async def start(self) -> tuple[str, Secret]:
        """Base URL and the key it accepts; raises RehearsalUnavailable. A second call returns the running one.

        Giving up the wait leaves the child alone; the next call waits for the same one.
        """
        child = self._child
        if child is None or child.has_ended:
            if child:
                child.kill()  # what a crash left behind
            child = self._child = _Child(self._command)
        try:
            async with asyncio.timeout(self._ready_s):
                return await asyncio.wrap_future(child.ready), child.key
        except TimeoutError:
            await self.stop()
            raise RehearsalUnavailable(f"it was not ready within {self._ready_s:.0f} s") from None

    async def stop(self) -> None:
        """End it, at most 2 s."""
        child, self._child = self._child, None
        if child is None:
            return
        child.terminate()
        try:
            await _within(child.ended, TERM_S)
        except TimeoutError:
            _log.warning("x rehearsal: does not end, killed")
            child.kill()
            try:
                await _within(child.ended, KILL_S)
            except TimeoutError:
                _log.warning("x rehearsal: does not even end when killed")


async def _within(future: Future[None], limit_s: float) -> None:
    async with asyncio.timeout(limit_s):
        await asyncio.wrap_future(future)


class _Child:
    """One process, one key, one thread that reads what it says until it ends and then reaps it."""

    def __init__(self, command: tuple[str, ...]) -> None:
        """Raises RehearsalUnavailable."""
        self.key = Secret(f"sk-rehearsal-{secrets.token_urlsafe(24)}")
        self.ready: Future[str] = Future()
        self.ended: Future[None] = Future()
        for future in (self.ready, self.ended):
            future.set_running_or_notify_cancel()  # who waits may give up; the future stays
        started_at_s = time.monotonic()
        try:
            self._process = subprocess.Popen(
                command,
                env=_environment(self.key),
                stdin=subprocess.PIPE,  # closed when this program ends, however it ends: the child's sign to go
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in a terminal is for us; we end the child in our own order
            )
        except OSError as error:
            # Not chained: the frames of Popen hold the environment with the key.
            raise RehearsalUnavailable(error.strerror or "the program was not found") from None
        threading.Thread(target=self._read, args=(started_at_s,), name="rehearsal", daemon=True).start()

    @property
    def has_ended(self) -> bool:
        """Whether it is of no more use."""
        return self.ended.done() or self._process.poll() is not None

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it, and its own children, which may hold its output open."""
        if self.ended.done():
            return
        with contextlib.suppress(ProcessLookupError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)

    def _read(self, started_at_s: float) -> None:
        """On the child's thread."""
        assert self._process.stdin
        assert self._process.stdout
        last_words = ""
        for line in _lines(self._process.stdout):
            if not self.ready.done() and (url := _ready_url(line)):
                _log.info("> rehearsal: ready after %.1f s", time.monotonic() - started_at_s)
                self.ready.set_result(url)
            last_words = line.strip() or last_words
        code = self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
        _log.info("< rehearsal: ended with %d", code)
        if not self.ready.done():
            self.ready.set_exception(RehearsalUnavailable(_why(code, last_words, self.key)))
        self.ended.set_result(None)


def _environment(key: Secret) -> dict[str, str]:
    """Ours with the key, which everybody could read on the command line, and without what the child need not know."""
    inherited = {name: value for name, value in os.environ.items() if name not in _KEPT_TO_OURSELVES}
    return {**inherited, KEY_VARIABLE: key.reveal()}


def _lines(stream: IO[bytes]) -> Iterator[str]:
    while line := stream.readline(_LONGEST_LINE_BYTES):
        yield line.decode("utf-8", errors="replace")


def _ready_url(line: str) -> str:
    """DESIGN 10: ``{"ready": true, "url": "http://127.0.0.1:N/v1", …}``."""
    try:
        told = json.loads(line)
    except ValueError:
        return ""
    if not isinstance(told, dict) or told.get("ready") is not True:
        return ""
    url = told.get("url")
    return url if isinstance(url, str) and url.startswith("http://") else ""


def _why(code: int, last_words: str, key: Secret) -> str:
    """For a person: how it ended, and its last line if it left one, without anything that should not be shown."""
    words = re.sub(r"[^\x20-\x7e\xa0-\uffff]+", " ", last_words.replace(key.reveal(), "…")).strip(" .")[:_LONGEST_WHY]
    return f"it ended with code {code}{': ' + words if words else ''}"
