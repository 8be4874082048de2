"""A control socket that is served for a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.remote.server import ControlSocket
from app.remote.wire import Answer, Verb
from tests.support.waiting import eventually


@asynccontextmanager
async def served(folder: Path, answer: Answer = Answer(True)) -> AsyncIterator[list[Verb]]:  # noqa: B008 - frozen
    """Everything that is asked meanwhile gets this answer; the verbs that were asked."""
    asked: list[Verb] = []
    closing = asyncio.Event()

    def obey(verb: Verb) -> Answer:
        asked.append(verb)
        return answer

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ControlSocket(folder, obey).serve(closing))
        await asyncio.to_thread(eventually, (folder / "control.sock").exists, "the socket is there")
        try:
            yield asked
        finally:
            closing.set()


async def said_to(folder: Path, line: bytes, *, end: bool = True) -> bytes:
    """What the socket answers to these bytes."""
    reader, writer = await asyncio.open_unix_connection(folder / "control.sock")
    try:
        writer.write(line)
        if end:
            writer.write_eof()
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()
