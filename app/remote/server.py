"""The control socket: answers one line on each connection, from our own user only."""

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from app.remote.address import pipe_address, unix_address
from app.remote.peer import is_ours
from app.remote.wire import LONGEST_LINE_BYTES, Answer, Junk, Verb, answer_line, read_request

log = logging.getLogger("parlance.remote")

MOST_AT_ONCE: Final = 8
"""Connections; whoever comes then is sent away."""
PATIENCE_S: Final = 0.5
"""For a line to arrive, and for an answer to be taken."""


class ControlSocket:
    """Serves one folder. Session loop only; the caller holds the folder's ``Instance``, so whatever lies there is ours.

    ``obey`` carries out a verb at once and answers.
    """

    def __init__(self, folder: Path, obey: Callable[[Verb], Answer]) -> None:
        self._folder: Final = folder
        self._obey: Final = obey
        self._connections = 0

    async def serve(self, closing: asyncio.Event) -> None:
        """Answer until ``closing``; raises OSError when the socket cannot be opened."""
        async with asyncio.TaskGroup() as tasks:

            def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                tasks.create_task(self._attend(reader, writer))

            def protocol() -> asyncio.StreamReaderProtocol:
                return asyncio.StreamReaderProtocol(asyncio.StreamReader(limit=LONGEST_LINE_BYTES), connected)

            close = await self._open(protocol)
            try:
                await closing.wait()
            finally:
                close()

    async def _open(self, protocol: Callable[[], asyncio.StreamReaderProtocol]) -> Callable[[], None]:
        """Open for connections; what is returned closes again."""
        loop = asyncio.get_running_loop()
        if sys.platform == "win32":  # untried
            pipes = await loop.start_serving_pipe(protocol, pipe_address(self._folder))  # type: ignore[attr-defined]
            return lambda: [pipe.close() for pipe in pipes] and None
        server = await loop.create_unix_server(protocol, sock=_bound(self._folder), backlog=4 * MOST_AT_ONCE)

        def close() -> None:
            server.close()
            _forget(self._folder)

        return close

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            async with asyncio.timeout(PATIENCE_S):
                writer.write(answer_line(await self._answer(reader, writer)))
                await writer.drain()
        except (TimeoutError, OSError):
            log.info("x remote: a connection that came to nothing")
        finally:
            self._connections -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Answer:
        line = writer.get_extra_info("socket")
        if line is not None and not is_ours(line):
            log.warning("x remote: another user was refused")
            return Answer(False, "Only the user who runs Parlance may steer it.")
        if self._connections > MOST_AT_ONCE:
            return Answer(False, "Too many ask at once.")
        try:
            verb = read_request(await reader.readuntil())
        except (Junk, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            log.info("x remote: junk")
            return Answer(False, "That is no request.")
        log.info("< remote %s", verb.value)
        return self._obey(verb)


def _bound(folder: Path) -> socket.socket:
    """A socket bound but not yet listening, so that nobody connects before its mode is set."""
    line = socket.socket(socket.AF_UNIX)
    try:
        with unix_address(folder) as address:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(address)  # left by a run that was killed
            line.bind(address)
            os.chmod(address, 0o600)
    except OSError:
        line.close()
        raise
    return line


def _forget(folder: Path) -> None:
    with contextlib.suppress(OSError), unix_address(folder) as address:
        os.unlink(address)
