"""The rehearsal server as a process: starts, says that it is ready, and ends when told or orphaned."""

import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import uvicorn

from app.realtime.session import SessionOptions
from app.servers.rehearsal.calls import Calls
from app.servers.rehearsal.engine.ids import Ids
from app.servers.rehearsal.engine.session import LONGEST_S
from app.servers.rehearsal.faults.panel import Panel
from app.servers.rehearsal.keys import Keys
from app.servers.rehearsal.media import reach_loopback
from app.servers.rehearsal.ports import Talents
from app.servers.rehearsal.talents import talents
from app.servers.rehearsal.voice import VoiceUnavailable
from app.servers.rehearsal.web import Web
from app.servers.rehearsal.wire import Wire

_BACKLOG: Final = 64
_REQUESTS_AT_MOST: Final = 64
_MESSAGE_AT_MOST: Final = 21 * 2**20
"""Bytes: 15 MiB of sound (PROTOCOL 1.3) as base64, and some room around it."""
_GOODBYE_S: Final = 1
"""For clients on WebSocket to be told that the server ends."""


class _Http(uvicorn.Server):
    """Leaves the signals to the process, and says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: see ``_end_on_signals``."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        self._ready()


def run(
    port: int = 0,
    key: str | None = None,
    host: str = "127.0.0.1",
    *,
    with_parent: bool = False,
    verbose: bool = False,
    longest_s: float = LONGEST_S,
    faults: bool = False,
) -> int:
    """Serve until SIGTERM or SIGINT or, ``with_parent``, until standard input ends. Returns the exit code.

    ``faults`` opens the fault panel (FAULTS.md).
    Once ready it prints one JSON line with the base URL and the standard key (a random one unless given).
    """
    _log_to_stderr(logging.INFO if verbose else logging.ERROR)
    try:
        listener = socket.create_server((host, port), backlog=_BACKLOG)
        # Inherited by what it accepts. asyncio sets it only on sockets that know their protocol, and without it an
        # answer's body waits 40 ms for the client to acknowledge its head.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as trouble:
        sys.stderr.write(f"Cannot listen on {host} port {port}: {trouble.strerror}. Choose another port.\n")
        return 1
    key = key or f"sk-rehearsal-{secrets.token_urlsafe(24)}"
    with listener:
        try:
            asyncio.run(_serve(listener, key, with_parent=with_parent, longest_s=longest_s, faults=faults))
        except VoiceUnavailable as trouble:
            sys.stderr.write(f"{trouble}\n")
            return 1
    return 0


def _log_to_stderr(level: int) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
    own = logging.getLogger("parlance")
    own.addHandler(handler)
    own.setLevel(level)


async def _serve(listener: socket.socket, key: str, *, with_parent: bool, longest_s: float, faults: bool) -> None:
    over = asyncio.Event()
    _end_on_signals(over)
    if with_parent:
        _end_with_input(over)
    reach_loopback()
    async with talents() as own:
        await serve(listener, key, own, over, _say_ready(listener, key), longest_s, faults=faults)


async def serve(
    listener: socket.socket,
    key: str,
    own: Talents,
    over: asyncio.Event,
    ready: Callable[[], None],
    longest_s: float = LONGEST_S,
    *,
    faults: bool = False,
) -> None:
    """Serve on a listening socket until ``over`` is set; ``ready`` is called once requests are answered."""
    ids = Ids(secrets.randbelow)
    keys = Keys[SessionOptions](key, lambda: ids.new("ek"), lambda: datetime.now(UTC).timestamp())
    async with asyncio.TaskGroup() as tasks:
        panel = Panel(open_to_clients=faults)
        calls = Calls(tasks, own, ids, panel, longest_s)
        http = _Http(_http_config(Web(keys, calls, ids, panel)), ready)
        serving = tasks.create_task(http.serve([listener]))
        await over.wait()
        calls.hang_up_all()
        http.should_exit = True
        await serving


def _http_config(web: Web) -> uvicorn.Config:
    return uvicorn.Config(
        web.application(),
        http="h11",
        ws=Wire,
        ws_max_size=_MESSAGE_AT_MOST,
        ws_per_message_deflate=False,  # of base64 it saves a quarter, for twice the work
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        limit_concurrency=_REQUESTS_AT_MOST,
        timeout_graceful_shutdown=_GOODBYE_S,
    )


def _say_ready(listener: socket.socket, key: str) -> Callable[[], None]:
    def say() -> None:
        host, port = listener.getsockname()[:2]
        line = json.dumps({"ready": True, "url": f"http://{host}:{port}/v1", "key": key})
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    return say


def _end_on_signals(over: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, over.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(over.set))


def _end_with_input(over: asyncio.Event) -> None:
    """A pipe on standard input ends with the process that holds its other end, however that one died.

    A thread, because Windows cannot wait for a pipe in the event loop; ``os.read`` and not ``sys.stdin``, whose lock a
    daemon thread must not hold when the interpreter ends.
    """
    loop = asyncio.get_running_loop()

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        with contextlib.suppress(RuntimeError):  # the loop is closed: over already
            loop.call_soon_threadsafe(over.set)

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()
