"""The rehearsal server with talents that understand the language of tones: in the test's loop, or as a process that can
be killed and frozen (``python -m tests.support.tone_server PID_FILE``, which says where it is as the real one does).
"""

import asyncio
import os
import socket
import sys
from pathlib import Path
from typing import Final, Self

import httpx

from app.processes.rehearsal import KEY_VARIABLE
from app.servers.rehearsal.ports import Talents
from app.servers.rehearsal.server import serve
from tests.support.rehearsal import KEY
from tests.support.theatre import LoudnessDetector
from tests.support.tones import HumVoice, ToneMind, ToneRecogniser

COMMAND: Final = (sys.executable, "-m", "tests.support.tone_server")


async def put_faults(port: int, key: str, document: dict[str, object]) -> None:
    """Set the faults of a server on this machine."""
    async with httpx.AsyncClient(verify=False) as http:  # no TLS here, and reading authorities takes long
        answer = await http.put(
            f"http://127.0.0.1:{port}/faults", json=document, headers={"Authorization": f"Bearer {key}"}
        )
    assert answer.is_success, answer.text


class ToneServer:
    """In the test's loop; an async context manager that can be stopped and started again on the same port."""

    def __init__(self) -> None:
        self.key = KEY
        self.recogniser: Final = ToneRecogniser()
        self._talents = Talents(LoudnessDetector, self.recogniser, ToneMind(), HumVoice())
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._port = 0

    @property
    def port(self) -> int:
        return self._port

    async def start(self) -> None:
        """Serve."""
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        self._over, ready = asyncio.Event(), asyncio.Event()
        serving = serve(listener, self.key, self._talents, self._over, ready.set, faults=True)
        self._task = asyncio.create_task(serving, name="tone server")
        await ready.wait()

    async def stop(self) -> None:
        """End all calls with a farewell, and serve no more."""
        if self._task is not None:
            self._over.set()
            await self._task
            self._task = None

    async def put_faults(self, **document: object) -> None:
        """Set the server's own faults, as app/servers/rehearsal/FAULTS.md has them."""
        await put_faults(self._port, self.key, document)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


async def _main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    talents = Talents(LoudnessDetector, ToneRecogniser(), ToneMind(), HumVoice())

    def ready() -> None:
        port = listener.getsockname()[1]
        sys.stdout.write(f'{{"ready": true, "url": "http://127.0.0.1:{port}/v1"}}\n')
        sys.stdout.flush()

    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(15, over.set)
    await serve(listener, os.environ.get(KEY_VARIABLE, KEY), talents, over, ready, faults=True)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(str(os.getpid()), encoding="ascii")
    asyncio.run(_main())
