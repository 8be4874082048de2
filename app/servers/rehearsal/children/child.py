"""The parent's side of a child process that answers one question at a time."""

import asyncio
import contextlib
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any, Final

import app

_log = logging.getLogger("parlance.servers")

_START_S: Final = 20.0
_STOP_S: Final = 2.0
_STARTS_AT_MOST: Final = 3
_LONGEST_LINE: Final = 1 << 26
_ROOT: Final = str(Path(next(iter(app.__path__))).parent)


class ChildGone(Exception):
    """The child died, or did not answer in time and was ended. The next question starts a new one."""


class Child:
    """A process that is started when needed and replaced when it dies. One event loop only."""

    def __init__(self, module: str, opening: dict[str, Any]) -> None:
        """``module`` is run as a program; ``opening`` is the first thing each new process is asked."""
        self._module = module
        self._opening = opening
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._number = 0
        self._failed_starts = 0
        self.opened: dict[str, Any] = {}
        """What the running process answered to the opening."""

    async def start(self) -> None:
        """Have it running and opened; raises ChildGone."""
        async with self._turn:
            await self._in_time(self._run(), _START_S)

    async def ask(self, question: dict[str, Any], within_s: float) -> dict[str, Any]:
        """Its answer; raises ChildGone. Cancelling is safe: an answer nobody waits for is passed over."""
        async with self._turn:
            if self._process is None:
                await self._in_time(self._run(), _START_S)
            return await self._in_time(self._exchange(question), within_s)

    async def stop(self) -> None:
        """End it; at most 2 s and what the system needs for killing."""
        async with self._turn:
            await self._end(patience_s=_STOP_S)

    async def _run(self) -> dict[str, Any]:
        if self._process is None:
            if self._failed_starts == _STARTS_AT_MOST:
                raise EOFError  # it would die again, at every turn of the conversation
            self._failed_starts += 1
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", self._module),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=_LONGEST_LINE,
                env={**os.environ, "PYTHONPATH": _ROOT},
            )
            self.opened = await self._exchange(self._opening)
            self._failed_starts = 0
        return self.opened

    async def _exchange(self, question: dict[str, Any]) -> dict[str, Any]:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        self._number += 1
        process.stdin.write(json.dumps({**question, "id": self._number}).encode() + b"\n")
        await process.stdin.drain()
        while line := await process.stdout.readline():
            answer: dict[str, Any] = json.loads(line)
            if answer["id"] == self._number:
                return answer
        raise EOFError

    async def _in_time(self, work: Any, within_s: float) -> dict[str, Any]:
        try:
            async with asyncio.timeout(within_s):
                answer: dict[str, Any] = await work
                return answer
        except (TimeoutError, EOFError, OSError, ValueError) as why:
            await self._end(patience_s=0.0)
            raise ChildGone(f"{self._module} did not answer") from why
        except asyncio.CancelledError:
            if not self.opened:
                await self._end(patience_s=0.0)  # half started: nobody would read the answer to the opening
            raise

    async def _end(self, patience_s: float) -> None:
        process, self._process, self.opened = self._process, None, {}
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(patience_s):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        _log.debug("- %s ended with %s", self._module, process.returncode)
